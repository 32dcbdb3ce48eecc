"""Checksums: what a file says of its own contents, so that damage is seen and never used.

JSON carries one under the key `checksum`, over all its other fields. What has none is taken as it
is: another program wrote it, or a limner before there were any.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from limner.errors import LimnerError
from limner.system.files import reading, replace_text

KEY = "checksum"

_NUMBERS = re.compile(r"\[\n[-+.\deE,\s]*\]")


def checksum(*parts: bytes | str) -> str:
    """BLAKE2b of some bytes and texts, hexadecimal."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        state.update(len(content).to_bytes(8, "little"))
        state.update(content)
    return state.hexdigest()


def array_checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """The checksum of arrays: names, types, shapes and numbers, in whatever order."""
    parts = []
    for name, array in sorted(arrays.items()):
        parts += [name, array.dtype.str, str(array.shape), np.ascontiguousarray(array).tobytes()]
    return checksum(*parts)


def file_checksum(path: Path) -> str:
    """The checksum of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def with_checksum(text: str) -> str:
    """The text of a JSON object, with a checksum of its fields in place of any before.

    It is indented, but a list of numbers takes a single line.
    """
    fields = json.loads(text)
    fields.pop(KEY, None)
    indented = json.dumps(fields | {KEY: _of(fields)}, indent=2)
    return _NUMBERS.sub(lambda found: re.sub(r"\s+", "", found[0]), indented) + "\n"


def without_checksum(text: str, origin: str) -> str:
    """The text of a JSON object without its checksum, if it has one.

    What is no JSON object is returned as it came, to be refused by whoever reads it.

    Args:
        text: The text.
        origin: Where it comes from, for the error's line.

    Raises:
        LimnerError: The checksum is not that of the other fields.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(fields, dict) or KEY not in fields:
        return text
    said = fields.pop(KEY)
    if said != _of(fields):
        raise LimnerError(f"{origin} is damaged or was edited (its checksum differs)")
    return json.dumps(fields)


def read_checked(path: Path) -> str:
    """The text of a JSON file, its checksum checked and left out.

    Raises:
        LimnerError: The file cannot be read, or the checksum is not that of the other fields.
    """
    with reading(path, UnicodeDecodeError):
        text = path.read_text("utf-8-sig")
    return without_checksum(text, origin=str(path))


def write_checked(path: Path, text: str) -> None:
    """Write the text of a JSON object with its checksum; the write is atomic.

    Raises:
        LimnerError: The file cannot be written.
    """
    replace_text(path, with_checksum(text))


def _of(fields: Mapping[str, object]) -> str:
    return checksum(json.dumps(fields, sort_keys=True))
