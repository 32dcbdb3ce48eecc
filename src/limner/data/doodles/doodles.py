"""Doodles: a data set that needs no download, drawn by an imaginary hand in a hurry.

`doodle(category, index)` is a pure function: cat number 7 is always the same cat, whatever else was
drawn before it or in what process. As people do, the hand has several ways to draw each thing,
leaves parts out, and never draws a thing twice alike.

Axis letters: n point, b drawing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import SupportsIndex
from zlib import crc32

import numpy as np
from jaxtyping import Bool, Int, Int64, UInt8

from limner.data.doodles import animals, faces, objects
from limner.data.doodles.hand import Hand
from limner.data.rasteriser import rasterise
from limner.data.sources import Shape
from limner.errors import LimnerError, near

COUNT = 2_000
SIDE = 28


def doodle(category: str, index: int) -> list[Int[np.ndarray, "2 _n"]]:
    """Drawing number index of a category, in simplified coordinates: integers from 0 to 255.

    Raises:
        LimnerError: There is no such category, or the index is negative.
    """
    if category not in _SUBJECTS:
        raise LimnerError(f"no doodles of {category!r}{near(category, CATEGORIES)}")
    if not 0 <= index < 2**64:
        raise LimnerError(f"doodle index is {index}: it must be 0 or more, below 2**64")
    key = np.array([crc32(category.encode()), index], np.uint64)
    hand = Hand(np.random.Generator(np.random.Philox(key=key)))
    _SUBJECTS[category](hand)
    return hand.page()


def doodles(category: str, indices: Iterable[SupportsIndex]) -> UInt8[np.ndarray, "b 28 28"]:
    """Drawings of a category, rendered like the official bitmaps, 255 for ink."""
    return rasterise([doodle(category, int(index)) for index in indices])


_SUBJECTS: dict[str, Callable[[Hand], None]] = {
    "car": objects.car,
    "cat": animals.cat,
    "dog": animals.dog,
    "face": faces.face,
    "fish": animals.fish,
    "flower": objects.flower,
    "house": objects.house,
    "tree": objects.tree,
}

CATEGORIES = tuple(_SUBJECTS)
"""The categories of doodles."""


@dataclass(frozen=True, eq=False)
class Doodles:
    """Doodles of one category, a source of drawings that needs no file.

    A doodle is drawn at its first visit, so that training starts at once and a first epoch pays
    for the drawing; the memory of those never visited is never touched.
    """

    name: str
    """The category."""
    drawn: UInt8[np.ndarray, "n h w"]
    """Levels of the doodles drawn so far."""
    done: Bool[np.ndarray, "n"]
    """Whether each doodle has been drawn."""

    @staticmethod
    def of(category: str, count: int | None = None) -> "Doodles":
        """The first doodles of a category, none of them drawn yet.

        Args:
            category: One of `doodles.CATEGORIES`.
            count: Number of doodles; None makes 2,000.
        """
        count = count or COUNT
        return Doodles(category, np.zeros((count, SIDE, SIDE), np.uint8), np.zeros(count, np.bool_))

    @property
    def shape(self) -> Shape:
        """One channel, 28 x 28."""
        return 1, SIDE, SIDE

    def __len__(self) -> int:
        return len(self.drawn)

    def levels(self, rows: Int64[np.ndarray, "b"]) -> UInt8[np.ndarray, "b c h w"]:
        """Levels of some doodles; 255 is ink."""
        missing = np.unique(rows[~self.done[rows]])
        if len(missing):
            self.drawn[missing] = doodles(self.name, missing)
            self.done[missing] = True
        return self.drawn[rows][:, None]
