"""What is refused before anything is read or computed.

A page from elsewhere can make a browser send requests here, under a name of its own that resolves
to this machine; so a request must name this machine, and if it says what page it comes from, that
must be this one's. A body is read whole, up to a limit, before the application sees it.
"""

import ipaddress
import json
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES = 512 * 1024

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_DOCS_POLICY = _PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


class Guard:
    """Middleware that lets through what names this machine and is not too long."""

    def __init__(self, app: ASGIApp, host: str):
        self._app = app
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not names_this_machine(headers.get("host", ""), self._host):
            await _refuse(send, 421, "the Host header does not name this machine")
            return
        origin = headers.get("origin")
        if origin is not None and not _is_page_of(headers["host"], origin):
            await _refuse(send, 403, "requests from other pages are not answered")
            return
        body = await _read_body(headers, receive)
        if body is None:
            await _refuse(send, 413, f"the body is longer than {MOST_BODY_BYTES:,} bytes")
            return
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return unread.pop() if unread else await receive()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive_again, send_with_headers)


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


def _is_page_of(host: str, origin: str) -> bool:
    """Whether an Origin header is that of the pages served under a Host header."""
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's to itself."""
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


async def _read_body(headers: Headers, receive: Receive) -> bytes | None:
    """The body; None if it is too long."""
    announced = headers.get("content-length", "0")
    if len(announced) > 9 or not announced.isdecimal() or int(announced) > MOST_BODY_BYTES:
        return None
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_BODY_BYTES:
            return None
        more = message.get("more_body", False)
    return bytes(body)


def _add_headers(headers: MutableHeaders, path: str) -> None:
    headers["Content-Security-Policy"] = _DOCS_POLICY if path == "/docs" else _PAGE_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


async def _refuse(send: Send, status: int, why: str) -> None:
    body = json.dumps({"detail": why}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
