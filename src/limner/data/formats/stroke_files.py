"""Drawings as strokes, read one at a time: ndjson, raw and simplified, and Quick, Draw!'s binary.

Readers are generators that hold one drawing, refuse one of absurd size, and name the file and the
place of what they refuse. `read_strokes` reads any file of strokes by its suffix.

A stroke of a simplified drawing is an array (2, n) of x and y, of a raw one (3, n) of x, y and
milliseconds. Strokes of no points, which say nothing, are left out; a drawing may have no strokes.

Axis letters: n point.

Source: github.com/googlecreativelab/quickdraw-dataset, README (the formats) and
examples/binary_file_parser.py (its layout, little-endian).
"""

import json
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Real

from limner.data.formats.npy import Readable
from limner.data.formats.sketchrnn import read_sketchrnn
from limner.errors import LimnerError, reason
from limner.system.files import reading

_LINE_LIMIT = 4 << 20
_POINT_LIMIT = 1 << 20
_RECORD = struct.Struct("<Q2sbIH")

Stroke = Real[np.ndarray, "axes n"]
"""A row of x, one of y and, of a raw drawing, one of milliseconds."""


class Drawing(NamedTuple):
    """One drawing, and what was noted of it."""

    key_id: int
    """Its number among all drawings."""
    category: str
    """What the player was asked to draw."""
    country: str
    """Two letters."""
    recognised: bool
    """Whether the game guessed it."""
    timestamp: float
    """When it was drawn, Unix seconds."""
    strokes: list[Stroke]
    """In the order they were drawn."""


def read_ndjson(path: Path) -> Iterator[Drawing]:
    """The drawings of an ndjson file, raw or simplified: one JSON object a line.

    Raises:
        LimnerError: A line is no drawing, or is longer than 4 MiB.
    """
    with reading(path), path.open("rb") as file:
        number = 0
        while line := file.readline(_LINE_LIMIT + 1):
            number += 1
            if len(line) > _LINE_LIMIT:
                raise LimnerError(f"{path}, line {number}, is no drawing: it is over 4 MiB")
            yield _parse(line, f"{path}, line {number},")


def _parse(line: bytes, place: str) -> Drawing:
    try:
        record = json.loads(line)
        moment = datetime.fromisoformat(record["timestamp"].removesuffix(" UTC"))
        return Drawing(
            int(record["key_id"]),
            str(record["word"]),
            str(record["countrycode"]),
            bool(record["recognized"]),
            moment.replace(tzinfo=UTC).timestamp(),
            [stroke for item in record["drawing"] if (stroke := _stroke(item)).size],
        )
    except KeyError as error:
        raise LimnerError(f"{place} is no drawing: it has no {error}") from None
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise LimnerError(f"{place} is no drawing: {reason(error)}") from None


def _stroke(item: Any) -> Stroke:
    stroke = np.asarray(item, float)
    if stroke.ndim != 2 or len(stroke) not in (2, 3):
        raise ValueError(f"a stroke has shape {stroke.shape}, not (2, n) or (3, n)")
    if not np.isfinite(stroke).all():
        raise ValueError("a coordinate is not finite")
    return stroke


def read_binary(path: Path) -> Iterator[Drawing]:
    """The drawings of a binary file, whose category is the file's name.

    Raises:
        LimnerError: Cut short, or not this format.
    """
    with reading(path), path.open("rb") as file:
        number = 0
        while head := file.read(_RECORD.size):
            number += 1
            yield _read_record(head, file, path, f"{path}, drawing {number},")


def _read_record(head: bytes, file: Readable, path: Path, place: str) -> Drawing:
    if len(head) != _RECORD.size:
        raise LimnerError(f"{place} is cut short")
    key_id, country, recognised, timestamp, count = _RECORD.unpack(head)
    if recognised not in (0, 1) or not country.isascii():
        raise LimnerError(f"{place} is damaged, or {path.name} is no file of this format")
    strokes, points = [], 0
    for _ in range(count):
        length = int.from_bytes(_exactly(file, 2, place), "little")
        points += length
        if points > _POINT_LIMIT:
            raise LimnerError(f"{place} is damaged: it claims more than {_POINT_LIMIT} points")
        if length:
            data = np.frombuffer(_exactly(file, 2 * length, place), np.uint8)
            strokes.append(data.reshape(2, length))
    return Drawing(key_id, path.stem, country.decode(), bool(recognised), timestamp, strokes)


def _exactly(file: Readable, size: int, place: str) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise LimnerError(f"{place} is cut short")
    return data


def read_strokes(path: Path) -> Iterator[list[Stroke]]:
    """The strokes of each drawing of a file, whose suffix is one of `STROKE_SUFFIXES`.

    Raises:
        LimnerError: Another suffix, or a damaged file.
    """
    if path.suffix not in _READERS:
        raise LimnerError(f"{path} is no file of strokes: those end in .ndjson, .bin or .npz")
    return _READERS[path.suffix](path)


_READERS: dict[str, Callable[[Path], Iterator[list[Stroke]]]] = {
    ".ndjson": lambda path: (drawing.strokes for drawing in read_ndjson(path)),
    ".bin": lambda path: (drawing.strokes for drawing in read_binary(path)),
    ".npz": lambda path: (strokes for _, strokes in read_sketchrnn(path)),
}

STROKE_SUFFIXES = frozenset(_READERS)
"""Of ndjson, the binary format and sketch-rnn's."""
