"""MNIST's files: IDX, gzipped or not, read and written, and static binarised MNIST.

An IDX file is two zero bytes, a byte for the type (8: unsigned bytes), a byte for the number of
axes, their sizes (big-endian, 4 bytes each) and the items in C order.

Axis letters: n image, h w picture.

Source: yann.lecun.com/exdb/mnist (IDX); Larochelle and Murray, The neural autoregressive
distribution estimator, 2011 (the fixed binarisation and its split).
"""

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import UInt8

from limner.data.fetch import Request
from limner.data.names import SPLITS, SplitName
from limner.data.npy import Readable, Writable, open_npz, read_header
from limner.errors import LimnerError
from limner.files import reading, replacing

Part = Literal["train", "t10k"]
STEMS: dict[Part, tuple[str, str]] = {
    part: (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte") for part in get_args(Part)
}
"""The official names of each part's images and labels, to which .gz may be added."""
STATIC = Path("mnist_binarized", "mnist_binarized.npz")
"""Where static MNIST lies under a data root."""

# What is unpacked into memory is bounded by what lies on the disk: ink on paper shrinks some
# twentyfold, a bomb a thousandfold.
_ALWAYS_ALLOWED = 64 << 20
_RATIO = 250
_BLOCK = 1 << 20


def find_idx(root: Path, stem: str) -> Path | None:
    """An IDX file by its official name, gzipped or not, in root/mnist or in root itself."""
    for folder in (root / "mnist", root):
        for path in (folder / stem, folder / f"{stem}.gz"):
            if path.is_file():
                return path
    return None


def requests(root: Path) -> list[Request]:
    """What to ask Google's storage for, to have MNIST under a data root."""
    return [
        Request(f"cvdf-datasets/mnist/{stem}.gz", root / "mnist" / f"{stem}.gz", _check(stem))
        for stem in chain(*STEMS.values())
        if find_idx(root, stem) is None
    ]


def _check(stem: str) -> Callable[[Path], object]:
    return lambda path: _read_idx(path, 3 if "images" in stem else 1, gzip.open)


def read_idx(path: Path, axes: int) -> UInt8[np.ndarray, "..."]:
    """Read an IDX file of unsigned bytes, gzipped if its name ends in .gz.

    Args:
        path: The file.
        axes: How many axes it has: 3 for images, 1 for labels.

    Raises:
        LimnerError: Another type or number of axes, or more or fewer bytes than it claims.
    """
    return _read_idx(path, axes, gzip.open if path.suffix == ".gz" else open)


def _read_idx(path: Path, axes: int, opener: Callable[..., Any]) -> UInt8[np.ndarray, "..."]:
    with reading(path, EOFError, zlib.error), opener(path, "rb") as file:
        head = file.read(4 + 4 * axes)
        if head[:4] != bytes((0, 0, 8, axes)) or len(head) != 4 + 4 * axes:
            raise LimnerError(f"{path} is no IDX file of unsigned bytes with {axes} axes")
        shape = tuple(np.frombuffer(head, ">u4", offset=4).tolist())
        return _read_items(file, shape, path, str(path))


def write_idx(
    path: Path, shape: tuple[int, ...], blocks: Iterable[UInt8[np.ndarray, "..."]]
) -> None:
    """Write an IDX file of unsigned bytes, gzipped if its name ends in .gz, block by block.

    Args:
        path: The file, which appears when it is complete.
        shape: Sizes of the axes.
        blocks: Its items along the first axis, in order.
    """
    with replacing(path) as temporary, ExitStack() as opened:
        file: Writable = opened.enter_context(temporary.open("wb"))
        if path.suffix == ".gz":
            # With no name and time in it, equal items give equal files.
            file = opened.enter_context(gzip.GzipFile("", "wb", 6, file, 0))
        file.write(bytes((0, 0, 8, len(shape))) + np.array(shape, ">u4").tobytes())
        for block in blocks:
            file.write(np.ascontiguousarray(block).data)


def read_part(root: Path, part: Part) -> tuple[UInt8[np.ndarray, "n h w"], UInt8[np.ndarray, "n"]]:
    """Images and labels of MNIST's training files or test files.

    Raises:
        LimnerError: A file is missing or damaged, or their counts differ.
    """
    match [find_idx(root, stem) for stem in STEMS[part]]:
        case [Path() as images_path, Path() as labels_path]:
            images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
        case _:
            raise LimnerError(f"MNIST's {part} files are not in {root / 'mnist'}")
    if len(images) != len(labels) or not images.size:
        raise LimnerError(f"{images_path} has {len(images)} images, there are {len(labels)} labels")
    return images, labels


def read_static(path: Path) -> dict[SplitName, UInt8[np.ndarray, "n 784"]]:
    """The parts train, valid and test of static binarised MNIST, as 0 and 1.

    Raises:
        LimnerError: Missing, damaged, or holding anything but 0 and 1.
    """
    if not path.exists():
        raise LimnerError(
            f"{path} is not there: make it of Larochelle's binarized_mnist_*.amat (docs/data.md "
            "says how), an .npz whose arrays train, valid and test are uint8 (n, 784) of 0 and 1"
        )
    with open_npz(path) as archive:
        return {part: _read_static_part(archive, part, path) for part in SPLITS}


def _read_static_part(
    archive: zipfile.ZipFile, part: SplitName, path: Path
) -> UInt8[np.ndarray, "n 784"]:
    name = f"{path}, {part}"
    with archive.open(f"{part}.npy") as member:
        header = read_header(member, name)
        if header.dtype != np.uint8 or header.shape[1:] != (784,):
            raise LimnerError(f"{name} holds {header.dtype} {header.shape}, not uint8 (n, 784)")
        bits = _read_items(member, header.shape, path, name)
    if len(bits) == 0 or bits.max() > 1:
        raise LimnerError(f"{name} is empty or not binary")
    return bits


def _read_items(
    file: Readable, shape: tuple[int, ...], path: Path, name: str
) -> UInt8[np.ndarray, "..."]:
    """Read all that is left of a stream, which must fill `shape`, on no claim of its own."""
    size = prod(shape)
    if size > max(_ALWAYS_ALLOWED, _RATIO * path.stat().st_size):
        raise LimnerError(f"{name} claims {size} bytes, too many for so small a file")
    data = bytearray()
    while len(data) <= size and (block := file.read(_BLOCK)):
        data += block
    if len(data) != size:
        fault = "is cut short" if len(data) < size else "has bytes to spare"
        raise LimnerError(f"{name} {fault}: its header claims {size} bytes of items")
    return np.frombuffer(data, np.uint8).reshape(shape)
