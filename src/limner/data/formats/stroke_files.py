"""Drawings as strokes, read one at a time: ndjson, raw and simplified, and Quick, Draw!'s binary.

Readers are generators that hold one drawing, refuse one of absurd size, and name the file and the
line, or the drawing's number, of what they refuse. They read strokes alone: what else these files
note of a drawing (country, time, whether it was recognised) makes no pixel. `read_strokes` reads
any file of strokes by its suffix.

A stroke of a simplified drawing is an array (2, n) of x and y, of a raw one (3, n) of x, y and
milliseconds. Strokes of no points, which say nothing, are left out; a drawing may have no strokes.

Axis letters: n point.

Source: github.com/googlecreativelab/quickdraw-dataset, README (the formats) and
examples/binary_file_parser.py (its layout, little-endian).
"""

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


def read_ndjson(path: Path) -> Iterator[list[Stroke]]:
    """The drawings of an ndjson file, raw or simplified: one JSON object in each line.

    A drawing is what its object has under "drawing"; other keys may be there or not. Blank lines
    are none.

    Raises:
        LimnerError: A line is not a drawing, or is longer than 4 MiB.
    """
    with reading(path), path.open("rb") as file:
        number = 0
        while line := file.readline(_LINE_LIMIT + 1):
            number += 1
            if len(line) > _LINE_LIMIT:
                raise LimnerError(f"{path}, line {number}, is no drawing: it is over 4 MiB")
            if not line.isspace():
                yield _parse(line, f"{path}, line {number},")


def _parse(line: bytes, where: str) -> list[Stroke]:
    try:
        # Coordinates become floats in any case; as such, one of 5,000 digits is infinite.
        record = json.loads(line, parse_int=float)
        if not isinstance(record, dict) or not isinstance(record.get("drawing"), list):
            raise ValueError('it must be an object with a list of strokes as its "drawing"')
        return [stroke for item in record["drawing"] if (stroke := _stroke(item)).size]
    except json.JSONDecodeError as error:
        raise LimnerError(
            f"{where} is no drawing: {error.msg} at character {error.colno}"
        ) from None
    except UnicodeDecodeError:
        raise LimnerError(f"{where} is no drawing: it is not UTF-8 text") from None
    except RecursionError:
        raise LimnerError(f"{where} is no drawing: its lists are nested too deep") from None
    except (ValueError, TypeError) as error:
        raise LimnerError(f"{where} is no drawing: {reason(error)}") from None


def _stroke(item: Any) -> Stroke:
    stroke = np.asarray(item, float)
    if stroke.ndim != 2 or len(stroke) not in (2, 3):
        raise ValueError(f"a stroke has shape {stroke.shape}, not (2, n) or (3, n)")
    if not np.isfinite(stroke).all():
        raise ValueError("a coordinate is not finite")
    return stroke


def read_binary(path: Path) -> Iterator[list[Stroke]]:
    """The drawings of a binary file.

    Raises:
        LimnerError: The file is incomplete, or has another format.
    """
    with reading(path), path.open("rb") as file:
        number = 0
        while head := file.read(_RECORD.size):
            number += 1
            yield _read_record(head, file, path, f"{path}, drawing {number},")


def _read_record(head: bytes, file: Readable, path: Path, where: str) -> list[Stroke]:
    if len(head) != _RECORD.size:
        raise LimnerError(f"{where} is cut short")
    _, country, recognised, _, count = _RECORD.unpack(head)
    if recognised not in (0, 1) or not country.isascii():
        raise LimnerError(f"{where} is damaged, or {path.name} is no file of this format")
    strokes, points = [], 0
    for _ in range(count):
        length = int.from_bytes(_exactly(file, 2, where), "little")
        points += length
        if points > _POINT_LIMIT:
            raise LimnerError(f"{where} is damaged: it claims more than {_POINT_LIMIT} points")
        if length:
            data = np.frombuffer(_exactly(file, 2 * length, where), np.uint8)
            strokes.append(data.reshape(2, length))
    return strokes


def _exactly(file: Readable, size: int, where: str) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise LimnerError(f"{where} is cut short")
    return data


def read_strokes(path: Path) -> Iterator[list[Stroke]]:
    """The strokes of each drawing of a file, whose suffix is one of `STROKE_SUFFIXES`.

    Raises:
        LimnerError: The suffix is none of these, or the file is damaged.
    """
    if path.suffix not in _READERS:
        raise LimnerError(f"{path} is no file of strokes: those end in .ndjson, .bin or .npz")
    return _READERS[path.suffix](path)


_READERS: dict[str, Callable[[Path], Iterator[list[Stroke]]]] = {
    ".ndjson": read_ndjson,
    ".bin": read_binary,
    ".npz": lambda path: (strokes for _, strokes in read_sketchrnn(path)),
}

STROKE_SUFFIXES = frozenset(_READERS)
"""Suffixes of files of strokes: ndjson, the binary format and sketch-rnn's."""
