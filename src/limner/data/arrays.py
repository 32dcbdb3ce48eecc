"""Pictures of one's own in a .npy file, left on the disk and read when asked for.

Items are levels 0..255, or 0 and 1, or fractions 0..1. Whether ink is dark there is found out by a
look at 1,000 rows at most.

Axis letters: b picture, c channel, h w picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isqrt
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image

from limner.data.background import COLOURS_KEPT, fit, is_light, majority
from limner.data.formats.npy import Rows, open_rows
from limner.data.sources import Shape
from limner.errors import LimnerError

_SAMPLE = 1_000


@dataclass(frozen=True)
class ArrayFile:
    """Pictures in a .npy file, a source of drawings that reads what it is asked for."""

    name: str
    """The file's name, without its suffix."""
    file: Rows
    """What is on the disk."""
    picture: tuple[int, int, int]
    """Height, width and channels there."""
    scale: int
    """What an item of 1 stands for: 255, or 1 where items are levels."""
    inverted: bool
    """Whether 255 is paper there."""
    shape: Shape
    """Of a picture here."""

    def __len__(self) -> int:
        return len(self.file)

    def levels(self, rows: Int64[np.ndarray, "b"]) -> UInt8[np.ndarray, "b c h w"]:
        """Levels of some pictures; with one channel, 255 is ink.

        Raises:
            LimnerError: An item is outside 0..255, or 0..1 for fractions.
        """
        pixels = _levels(self.file, rows, self.scale).reshape(len(rows), *self.picture)
        height, width, channels = self.picture
        if (channels, height, width) == self.shape:
            fitted = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        else:
            pictures = pixels if channels == 3 else pixels[..., 0]
            fitted = np.stack([fit(Image.fromarray(one), self.shape) for one in pictures])
        return 255 - fitted if self.inverted else fitted


def open_array(path: Path, shape: Shape | None = None) -> tuple[ArrayFile, str]:
    """Open an array of pictures, and say what was found out of ink and paper.

    Args:
        path: A .npy file of (n, h, w), (n, h, w, 1 or 3) or (n, side * side).
        shape: What to bring each picture to; its own if None.

    Raises:
        LimnerError: Damaged, or an array of another kind.
    """
    file = open_rows(path)
    picture = _picture_shape(file.header.shape[1:], path)
    height, width, channels = picture
    rows = np.unique(np.linspace(0, len(file) - 1, min(len(file), _SAMPLE)).astype(np.int64))
    holds_levels = file.header.dtype.kind in "iu" and file.read(rows).max() > 1
    scale = 1 if holds_levels else 255
    source = ArrayFile(path.stem, file, picture, scale, False, shape or (channels, height, width))
    if source.shape[0] != 1:
        return source, COLOURS_KEPT
    inverted, note = majority(is_light(source.levels(rows)[:, 0]), "pictures looked at")
    return replace(source, inverted=inverted), note


def _picture_shape(sizes: Sequence[int], path: Path) -> tuple[int, int, int]:
    """Height, width and channels of a picture, by the sizes of the axes of a row."""
    match tuple(sizes):
        case (pixels,) if isqrt(pixels) ** 2 == pixels:
            return isqrt(pixels), isqrt(pixels), 1
        case (height, width):
            return height, width, 1
        case (height, width, (1 | 3) as channels):
            return height, width, channels
    raise LimnerError(f"{path} holds rows {tuple(sizes)}: they must be (h, w) or (h, w, 1 or 3)")


def _levels(file: Rows, rows: Int64[np.ndarray, "b"], scale: int) -> UInt8[np.ndarray, "b ..."]:
    items = file.read(rows)
    if items.dtype == np.uint8 and scale == 1:
        return items
    top = 255 / scale
    if len(items) and not (items.min() >= 0 and items.max() <= top):
        raise LimnerError(f"{file.path} holds items outside 0..{top:g}, or that are no numbers")
    return np.rint(items * np.float64(scale)).astype(np.uint8)
