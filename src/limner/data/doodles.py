"""Doodles: a data set that needs no download, drawn by an imaginary hand in a hurry.

`doodle(category, index)` is a pure function: cat number 7 is always the same cat, whatever else was
drawn before it or in what process. As people do, the hand has several ways to draw each thing,
leaves parts out, and never draws a thing twice alike.

Axis letters: n point, b drawing.
"""

from collections.abc import Callable, Iterable
from typing import SupportsIndex
from zlib import crc32

import numpy as np
from jaxtyping import Int, UInt8

from limner.data import creatures, pets, things
from limner.data.hand import Hand
from limner.errors import LimnerError
from limner.strokes import rasterise
from limner.words import near


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
    """Those drawings of a category as the official bitmaps would show them, 255 for ink."""
    return rasterise([doodle(category, int(index)) for index in indices])


_SUBJECTS: dict[str, Callable[[Hand], None]] = {
    "car": things.car,
    "cat": pets.cat,
    "dog": pets.dog,
    "face": creatures.face,
    "fish": creatures.fish,
    "flower": things.flower,
    "house": things.house,
    "tree": things.tree,
}

CATEGORIES = tuple(_SUBJECTS)
"""What there are doodles of."""
