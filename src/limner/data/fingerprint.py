"""Fingerprints of data sets: names, counts, sizes, and a digest of pixels and categories.

A run keeps the fingerprint of the data it was trained on, so that it is not gone on with, measured
or exported on others without a word.
"""

import dataclasses
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from jaxtyping import Integer

from limner.data.sources import Pictures, Source
from limner.data.splits import evenly
from limner.errors import LimnerError, Notice, first_difference

SAMPLE = 64
"""Rows of each source whose pixels count, spread evenly; of arrays in memory all do."""


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """The fingerprint of a data set; data sets with equal fingerprints count as the same."""

    name: str
    """The kind of data."""
    categories: tuple[str, ...]
    """Names of the categories."""
    shape: tuple[int, int, int]
    """Channels, height and width."""
    rows: tuple[int, ...]
    """Rows used of each source."""
    digest: str
    """BLAKE2b of levels, and of categories where one source holds several; hexadecimal."""

    def check(self, found: "Fingerprint", of: object, *, strictly: bool = True) -> None:
        """Check that data are these.

        Args:
            found: Fingerprint of the data.
            of: What was trained on these, for the line.
            strictly: Refuse others; else only say so.

        Raises:
            LimnerError: The data differ; the line says in what first.

        Warns:
            Notice: They differ, and `strictly` is false.
        """
        named = (dataclasses.asdict(self), dataclasses.asdict(found))
        for each in named:
            each["content"] = each.pop("digest")[:8]
        if (difference := first_difference(*named)) is None:
            return
        said = f"{of} was trained on other data ({difference})"
        if strictly:
            raise LimnerError(
                f"{said}: give it the same data, or use these with --other-data, in Python "
                "other_data=True"
            )
        warnings.warn(f"{said}: the numbers on its card are not of these", Notice, stacklevel=2)


def fingerprint_of(
    name: str,
    categories: tuple[str, ...],
    sources: Sequence[Source],
    used: Sequence[Sequence[range]],
    row_categories: Integer[np.ndarray, "n"] | None = None,
) -> Fingerprint:
    """The fingerprint of some rows.

    Args:
        name: The kind of data.
        categories: Names of the categories.
        sources: The sources.
        used: The rows that are used of each.
        row_categories: The category of each row, where one source holds several.
    """
    state = blake2b(digest_size=16)
    for source, ranges in zip(sources, used, strict=True):
        for rows in ranges:
            looked_at = evenly(len(rows), len(rows) if isinstance(source, Pictures) else SAMPLE)
            state.update(np.ascontiguousarray(source.levels(rows.start + looked_at)).data)
            if row_categories is not None:
                own = row_categories[rows.start : rows.stop]
                state.update(np.ascontiguousarray(own, np.int64).data)
    return Fingerprint(
        name=name,
        categories=categories,
        shape=sources[0].shape,
        rows=tuple(sum(map(len, ranges)) for ranges in used),
        digest=state.hexdigest(),
    )
