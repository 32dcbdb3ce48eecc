"""Atomic writes (a file is complete or not there), and clear errors for reading and writing."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from limner.errors import LimnerError, reason


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file atomically: a temporary path, renamed to `path` at the end if all went well.

    Raises:
        LimnerError: The file cannot be written.
    """
    temporary = _beside(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Write a folder atomically: a temporary folder, renamed to `path` if all went well.

    If `path` exists by then and is not an empty folder, it is kept and the renaming fails.

    Raises:
        LimnerError: The folder cannot be written.
    """
    temporary = _beside(path)
    with writing(path):
        temporary.mkdir(parents=True)
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's error about a path that cannot be written into a LimnerError."""
    try:
        yield
    except OSError as error:
        raise LimnerError(
            f"{path} cannot be written ({reason(error)}): choose another path"
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
    """Write a text file in UTF-8 atomically; raises as `replacing` does."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def replace_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a .jsonl file, one object in each line, as `replace_text` does."""
    replace_text(path, "".join(json.dumps(row) + "\n" for row in rows))


def _beside(path: Path) -> Path:
    path = path.absolute()
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")
