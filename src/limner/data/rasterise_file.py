"""Whole files of strokes to bitmaps, on all cores, holding a few hundred drawings at a time.

Axis letters: b drawing.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from limner.data.formats.npy import write_header
from limner.data.formats.stroke_files import read_strokes
from limner.data.rasteriser import preferred_backend, rasterise
from limner.data.strokes import Strokes, fills, fit, fits, simplify
from limner.errors import LimnerError
from limner.system.files import replacing

_CHUNK = 256
_MOST_WORKERS = 61
"""As many processes as Windows can wait for at once."""


class Rasterised(NamedTuple):
    """The result of rendering a file."""

    drawings: int
    """Number of drawings."""
    backend: str
    """Name of the backend, one of `available_backends`; the two differ by some levels."""
    note: str
    """A message to the user about the scale of the strokes."""


def rasterise_file(
    source: Path,
    target: Path,
    side: int = 28,
    workers: int | None = None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> Rasterised:
    """Draw every drawing of a file as the official bitmaps are drawn, in order, into a .npy file.

    Raw drawings, whose strokes tell times, are simplified first. Others are drawn as they are if
    the file looks like one of simplified drawings: most of its first 256 lie within 0..255 and are
    250 large. If it does not, each is brought to 0..255 with its proportions kept; so is a drawing
    that leaves 0..255 in any file. A drawing without strokes is blank.

    Args:
        source: .ndjson, .bin, or sketch-rnn's .npz.
        target: A .npy of bytes (n, side * side), which appears when it is complete.
        side: Height and width of each image, pixels.
        workers: Number of processes, at most 61; None takes one per core. With 1 this process
            draws.
        on_progress: Called with the drawings drawn so far.

    Raises:
        LimnerError: The source is damaged, or a drawing cannot be drawn.
    """
    if target.suffix != ".npy":
        raise LimnerError(f"{target} is where bitmaps go: its name must end in .npy")
    backend = preferred_backend()
    workers = min(workers or os.cpu_count() or 1, _MOST_WORKERS)
    drawings = read_strokes(source)
    start = list(islice(drawings, _CHUNK))
    is_simplified, note = _scale_of(start)
    chunks = _chunks(chain(start, drawings), _Job(source, side, backend, is_simplified))
    count = 0
    with replacing(target) as temporary, temporary.open("wb") as file:
        write_header(file, np.dtype(np.uint8), (0, side * side))
        for images in _draw_all(chunks, workers):
            file.write(images.data)
            count += len(images)
            on_progress(count)
        file.seek(0)
        write_header(file, np.dtype(np.uint8), (count, side * side))
    return Rasterised(count, backend, note)


def _scale_of(drawings: Sequence[Strokes]) -> tuple[bool, str]:
    """Whether some drawings are simplified ones, and what that means for their file, in words."""
    inked = [strokes for strokes in drawings if strokes]
    if any(_is_raw(strokes) for strokes in inked):
        return False, "raw drawings, with times: simplified first"
    if 2 * sum(map(fills, inked)) >= len(inked):
        return True, "simplified drawings, 0 to 255: drawn as they are"
    return False, "not the scale of simplified drawings: each brought to 0..255"


def _is_raw(strokes: Strokes) -> bool:
    return any(len(stroke) == 3 for stroke in strokes)


class _Job(NamedTuple):
    """The settings that are the same for all drawings of a file."""

    source: Path
    side: int
    backend: str
    is_simplified: bool


class _Chunk(NamedTuple):
    """Consecutive drawings of a file."""

    job: _Job
    first: int
    """The number of the first, from 1."""
    drawings: Sequence[Strokes]


def _chunks(drawings: Iterator[Strokes], job: _Job) -> Iterator[_Chunk]:
    first = 1
    while chunk := list(islice(drawings, _CHUNK)):
        yield _Chunk(job, first, chunk)
        first += len(chunk)


def _draw_all(chunks: Iterable[_Chunk], workers: int) -> Iterator[UInt8[np.ndarray, "b side side"]]:
    """Draw chunks in order, with no more than two a worker on the way."""
    if workers == 1:
        yield from map(_draw, chunks)
        return
    # Fresh processes: a fork would copy threads' locks, of JAX for one, without the threads.
    with ProcessPoolExecutor(workers, get_context("spawn"), _end_with_parent) as pool:
        waiting: deque[Future[UInt8[np.ndarray, "b side side"]]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(_draw, chunk))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _end_with_parent() -> None:
    """End this process when its parent ends, even killed; a pool's workers would wait for ever."""
    parent = parent_process()
    assert parent is not None  # a worker has one

    def follow() -> None:
        parent.join()
        os._exit(1)

    Thread(target=follow, daemon=True).start()


def _draw(chunk: _Chunk) -> UInt8[np.ndarray, "b side side"]:
    source, side, backend, is_simplified = chunk.job
    images = np.zeros((len(chunk.drawings), side, side), np.uint8)
    inked = {index: strokes for index, strokes in enumerate(chunk.drawings) if strokes}
    ready = []
    for index, strokes in inked.items():
        try:
            ready.append(_on_canvas(strokes, is_simplified))
        except LimnerError as error:
            raise LimnerError(f"{source}, drawing {chunk.first + index}: {error}") from None
    images[[*inked]] = rasterise(ready, side, backend)
    return images


def _on_canvas(strokes: Strokes, is_simplified: bool) -> Strokes:
    if _is_raw(strokes):
        return simplify([stroke[:2] for stroke in strokes])
    return strokes if is_simplified and fits(strokes) else fit(strokes)
