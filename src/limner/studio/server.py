"""Serving a site on this machine, from memory: no path of a request reaches the file system.

A page from elsewhere can make a browser send requests here, under a name of its own that resolves
to this machine; so a request must name this machine.
"""

import ipaddress
import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from limner.errors import LimnerError
from limner.studio.site import IMMUTABLE, Site
from limner.system.checksums import checksum

_TYPES = {  # not the system's own table, which differs from machine to machine
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_FOR_EVER = "max-age=31536000, immutable"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SiteServer(ThreadingHTTPServer):
    """A server of some files; its `serve_forever` answers until `shutdown` is called.

    Args:
        site: The files.
        listener: A socket that listens.
        host: The address that it is served on, which says what names requests may give it.
    """

    daemon_threads = True

    def __init__(self, site: Site, listener: socket.socket, host: str):
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.host = host
        self.files = {
            f"/{path}": (path, content, f'"{checksum(content)}"') for path, content in site.items()
        }
        self.files["/"] = self.files["/index.html"]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, unless it is that a visitor has left."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: SiteServer
    protocol_version = "HTTP/1.1"  # one connection for many files
    timeout = 60  # seconds without a request, and the connection is closed

    def do_GET(self) -> None:
        """Answer with a file."""
        self._answer(with_content=True)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the content."""
        self._answer(with_content=False)

    def _answer(self, *, with_content: bool) -> None:
        if not names_this_machine(self.headers.get("Host", ""), self.server.host):
            self.send_error(421, "the Host header does not name this machine")
            return
        file = self.server.files.get(self.path.partition("?")[0])
        if file is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        path, content, tag = file
        known = self.headers.get("If-None-Match") == tag
        self.send_response(HTTPStatus.NOT_MODIFIED if known else HTTPStatus.OK)
        self.send_header("ETag", tag)
        self.send_header("Cache-Control", _FOR_EVER if IMMUTABLE.fullmatch(path) else "no-cache")
        if not known:
            media = _TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_content and not known:
            self.wfile.write(content)

    def end_headers(self) -> None:
        """Add what every answer says."""
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def version_string(self) -> str:
        """The software, without versions."""
        return "limner"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 is any that is free.

    Raises:
        LimnerError: There is no such port, or the address is not of this machine or in use.
    """
    if not 0 <= port <= 65_535:
        raise LimnerError(f"--port is {port}: it must be from 0 to 65535")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=256)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LimnerError(
            f"cannot listen on {host}, port {port} ({why}): choose another --host or --port"
        ) from None


def names_this_machine(header: str, host: str) -> bool:
    """Whether a Host header is one that may come when the studio is served on `host`.

    Served to a network, it may be any address that is written out: no page can give itself such
    a name.
    """
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    if name in ("localhost", host.lower()):
        return True
    if is_loopback(host):
        return is_loopback(name)
    return _address(name) is not None or name == socket.gethostname().lower()


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's to itself."""
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
