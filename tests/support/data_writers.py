"""Small files in every format, written without the package, and how their faults are asked for."""

import gzip
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from limner.errors import LimnerError


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def fault_of(call) -> str:
    """The one line that a call ends in."""
    with pytest.raises(LimnerError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    return message


SIMPLIFIED = [
    [[[0, 255], [0, 128]], [[10, 20, 30], [5, 5, 60]]],
    [[[7], [9]]],
    [[[0, 100, 0], [255, 0, 3]]],
]
RAW = [
    [[[3.5, 60.25, 90], [4, 80, 4.125], [0, 40, 90]]],
    [[[1, 2], [1, 500.5], [0, 17]], [[9], [9], [30]]],
]


def ndjson_line(strokes, number=1, word="cat") -> bytes:
    record = {
        "word": word,
        "countrycode": "DE",
        "timestamp": "2017-03-02 23:25:10.07453 UTC",
        "recognized": True,
        "key_id": str(number),
        "drawing": strokes,
    }
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def ndjson(drawings) -> bytes:
    return b"".join(ndjson_line(strokes, i) for i, strokes in enumerate(drawings))


def binary(drawings) -> bytes:
    out = b""
    for number, strokes in enumerate(drawings):
        out += struct.pack("<Q2sbIH", number, b"DE", 1, 1_488_497_110, len(strokes))
        for xs, ys in strokes:
            out += struct.pack("<H", len(xs)) + bytes(xs) + bytes(ys)
    return out


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(struct.pack(">I", size) for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()


def npy_header(header: str, version: int = 1) -> bytes:
    width = "<H" if version == 1 else "<I"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(width, len(header)) + header.encode()


def stroke_3(drawings) -> list[np.ndarray]:
    """Drawings as sketch-rnn's (dx, dy, end of stroke)."""
    out = []
    for strokes in drawings:
        points = np.concatenate([np.array(stroke).T for stroke in strokes])
        ends = np.concatenate([[0] * (len(stroke[0]) - 1) + [1] for stroke in strokes])
        steps = np.diff(points, axis=0, prepend=0)
        out.append(np.column_stack([steps, ends]).astype(np.int16))
    return out


def pickled(arrays: list[np.ndarray], protocol: int = 2) -> bytes:
    """A .npy of objects, as NumPy writes it."""
    objects = np.empty(len(arrays), object)
    objects[:] = arrays
    header = f"{{'descr': '|O', 'fortran_order': False, 'shape': ({len(arrays)},), }}\n"
    return npy_header(header) + pickle.dumps(objects, protocol)


def npz(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return out.getvalue()


def sketchrnn(drawings, protocol: int = 2) -> bytes:
    part = pickled(stroke_3(drawings), protocol)
    return npz(train=part, valid=part, test=part)


def bitmaps(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 784), np.uint8)


def quickdraw_root(root: Path, **counts: int) -> Path:
    """A data root with bitmaps of some categories, each seeded by its count."""
    folder = root / "quickdraw_dataset" / "full" / "numpy_bitmap"
    folder.mkdir(parents=True)
    for category, count in counts.items():
        (folder / f"{category}.npy").write_bytes(npy(bitmaps(count, count)))
    return root


def sparse_root(root: Path, categories, rows: int) -> Path:
    """A data root whose bitmap files are as long as real ones, and hold nothing but holes."""
    folder = root / "quickdraw_dataset" / "full" / "numpy_bitmap"
    folder.mkdir(parents=True)
    header = npy_header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows}, 784), }}")
    for category in categories:
        with (folder / f"{category}.npy").open("wb") as file:
            file.write(header)
            file.truncate(len(header) + rows * 784)
    return root


def mnist_root(root: Path, train: int = 60, test: int = 20) -> Path:
    """A data root with MNIST's four files, two of them gzipped; image i is all i."""
    folder = root / "mnist"
    folder.mkdir(parents=True)
    for part, count in (("train", train), ("t10k", test)):
        images = np.arange(count, dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        zipped = gzip.compress(idx(labels))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(zipped)
    return root
