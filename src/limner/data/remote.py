"""Files that are on a server and may be here: which, where from and where to."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from limner.errors import LimnerError

Progress = Callable[[int, int], None]
"""Called with the work done and the total: bytes to download, or drawings to write."""


class Request(NamedTuple):
    """A file to download."""

    remote: str
    """Path of the file on the server, not quoted."""
    path: Path
    """Path to write the file to."""
    check: Callable[[Path], object]
    """Raises LimnerError if a file is damaged."""


def bucket() -> str:
    """The server: $LIMNER_BUCKET, else Google's storage."""
    return os.environ.get("LIMNER_BUCKET", "https://storage.googleapis.com")


def url_of(remote: str, server: str | None = None) -> str:
    """The address of a file on the server."""
    return f"{(server or bucket()).rstrip('/')}/{quote(remote)}"


def require(requests: Sequence[Request], may_fetch: bool, on_progress: Progress) -> None:
    """Make sure that files are there; download missing ones if `may_fetch`.

    Raises:
        LimnerError: A file is missing, and may not or cannot be downloaded.
    """
    if may_fetch and not all(request.path.exists() for request in requests):
        from limner.data.download import fetch  # its HTTP client takes a while to import

        fetch(requests, on_progress=on_progress)
    for request in requests:
        if not request.path.exists():
            raise LimnerError(f"{request.path} is not there: get it from {url_of(request.remote)}")
