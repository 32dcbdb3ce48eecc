"""sketch-rnn's .npz files: drawings as steps of the pen.

A row (dx, dy, end) moves the pen from where it was, the first from the origin, and lifts it after
the row where end is 1. Steps may be integers or fractions, in any unit. The arrays of such a file
are pickles, of which only the plain arrays are read.

Axis letters: n point.

Source: Ha and Eck, A neural representation of sketch drawings, 2017 (stroke-3).
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Shaped

from limner.config import SPLITS, SplitName
from limner.data.formats.npy import most_unpacked, open_npz
from limner.data.formats.pickles import read_object_array
from limner.errors import LimnerError

_LONGEST_STEP = 1e100  # even a million of them add up to less than infinity


def read_sketchrnn(path: Path) -> Iterator[tuple[SplitName, list[Float64[np.ndarray, "2 n"]]]]:
    """The part (train, valid or test) and the strokes of each drawing, moved to the origin.

    Raises:
        LimnerError: A part is missing, or the file is damaged, or holds other things than arrays.
    """
    with open_npz(path) as archive:
        most = most_unpacked(path)
        for part in SPLITS:
            with archive.open(f"{part}.npy") as member:
                for rows in read_object_array(member, f"{path}, {part}", most):
                    yield part, _strokes(rows, f"{path}, {part}")


def _strokes(rows: Shaped[np.ndarray, "..."], name: str) -> list[Float64[np.ndarray, "2 n"]]:
    if rows.ndim != 2 or rows.shape[1] != 3 or rows.dtype.kind not in "iuf":
        raise LimnerError(f"{name} holds an array {rows.dtype} {rows.shape}, not drawings (n, 3)")
    steps = rows.T.astype(np.float64)
    if not (np.abs(steps) <= _LONGEST_STEP).all():  # false for NaN, too
        raise LimnerError(f"{name} holds a step that is not finite, or longer than 1e100")
    points = steps[:2].cumsum(axis=1)
    if len(rows):
        points -= points.min(axis=1, keepdims=True)
    ends = {*(1 + np.flatnonzero(steps[2] == 1)).tolist(), len(rows)}
    return [points[:, start:end] for start, end in pairwise(sorted({0, *ends}))]
