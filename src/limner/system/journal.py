"""Files of JSON objects, one a line, to which rows are added while a program runs.

The last field of a row is a checksum of the row and of all rows before it, so a row that changed or
is missing is noticed. A last line cut short, as a killed program leaves it, is no row. Of a file
that has no checksum at all, rows are taken as they are.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from limner.errors import LimnerError
from limner.system.checksums import KEY, checksum
from limner.system.files import reading, replace_text, writing

Row = dict[str, Any]

_DIGITS = 8
"""Hexadecimal digits of a row's checksum."""
_END = '"}\n'


def read_journal(path: Path, keys: Sequence[str], advice: str) -> list[Row]:
    """The rows of a file, without their checksums; none if it is not there.

    Args:
        path: The file.
        keys: What every row must have.
        advice: What to do if it is damaged, for the error's line.

    Raises:
        LimnerError: The file cannot be read, or a row is damaged or missing.
    """
    if not path.exists():
        return []
    with reading(path):
        *lines, rest = path.read_bytes().split(b"\n")
    if b"}" in rest:  # a whole row, whose end of line is damaged
        lines.append(rest)
    rows, before = [], ""
    has_checksums = any(f'"{KEY}"'.encode() in line for line in lines)
    for number, line in enumerate(lines, 1):
        row = _parse(line)
        if has_checksums and row is not None:
            row.pop(KEY, None)
            written, before = _line(row, before)
            row = row if written.encode() == line + b"\n" else None
        if row is None or not all(key in row for key in keys):
            raise LimnerError(f"{path} is damaged: row {number} is not as it was written: {advice}")
        rows.append(row)
    return rows


def write_journal(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace a file, whole or not at all.

    Raises:
        LimnerError: It cannot be written.
    """
    lines, before = [], ""
    for row in rows:
        line, before = _line(row, before)
        lines.append(line)
    replace_text(path, "".join(lines))


def add_to_journal(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row to a file that ends with a whole one, or is not there.

    Raises:
        LimnerError: It cannot be written.
    """
    with writing(path), path.open("a+b") as file:
        length = _DIGITS + len(_END)
        file.seek(max(file.tell() - length, 0))
        file.write(_line(row, file.read(length)[:_DIGITS].decode(errors="replace"))[0].encode())


def _line(row: Mapping[str, Any], before: str) -> tuple[str, str]:
    """A row as a line, and its checksum, after a row with the checksum `before`."""
    text = json.dumps(row)
    own = checksum(before, text)[:_DIGITS]
    return f'{text[:-1]}, "{KEY}": "{own}{_END}', own


def _parse(line: bytes) -> Row | None:
    try:
        row = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None
