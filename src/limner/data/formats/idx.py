"""IDX files, MNIST's format: read and written, gzipped or not.

An IDX file is two zero bytes, a byte for the type (8: unsigned bytes), a byte for the number of
axes, their sizes (big-endian, 4 bytes each) and the items in C order.

Source: yann.lecun.com/exdb/mnist.
"""

import gzip
import zlib
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from limner.data.formats.npy import Readable, Writable, most_unpacked
from limner.errors import LimnerError
from limner.system.files import reading, replacing

_BLOCK = 1 << 20


def read_idx(path: Path, axes: int) -> UInt8[np.ndarray, "..."]:
    """Read an IDX file of unsigned bytes, gzipped if its name ends in .gz.

    Args:
        path: The file.
        axes: Number of axes: 3 for images, 1 for labels.

    Raises:
        LimnerError: The file has another type or number of axes, or more or fewer bytes than its
            header claims.
    """
    return read_idx_with(path, axes, gzip.open if path.suffix == ".gz" else open)


def read_idx_with(path: Path, axes: int, opener: Callable[..., Any]) -> UInt8[np.ndarray, "..."]:
    """Read an IDX file that `opener` opens; see `read_idx`."""
    with reading(path, EOFError, zlib.error), opener(path, "rb") as file:
        head = file.read(4 + 4 * axes)
        if head[:4] != bytes((0, 0, 8, axes)) or len(head) != 4 + 4 * axes:
            raise LimnerError(f"{path} is no IDX file of unsigned bytes with {axes} axes")
        shape = tuple(np.frombuffer(head, ">u4", offset=4).tolist())
        return read_items(file, shape, path, str(path))


def write_idx(
    path: Path, shape: tuple[int, ...], blocks: Iterable[UInt8[np.ndarray, "..."]]
) -> None:
    """Write an IDX file of unsigned bytes, gzipped if its name ends in .gz, block by block.

    Args:
        path: File to write; it appears when it is complete (atomic write).
        shape: Sizes of the axes.
        blocks: Items along the first axis, in order.
    """
    with replacing(path) as temporary, ExitStack() as opened:
        file: Writable = opened.enter_context(temporary.open("wb"))
        if path.suffix == ".gz":
            # With no name and time in it, equal items give equal files.
            file = opened.enter_context(gzip.GzipFile("", "wb", 6, file, 0))
        file.write(bytes((0, 0, 8, len(shape))) + np.array(shape, ">u4").tobytes())
        for block in blocks:
            file.write(np.ascontiguousarray(block).data)


def read_items(
    file: Readable, shape: tuple[int, ...], path: Path, name: str
) -> UInt8[np.ndarray, "..."]:
    """Read the rest of a stream, which must fill `shape` exactly."""
    size = prod(shape)
    if size > most_unpacked(path):
        raise LimnerError(f"{name} claims {size} bytes, too many for so small a file")
    data = bytearray()
    while len(data) <= size and (block := file.read(_BLOCK)):
        data += block
    if len(data) != size:
        fault = "is cut short" if len(data) < size else "has bytes to spare"
        raise LimnerError(f"{name} {fault}: its header claims {size} bytes of items")
    return np.frombuffer(data, np.uint8).reshape(shape)
