"""Fingerprints of data sets: names, counts, sizes, and a digest of pixels.

A run keeps the fingerprint of the data it was trained on, so that it is not gone on with, measured
or exported on others without a word.
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from limner.config import parse_strictly
from limner.data.sources import Pictures, Source
from limner.errors import LimnerError, first_difference

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
    """BLAKE2b of levels, hexadecimal."""

    def to_json(self) -> str:
        """The fingerprint as indented JSON."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, origin: str) -> "Fingerprint":
        """Read what `to_json` wrote.

        Raises:
            LimnerError: It is not the JSON of a fingerprint; the line begins with `origin`.
        """
        return parse_strictly(cls, text, origin)

    def check(self, found: "Fingerprint", of: object) -> None:
        """Check that data are these.

        Args:
            found: Fingerprint of the data.
            of: What was trained on these, for the error's line.

        Raises:
            LimnerError: The data differ; the line says in what first.
        """
        named = (dataclasses.asdict(self), dataclasses.asdict(found))
        for each in named:
            each["pixels"] = each.pop("digest")[:8]
        if difference := first_difference(*named):
            raise LimnerError(
                f"{of} was trained on other data ({difference}): give it the same data, or use "
                "these with --other-data, in Python other_data=True"
            )


def fingerprint_of(
    name: str, categories: tuple[str, ...], sources: Sequence[Source], lengths: Sequence[int]
) -> Fingerprint:
    """The fingerprint of the first rows of some sources, `lengths` of them."""
    state = blake2b(digest_size=16)
    for source, length in zip(sources, lengths, strict=True):
        count = length if isinstance(source, Pictures) else min(length, SAMPLE)
        rows = np.unique(np.linspace(0, max(length - 1, 0), count).astype(np.int64))
        state.update(np.ascontiguousarray(source.levels(rows)).data)
    return Fingerprint(
        name=name,
        categories=categories,
        shape=sources[0].shape,
        rows=tuple(lengths),
        digest=state.hexdigest(),
    )
