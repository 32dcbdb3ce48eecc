"""Strokes read back as they were written, in every format and at any scale."""

import json
import struct
import tempfile
import tracemalloc
from pathlib import Path

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
    npz,
    pickled,
    put,
    sketchrnn,
    stroke_3,
)
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from limner.data.formats.sketchrnn import read_sketchrnn
from limner.data.formats.stroke_files import read_binary, read_ndjson, read_strokes


def as_lists(strokes):
    return [stroke.tolist() for stroke in strokes]


def test_simplified_and_raw_ndjson_read_back(tmp_path):
    for drawings in (SIMPLIFIED, RAW):
        found = list(read_ndjson(put(tmp_path, "cat.ndjson", ndjson(drawings))))
        assert [as_lists(strokes) for strokes in found] == drawings


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
keys = st.sampled_from(["word", "key_id", "timestamp", "recognized", "countrycode", "mine"])
blanks = st.lists(st.sampled_from([b"\n", b"\r\n", b" \t\n"]), max_size=2).map(b"".join)


@given(st.lists(st.tuples(blanks, st.dictionaries(keys, values)), min_size=1, max_size=4), blanks)
def test_ndjson_needs_nothing_but_drawings(before, end):
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            blank + json.dumps(record | {"drawing": SIMPLIFIED[0]}).encode() + b"\r\n"
            for blank, record in before
        ]
        path = put(Path(folder), "cat.ndjson", b"".join(lines) + end)
        found = [as_lists(strokes) for strokes in read_ndjson(path)]
    assert found == [SIMPLIFIED[0]] * len(before)


def test_binary_reads_back(tmp_path):
    found = list(read_binary(put(tmp_path, "sea turtle.bin", binary(SIMPLIFIED))))
    assert [as_lists(strokes) for strokes in found] == SIMPLIFIED


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_sketchrnn_reads_back_moved_to_the_origin(tmp_path, protocol):
    found = list(read_sketchrnn(put(tmp_path, "cat.npz", sketchrnn(SIMPLIFIED, protocol))))
    assert [part for part, _ in found] == ["train"] * 3 + ["valid"] * 3 + ["test"] * 3
    for (_, strokes), drawing in zip(found, SIMPLIFIED * 3, strict=True):
        low = np.concatenate([np.array(stroke) for stroke in drawing], axis=1).min(axis=1)
        expected = [(np.array(stroke) - low[:, None]).tolist() for stroke in drawing]
        assert as_lists(strokes) == expected


@given(
    hnp.arrays(np.float32, (9, 2), elements=st.floats(-0.375, 0.375, width=32)), st.integers(1, 8)
)
def test_steps_are_summed_before_anything_is_rounded(steps, lift):
    ends = np.eye(9, dtype=np.float32)[lift - 1] + np.eye(9, dtype=np.float32)[8]
    rows = np.column_stack([steps, ends])
    part = pickled([rows, rows[:1]])
    with tempfile.TemporaryDirectory() as folder:
        path = put(Path(folder), "cat.npz", npz(train=part, valid=part, test=part))
        (_, strokes), *_ = read_sketchrnn(path)
    walked = [steps[: i + 1].astype(float).sum(axis=0) for i in range(9)]
    expected = np.array(walked) - np.min(walked, axis=0)
    assert [stroke.shape[1] for stroke in strokes] == [lift, 9 - lift]
    np.testing.assert_allclose(np.concatenate(strokes, axis=1).T, expected, atol=1e-12)


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
    # Buffers come and go within 400 kB; five times the drawings would weigh more. sketch-rnn's
    # pickles can only be read whole: in that, small drawings take some 3 kB each.
    allowed = 400_000 + (3_000 * 3 * 3 * 4 * short if name == "a.npz" else 0)
    assert peak(5 * short) < peak(short) + allowed


def test_a_drawing_without_strokes_keeps_its_row(tmp_path):
    empty = [[], [[[], []]], [[[1], [1]]]]
    for name, data in (("a.ndjson", ndjson(empty)), ("a.bin", binary(empty))):
        assert [len(strokes) for strokes in read_strokes(put(tmp_path, name, data))] == [0, 0, 1]


@pytest.mark.parametrize(
    "line",
    [
        b"[]\n",
        b"7\n",
        b"{}\n",
        b"\xff\xfe{\n",
        b"[" * 20_000,
        b'{"drawing": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"drawing": ' + b"[" * 500 + b"]" * 500 + b"}",
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
        ndjson_line([]).replace(b"drawing", b"strokes"),
        ndjson_line([]).replace(b"[]", b"9" * 5_000),
        ndjson_line([]).replace(b"[]", b"[[[1], [" + b"9" * 5_000 + b"]]]"),
    ],
)
def test_a_line_that_is_no_drawing_is_named_by_its_number(tmp_path, line):
    path = put(tmp_path, "cat.ndjson", ndjson_line([[[1], [2]]]) + line)
    reader = read_ndjson(path)
    assert next(reader)
    message = fault_of(lambda: next(reader))
    assert message.startswith(f"{path}, line 2, is no drawing: ")
    assert "line" not in message.partition("is no drawing")[2]
    assert len(message) < len(str(path)) + 200


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


def test_arrays_that_are_no_drawings_are_refused(tmp_path):
    for array in (np.zeros((2, 2)), np.zeros(3), np.full((1, 3), np.nan), np.full((1, 3), 1e200)):
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


@pytest.mark.parametrize("field", [0, 1])
def test_an_archive_whose_names_cannot_be_decoded_is_refused(tmp_path, field):
    """The name stands in the directory at the end, and once more before its member."""
    data = bytearray(sketchrnn(SIMPLIFIED))
    at = data.index((b"PK\1\2", b"PK\3\4")[field])
    flags, name = at + (8, 6)[field], at + (46, 30)[field]
    data[flags + 1] |= 0x08  # the name is UTF-8
    data[name : name + 2] = b"\xff\xfe"
    path = put(tmp_path, "cat.npz", bytes(data))
    assert f"{path}" in fault_of(lambda: list(read_sketchrnn(path)))


@pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 99])
def test_an_archive_compressed_in_another_way_is_refused(tmp_path, method):
    data = bytearray(sketchrnn(SIMPLIFIED))
    data[data.index(b"PK\1\2") + 10] = method
    path = put(tmp_path, "cat.npz", bytes(data))
    assert f"{path} is compressed" in fault_of(lambda: list(read_sketchrnn(path)))
