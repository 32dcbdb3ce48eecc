"""sketch-rnn's .npz files: drawings as steps of the pen.

A row (dx, dy, end) moves the pen from where it was, the first from the origin, and lifts it after
the row where end is 1. The arrays of such a file are pickles, which are read without unpickling.

Axis letters: n point.

Source: Ha and Eck, A neural representation of sketch drawings, 2017 (stroke-3).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int64, Shaped

from limner.config import SPLITS, SplitName
from limner.data.formats.npy import open_npz
from limner.data.formats.pickles import read_object_array
from limner.errors import LimnerError


def read_sketchrnn(path: Path) -> Iterator[tuple[SplitName, list[Int64[np.ndarray, "2 n"]]]]:
    """The part (train, valid or test) and the strokes of each drawing, moved to the origin.

    Raises:
        LimnerError: A part is missing, or the file is damaged or holds anything but arrays.
    """
    with open_npz(path) as archive:
        for part in SPLITS:
            with archive.open(f"{part}.npy") as member:
                for rows in read_object_array(member, f"{path}, {part}"):
                    yield part, _strokes(rows, f"{path}, {part}")


def _strokes(rows: Shaped[np.ndarray, "..."], name: str) -> list[Int64[np.ndarray, "2 n"]]:
    if rows.ndim != 2 or rows.shape[1] != 3 or rows.dtype.kind not in "iuf":
        raise LimnerError(f"{name} holds an array {rows.dtype} {rows.shape}, not drawings (n, 3)")
    if not (np.abs(rows.astype(float)) <= 1e6).all():
        raise LimnerError(f"{name} holds a step that is not finite, or longer than a million")
    points = rows[:, :2].astype(np.int64).cumsum(axis=0)
    if len(points):
        points -= points.min(axis=0)
    lifts = np.flatnonzero(rows[:-1, 2] == 1) + 1
    return [stroke.T for stroke in np.split(points, lifts) if len(stroke)]
