"""What a data set is made of: sources, which give the grey levels of rows when asked.

Axis letters: n b row, c channel, h w image.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64, UInt8

Shape = tuple[int, int, int]
"""Channels (1 or 3), height and width of a drawing."""

UNNAMED = "images"
"""Name of the source of the user's own images that are in no category. It is no name of a folder
or file, so that they are the same images after they were moved."""


@runtime_checkable
class Source(Protocol):
    """Drawings with a common name: one category, or one file.

    One whose rows are files of their own may name them in `files`, as `Pictures` does.
    """

    @property
    def name(self) -> str:
        """The category, or the data set."""
        ...

    @property
    def shape(self) -> Shape:
        """Channels, height and width of a drawing."""
        ...

    def __len__(self) -> int: ...

    def levels(self, rows: Int64[np.ndarray, "b"]) -> UInt8[np.ndarray, "b c h w"]:
        """Grey levels of some rows; 255 is ink."""
        ...


@dataclass(frozen=True, eq=False)
class Pictures:
    """A source held in memory."""

    name: str
    """The data set."""
    pixels: UInt8[np.ndarray, "n c h w"]
    """Grey levels; 255 is ink."""
    files: tuple[str, ...] = ()
    """The file of each row, where each has one of its own."""

    @property
    def shape(self) -> Shape:
        """Channels, height and width."""
        _, channels, height, width = self.pixels.shape
        return channels, height, width

    def __len__(self) -> int:
        return len(self.pixels)

    def levels(self, rows: Int64[np.ndarray, "b"]) -> UInt8[np.ndarray, "b c h w"]:
        """Grey levels of some rows."""
        return self.pixels[rows]
