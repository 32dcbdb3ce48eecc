"""Downloads that survive cuts: several at once, resumed, checked, then renamed (atomic).

A file grows as `<name>.part` beside where it will be. A process that writes to the part has locked
`.<name>.lock`, which stays: a second process that wants the same file waits and then finds it
there. A cut or a kill leaves the part, and the next fetch asks for the bytes that are missing. A
complete part is held against the server's MD5 sum, where it gives one, and against its own header,
and only then gets its name; so a file that has its name is whole.

Source: RFC 9110, section 14 (range requests); cloud.google.com/storage/docs (x-goog-hash).
"""

import base64
import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import httpx2
from filelock import FileLock, Timeout

from limner.data.remote import Progress, Request, bucket, url_of
from limner.errors import LimnerError, reason
from limner.system.files import rename, writing

_TRIES = 3
_LOOK_SECONDS = 1.0  # between looks, while waiting for a lock, at whether all is over


def fetch(
    requests: Sequence[Request],
    server: str | None = None,
    on_progress: Progress = lambda done, total: None,
    workers: int = 4,
    patience_seconds: float = 1.0,
) -> list[Path]:
    """Download the files that are not there yet, several at once.

    Args:
        requests: The files.
        server: Address of the server; None takes `bucket()`.
        on_progress: Called with the bytes that are here and those that there are, of all files
            together; from several threads, one at a time.
        workers: Number of files to download at the same time.
        patience_seconds: The first wait after a cut; it doubles with each in a row.

    Returns:
        The files that were downloaded.

    Raises:
        LimnerError: A file cannot be downloaded, or arrived damaged. Parts are kept, so that the
            next download resumes.
    """
    missing = [request for request in requests if not request.path.exists()]
    if not missing:
        return []
    stop = threading.Event()
    with (
        _client() as client,
        ThreadPoolExecutor(workers) as pool,
    ):
        fetcher = _Fetcher(client, server or bucket(), patience_seconds, stop, _Meter(on_progress))
        try:
            fetcher.meter.total = sum(pool.map(fetcher.size, missing))
            for done in as_completed([pool.submit(fetcher.fetch, one) for one in missing]):
                done.result()
        except BaseException:
            # One failure, or Ctrl-C, ends all: threads look at the event between two blocks.
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [request.path for request in missing]


def _client() -> httpx2.Client:
    try:
        return httpx2.Client(timeout=30, headers={"Accept-Encoding": "identity"})
    except (ValueError, ImportError) as error:
        raise LimnerError(
            "the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names is not one to use "
            f"({reason(error)}): correct or unset it"
        ) from None


class _Meter:
    """Adds up the bytes of several threads."""

    def __init__(self, on_progress: Progress):
        self._on_progress, self._lock = on_progress, threading.Lock()
        self.done = self.total = 0

    def add(self, size: int) -> None:
        with self._lock:
            self.done += size
            self._on_progress(self.done, max(self.done, self.total))


class _Fetcher(NamedTuple):
    """The state that the threads of one call share."""

    client: httpx2.Client
    server: str
    patience_seconds: float
    stop: threading.Event
    meter: _Meter

    def size(self, request: Request) -> int:
        """The length of the file according to the server; 0 if it does not say."""
        url = url_of(request.remote, self.server)
        try:
            response = self.client.head(url)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _unreachable(url, request.path, error) from None
        _check_status(response, url)
        return int(response.headers.get("Content-Length", 0))

    def fetch(self, request: Request) -> None:
        """Download one file, or wait until another process has."""
        part = request.path.with_name(f"{request.path.name}.part")
        url = url_of(request.remote, self.server)
        with writing(part):
            part.parent.mkdir(parents=True, exist_ok=True)
            with self._locked(request.path.with_name(f".{request.path.name}.lock"), url):
                if request.path.exists():
                    part.unlink(missing_ok=True)
                    self.meter.add(request.path.stat().st_size)
                    return
                with part.open("ab") as file:
                    self.meter.add(file.tell())
                    md5 = self._complete(url, request.path, file)
                try:
                    _check_sum(part, md5)
                    request.check(part)
                except LimnerError as error:
                    part.unlink()
                    raise LimnerError(f"{url} came damaged, fetch it again: {error}") from None
                rename(part, request.path)

    def _locked(self, path: Path, url: str) -> AbstractContextManager[object]:
        """A lock, once it is had; one file is one process's at a time."""
        lock = FileLock(path)
        while not self.stop.is_set():
            with suppress(Timeout):
                return lock.acquire(timeout=_LOOK_SECONDS)
        raise LimnerError(f"{url}: stopped")

    def _complete(self, url: str, path: Path, file: BinaryIO) -> str | None:
        """Ask until the part is complete; returns its MD5 sum in base 64 if the server told it."""
        failures = 0
        while True:
            before = file.tell()
            try:
                return self._ask(url, file)
            except httpx2.HTTPError as error:
                failures = 1 if file.tell() > before else failures + 1
                if failures == _TRIES:
                    raise _unreachable(url, path, error) from None
                self.stop.wait(self.patience_seconds * 2 ** (failures - 1))

    def _ask(self, url: str, file: BinaryIO) -> str | None:
        have = file.tell()
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self.client.stream("GET", url, headers=headers) as response:
            # 416: the part is as long as the file, or longer. If longer, start again.
            if response.status_code == 416:
                if response.headers.get("Content-Range") == f"bytes */{have}":
                    return _md5(self.client.head(url))
                self._restart(file)
                raise httpx2.RemoteProtocolError("the part is longer than the file")
            _check_status(response, url)
            resumed = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            if have and not (response.status_code == 206 and resumed):
                self._restart(file)
                if response.status_code == 206:
                    raise httpx2.RemoteProtocolError("another range came than was asked for")
            for block in response.iter_raw():
                file.write(block)
                self.meter.add(len(block))
                if self.stop.is_set():
                    raise LimnerError(f"{url}: stopped")
            file.flush()
            return _md5(response)

    def _restart(self, file: BinaryIO) -> None:
        self.meter.add(-file.tell())
        file.seek(0)
        file.truncate()


def _check_status(response: httpx2.Response, url: str) -> None:
    if response.status_code == 404:
        raise LimnerError(f"{url} does not exist (HTTP 404)")
    if response.status_code not in (200, 206):
        raise LimnerError(f"{url} is refused (HTTP {response.status_code}): try again later")


def _md5(response: httpx2.Response) -> str | None:
    """The MD5 sum of the whole file, in base 64, if the server tells it."""
    sums = response.headers.get_list("x-goog-hash", split_commas=True)
    return next((item[4:] for item in sums if item.startswith("md5=")), None)


def _check_sum(part: Path, md5: str | None) -> None:
    if md5 is None:
        return
    with part.open("rb") as file:
        found = base64.b64encode(hashlib.file_digest(file, "md5").digest()).decode()
    if found != md5:
        raise LimnerError(f"its MD5 sum is {found}, the server says {md5}")


def _unreachable(url: str, path: Path, error: Exception) -> LimnerError:
    return LimnerError(
        f"cannot fetch {url} ({reason(error)}): download it elsewhere and put it at {path}"
    )
