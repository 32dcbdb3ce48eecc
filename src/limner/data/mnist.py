"""MNIST: which files it is in, IDX or npz, and static binarised MNIST.

Axis letters: n image, h w image.

Source: yann.lecun.com/exdb/mnist; Larochelle and Murray, The neural autoregressive
distribution estimator, 2011 (the fixed binarisation and its split).
"""

import gzip
import zipfile
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import UInt8

from limner.config import SPLITS, SplitName
from limner.data.formats.idx import read_idx, read_idx_with, read_items
from limner.data.formats.npy import open_npz, read_header
from limner.data.remote import Request
from limner.errors import LimnerError

Part = Literal["train", "t10k"]
STEMS: dict[Part, tuple[str, str]] = {
    part: (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte") for part in get_args(Part)
}
"""The official names of each part's images and labels, to which .gz may be added."""
STATIC = Path("mnist_binarized", "mnist_binarized.npz")
"""Path of static MNIST under a data root."""


def find_idx(root: Path, stem: str) -> Path | None:
    """An IDX file by its official name, gzipped or not, in root/mnist or in root itself."""
    for folder in (root / "mnist", root):
        for path in (folder / stem, folder / f"{stem}.gz"):
            if path.is_file():
                return path
    return None


def requests(root: Path) -> list[Request]:
    """The files to request from Google's storage, to have MNIST under a data root."""
    return [
        Request(f"cvdf-datasets/mnist/{stem}.gz", root / "mnist" / f"{stem}.gz", _check(stem))
        for stem in chain(*STEMS.values())
        if find_idx(root, stem) is None
    ]


def _check(stem: str) -> Callable[[Path], object]:
    return lambda path: read_idx_with(path, 3 if "images" in stem else 1, gzip.open)


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
        LimnerError: The file is missing or damaged, or has values other than 0 and 1.
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
        bits = read_items(member, header.shape, path, name)
    if len(bits) == 0 or bits.max() > 1:
        raise LimnerError(f"{name} is empty or not binary")
    return bits
