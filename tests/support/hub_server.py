"""A Hugging Face hub on this machine: the part of its HTTP that the hub's client speaks.

It keeps repositories of models in memory: each is a list of commits, each of which has files by
name. Large files go through Git LFS, as on the hub. A user is known by the token.

Source: huggingface_hub 2.4 (`hf_api.py`, `file_download.py`, `_commit_api.py`, `lfs.py`).
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import yaml

TOKEN = "hf_of_the_tests"

Files = dict[str, bytes]


@dataclass
class Repo:
    """A repository of a model."""

    private: bool = False
    gated: bool = False
    commits: list[tuple[str, Files]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    def commit(self, files: Files) -> str:
        """Add a commit that holds `files` beside those of before, and return its hash."""
        now = {**(self.commits[-1][1] if self.commits else {}), **files}
        parts = [f"{len(self.commits)}", *(f"{n}{hashlib.sha1(b)}" for n, b in now.items())]
        commit = hashlib.sha1("".join(parts).encode()).hexdigest()
        self.commits.append((commit, now))
        return commit

    def at(self, revision: str) -> tuple[str, Files] | None:
        """The commit of a revision."""
        if revision == "main" and self.commits:
            return self.commits[-1]
        wanted = self.tags.get(revision, revision)
        return next((one for one in self.commits if one[0] == wanted), None)


class Hub:
    """The hub's state, and what was asked of it."""

    def __init__(self, url: str):
        self.url = url
        self.users = {TOKEN: "me"}
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}
        self.asked: list[str] = []

    def add(self, name: str, files: Files, **kind: bool) -> Repo:
        """A repository with one commit."""
        repo = self.repos[name] = Repo(**kind)
        repo.commit(files)
        return repo


@contextmanager
def hub_server() -> Iterator[Hub]:
    """A hub that answers while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    hub = Hub(f"http://127.0.0.1:{server.server_address[1]}")
    server.hub = hub  # pyright: ignore[reportAttributeAccessIssue]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> Hub:
        return self.server.hub  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def user(self) -> str | None:
        """Who asks, by the token."""
        return self.hub.users.get(self.headers.get("Authorization", "").removeprefix("Bearer "))

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._route()

    do_HEAD = do_POST = do_PUT = do_GET

    def _route(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(f"{self.command} {path}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._chunks()
        name = r"([\w.-]+/[\w.-]+)"
        routes: list[tuple[str, str, Callable[..., None]]] = [
            ("GET", r"/api/whoami-v2", self._whoami),
            ("POST", r"/api/validate-yaml", self._validate),
            ("POST", r"/api/repos/create", self._create),
            ("GET", rf"/api/models/{name}(?:/revision/(.+))?", self._about),
            ("GET", rf"/api/models/{name}/tree/(.+)", self._tree),
            ("POST", rf"/api/models/{name}/preupload/(.+)", self._preupload),
            ("POST", rf"/api/models/{name}/commit/(.+)", self._commit),
            ("POST", rf"/{name}\.git/info/lfs/objects/batch", self._batch),
            ("PUT", r"/large/(\w+)", self._store),
            ("GET|HEAD", rf"/{name}/resolve/([^/]+|refs/pr/\d+)/(.+)", self._file),
        ]
        for method, pattern, answer in routes:
            found = re.fullmatch(pattern, path)
            if found and self.command in method.split("|"):
                return answer(body, *found.groups())
        return self._fail(404, "EntryNotFound")

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _json(self, what: object) -> None:
        self._send(200, json.dumps(what).encode(), Content_Type="application/json")

    def _fail(self, status: int, code: str) -> None:
        error = json.dumps({"error": code}).encode()
        self._send(status, error, X_Error_Code=code, X_Error_Message=code)

    def _readable(self, name: str) -> Repo | None:
        """The repository, unless it is not there or private to another: the hub tells neither."""
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and self.user != name.split("/")[0]):
            self._fail(404 if self.user else 401, "RepoNotFound")
            return None
        if repo.gated:
            self._fail(403, "GatedRepo")
            return None
        return repo

    def _whoami(self, body: bytes) -> None:
        if self.user is None:
            self._fail(401, "InvalidToken")
        else:
            self._json({"type": "user", "name": self.user, "orgs": [], "auth": {}})

    def _validate(self, body: bytes) -> None:
        content = json.loads(body)["content"]
        fields = yaml.safe_load(content.split("---")[1])
        errors = [] if "license" in fields else [{"message": '"license" is required'}]
        self._json({"errors": [], "warnings": errors})

    def _create(self, body: bytes) -> None:
        asked = json.loads(body)
        name = f"{asked.get('organization') or self.user}/{asked['name']}"
        if self.user is None or name.split("/")[0] != self.user:
            return self._fail(403, "Forbidden")
        url = f"{self.hub.url}/{name}"
        if name in self.hub.repos:
            content = json.dumps({"error": "You already created this model repo", "url": url})
            return self._send(409, content.encode())
        is_private = asked.get("visibility") == "private" or bool(asked.get("private"))
        self.hub.repos[name] = Repo(private=is_private)
        return self._json({"url": url})

    def _about(self, body: bytes, name: str, revision: str | None) -> None:
        if repo := self._readable(name):
            found = repo.at(revision or "main")
            if found is None:
                return self._fail(404, "RevisionNotFound")
            files = [{"rfilename": path} for path in found[1]]
            self._json({"id": name, "sha": found[0], "private": repo.private, "siblings": files})

    def _tree(self, body: bytes, name: str, revision: str) -> None:
        if repo := self._readable(name):
            found = repo.at(revision)
            if found is None:
                return self._fail(404, "RevisionNotFound")
            self._json([self._entry(path, content) for path, content in found[1].items()])

    def _entry(self, path: str, content: bytes) -> dict[str, object]:
        entry: dict[str, object] = {"type": "file", "path": path, "size": len(content)}
        if path.endswith(".safetensors"):
            large = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"oid": large, "size": len(content), "pointerSize": 130}
        return entry | {"oid": _blob(content)}

    def _file(self, body: bytes, name: str, revision: str, path: str) -> None:
        if repo := self._readable(name):
            found = repo.at(revision)
            if found is None:
                return self._fail(404, "RevisionNotFound")
            commit, files = found
            if path not in files:
                return self._fail(404, "EntryNotFound")
            content = files[path]
            is_large = path.endswith(".safetensors")
            tag = hashlib.sha256(content).hexdigest() if is_large else _blob(content)
            self._send(200, content, ETag=f'"{tag}"', X_Repo_Commit=commit)

    def _preupload(self, body: bytes, name: str, revision: str) -> None:
        if self._readable(name):
            paths = [file["path"] for file in json.loads(body)["files"]]
            modes = {p: "lfs" if p.endswith((".safetensors", ".png")) else "regular" for p in paths}
            files = [
                {"path": p, "uploadMode": mode, "shouldIgnore": False} for p, mode in modes.items()
            ]
            self._json({"files": files})

    def _batch(self, body: bytes, name: str) -> None:
        objects = [
            {**one, "actions": {"upload": {"href": f"{self.hub.url}/large/{one['oid']}"}}}
            for one in json.loads(body)["objects"]
        ]
        self._json({"transfer": "basic", "objects": objects})

    def _store(self, body: bytes, oid: str) -> None:
        assert hashlib.sha256(body).hexdigest() == oid
        self.hub.large[oid] = body
        self._send(200, b"")

    def _commit(self, body: bytes, name: str, revision: str) -> None:
        repo = self._readable(name)
        if repo is None:
            return
        files: Files = {}
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                assert value["encoding"] == "base64"
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
        commit = repo.commit(files)
        url = f"{self.hub.url}/{name}/commit/{commit}"
        self._json({"success": True, "commitOid": commit, "commitUrl": url})


def _blob(content: bytes) -> str:
    """The name that Git gives to a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
