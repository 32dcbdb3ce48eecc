"""Downloads from a server that cuts, lies and refuses, as servers do."""

import base64
import gzip
import hashlib
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
from data_writers import SIMPLIFIED, bitmaps, mnist_root, ndjson, npy
from filelock import FileLock

from limner.config import DataConfig
from limner.data import download as fetching
from limner.data.dataset import open_dataset
from limner.data.library import wanted
from limner.errors import LimnerError

CAT = npy(bitmaps(700))
DOG = npy(bitmaps(300))
CAT_PATH = "quickdraw_dataset/full/numpy_bitmap/cat.npy"


@dataclass
class Server:
    """What the bucket holds, and what goes wrong with it."""

    files: dict[str, bytes]
    url: str = ""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes to drop each of the next connections."""
    knows_ranges: bool = True
    wrong_ranges: int = 0
    """How many ranges to answer with another than was asked for."""
    status: int = 200
    md5: str | None = None
    """What to say instead of the true sum."""
    seconds_a_block: float = 0.0
    gets: list[tuple[str, str | None]] = field(default_factory=list)
    """Paths and ranges asked for."""


def handler_of(server: Server):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format, *args):
            pass

        def do_HEAD(self):
            self.answer(None)

        def do_GET(self):
            asked = self.headers["Range"]
            server.gets.append((unquote(self.path[1:]), asked))
            self.answer(asked)

        def answer(self, asked):
            data = server.files.get(unquote(self.path[1:]))
            if data is None or server.status != 200:
                self.send_error(404 if data is None else server.status)
                return
            start = 0
            if asked and server.knows_ranges:
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
                if start >= len(data):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(data)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if server.wrong_ranges:
                    server.wrong_ranges -= 1
                    start = 0
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            else:
                self.send_response(200)
            md5 = server.md5 or base64.b64encode(hashlib.md5(data).digest()).decode()
            self.send_header("x-goog-hash", f"crc32c=AAAAAA==,md5={md5}")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            if self.command == "HEAD":
                return
            stop = len(data)
            if server.cuts:
                stop = min(stop, start + server.cuts.pop(0))
            for at in range(start, stop, 50_000):
                self.wfile.write(data[at : min(at + 50_000, stop)])
                time.sleep(server.seconds_a_block)

    return Handler


@pytest.fixture
def server(monkeypatch):
    state = Server({CAT_PATH: CAT, CAT_PATH.replace("cat", "dog"): DOG})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(state)) as httpd:
        state.url = f"http://127.0.0.1:{httpd.server_address[1]}"
        monkeypatch.setenv("LIMNER_BUCKET", state.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        yield state
        httpd.shutdown()
        thread.join()


def fetch_cat(root: Path, **options) -> bytes:
    requests = wanted(root, ["cat"], "numpy_bitmap")
    fetching.fetch(requests, patience_seconds=0.001, **options)
    assert not (root / f"{CAT_PATH}.part").exists()
    return (root / CAT_PATH).read_bytes()


def test_a_file_comes_whole_and_is_not_asked_for_again(server, tmp_path):
    assert fetch_cat(tmp_path) == CAT
    assert fetch_cat(tmp_path) == CAT
    assert server.gets == [(CAT_PATH, None)]


def test_cuts_are_resumed_where_they_fell(server, tmp_path):
    server.cuts = [100_000, 0, 200_000]
    assert fetch_cat(tmp_path) == CAT
    ranges = [asked for _, asked in server.gets]
    assert ranges == [None, "bytes=100000-", "bytes=100000-", "bytes=300000-"]


def test_a_part_of_an_earlier_process_is_resumed(server, tmp_path):
    part = tmp_path / f"{CAT_PATH}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CAT[:1_234])
    assert fetch_cat(tmp_path) == CAT
    assert server.gets == [(CAT_PATH, "bytes=1234-")]


@pytest.mark.parametrize(
    ("left", "is_damaged"),
    [(CAT, False), (CAT + b"more", False), (b"else" * 1_000, True), (CAT[:-1] + b"?", True)],
)
def test_a_part_that_is_complete_too_long_or_of_another_file_ends_well(
    server, tmp_path, left, is_damaged
):
    part = tmp_path / f"{CAT_PATH}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(left)
    if is_damaged:
        with pytest.raises(LimnerError, match="came damaged"):
            fetch_cat(tmp_path)
    assert fetch_cat(tmp_path) == CAT


def test_a_server_without_ranges_or_with_wrong_ones_starts_again(server, tmp_path):
    server.cuts, server.knows_ranges = [100_000], False
    assert fetch_cat(tmp_path) == CAT
    (tmp_path / CAT_PATH).unlink()
    server.cuts, server.knows_ranges, server.wrong_ranges = [100_000], True, 1
    assert fetch_cat(tmp_path) == CAT


def test_a_server_that_only_cuts_is_given_up_and_the_part_is_kept(server, tmp_path):
    server.cuts = [1_000, *[0] * 10]
    with pytest.raises(LimnerError, match="put it at") as caught:
        fetch_cat(tmp_path)
    assert str(tmp_path / CAT_PATH) in str(caught.value)
    assert len(server.gets) == 3
    assert (tmp_path / f"{CAT_PATH}.part").read_bytes() == CAT[:1_000]


def test_no_server_is_one_line_that_says_where_to_put_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMNER_BUCKET", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(LimnerError) as caught:
        open_dataset(DataConfig(name="quickdraw", root=tmp_path))
    assert "\n" not in str(caught.value)
    assert f"put it at {tmp_path / CAT_PATH}" in str(caught.value)


@pytest.mark.parametrize("address", ["nonsense", "http://", "http://[::1", "ftp://x.org"])
def test_an_address_that_is_none_is_said(tmp_path, address):
    with pytest.raises(LimnerError):
        fetch_cat(tmp_path, server=address)


@pytest.mark.parametrize("status", [403, 500, 503])
def test_a_refusal_is_said_by_its_number(server, tmp_path, status):
    server.status = status
    with pytest.raises(LimnerError, match=str(status)):
        fetch_cat(tmp_path)


def test_a_file_that_is_not_there_is_said(server, tmp_path):
    with pytest.raises(LimnerError, match=r"eye\.npy does not exist"):
        fetching.fetch(wanted(tmp_path, ["eye"], "numpy_bitmap"))


@pytest.mark.parametrize("damage", ["sum", "header", "length"])
def test_a_damaged_file_never_gets_its_name(server, tmp_path, damage):
    if damage == "sum":
        server.md5 = "0" * 22 + "=="
    else:
        server.files[CAT_PATH] = CAT[:-1] if damage == "length" else b"x" + CAT[1:]
    with pytest.raises(LimnerError, match="came damaged") as caught:
        fetch_cat(tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / CAT_PATH).exists()
    server.md5, server.files[CAT_PATH] = None, CAT
    assert fetch_cat(tmp_path) == CAT


def test_one_bar_runs_over_several_files_to_their_total(server, tmp_path):
    seen = []
    server.cuts = [50_000]
    requests = wanted(tmp_path, ["cat", "dog"], "numpy_bitmap")
    fetching.fetch(requests, on_progress=lambda *bytes: seen.append(bytes), patience_seconds=0.001)
    assert {total for _, total in seen} == {len(CAT) + len(DOG)}
    assert seen[-1][0] == len(CAT) + len(DOG)
    assert all(request.path.exists() for request in requests)


def test_one_failure_stops_the_others_and_keeps_their_parts(server, tmp_path):
    server.files[CAT_PATH] = bytes(5_000_000)
    server.files[CAT_PATH.replace("cat", "dog")] = b"no bitmaps"
    server.seconds_a_block = 0.05
    started = time.monotonic()
    with pytest.raises(LimnerError, match="dog"):
        fetching.fetch(wanted(tmp_path, ["cat", "dog"], "numpy_bitmap"))
    assert time.monotonic() - started < 4  # all of cat takes 5 seconds
    assert (tmp_path / f"{CAT_PATH}.part").exists()


FETCH_CAT = """
import sys
from pathlib import Path
from limner.data.download import fetch
from limner.data.library import wanted
requests = wanted(Path(sys.argv[1]), ["cat"], "numpy_bitmap")
print("ready", flush=True)
input()
fetch(requests)
"""


def test_two_processes_that_want_the_same_file_download_it_once(server, tmp_path):
    server.seconds_a_block = 0.05
    command = [sys.executable, "-c", FETCH_CAT, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen(command, **pipes) as one,
        subprocess.Popen(command, **pipes) as other,
    ):
        for process in (one, other):
            assert process.stdout.readline() == "ready\n"
        for process in (one, other):
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.wait(60) for process in (one, other)] == [0, 0]
    assert (tmp_path / CAT_PATH).read_bytes() == CAT
    assert [path for path, _ in server.gets] == [CAT_PATH]
    assert not (tmp_path / f"{CAT_PATH}.part").exists()


def test_who_waits_for_another_process_stops_when_all_is_over(server, tmp_path):
    """Else Ctrl-C, or the failure of another file, would wait for the other process."""
    server.files[CAT_PATH.replace("cat", "dog")] = b"no bitmaps"
    path = tmp_path / CAT_PATH
    path.parent.mkdir(parents=True)
    with FileLock(path.with_name(".cat.npy.lock")), pytest.raises(LimnerError, match="dog"):
        fetching.fetch(wanted(tmp_path, ["cat", "dog"], "numpy_bitmap"))
    assert fetch_cat(tmp_path) == CAT


def test_every_format_is_fetched_into_its_place(server, tmp_path):
    remote = "quickdraw_dataset/full/simplified/alarm clock.ndjson"
    server.files[remote] = ndjson(SIMPLIFIED)
    fetching.fetch(wanted(tmp_path, ["alarm clock"], "simplified"))
    assert (tmp_path / remote).read_bytes() == ndjson(SIMPLIFIED)


def test_an_open_data_set_fetches_what_is_missing(server, tmp_path):
    dataset = open_dataset(DataConfig(name="quickdraw", root=tmp_path, categories=("dog", "cat")))
    assert dataset.sizes["test"] == 70 + 30


def test_mnist_is_fetched_file_by_file(server, tmp_path):
    source = mnist_root(tmp_path / "there") / "mnist"
    for path in source.iterdir():
        data = path.read_bytes()
        name = path.name.removesuffix(".gz")
        server.files[f"cvdf-datasets/mnist/{name}.gz"] = (
            data if path.suffix == ".gz" else gzip.compress(data)
        )
    dataset = open_dataset(DataConfig(name="mnist", root=tmp_path / "here"))
    assert dataset.sizes == {"train": 50, "valid": 10, "test": 20}
    (tmp_path / "here" / "mnist" / "t10k-images-idx3-ubyte.gz").unlink()
    server.gets.clear()
    open_dataset(DataConfig(name="mnist", root=tmp_path / "here"))
    assert len(server.gets) == 1


def test_names_are_checked_before_anything_is_asked_for(server, tmp_path):
    for names in ([], ["kat"], ["cat", "no such thing"]):
        with pytest.raises(LimnerError):
            wanted(tmp_path, names, "numpy_bitmap")
    assert len(wanted(tmp_path, ["all"], "binary")) == 345
    assert server.gets == []


def test_a_proxy_that_cannot_be_used_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://here")
    with pytest.raises(LimnerError, match=r"proxy that HTTPS_PROXY.*: correct or unset it"):
        fetching.fetch(wanted(tmp_path, ["cat"], "binary"))
