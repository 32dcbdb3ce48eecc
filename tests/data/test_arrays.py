"""Arrays read back as they were written, and every fault of a file is named in one line."""

import gzip
import os
import struct
import zipfile

import numpy as np
import pytest
from data_writers import bitmaps, fault_of, idx, mnist_root, npy, npy_header, npz, pickled, put

from limner.data import mnist, quickdraw
from limner.data.formats.idx import write_idx
from limner.data.formats.npy import open_rows
from limner.data.formats.sketchrnn import read_sketchrnn
from limner.data.formats.stroke_files import read_binary, read_ndjson
from limner.data.images import read_image
from limner.data.quickdraw import open_bitmaps


def test_there_are_345_categories_in_order_and_each_once():
    names = quickdraw.categories()
    assert len(names) == 345
    assert sorted(set(names)) == list(names)
    assert {"cat", "The Eiffel Tower", "alarm clock", "t-shirt", "zigzag"} <= set(names)


def test_every_official_file_has_an_official_name(shared_data):
    folder = shared_data / "quickdraw_dataset" / "full" / "simplified"
    assert {path.stem for path in folder.glob("*.ndjson")} <= set(quickdraw.categories())


@pytest.mark.parametrize("dtype", ["u1", "<i2", ">f4", "<f8", "?"])
def test_rows_read_in_any_order_as_numpy_reads_them(tmp_path, dtype):
    array = np.arange(60).reshape(10, 2, 3).astype(dtype)
    rows = open_rows(put(tmp_path, "a.npy", npy(array)))
    chosen = np.array([9, 0, 3, 3])
    assert len(rows) == 10
    assert (rows.read(chosen) == array[chosen]).all()


def test_bitmaps_are_named_after_their_file(tmp_path):
    source = open_bitmaps(put(tmp_path, "alarm clock.npy", npy(bitmaps(12))))
    assert (source.name, source.shape, len(source)) == ("alarm clock", (1, 28, 28), 12)
    assert (source.levels(np.array([11, 2])).reshape(2, 784) == bitmaps(12)[[11, 2]]).all()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "no .npy file"),
        (b"PK\3\4 and more", "no .npy file"),
        (npy(bitmaps(3))[:-1], "cut short"),
        (npy(bitmaps(3)) + b"\0", "bytes to spare"),
        (npy(bitmaps(3))[:50], "damaged .npy header"),
        (npy(bitmaps(3).astype(np.int8)), "uint8"),
        (npy(bitmaps(3).reshape(3, 28, 28)), "uint8"),
        (npy(bitmaps(3)[0]), "shape"),
        (npy(bitmaps(0)), "shape"),
        (npy(np.asfortranarray(bitmaps(3))), "Fortran"),
        (pickled([np.zeros(3)]), "Python objects"),
        (npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (9**9, 784), }"), "header"),
        (npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (-3, 784), }"), "header"),
        (npy_header("(" * 9_000), "header"),
        (npy_header(" " * 20_000), "header"),
        (npy_header("x" * 20_000, version=2), "header"),
        (
            npy_header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({10**13}, 784), }}"),
            "cut short",
        ),
    ],
)
def test_a_damaged_bitmap_file_is_named_with_its_fault(tmp_path, data, fault):
    path = put(tmp_path, "cat.npy", data)
    message = fault_of(lambda: open_bitmaps(path))
    assert fault in message
    assert str(path) in message


def test_a_bitmap_file_that_shrinks_or_goes_while_open_is_said(tmp_path):
    path = put(tmp_path, "cat.npy", npy(bitmaps(3)))
    source = open_bitmaps(path)
    os.truncate(path, 1_000)
    assert "shrunk" in fault_of(lambda: source.levels(np.array([2])))
    path.unlink()
    assert "No such file" in fault_of(lambda: source.levels(np.array([0])))


def test_a_folder_or_pipe_is_no_bitmap_file(tmp_path):
    getattr(os, "mkfifo", os.mkdir)(tmp_path / "pipe.npy")  # Windows has no pipes in folders
    for path in (tmp_path, tmp_path / "pipe.npy"):
        # A pipe without a writer would hold an open for reading for ever.
        assert str(path) in fault_of(lambda path=path: open_bitmaps(path))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_reads_back_what_any_writer_wrote(tmp_path, suffix):
    array = np.arange(60, dtype=np.uint8).reshape(5, 4, 3)
    data = idx(array) if suffix == "" else gzip.compress(idx(array))
    assert (mnist.read_idx(put(tmp_path, f"x{suffix}", data), 3) == array).all()
    write_idx(tmp_path / f"y{suffix}", array.shape, [array[:2], array[2:]])
    written = (tmp_path / f"y{suffix}").read_bytes()
    assert (written if suffix == "" else gzip.decompress(written)) == idx(array)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        idx(np.zeros((2, 3), np.uint8)),
        b"\0\0\x0d" + idx(np.zeros((2, 3, 4), np.uint8))[3:],
        idx(np.zeros((2, 3, 4), np.uint8))[:-1],
        idx(np.zeros((2, 3, 4), np.uint8)) + b"\0",
        b"\0\0\x08\x03" + struct.pack("<III", 2, 3, 4) + bytes(24),
        b"\0\0\x08\x03" + b"\xff" * 12,
    ],
)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_of_another_kind_or_length_is_refused(tmp_path, data, suffix):
    path = put(tmp_path, f"x{suffix}", gzip.compress(data) if suffix else data)
    assert str(path) in fault_of(lambda: mnist.read_idx(path, 3))


def test_gzip_cut_short_padded_or_false_is_refused(tmp_path):
    data = gzip.compress(idx(np.zeros((2, 3, 4), np.uint8)))
    for damaged in (data[:-1], data[:20], data + b"junk", b"no gzip", data[:-8] + bytes(8)):
        path = put(tmp_path, "x.gz", damaged)
        assert str(path) in fault_of(lambda path=path: mnist.read_idx(path, 3))


def test_a_small_file_that_unpacks_to_much_is_refused(tmp_path):
    size = 100 << 20
    bomb = gzip.compress(b"\0\0\x08\x03" + struct.pack(">III", size >> 10, 32, 32) + bytes(size))
    assert "so small a file" in fault_of(lambda: mnist.read_idx(put(tmp_path, "x.gz", bomb), 3))
    rows = size // 784
    header = npy_header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows}, 784), }}")
    path = put(tmp_path, "bomb.npz", npz(train=header + bytes(rows * 784)))
    assert "so small a file" in fault_of(lambda: mnist.read_static(path))


def test_mnist_whose_files_do_not_fit_is_refused(tmp_path):
    root = mnist_root(tmp_path)
    put(root / "mnist", "train-images-idx3-ubyte", idx(np.zeros((59, 28, 28), np.uint8)))
    assert "59 images, there are 60 labels" in fault_of(lambda: mnist.read_part(root, "train"))
    (root / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    assert "t10k files are not in" in fault_of(lambda: mnist.read_part(root, "t10k"))


def test_static_mnist_missing_or_damaged_is_refused(tmp_path):
    path = tmp_path / "mnist_binarized.npz"
    assert "an .npz whose arrays" in fault_of(lambda: mnist.read_static(path))
    bits, bits_3 = npy(bitmaps(4) % 2), npy(bitmaps(4))
    for data, fault in (
        (b"", "cannot read"),
        (npz(train=bits, valid=bits), "test.npy"),
        (npz(train=bits_3, valid=bits, test=bits), "not binary"),
        (npz(train=npy(bitmaps(4)[:, :9]), valid=bits, test=bits), "not uint8"),
        (npz(train=bits[:-1], valid=bits, test=bits), "cut short"),
        (npz(train=pickled([np.zeros(784)]), valid=bits, test=bits), "Python objects"),
        (npz(train=bits, valid=bits, test=bits)[:-40], "cannot read"),
    ):
        path.write_bytes(data)
        assert fault in fault_of(lambda: mnist.read_static(path))


@pytest.mark.parametrize(
    "read",
    [
        open_rows,
        lambda path: mnist.read_idx(path, 3),
        lambda path: list(read_sketchrnn(path)),
        lambda path: list(read_ndjson(path)),
        lambda path: list(read_binary(path)),
        lambda path: read_image(path, (1, 28, 28)),
    ],
)
def test_a_file_that_is_not_there_is_said_in_few_words(tmp_path, read):
    path = tmp_path / "none"
    assert fault_of(lambda: read(path)) == f"cannot read {path}: No such file or directory"


def test_an_encrypted_archive_is_refused(tmp_path):
    data = bytearray(npz(train=b"x", valid=b"x", test=b"x"))
    at = 0
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        while (at := data.find(signature, at)) >= 0:
            data[at + flags] |= 1
            at += 4
        at = 0
    path = put(tmp_path, "x.npz", bytes(data))
    assert zipfile.is_zipfile(path)
    assert "encrypted" in fault_of(lambda: mnist.read_static(path))
    assert "encrypted" in fault_of(lambda: list(read_sketchrnn(path)))
