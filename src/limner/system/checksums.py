"""Checksums: what a file says of its own contents, so that damage is seen and never used.

JSON carries one under the key `checksum`, over all its other fields. What has none is taken as it
is: another program wrote it, or a limner before there were any.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from limner.errors import LimnerError, reason
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


def with_checksum(fields: Mapping[str, Any]) -> str:
    """The text of a JSON object, with a checksum of its fields in place of any before.

    It is indented, but a list of numbers takes a single line. A path becomes its text.
    """
    fields = {name: value for name, value in fields.items() if name != KEY}
    indented = json.dumps(fields | {KEY: _of(fields)}, indent=2, default=os.fspath)
    return _NUMBERS.sub(lambda found: re.sub(r"\s+", "", found[0]), indented) + "\n"


def read_checked(path: Path) -> dict[str, Any]:
    """The fields of a JSON file, their checksum checked and left out.

    Raises:
        LimnerError: The file cannot be read or is no JSON object, or its checksum is not that of
            the other fields.
    """
    with reading(path, UnicodeDecodeError):
        text = path.read_text("utf-8-sig")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LimnerError(f"{path} is not JSON ({reason(error)})") from None
    if not isinstance(fields, dict):
        raise LimnerError(f"{path} is not a JSON object but a {type(fields).__name__}")
    if KEY in fields and fields.pop(KEY) != _of(fields):
        raise LimnerError(f"{path} is damaged or was edited (its checksum differs)")
    return fields


def write_checked(path: Path, fields: Mapping[str, Any]) -> None:
    """Write a JSON object with its checksum; the write is atomic.

    Raises:
        LimnerError: The file cannot be written.
    """
    replace_text(path, with_checksum(fields))


def _of(fields: Mapping[str, Any]) -> str:
    return checksum(json.dumps(fields, sort_keys=True, default=os.fspath))
