"""Whole files of strokes to bitmaps, on all cores, holding a few hundred drawings at a time.

Axis letters: b drawing.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from limner.data.formats.npy import write_header
from limner.data.formats.stroke_files import read_strokes
from limner.data.strokes import Strokes, rasterise, simplify
from limner.errors import LimnerError
from limner.system.files import replacing

_CHUNK = 256


def rasterise_file(
    source: Path,
    target: Path,
    side: int = 28,
    workers: int | None = None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Draw every drawing of a file as the official bitmaps are drawn, in order, into a .npy file.

    Raw drawings, whose strokes tell times, are simplified first; one without strokes is blank.

    Args:
        source: .ndjson, .bin, or sketch-rnn's .npz.
        target: A .npy of bytes (n, side * side), which appears when it is complete.
        side: Of the pictures, pixels.
        workers: Processes; all cores if None. One draws in this process.
        on_progress: Called with the drawings drawn so far.

    Returns:
        How many drawings there were.

    Raises:
        LimnerError: The source is damaged, or a drawing cannot be drawn.
    """
    if target.suffix != ".npy":
        raise LimnerError(f"{target} is where bitmaps go: its name must end in .npy")
    workers = workers or os.cpu_count() or 1
    count = 0
    with replacing(target) as temporary, temporary.open("wb") as file:
        write_header(file, np.dtype(np.uint8), (0, side * side))
        for pictures in _draw_all(_chunks(source), side, workers):
            file.write(pictures.data)
            count += len(pictures)
            on_progress(count)
        file.seek(0)
        write_header(file, np.dtype(np.uint8), (count, side * side))
    return count


class _Chunk(NamedTuple):
    """Some drawings that follow each other."""

    source: Path
    first: int
    """The number of the first, from 1."""
    drawings: Sequence[Strokes]


def _chunks(source: Path) -> Iterator[_Chunk]:
    drawings, first = read_strokes(source), 1
    while chunk := list(islice(drawings, _CHUNK)):
        yield _Chunk(source, first, chunk)
        first += len(chunk)


def _draw_all(
    chunks: Iterable[_Chunk], side: int, workers: int
) -> Iterator[UInt8[np.ndarray, "b side side"]]:
    """Draw chunks in order, with no more than two a worker on the way."""
    if workers == 1:
        yield from (_draw(chunk, side) for chunk in chunks)
        return
    # Fresh processes: a fork would copy threads' locks, of JAX for one, without the threads.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[UInt8[np.ndarray, "b side side"]]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(_draw, chunk, side))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _draw(chunk: _Chunk, side: int) -> UInt8[np.ndarray, "b side side"]:
    drawings = {place: strokes for place, strokes in enumerate(chunk.drawings) if strokes}
    pictures = np.zeros((len(chunk.drawings), side, side), np.uint8)
    names = [f"drawing {chunk.first + place}" for place in drawings]
    try:
        pictures[[*drawings]] = rasterise([*map(_simple, drawings.values())], side, names=names)
    except LimnerError as error:
        raise LimnerError(f"{chunk.source}: {error}") from None
    return pictures


def _simple(strokes: Strokes) -> Strokes:
    is_raw = any(len(stroke) == 3 for stroke in strokes)
    return simplify([stroke[:2] for stroke in strokes]) if is_raw else strokes
