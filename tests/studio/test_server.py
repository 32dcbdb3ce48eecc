"""Serving a site: from memory, to this machine."""

import http.client
import socket
from urllib.parse import urlsplit

import httpx2
import pytest
from commands import fails
from runs import make_run
from studio_process import running_studio

from limner.cli.main import main
from limner.studio.models import find_models
from limner.studio.server import bind, names_this_machine
from limner.studio.site import build_site


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "cat").folder


@pytest.fixture(scope="module")
def address(folder):
    with running_studio(folder) as address:
        yield address


@pytest.fixture
def studio(address):
    with httpx2.Client(base_url=address) as client:
        yield client


def test_every_file_is_served_as_it_is(studio, folder):
    types = {
        ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml",
        ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
        ".safetensors": "application/octet-stream",
    }  # fmt: skip
    site = build_site(find_models((folder,)))
    for path, content in site.items():
        found = studio.get(path)
        assert (found.status_code, found.content) == (200, content)
        assert found.headers["content-type"] == types[path[path.rindex(".") :]], path
        assert found.headers["x-content-type-options"] == "nosniff"
    assert studio.get("/?view=dream&model=cat").content == site["index.html"]


def test_names_with_a_hash_may_be_kept_for_ever_and_others_are_asked_again(studio, folder):
    for path in build_site(find_models((folder,))):
        said = studio.get(path).headers["cache-control"]
        assert said == ("max-age=31536000, immutable" if "/" in path else "no-cache"), path


def test_a_file_that_has_not_changed_is_not_sent_again(studio):
    first = studio.get("/models.json")
    again = studio.get("/models.json", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert studio.get("/models.json", headers={"if-none-match": '"other"'}).status_code == 200


def test_head_says_what_get_says_without_the_content(studio):
    get, head = studio.get("/"), studio.head("/")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py", "/%2e%2e/server.py", "/..%2fserver.py", "//etc/passwd", "/etc/passwd",
        "/index.html/", "/assets", "/models/", "/sw.js", "/%00", "/config.json", "http://[",
        "/../" * 12 + "etc/passwd",
    ],
)  # fmt: skip
def test_what_is_not_in_the_table_is_not_there(address, path):
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    connection.putrequest("GET", path, skip_host=True)  # as it is: other clients tidy paths up
    connection.putheader("Host", "127.0.0.1")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 404
    connection.close()


def test_only_reading_is_answered(studio):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert studio.request(method, "/models.json").status_code == 501


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("127.0.0.1.evil.example:80", 421),
        ("192.168.0.7", 421),
        ("[", 421),
        ("", 421),
        ("localhost:1234", 200),
        ("[::1]:1234", 200),
    ],
)
def test_requests_must_name_this_machine(studio, host, status):
    assert studio.get("/models.json", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    ("host", "named", "ours"),
    [
        ("0.0.0.0", "10.1.2.3:8017", True),
        ("0.0.0.0", socket.gethostname(), True),
        ("0.0.0.0", "evil.example", False),
        ("box.lan", "box.lan:8017", True),
        ("::1", "[::1]:8017", True),
        ("::1", "[2001:db8::1]", False),
    ],
)
def test_served_to_a_network_it_answers_to_addresses_but_to_no_other_name(host, named, ours):
    assert names_this_machine(named, host) is ours


def test_what_is_served_stays_as_it_was_at_the_start(tmp_path):
    run = make_run(tmp_path / "cat", seed=1)
    with running_studio(run.folder) as address:
        before = httpx2.get(f"{address}/models.json").json()["models"][0]
        weights = httpx2.get(f"{address}/{before['weights']}").content
        make_run(tmp_path / "cat", seed=2)  # training went on
        assert httpx2.get(f"{address}/{before['weights']}").content == weights
    with running_studio(run.folder) as address:
        after = httpx2.get(f"{address}/models.json").json()["models"][0]
        assert after["weights"] != before["weights"]


def test_a_visitor_that_leaves_harms_nobody(studio, address, capfd):
    where = urlsplit(address)
    for _ in range(5):
        left = socket.create_connection((where.hostname, where.port))
        left.sendall(b"GET /models.json HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        left.close()
    assert studio.get("/").status_code == 200
    assert capfd.readouterr().err == ""


# --- the command --------------------------------------------------------------------------------


def test_a_check_says_that_it_would_start(folder, capsys):
    main(["studio", str(folder), "--port", "0", "--check"])
    assert "would start on http://127.0.0.1:" in capsys.readouterr().out


def test_a_port_in_use_is_said_in_one_line(folder, capsys):
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        said = fails(capsys, "studio", folder, "--check", "--port", port)
    assert f"cannot listen on 127.0.0.1, port {port}" in said


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_there_is_not_is_said_in_one_line(folder, capsys, port):
    said = fails(capsys, "studio", folder, "--check", "--port", port)
    assert f"--port is {port}: it must be from 0 to 65535" in said


def test_a_host_that_is_no_name_is_said_in_one_line(folder, capsys):
    said = fails(capsys, "studio", folder, "--check", "--port", 0, "--host", "a..b")
    assert "cannot listen on a..b, port 0" in said
    assert "another --host" in said
