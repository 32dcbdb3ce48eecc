"""Pickles of arrays: read as NumPy wrote them, and never run, whatever they say."""

import io
import os
import pickle
import pickletools
import struct
import time
import tracemalloc

import numpy as np
import pytest
from data_writers import SIMPLIFIED, fault_of, npy_header, pickled, stroke_3
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from limner.data.formats.pickles import read_object_array
from limner.errors import LimnerError

MOST = 16 << 20
ONE = npy_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }")
ARRAYS = [np.arange(6, dtype=np.int16).reshape(2, 3), np.ones((1, 3), np.float32)]


def read(data: bytes, most: int = MOST) -> list[np.ndarray]:
    return list(read_object_array(io.BytesIO(data), "part", most))


def refusal_of(data: bytes, most: int = MOST) -> str:
    message = fault_of(lambda: read(data, most))
    assert message.startswith("part ")
    assert " at 0x" not in message
    assert len(message) < 250
    return message


arrays = hnp.arrays(
    st.sampled_from(["<i2", ">i2", "<i8", "u1", "<f2", "<f4", ">f8", "?"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0),
    elements={"allow_nan": False},
)


@given(st.lists(arrays, max_size=4), st.sampled_from([2, 3, 4]))
def test_arrays_read_back_bit_for_bit(written, protocol):
    found = read(pickled(written, protocol))
    assert [(a.dtype, a.shape, a.tobytes()) for a in found] == [
        (a.dtype, a.shape, a.tobytes()) for a in written
    ]


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_fortran_order_and_either_home_of_numpy_are_read(protocol):
    array = np.asfortranarray(np.arange(12).reshape(3, 4))
    for here, there in ((b"numpy._core", b"numpy.core"), (b"numpy.core", b"numpy._core")):
        data = pickled([array], protocol)
        if protocol < 4:  # there, the length of a name does not stand before it
            data = data.replace(here, there)
        (found,) = read(data)
        assert (found == array).all()


def test_a_pickle_of_python_2_is_read():
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
    (found,) = read(header + data)
    assert (found == rows).all()


def test_one_array_referred_to_twice_is_read_twice():
    for protocol in (2, 3, 4):
        found = read(pickled([ARRAYS[0], ARRAYS[1], ARRAYS[0], ARRAYS[0]], protocol))
        assert [array.tolist() for array in found] == [ARRAYS[i].tolist() for i in (0, 1, 0, 0)]


def test_numpy_itself_writes_what_is_read():
    objects = np.empty(2, object)
    objects[:] = ARRAYS
    file = io.BytesIO()
    np.save(file, objects, allow_pickle=True)
    for found, written in zip(read(file.getvalue()), ARRAYS, strict=True):
        assert (found == written).all()


class Calls:
    """Pickles as a call of anything."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(tmp_path, protocol, depth):
    mark = tmp_path / "it ran"
    evil = Calls(os.mkdir, str(mark))
    for _ in range(depth):
        objects = np.empty(2, object)
        objects[:] = [ARRAYS[0], evil]
        evil = objects
    data = pickle.dumps(evil, protocol)
    assert "refused" in refusal_of(ONE + data)
    assert not mark.exists()
    pickle.loads(data)  # so it would have
    assert mark.exists()


NAMES = [
    *("os system", "posix system", "nt system", "subprocess Popen", "builtins eval"),
    *("__builtin__ eval", "builtins exec", "builtins getattr", "builtins __import__"),
    *("builtins object", "builtins bytearray", "operator attrgetter", "functools partial"),
    *("importlib import_module", "types FunctionType", "copyreg _reconstructor"),
    *("copy_reg _reconstructor", "codecs decode", "_codecs decode", "_codecs lookup"),
    *("pickle loads", "_pickle loads", "numpy load", "numpy loads", "numpy fromfile"),
    *("numpy f2py.compile", "numpy.f2py compile", "numpy.testing._private.utils runstring"),
    *("numpy.testing runstring", "numpy.distutils.exec_command _exec_command"),
    *("numpy core.multiarray._reconstruct", "numpy ndarray.tofile", "numpy memmap"),
    *("numpy.core.multiarray scalar", "numpy._core.multiarray fromfile", "numpy.core _reconstruct"),
    *("numpy.lib.format read_array", "numpy._core.numeric _frombuffer", "numpy.ndarray __new__"),
    *(
        "numpy dtype.__reduce__",
        "builtins bytes",
        "__builtin__ str",
        "NumPy ndarray",
        "numpy Ndarray",
        "numpy _reconstruct",
    ),
    *("limner.data.formats.pickles _Call", "limner.errors LimnerError"),
]


@pytest.mark.parametrize("name", NAMES)
def test_no_other_name_is_found(name):
    module, attribute = (part.encode() for part in name.split(" "))
    text = b"\x8c" + bytes([len(module)]) + module + b"\x8c" + bytes([len(attribute)]) + attribute
    for data in (
        b"c" + module + b"\n" + attribute + b"\n.",
        b"c" + module + b"\n" + attribute + b"\nU\x02id\x85R.",
        b"\x80\x04" + text + b"\x93.",
        b"\x80\x04" + text + b"\x93)R.",
        HEAD + b"(K\x01K\x01\x85c" + module + b"\n" + attribute + b"\nNN\x89]tb.",
    ):
        assert "names" in refusal_of(ONE + data)


def test_only_a_handful_of_operations_is_carried_out():
    needed = {
        operation.name
        for protocol in (2, 3, 4)
        for operation, _, _ in pickletools.genops(
            pickled([*ARRAYS, ARRAYS[0], np.zeros((400, 3))] + 300 * [ARRAYS[1]], protocol)[
                len(npy_header("{'descr': '|O', 'fortran_order': False, 'shape': (304,), }\n")) :
            ]
        )
    }
    python_2 = {"SHORT_BINSTRING", "BINSTRING", "NONE", "LONG1", "BINUNICODE", "BINBYTES"}
    python_2 |= {"BININT2", "TUPLE2", "TUPLE3", "TUPLE", "NEWTRUE", "NEWFALSE", "EMPTY_TUPLE"}
    python_2 |= {"APPEND", "LONG_BINGET", "LONG_BINPUT", "BININT"}
    for operation in pickletools.opcodes:
        if operation.name not in needed | python_2:
            data = operation.code.encode("latin-1") + b"1\n1\n" + bytes(20) + b"."
            assert "asks for an operation" in refusal_of(ONE + data), operation.name


HEAD = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
TYPE = (
    b"cnumpy\ndtype\nU\x02i2K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
)
OUTER = HEAD + b"(K\x01K\x01\x85" + TYPE.replace(b"i2", b"O8") + b"\x89]"


def holding(item: bytes) -> bytes:
    """An array of one object."""
    return OUTER + item + b"atb."


def inner(shape: bytes, items: bytes, kind: bytes = TYPE) -> bytes:
    return HEAD[2:] + b"(K\x01" + shape + kind + b"\x89" + items + b"tb"


def test_the_pieces_of_the_hostile_pickles_below_are_sound():
    (found,) = read(ONE + holding(inner(b"K\x01\x85", b"U\x02\x07\x01")))
    assert (found.dtype, found.tolist()) == ("<i2", [263])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80\x02",
        b"N" * 100_000,
        b"(" * 50 + b"t.",
        b"NN.",
        b"h\x05.",
        b"R.",
        b"Nb.",
        b"N)R.",
        b"e.",
        b"]]a.",
        b"c" + b"a" * 10_000 + b"\nb\n.",
        b"cnumpy\nndarray\n.",
        b"cnumpy\nndarray\nN}b.",
        b"cnumpy\nndarray\n)R.",
        b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x06\x00\x00\x00latin1\x86R.",
        HEAD + b".",
        HEAD + b"Nb.",
        OUTER + b"tb.",
        holding(b"N"),
        holding(b"]"),
        holding(HEAD[2:]),
        holding(b"cnumpy\ndtype\n)R"),
        holding(OUTER[2:] + b"tb"),
        holding(inner(b"K\x07\x85", b"U\x02ab")),
        holding(inner(b"K\x00\x85", b"U\x02ab")),
        holding(inner(b"J\xff\xff\xff\xff\x85", b"U\x02ab")),
        holding(inner(b"J\xff\xff\xff\xffJ\xff\xff\xff\xff\x86", b"U\x02ab")),
        holding(inner(b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", b"U\x02ab")),
        holding(inner(b"\x8a\x08" + bytes(7) + b"\x40K\x00\x86", b"U\x02ab")),
        holding(inner(b"\x88\x85", b"U\x02ab")),
        holding(inner(b"N", b"U\x02ab")),
        holding(inner(b"K\x01\x85", b"N")),
        holding(inner(b"K\x01\x85", b"]")),
        holding(inner(b"K\x01\x85", b"c_codecs\nencode\nU\x02abU\x03zip\x86R")),
        *(
            holding(inner(b"K\x01\x85", b"U\x02ab", TYPE.replace(b"i2", kind)))
            for kind in (b"V2", b"??", b"O8", b"M8", b"S2", b"U1", b"i3", b"i0", b"2i", b"\xff1")
        ),
        holding(inner(b"K\x01\x85", b"U\x02ab", TYPE.replace(b"<", b"("))),
        holding(inner(b"K\x01\x85", b"U\x02ab", b"N")),
    ],
)
def test_what_is_no_array_of_arrays_is_refused(data):
    assert "refused" in refusal_of(ONE + data)


@pytest.mark.parametrize(
    "data",
    [
        b"r\xff\xff\xff\x7f.",
        b"Nr\xff\xff\xff\xff0N.",
        b"\x8e" + struct.pack("<Q", 1 << 62),
        b"\x96" + struct.pack("<Q", 1 << 40),
        b"\x95" + struct.pack("<Q", 1 << 62) + b"N.",
        b"T" + struct.pack("<i", -5),
        b"X" + struct.pack("<I", 1 << 31),
        b"\x8b" + struct.pack("<i", 1 << 30),
        b")" * 4_000_000,
        b"]" * 4_000_000,
        b"(" * 4_000_000,
        b"N" + b"\x85" * 4_000_000 + b".",  # its hash, or its repr, would end the process
        b"N" + b"\x94" * 4_000_000 + b".",
        HEAD * 100_000 + b".",
        holding(inner(b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", b"U\x02ab")),
    ],
    ids=lambda data: repr(data[:6]),
)
def test_a_bomb_takes_little_memory_and_time(data):
    tracemalloc.start()
    start = time.process_time()
    refusal_of(ONE + data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * MOST
    assert time.process_time() - start < 10  # seconds, most of them of counting memory


def test_bytes_decoded_a_thousand_times_are_there_once():
    """What a pickle says to make again and again is made when it is asked for."""
    encode = b"c_codecs\nencode\n" + b"X" + struct.pack("<I", 1 << 20) + b"a" * (1 << 20)
    encode += b"q\x05X\x06\x00\x00\x00latin1q\x06\x86R"
    again = b"c_codecs\nencode\nh\x05h\x06\x86R"
    size = b"J" + struct.pack("<i", 1 << 19) + b"\x85"
    items = b"".join(inner(size, part) for part in (encode, *[again] * 999))
    data = npy_header("{'descr': '|O', 'fortran_order': False, 'shape': (1000,), }")
    data += OUTER + b"(" + items + b"etb."
    tracemalloc.start()
    count = sum(1 for _ in read_object_array(io.BytesIO(data), "part", MOST))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1_000
    assert peak < MOST


def test_more_or_fewer_drawings_than_claimed_are_refused():
    data = pickled(ARRAYS)
    for claim in (b"(1,)", b"(3,)", b"(  )"):
        assert "claims the shape" in refusal_of(data.replace(b"(2,)", claim))


def test_a_pickle_over_its_allowance_is_refused():
    data = pickled(stroke_3(SIMPLIFIED) * 100)
    assert len(read(data, 50 * len(data))) == 300
    assert "takes over" in refusal_of(data, 2 * len(data))
    refusal_of(data, len(data) // 2)


@given(st.data())
def test_a_damaged_pickle_ends_in_arrays_or_in_one_line(data):
    whole = pickled(ARRAYS, data.draw(st.sampled_from([2, 3, 4])))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(60, len(whole) - 1))] = data.draw(st.integers(0, 255))
    said = ""
    try:
        read(bytes(damaged))
    except LimnerError as error:
        said = str(error)
    assert "\n" not in said
    assert " at 0x" not in said
