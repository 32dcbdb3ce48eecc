"""Training, validation and test drawings: numbers mapped onto sources and rows in closed form.

A split lays its share of each source end to end and holds no array of its length. Where a data set
has no official split, the row number alone decides:

    row mod 10 = 8: validation;  row mod 10 = 9: test;  else: training,

which does not change when a file grows or is cut.

Axis letters: b drawing, n row of a source, s source, c channel, h w image.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

import numpy as np
from jaxtyping import Float, Int64, Integer, UInt8, UInt64

from limner.config import Binarisation, SplitName
from limner.data import binarise
from limner.data.sources import Source


class Progression(NamedTuple):
    """The rows of a source that a split takes: runs of `run` rows, one run every `period`."""

    first: int
    """The first row."""
    run: int
    """Rows taken together."""
    period: int
    """Rows from the start of one run to the start of the next."""

    def count(self, length: int) -> int:
        """Number of rows taken among rows 0..length-1."""
        runs, rest = divmod(max(length - self.first, 0), self.period)
        return runs * self.run + min(rest, self.run)

    def rows(self, indices: Int64[np.ndarray, "b"]) -> Int64[np.ndarray, "b"]:
        """The rows at some indices of the progression."""
        return self.first + indices // self.run * self.period + indices % self.run


BY_ROW: dict[SplitName, Progression] = {
    "train": Progression(0, 8, 10),
    "valid": Progression(8, 1, 10),
    "test": Progression(9, 1, 10),
}


def evenly(length: int, most: int) -> Int64[np.ndarray, "b"]:
    """At most so many of the indices 0..length-1, evenly spaced."""
    return np.linspace(0, length - 1, min(length, most)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Split:
    """The training, validation or test drawings of a data set, numbered from 0."""

    sources: tuple[Source, ...]
    progression: Progression
    counts: tuple[int, ...]
    """Number of drawings from each source."""
    row_categories: Integer[np.ndarray, "n"] | None = None
    """The category of each row, where one source holds several; else a source is a category."""

    def __len__(self) -> int:
        return int(self._ends[-1])

    def blocks(self, size: int = 1_024) -> Iterator[Int64[np.ndarray, "b"]]:
        """The indices of all drawings in their order, at most `size` at a time."""
        for start in range(0, len(self), size):
            yield np.arange(start, min(start + size, len(self)))

    def levels(self, indices: Int64[np.ndarray, "b"]) -> UInt8[np.ndarray, "b c h w"]:
        """Grey levels of some drawings; 255 is ink.

        Raises:
            IndexError: An index outside 0..len-1.
        """
        return self._read(*self._locate(indices))

    def categories(self, indices: Int64[np.ndarray, "b"]) -> Int64[np.ndarray, "b"]:
        """The categories of some drawings, as indices of the data set's `categories`."""
        sources, rows = self._locate(indices)
        return sources if self.row_categories is None else self.row_categories[rows].astype(int)

    def rows(self, indices: Int64[np.ndarray, "b"]) -> Int64[np.ndarray, "b"]:
        """The rows of some drawings in the file of their source."""
        return self._locate(indices)[1]

    def files(self, indices: Int64[np.ndarray, "b"]) -> list[str]:
        """The file of some drawings, where each has one of its own; else nothing."""
        sources, rows = self._locate(indices)
        named = [getattr(source, "files", ()) for source in self.sources]
        return [
            named[source][row] if named[source] else ""
            for source, row in zip(sources.tolist(), rows.tolist(), strict=True)
        ]

    def targets(
        self, indices: Int64[np.ndarray, "b"], binarisation: Binarisation, key: tuple[int, ...]
    ) -> UInt8[np.ndarray, "b c h w"]:
        """The targets of some drawings, as levels 0..255 (0 or 255 when binarised).

        Args:
            indices: Indices of the drawings.
            binarisation: How levels become targets. grey: `levels` unchanged. threshold: 255 from
                level 128 on. static: each pixel drawn at random once, from the source's name and
                the row. dynamic: drawn at random from `key` as well.
            key: One or two numbers for the visit, such as (seed, update); only for dynamic.
        """
        sources, rows = self._locate(indices)
        levels = self._read(sources, rows)
        if binarisation == "grey":
            return levels
        if binarisation == "threshold":
            return binarise.threshold(levels)
        if binarisation == "dynamic" and not key:
            raise ValueError("dynamic binarisation needs a key, or it would be the static one")
        visit = key if binarisation == "dynamic" else ()
        keys = self._keys[sources]
        return binarise.draw(levels, binarise.noise(keys, rows, self.sources[0].shape, visit))

    def pixels(
        self, indices: Int64[np.ndarray, "b"], binarisation: Binarisation, key: tuple[int, ...]
    ) -> Float[np.ndarray, "b c h w"]:
        """The targets of some drawings from 0 to 1, as a model takes them; see `targets`."""
        return self.targets(indices, binarisation, key) / np.float32(255)

    @cached_property
    def _ends(self) -> Int64[np.ndarray, "s"]:
        """The index after the last drawing of each source."""
        return np.cumsum(self.counts, dtype=np.int64)

    @cached_property
    def _keys(self) -> UInt64[np.ndarray, "s"]:
        """A number made from the name of each source, to seed its noise."""
        return np.array([crc32(source.name.encode()) for source in self.sources], np.uint64)

    def _locate(
        self, indices: Int64[np.ndarray, "b"]
    ) -> tuple[Int64[np.ndarray, "b"], Int64[np.ndarray, "b"]]:
        """The source and the row of some drawings."""
        indices = np.asarray(indices, np.int64)
        if len(indices) and not 0 <= indices.min() <= indices.max() < len(self):
            raise IndexError(f"an index is outside 0..{len(self) - 1}")
        sources = np.searchsorted(self._ends, indices, side="right")
        within = indices - self._ends[sources] + np.array(self.counts)[sources]
        return sources, self.progression.rows(within)

    def _read(
        self, sources: Int64[np.ndarray, "b"], rows: Int64[np.ndarray, "b"]
    ) -> UInt8[np.ndarray, "b c h w"]:
        out = np.empty((len(rows), *self.sources[0].shape), np.uint8)
        order = np.argsort(sources, kind="stable")
        present, starts = np.unique(sources[order], return_index=True)
        sorted_rows, bounds = rows[order], [*starts.tolist(), len(rows)]
        blocks = [
            self.sources[source].levels(sorted_rows[start:stop])
            for source, (start, stop) in zip(present.tolist(), pairwise(bounds), strict=True)
        ]
        out[order] = np.concatenate([out[:0], *blocks])
        return out
