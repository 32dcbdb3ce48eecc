"""The built-in doodles as a source: drawn when first asked for, then kept.

Axis letters: n b drawing, c channel, h w picture.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from limner.data.doodles import doodles
from limner.data.sources import Shape

COUNT = 2_000
SIDE = 28


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
    """Which those are."""

    @staticmethod
    def of(category: str, count: int | None = None) -> "Doodles":
        """The first doodles of a category, none of them drawn yet.

        Args:
            category: One of `doodles.CATEGORIES`.
            count: How many there are; 2,000 if None.
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
