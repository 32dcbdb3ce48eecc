"""NumPy's .npy files, read without trust: a strict header, and rows that stay on the disk.

A .npy file is the magic string, a version, the length of a header, the header (a Python literal of
type, order and shape) and the raw items in C order. The header here is matched by one regular
expression, never evaluated, and what it claims is held against the bytes there are before anything
is allocated. Rows are read one by one and not through a memory map: from the page cache it is
faster at random rows, and the pages of a map would be counted as the process's memory.

Axis letters: b row.

Source: NEP 1 (the .npy format).
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64, Shaped

from limner.errors import LimnerError
from limner.system.files import reading

_MAGIC = b"\x93NUMPY"
_HEADER_LIMIT = 10_000
# What is unpacked into memory is bounded by what lies on the disk: ink on paper shrinks some
# twentyfold, a bomb a thousandfold.
_ALWAYS_ALLOWED = 64 << 20
_RATIO = 250
_HEADER = re.compile(
    rb"\s*\{\s*'descr'\s*:\s*'([<>=|]?(?:[biuf]\d{1,2}|O))'\s*,"
    rb"\s*'fortran_order'\s*:\s*(True|False)\s*,"
    rb"\s*'shape'\s*:\s*\(([\d\s,]{0,400})\)\s*,?\s*\}\s*"
)


@runtime_checkable
class Readable(Protocol):
    """A binary stream, or a stream of unpacked bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        ...


@runtime_checkable
class Writable(Protocol):
    """An object that bytes can be written to."""

    def write(self, data: bytes | memoryview, /) -> int:
        """Write all bytes."""
        ...


class Header(NamedTuple):
    """The header of a .npy file."""

    dtype: np.dtype
    """Type of an item: bool, integer or float, of either byte order."""
    shape: tuple[int, ...]
    """Sizes of the axes."""
    offset: int
    """Bytes before the first item."""


def read_header(file: Readable, name: str, objects: bool = False) -> Header:
    """Read the header at the start of a .npy stream; the stream is left at the first item.

    Args:
        file: A binary stream.
        name: Name of the file, for error lines.
        objects: Whether the items may be Python objects; they are not read here.

    Raises:
        LimnerError: The stream is not .npy, its header is longer than 10,000 bytes, its order is
            Fortran, or its type is not bool, integer or float.
    """
    head = file.read(8)
    if len(head) < 8 or head[:6] != _MAGIC or head[6] not in (1, 2, 3):
        raise LimnerError(f"{name} is no .npy file: its first bytes are not NumPy's")
    width = 2 if head[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    text = file.read(min(length, _HEADER_LIMIT))
    match = _HEADER.fullmatch(text)
    if len(text) != length or match is None:
        raise LimnerError(
            f"{name} has a damaged .npy header, or one of another kind than plain numbers"
        )
    descr, fortran, shape = (group.decode() for group in match.groups())
    try:
        dtype = np.dtype(descr)
        sizes = tuple(int(size) for size in shape.split(",") if size.strip())
    except (TypeError, ValueError) as error:
        raise LimnerError(f"{name} has a damaged .npy header: {error}") from None
    if dtype.hasobject and not objects:
        raise LimnerError(f"{name} holds Python objects, not plain numbers: it is not opened")
    if fortran == "True":
        raise LimnerError(f"{name} is in Fortran order: save np.ascontiguousarray of it")
    return Header(dtype, sizes, 8 + width + length)


def write_header(file: Writable, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Write a .npy header, whose length does not depend on the number of rows."""
    descr = np.lib.format.dtype_to_descr(dtype)
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True)
class Rows:
    """The rows of an array in a .npy file, checked and left on the disk.

    Holds no open file: it may be copied to other processes, and 345 of them need no descriptors.
    """

    path: Path
    """The file."""
    header: Header
    """The header; the first axis counts the rows."""

    def __len__(self) -> int:
        return self.header.shape[0]

    def read(self, rows: Int64[np.ndarray, "b"]) -> Shaped[np.ndarray, "b ..."]:
        """Read some rows, in the order asked for.

        Raises:
            LimnerError: The file was removed or truncated after it was opened.
        """
        dtype, (_, *shape), offset = self.header
        size = dtype.itemsize * prod(shape)
        with reading(self.path), self.path.open("rb", buffering=0) as file:
            items = []
            for at in (offset + size * rows).tolist():
                file.seek(at)
                items.append(file.read(size))
        data = bytearray().join(items)
        if len(data) != size * len(rows):
            raise LimnerError(f"{self.path} has shrunk since it was opened")
        return np.frombuffer(data, dtype).reshape(len(rows), *shape)


def open_rows(path: Path) -> Rows:
    """Open a .npy file of at least two axes as rows; its header must agree with its length.

    Raises:
        LimnerError: It is not a regular file, its header is not valid, or it has more or fewer
            bytes than the header claims.
    """
    with reading(path):
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for a writer
            raise LimnerError(f"cannot read {path}: it is no regular file")
        with path.open("rb") as file:
            header = read_header(file, str(path))
    if len(header.shape) < 2 or 0 in header.shape:
        raise LimnerError(f"{path} holds an array of shape {header.shape}, not rows of numbers")
    expected = header.offset + header.dtype.itemsize * prod(header.shape)
    if status.st_size != expected:
        fault = "is cut short" if status.st_size < expected else "has bytes to spare"
        raise LimnerError(
            f"{path} {fault}: its header claims {expected} bytes, there are {status.st_size}; "
            "delete it and fetch it again"
        )
    return Rows(path, header)


def most_unpacked(path: Path) -> int:
    """Largest number of bytes of memory that the unpacked contents of a file may take."""
    return max(_ALWAYS_ALLOWED, _RATIO * path.stat().st_size)


@contextmanager
def open_npz(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an .npz archive; all its faults, also while reading, become a LimnerError.

    Raises:
        LimnerError: The archive is missing, damaged, encrypted, compressed in a way that NumPy does
            not use, or lacks a member.
    """
    # RuntimeError is zipfile's word for an encrypted member, ValueError for a negative length and
    # for members' names that cannot be decoded.
    faults = (EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, ValueError)
    try:
        with reading(path, *faults), zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise LimnerError(
                        f"{path} is compressed in a way that NumPy does not use: save it again"
                    )
            yield archive
    except KeyError as error:
        raise LimnerError(f"{path} is of another kind: {error.args[0]}") from None
