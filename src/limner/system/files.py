"""Atomic writes (a file is complete or not there), and clear errors for reading and writing."""

import errno
import glob
import hashlib
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from limner.errors import LimnerError, reason
from limner.text import shown

_STALE_SECONDS = 24 * 60 * 60
"""Age of a temporary file that nobody writes any longer, where the writer cannot be asked after."""
_IN_USE = {5, 32}
"""Windows' numbers of errors for files that another program has open."""
_PATIENCE_SECONDS = 2.0
"""How long to wait for such a program."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file atomically: a temporary path, renamed to `path` at the end if all went well.

    What is written is flushed to the disk before it is renamed, so that a power cut leaves the old
    file or the new one.

    Raises:
        LimnerError: The file cannot be written.
    """
    with writing(path):
        temporary = _beside(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        try:
            yield temporary
            _flush(temporary)
            rename(temporary, path)
            _flush_folder(path.absolute().parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Write a folder atomically: a temporary folder, renamed to `path` if all went well.

    Args:
        path: The folder to make.
        replace: Take the place of a folder that is there, which is then deleted. Otherwise, if
            `path` exists by the end and is not an empty folder, it is kept and the renaming fails.

    Raises:
        LimnerError: The folder cannot be written.
    """
    with writing(path):
        temporary = _beside(path)
        new, old = temporary / "new", temporary / "old"
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        new.mkdir(parents=True)
        try:
            yield new
            with suppress(OSError):  # Windows replaces no folder, not even an empty one
                path.rmdir()
            if replace and path.exists():
                rename(path, old)
            try:
                rename(new, path)
            except OSError:
                if old.exists():
                    rename(old, path)
                raise
            _flush_folder(path.absolute().parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def rename(source: Path, target: Path) -> None:
    """Rename a file or a folder; a file replaces the one that has the name (atomic).

    Windows renames and replaces nothing that is open, if only for a moment in a virus scanner. This
    is tried again for two seconds.

    Raises:
        OSError: It cannot be renamed.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _IN_USE or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's error about a path that cannot be written into a LimnerError."""
    try:
        yield
    except OSError as error:
        room = "make room there, or " if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise LimnerError(
            f"{path} cannot be written ({reason(error)}): {room}choose another path"
        ) from error


@contextmanager
def reading(path: Path, *faults: type[Exception]) -> Iterator[None]:
    """Turn the system's error about a file that cannot be read into a LimnerError.

    Args:
        path: The file.
        faults: Other errors with the same meaning, from the code that unpacks the file.

    Raises:
        LimnerError: The file cannot be read.
    """
    try:
        yield
    except (OSError, *faults) as error:
        raise LimnerError(f"cannot read {path}: {reason(error)}") from None


def replace_text(path: Path, text: str) -> None:
    """Write a text file atomically, the same bytes on every system; raises as `replacing` does.

    Names in it whose bytes were not decoded are written as `shown` shows them.
    """
    with replacing(path) as temporary:
        temporary.write_text(shown(text), encoding="utf-8", newline="\n")


@cache
def _machine() -> str:
    """Letters of the machine, or the container, in which a number means one process."""
    try:
        processes = os.readlink("/proc/self/ns/pid")
    except OSError:  # not Linux
        processes = ""
    return hashlib.sha256(f"{platform.node()} {processes}".encode()).hexdigest()[:8]


@cache
def _letters(process: int) -> str:
    """Letters of a process, to tell it from an earlier one of the same number."""
    return secrets.token_hex(4)


def _beside(path: Path) -> Path:
    """A temporary path that names its writer: the machine, the process, the process' letters."""
    path = path.absolute()
    process = os.getpid()
    return path.with_name(f".{path.name}.{_machine()}.{process}.{_letters(process)}.tmp")


def _sweep(path: Path) -> None:
    """Remove what killed writers of a path left beside it."""
    path = path.absolute()
    written = re.compile(rf"\.{re.escape(path.name)}\.([0-9a-f]{{8}})\.(\d+)\.([0-9a-f]{{8}})\.tmp")
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        writer = written.fullmatch(left.name)
        if writer and _is_stale(left, writer[1], int(writer[2]), writer[3]):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _is_stale(left: Path, machine: str, process: int, letters: str) -> bool:
    """Whether the process that wrote a temporary file is gone."""
    if machine != _machine() or os.name == "nt":  # Windows can be asked only by ending it
        with suppress(OSError):
            return time.time() - left.stat().st_mtime > _STALE_SECONDS
        return False
    if process == os.getpid():
        return letters != _letters(process)
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:  # it is another user's
        return False
    return False


def _flush(path: Path) -> None:
    """Have the system put a file on the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(path: Path) -> None:
    """Have the system put a folder's names on the disk, where it can do that."""
    with suppress(OSError):  # Windows opens no folders, some file systems flush none
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
