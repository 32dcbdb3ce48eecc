"""Strokes read back as they were written, and pickles are read without running."""

import io
import os
import pickle
import struct
import tracemalloc

import numpy as np
import pytest
from data_writers import (
    RAW,
    SIMPLIFIED,
    binary,
    fault_of,
    ndjson,
    ndjson_line,
    npy,
    npy_header,
    npz,
    pickled,
    put,
    sketchrnn,
    stroke_3,
)

from limner.data.formats.pickles import read_object_array
from limner.data.formats.sketchrnn import read_sketchrnn
from limner.data.formats.stroke_files import read_binary, read_ndjson, read_strokes


def as_lists(strokes):
    return [stroke.tolist() for stroke in strokes]


def test_simplified_and_raw_ndjson_read_back(tmp_path):
    for drawings in (SIMPLIFIED, RAW):
        found = list(read_ndjson(put(tmp_path, "cat.ndjson", ndjson(drawings))))
        assert [as_lists(drawing.strokes) for drawing in found] == drawings
    drawing = found[1]
    assert (drawing.key_id, drawing.category, drawing.country) == (1, "cat", "DE")
    assert drawing.recognised is True
    assert drawing.timestamp == pytest.approx(1_488_497_110.07453, abs=1e-6)


def test_binary_reads_back(tmp_path):
    found = list(read_binary(put(tmp_path, "sea turtle.bin", binary(SIMPLIFIED))))
    assert [as_lists(drawing.strokes) for drawing in found] == SIMPLIFIED
    assert found[2][:5] == (2, "sea turtle", "DE", True, 1_488_497_110)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_sketchrnn_reads_back_moved_to_the_origin(tmp_path, protocol):
    found = list(read_sketchrnn(put(tmp_path, "cat.npz", sketchrnn(SIMPLIFIED, protocol))))
    assert [part for part, _ in found] == ["train"] * 3 + ["valid"] * 3 + ["test"] * 3
    for (_, strokes), drawing in zip(found, SIMPLIFIED * 3, strict=True):
        low = np.concatenate([np.array(stroke) for stroke in drawing], axis=1).min(axis=1)
        expected = [(np.array(stroke) - low[:, None]).tolist() for stroke in drawing]
        assert as_lists(strokes) == expected


def test_sketchrnn_files_of_python_2_read_back():
    # What Python 2's pickle made of an array: words and bytes are its str.
    rows = stroke_3(SIMPLIFIED)[2]
    words = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85q\x03"
        b"U\x01bq\x04\x87q\x05Rq\x06(K\x01K\x01\x85q\x07cnumpy\ndtype\nq\x08U\x02O8q\tK\x00K\x01"
        b"\x87q\nRq\x0b(K\x03U\x01|q\x0cNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89]q\r"
        b"h\x01h\x02K\x00\x85h\x04\x87Rq\x0e(K\x01\x8a\x01%cK\x03\x86h\x08U\x02i2K\x00K\x01\x87R"
        b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U%c%sq\x0ftbatb."
    )
    size = bytes([len(rows)]), bytes([rows.nbytes]), rows.tobytes()
    head, middle, tail = words.split(b"%c")
    data = head + size[0] + middle + size[1] + tail.replace(b"%s", size[2])
    header = npy_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }")
    assert (pickle.loads(data, encoding="latin1")[0] == rows).all()
    (found,) = read_object_array(io.BytesIO(header + data), "old")
    assert (found == rows).all()


def test_strokes_of_every_suffix_read_alike(tmp_path):
    moved = [[[[0, 5], [0, 9]], [[1], [2]]], [[[0], [0]]]]
    for name, data in (
        ("a.ndjson", ndjson(moved)),
        ("a.bin", binary(moved)),
        ("a.npz", sketchrnn(moved)),
    ):
        found = [as_lists(strokes) for strokes in read_strokes(put(tmp_path, name, data))]
        assert found[:2] == moved
    assert ".npz" in fault_of(lambda: read_strokes(tmp_path / "a.txt"))


@pytest.mark.parametrize(
    ("name", "write", "short"),
    [("a.ndjson", ndjson, 1_000), ("a.bin", binary, 1_000), ("a.npz", sketchrnn, 40)],
)
def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path, name, write, short):
    def peak(count: int) -> int:
        path = put(tmp_path, name, write(SIMPLIFIED * count))
        tracemalloc.start()
        for _ in read_strokes(path):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(1)
    # Buffers come and go within 400 kB; five times the drawings would weigh more.
    assert peak(5 * short) < peak(short) + 400_000


def test_a_drawing_without_strokes_keeps_its_row(tmp_path):
    empty = [[], [[[], []]], [[[1], [1]]]]
    for name, data in (("a.ndjson", ndjson(empty)), ("a.bin", binary(empty))):
        assert [len(strokes) for strokes in read_strokes(put(tmp_path, name, data))] == [0, 0, 1]


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"[]\n",
        b"{}\n",
        b"\xff\xfe{\n",
        b"[" * 100_000,
        ndjson_line([])[:-9],
        ndjson_line([[[1, 2], [3]]]),
        ndjson_line([[[1, 2]]]),
        ndjson_line([[[1]] * 4]),
        ndjson_line([[["a"], ["b"]]]),
        ndjson_line([[[None], [1]]]),
        ndjson_line([[[1e400], [1]]]),
        ndjson_line([[[10**400], [1]]]),
        ndjson_line({"a": 1}),
        ndjson_line(7),
        ndjson_line([]).replace(b"2017-03-02", b"the year 1"),
        ndjson_line([]).replace(b'"0"', b'"x"').replace(b'"1"', b'"x"'),
        ndjson_line([]).replace(b"key_id", b"key"),
        ndjson_line([]).replace(b"[]", b"9" * 5_000),
    ],
)
def test_a_line_that_is_no_drawing_is_named_by_its_number(tmp_path, line):
    path = put(tmp_path, "cat.ndjson", ndjson_line([[[1], [2]]]) + line)
    reader = read_ndjson(path)
    assert next(reader).strokes
    assert f"{path}, line 2, is no drawing" in fault_of(lambda: next(reader))


def test_a_line_without_end_is_refused(tmp_path):
    path = put(tmp_path, "cat.ndjson", b'{"drawing":"' + b"x" * (5 << 20))
    assert "over 4 MiB" in fault_of(lambda: list(read_ndjson(path)))


def test_a_binary_file_cut_anywhere_is_cut_short_or_whole(tmp_path):
    data = binary(SIMPLIFIED)
    whole = [len(binary(SIMPLIFIED[:count])) for count in range(4)]
    for size in range(len(data) + 1):
        path = put(tmp_path, "cat.bin", data[:size])
        if size in whole:
            assert len(list(read_binary(path))) == whole.index(size)
        else:
            number = sum(size > end for end in whole)
            message = fault_of(lambda path=path: list(read_binary(path)))
            assert f"drawing {number}, is cut short" in message


@pytest.mark.parametrize(
    "data",
    [
        binary(SIMPLIFIED) + b"\0",
        struct.pack(">Q2sbIH", 1, b"DE", 1, 1_488_497_110, 1) + struct.pack(">H2B", 1, 7, 9),
        struct.pack("<Q2sbIH", 1, b"\xc3\xa4", 1, 0, 0),
        struct.pack("<Q2sbIH", 1, b"DE", 5, 0, 0),
        struct.pack("<Q2sbIH", 1, b"DE", 1, 0, 65_535)
        + (struct.pack("<H", 65_535) + bytes(2 * 65_535)) * 20,
    ],
)
def test_binary_padded_wrong_endian_or_endless_is_refused(tmp_path, data):
    path = put(tmp_path, "cat.bin", data)
    assert str(path) in fault_of(lambda: list(read_binary(path)))


class Boom:
    """Pickles as a call of os.mkdir."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(tmp_path, protocol):
    mark = tmp_path / "it ran"
    array = np.empty(2, object)
    array[:] = [np.zeros((1, 3), np.int16), Boom(str(mark))]
    header = npy_header("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }")
    evil = header + pickle.dumps(array, protocol)
    path = put(tmp_path, "cat.npz", npz(train=evil, valid=evil, test=evil))
    assert "refused" in fault_of(lambda: list(read_sketchrnn(path)))
    assert not mark.exists()
    np.load(path, allow_pickle=True)["train"]  # so the file would have
    assert mark.exists()


HEAD = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
TYPE = b"cnumpy\ndtype\nU\x02i2K\x00K\x01\x87R"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80\x02",
        b"N" * 100_000,
        b"(" * 50 + b"t.",
        b"N0.",
        b"h\x05.",
        b"R.",
        b"Nb.",
        b"r\xff\xff\xff\x7f.",
        b"Nr\xff\xff\xff\x7f0N.",
        b"\x8e" + struct.pack("<Q", 1 << 62),
        b"\x96" + struct.pack("<Q", 1 << 40),
        b"T" + struct.pack("<i", -5),
        b"\x8b" + struct.pack("<i", 1 << 30),
        b"c" + b"a" * 10_000 + b"\nb\n.",
        b"cos\nsystem\nU\x04trueq\x85R.",
        b"cbuiltins\neval\n.",
        b"\x8c\x05numpy\x8c\x04load\x93.",
        b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00zip\x86R.",
        HEAD + b"(K\x01K\x07\x85" + TYPE + b"\x89U\x02abtb.",
        HEAD + b"(K\x01J\xff\xff\xff\xff\x85" + TYPE + b"\x89U\x00tb.",
        HEAD + b"(K\x01NN\x89U\x00tb.",
        HEAD + b"(K\x01K\x01\x85" + TYPE.replace(b"i2", b"V9") + b"\x89U\x02abtb.",
        HEAD + b"(K\x01K\x01\x85" + TYPE.replace(b"i2", b"??") + b"\x89U\x02abtb.",
        HEAD + b"(K\x01K\x01\x85" + TYPE + b"NU\x02abtb.",
    ],
)
def test_a_pickle_that_is_no_array_of_drawings_is_refused(tmp_path, data):
    part = npy_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") + data
    path = put(tmp_path, "cat.npz", npz(train=part, valid=part, test=part))
    assert f"{path}, train" in fault_of(lambda: list(read_sketchrnn(path)))


def test_arrays_that_are_no_drawings_are_refused(tmp_path):
    for array in (np.zeros((2, 2)), np.zeros(3), np.full((1, 3), np.nan), np.full((1, 3), 1e9)):
        part = pickled([array])
        path = put(tmp_path, "cat.npz", npz(train=part, valid=part, test=part))
        assert f"{path}, train" in fault_of(lambda path=path: list(read_sketchrnn(path)))
    plain = npy(np.zeros((2, 3)))
    path = put(tmp_path, "cat.npz", npz(train=plain, valid=plain, test=plain))
    assert "not one of drawings" in fault_of(lambda: list(read_sketchrnn(path)))


def test_a_sketchrnn_file_without_its_parts_or_shorter_than_it_claims_is_refused(tmp_path):
    part = pickled(stroke_3(SIMPLIFIED))
    path = put(tmp_path, "cat.npz", npz(train=part))
    assert "valid.npy" in fault_of(lambda: list(read_sketchrnn(path)))
    more = part.replace(b"(3,)", b"(4,)")
    path = put(tmp_path, "cat.npz", npz(train=more, valid=part, test=part))
    assert "claims the shape (4,)" in fault_of(lambda: list(read_sketchrnn(path)))
    path = put(tmp_path, "cat.npz", sketchrnn(SIMPLIFIED)[:-30])
    assert "cannot read" in fault_of(lambda: list(read_sketchrnn(path)))
