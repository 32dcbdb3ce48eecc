"""Quick, Draw!: 50 million drawings of 345 categories, laid out as Google's bucket is.

A data root holds `quickdraw_dataset/full/<format>/<category>.<suffix>`, the path that the file has
in the bucket. The 28 x 28 bitmaps are in the order of the simplified drawings: row i is drawing i.

Axis letters: b drawing, c channel, h w image.

Source: github.com/googlecreativelab/quickdraw-dataset; the data are by Google, CC BY 4.0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from limner.config import Format
from limner.data.formats.npy import Rows, open_rows
from limner.data.formats.sketchrnn import read_sketchrnn
from limner.data.formats.stroke_files import read_binary, read_ndjson
from limner.data.remote import Request
from limner.data.sources import Shape
from limner.errors import LimnerError

_PATHS: dict[Format, str] = {
    "raw": "quickdraw_dataset/full/raw/{}.ndjson",
    "simplified": "quickdraw_dataset/full/simplified/{}.ndjson",
    "binary": "quickdraw_dataset/full/binary/{}.bin",
    "numpy_bitmap": "quickdraw_dataset/full/numpy_bitmap/{}.npy",
    "sketchrnn": "quickdraw_dataset/sketchrnn/{}.npz",
}
SIDE = 28
LISTED = "those of limner data list"
"""The command that lists all categories, for error lines."""


@cache
def categories() -> tuple[str, ...]:
    """The 345 official names, sorted."""
    text = resources.files("limner.data").joinpath("quickdraw_categories.txt").read_text("utf-8")
    return tuple(text.splitlines())


def relative_path(category: str, format: Format) -> str:
    """Path of a file under a data root, and in the bucket."""
    return _PATHS[format].format(category)


@dataclass(frozen=True)
class Bitmaps:
    """The official bitmaps of one category, a source of drawings."""

    name: str
    """The category."""
    file: Rows
    """Rows of 784 levels."""

    @property
    def shape(self) -> Shape:
        """One channel, 28 x 28."""
        return 1, SIDE, SIDE

    def __len__(self) -> int:
        return len(self.file)

    def levels(self, rows: Int64[np.ndarray, "b"]) -> UInt8[np.ndarray, "b c h w"]:
        """Read the bitmaps of some rows; 255 is ink."""
        return self.file.read(rows).reshape(-1, *self.shape)


def open_bitmaps(path: Path) -> Bitmaps:
    """Open a file of official bitmaps, named after its category.

    Raises:
        LimnerError: The file is damaged, or does not hold bytes of shape (n, 784).
    """
    file = open_rows(path)
    dtype, shape, _ = file.header
    if dtype != np.uint8 or shape[1:] != (SIDE * SIDE,):
        raise LimnerError(
            f"{path} holds {dtype} {shape}, not bitmaps: those are uint8 (n, {SIDE * SIDE})"
        )
    return Bitmaps(path.stem, file)


def requests(root: Path, names: Sequence[str], format: Format) -> list[Request]:
    """The files to request from the bucket, to have categories in a format under a data root."""
    return [
        Request(remote, root / remote, _CHECKS[format])
        for remote in (relative_path(name, format) for name in names)
    ]


_CHECKS: dict[Format, Callable[[Path], object]] = {
    "raw": lambda path: next(read_ndjson(path), None),
    "simplified": lambda path: next(read_ndjson(path), None),
    "binary": lambda path: next(read_binary(path), None),
    "numpy_bitmap": open_bitmaps,
    "sketchrnn": lambda path: next(read_sketchrnn(path), None),
}
"""Check the start of a downloaded file; of a bitmap file, the whole header."""
