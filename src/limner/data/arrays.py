"""Images of one's own in a .npy file, left on the disk and read when asked for.

Items are levels 0..255, or 0 and 1, or fractions 0..1, of whatever type. A look at some rows finds
out which, and what is to be done to have 255 for ink: where that is nothing for nearly all, or to
turn levels round, it is done to all rows alike; else each is treated as an image of its own.

Axis letters: b image, k channel in the file, c channel, h w pixel, a b pixel of the shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Int64, UInt8

from limner.config import Ink
from limner.data.background import Inked, find_ink, flatten
from limner.data.formats.npy import Rows, open_rows
from limner.data.shrink import fit_colours, fit_ink
from limner.data.sources import UNNAMED, Shape
from limner.data.splits import evenly
from limner.data.told import COLOURS_KEPT, lean, tell
from limner.errors import LimnerError

_SAMPLE = 1_000
_LOOKED_AT = 100
_AGREEMENT = 0.9

Treatment = Literal["kept", "inverted", "each"]
"""What becomes of levels: nothing, 255 less them, or what the image itself asks for."""


@dataclass(frozen=True)
class ArrayFile:
    """Images in a .npy file, a source of drawings that reads what it is asked for."""

    name: str
    """Name of the source."""
    file: Rows
    """What is on the disk."""
    image: tuple[int, int, int]
    """Height, width and channels there."""
    scale: int
    """What an item of 1 stands for: 255, or 1 where items are levels."""
    shape: Shape
    """Of an image here."""
    treatment: Treatment = "kept"
    """What has to be done to have 255 for ink."""
    ink: Ink = "auto"
    """What is known of ink, where each image is treated by itself."""
    others: float = 0.0
    """What most images say of one that does not tell its paper."""

    def __len__(self) -> int:
        return len(self.file)

    def levels(self, rows: Int64[np.ndarray, "b"]) -> UInt8[np.ndarray, "b c h w"]:
        """Levels of some images; with one channel, 255 is ink.

        Raises:
            LimnerError: An item is outside 0..255, or 0..1 for fractions.
        """
        images = self.as_stored(rows)
        height, width, channels = self.image
        if self.treatment != "each" and (channels, height, width) == self.shape:
            levels = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
            return 255 - levels if self.treatment == "inverted" else levels
        return np.stack([self._fitted(image) for image in images])

    def as_stored(self, rows: Int64[np.ndarray, "b"]) -> UInt8[np.ndarray, "b h w k"]:
        """Levels of some images as they are in the file, or raise as `levels` does."""
        return _levels(self.file, rows, self.scale).reshape(len(rows), *self.image)

    def _fitted(self, image: UInt8[np.ndarray, "h w k"]) -> UInt8[np.ndarray, "c a b"]:
        if self.shape[0] == 3:
            return fit_colours(flatten(with_opacity(image)), self.shape)
        if self.treatment == "each":
            levels = find_ink(with_opacity(image), self.ink, self.others).levels
        else:
            levels = 255 - image[..., 0] if self.treatment == "inverted" else image[..., 0]
        return fit_ink(levels, self.shape)


def with_opacity(image: UInt8[np.ndarray, "h w k"]) -> UInt8[np.ndarray, "h w 4"]:
    """Grey, colours, or colours and opacity, as the last."""
    if image.shape[2] == 4:
        return image
    colours = np.broadcast_to(image, (*image.shape[:2], 3))
    return np.concatenate([colours, np.full_like(colours[..., :1], 255)], axis=2)


def open_array(path: Path, shape: Shape | None = None, ink: Ink = "auto") -> tuple[ArrayFile, str]:
    """Open an array of images, and say what was found out of ink and paper.

    Args:
        path: A .npy file of (n, h, w), (n, h, w, 1 or 3 or 4) or (n, side * side).
        shape: What to bring each image to; its own if None.
        ink: dark or light, if it is known which the ink is.

    Raises:
        LimnerError: Damaged, or an array of another kind.
    """
    file = open_rows(path)
    height, width, channels = image = _image_shape(file.header.shape, path)
    scale = _scale(file.read(evenly(len(file), _SAMPLE)), path)
    shape = shape or (1 if channels == 1 else 3, height, width)
    source = ArrayFile(UNNAMED, file, image, scale, shape)
    if shape[0] != 1:
        return source, COLOURS_KEPT
    rows = looked_at(len(file))
    stored = source.as_stored(rows)
    found = [find_ink(with_opacity(one), ink) for one in stored]
    others = lean(found)
    treatment = common_treatment(found, stored[..., 0]) if channels == 1 else "each"
    note = tell(found, [f"row {row}" for row in rows], "--data.ink", ink)
    return ArrayFile(UNNAMED, file, image, scale, shape, treatment, ink, others), note


def looked_at(length: int) -> Int64[np.ndarray, "b"]:
    """The rows of which ink is told for all, if they agree."""
    return evenly(length, _LOOKED_AT)


def common_treatment(
    found: Sequence[Inked], grey: Sequence[UInt8[np.ndarray, "_ _"]] | UInt8[np.ndarray, "b h w"]
) -> Treatment:
    """What becomes of the levels of a set of grey images, by those that were looked at.

    Args:
        found: What they are as ink on paper.
        grey: Their levels as they came.
    """
    pairs = [*zip((one.levels for one in found), grey, strict=True)]
    same = np.mean([(levels == came).all() for levels, came in pairs])
    turned = np.mean([(levels == 255 - came).all() for levels, came in pairs])
    if max(same, turned) < _AGREEMENT:
        return "each"
    return "kept" if same >= turned else "inverted"


def _image_shape(sizes: Sequence[int], path: Path) -> tuple[int, int, int]:
    """Height, width and channels of an image, by the sizes of the axes of an array."""
    match tuple(sizes):
        case (rows, pixels) if isqrt(pixels) ** 2 == pixels and rows != pixels:
            return isqrt(pixels), isqrt(pixels), 1
        case (_, height, width) if width not in (1, 3, 4):
            return height, width, 1
        case (_, height, width, (1 | 3 | 4) as channels):
            return height, width, channels
    raise LimnerError(
        f"{path} holds an array {tuple(sizes)}: images are (n, h, w) or (n, h, w, 1 or 3 or 4), so "
        "save a single one as image[None], and channels last, as in np.moveaxis(images, 1, -1)"
    )


def _scale(items: np.ndarray, path: Path) -> int:
    """What 1 stands for, by a look at some items."""
    if not np.isfinite(items).all() or items.min() < 0 or items.max() > 255:
        raise _neither(path, items)
    if items.max() <= 1:
        return 255
    if (items != np.rint(items)).any() and items.max() <= 2:
        raise _neither(path, items)
    return 1


def _levels(file: Rows, rows: Int64[np.ndarray, "b"], scale: int) -> UInt8[np.ndarray, "b ..."]:
    items = file.read(rows)
    if items.dtype == np.uint8 and scale == 1:
        return items
    if len(items) and not (items.min() >= 0 and items.max() <= 255 / scale):
        raise _neither(file.path, items)
    return np.rint(items * np.float64(scale)).astype(np.uint8)


def _neither(path: Path, items: np.ndarray) -> LimnerError:
    return LimnerError(
        f"{path} holds items from {items.min():g} to {items.max():g}: levels 0..255 or fractions "
        "0..1 are wanted, so bring them to one of these"
    )
