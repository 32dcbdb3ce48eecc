"""The contents of a data root: files that are there, missing or damaged."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from limner.config import FORMATS, Format
from limner.data import mnist, quickdraw
from limner.data.formats.stroke_files import STROKE_SUFFIXES, read_strokes
from limner.data.remote import Request
from limner.errors import LimnerError, check_names


class Held(NamedTuple):
    """The files of one category under a data root."""

    category: str
    """Official name of the category."""
    drawings: int | None
    """Bitmaps here; None where there are none, or where they are damaged."""
    sizes: dict[Format, int]
    """Bytes of each format that is here."""


def held(root: Path) -> Iterator[Held]:
    """The files of each of the 345 categories, in their order."""
    for category in quickdraw.categories():
        paths: dict[Format, Path] = {
            form: root / quickdraw.relative_path(category, form) for form in FORMATS
        }
        sizes: dict[Format, int] = {
            form: path.stat().st_size for form, path in paths.items() if path.is_file()
        }
        drawings = None
        if "numpy_bitmap" in sizes:
            with suppress(LimnerError):  # `verify` tells what is wrong
                drawings = len(quickdraw.open_bitmaps(paths["numpy_bitmap"]))
        yield Held(category, drawings, sizes)


def wanted(root: Path, names: Sequence[str], format: Format) -> list[Request]:
    """The files to fetch for some names: categories, `all` of them, or `mnist`.

    Raises:
        LimnerError: A name is unknown, or there is no name.
    """
    if not names:
        raise LimnerError("nothing to fetch: name categories such as cat, or all, or mnist")
    known = ("all", "mnist", *quickdraw.categories())
    check_names(names, known, "Quick, Draw!", quickdraw.LISTED)
    chosen = quickdraw.categories() if "all" in names else names
    drawings = quickdraw.requests(root, [name for name in chosen if name != "mnist"], format)
    return drawings + (mnist.requests(root) if "mnist" in names else [])


class Verdict(NamedTuple):
    """The result of reading a file to its end."""

    path: Path
    """The file."""
    rows: int
    """Drawings, or labels, read before its end or its fault."""
    fault: str | None
    """The fault in words; None if there is none."""


def verify(root: Path) -> Iterator[Verdict]:
    """Read every file under a data root to its end.

    Raises:
        LimnerError: The root is not a folder.
    """
    if not root.is_dir():
        raise LimnerError(f"{root} is not a folder: give one with --root, or set LIMNER_DATA")
    folders = ("quickdraw_dataset", "mnist", "mnist_binarized")
    paths = (path for folder in folders for path in sorted((root / folder).rglob("*")))
    for path in paths:
        if path.is_file() and not path.name.startswith("."):
            yield _verdict(path)


def _verdict(path: Path) -> Verdict:
    rows = 0
    try:
        for count in _counts(path):
            rows += count
    except LimnerError as error:
        return Verdict(path, rows, str(error))
    return Verdict(path, rows, None)


def _counts(path: Path) -> Iterator[int]:
    """The drawings, or labels, of a file, counted as they are read."""
    match path.suffix, path.parent.name:
        case ".part", _:
            raise LimnerError(f"{path} is an incomplete download: fetch it again to resume")
        case ".npy", _:
            yield len(quickdraw.open_bitmaps(path))
        case ".npz", "mnist_binarized":
            yield from map(len, mnist.read_static(path).values())
        case suffix, _ if suffix in STROKE_SUFFIXES:
            yield from (1 for _ in read_strokes(path))
        case _ if "idx3-ubyte" in path.name:
            yield len(mnist.read_idx(path, 3))
        case _ if "idx1-ubyte" in path.name:
            yield len(mnist.read_idx(path, 1))
        case _:
            raise LimnerError(f"{path} is not a file of this data root")
