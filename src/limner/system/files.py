"""Files that are written whole or not at all, and what is said where that, or reading, fails."""

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
    """A temporary path beside `path`, renamed to it at the end if nothing went wrong.

    Raises:
        LimnerError: It cannot be written.
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
    """A temporary folder beside `path`, renamed to it at the end if nothing went wrong.

    What is at `path` by then is kept, and the renaming fails, unless it is an empty folder.

    Raises:
        LimnerError: It cannot be written.
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
    """Turns what the system says of a place that cannot be written into the one error."""
    try:
        yield
    except OSError as error:
        raise LimnerError(
            f"{path} cannot be written ({reason(error)}): choose another place"
        ) from error


@contextmanager
def reading(path: Path, *faults: type[Exception]) -> Iterator[None]:
    """Turns what the system says of a file that cannot be read into the one error.

    Args:
        path: The file.
        faults: Further errors that mean as much, of what unpacks the file.

    Raises:
        LimnerError: It cannot be read.
    """
    try:
        yield
    except (OSError, *faults) as error:
        raise LimnerError(f"cannot read {path}: {reason(error)}") from None


def replace_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all, or raise as `replacing` does."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def replace_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a .jsonl file, an object a line, as `replace_text` does."""
    replace_text(path, "".join(json.dumps(row) + "\n" for row in rows))


def _beside(path: Path) -> Path:
    path = path.absolute()
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")
