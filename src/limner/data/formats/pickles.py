"""Pickles of arrays of arrays, read without running any code that they name.

Unpickling calls what a file names. Here the only names allowed are those that NumPy's pickles of
arrays need, and none of them leads to NumPy: `find_class` answers with a stand-in that, where it is
called, keeps what it was called with. What comes out is a tree of plain values, from which each
array is made when it is asked for, after its shape has been held against its bytes.

Python's unpickler itself can be made to take endless memory (by an index of its memo) or to crash
(by a key nested a million deep). Hence a look at the operations before it starts: only those that
arrays need, no index larger than the pickle, and memory within what the caller allows.

Source: PEP 307 and PEP 3154 (the operations of pickles); NEP 1 (the .npy format).
"""

import io
import pickle
import pickletools
import re
from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Shaped

from limner.data.formats.npy import Readable, read_header
from limner.errors import LimnerError

_ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),  # since NumPy 2
    ("_codecs", "encode"),  # how Python 3 writes bytes for Python 2,
    ("__builtin__", "bytes"),  # and how it writes none
}

_OPERATIONS = """
    PROTO FRAME STOP MARK GLOBAL STACK_GLOBAL REDUCE BUILD
    NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1
    BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINUNICODE SHORT_BINUNICODE
    EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST APPEND APPENDS
    BINPUT LONG_BINPUT MEMOIZE BINGET LONG_BINGET
"""
_ARGUMENTS = {
    ord(operation.code): operation.arg.n if operation.arg else 0
    for operation in pickletools.opcodes
    if operation.name in _OPERATIONS.split()
}
"""For each operation the number of bytes that follow it, or pickletools' mark for a length."""
_LENGTHS = {
    pickletools.TAKEN_FROM_ARGUMENT1: 1,
    pickletools.TAKEN_FROM_ARGUMENT4: 4,
    pickletools.TAKEN_FROM_ARGUMENT4U: 4,
}
"""The number of bytes of such a length."""
_LONG_BINPUT = ord("r")
_COST = 64
"""Largest number of bytes of memory that one operation takes in the unpickler."""


def read_object_array(
    file: Readable, name: str, most_bytes: int
) -> Iterator[Shaped[np.ndarray, "..."]]:
    """The arrays in a .npy stream of an array of arrays, one after the other.

    Args:
        file: The stream.
        name: Name of the file, for error lines.
        most_bytes: Largest number of bytes of memory that it may take.

    Raises:
        LimnerError: It is not an array of arrays of numbers, or takes more memory.
    """
    header = read_header(file, name, objects=True)
    if not header.dtype.hasobject:
        raise LimnerError(f"{name} is an array {header.dtype} {header.shape}, not one of drawings")
    data = file.read(most_bytes + 1)
    try:
        _check(data, most_bytes)
        items = _items(_Unpickler(io.BytesIO(data), encoding="bytes").load())
        if (len(items),) != header.shape:
            raise ValueError(f"it holds {len(items)} drawings and claims the shape {header.shape}")
        for item in items:
            yield _array(item)
    except _FAULTS as error:
        raise LimnerError(f"{name} is refused as no plain array of arrays: {error}") from None


_FAULTS = (
    pickle.UnpicklingError,
    *(ValueError, TypeError, LookupError, AttributeError, OverflowError, EOFError),
)
"""The errors that Python's unpickler, and the code here, raise for a damaged pickle."""


def _check(data: bytes, most_bytes: int) -> None:
    """Walk over the operations, without carrying any out.

    Raises:
        ValueError: An operation is not allowed, or all together take too much memory.
    """
    at, left = 0, (most_bytes - len(data)) // _COST
    while at < len(data):
        code = data[at]
        width = _ARGUMENTS.get(code)
        if width is None:
            raise ValueError(f"it asks for an operation that no array needs, {chr(code)!r}")
        at += 1
        if width >= 0:
            if code == _LONG_BINPUT and int.from_bytes(data[at : at + 4], "little") > len(data):
                raise ValueError("it keeps a value under a number larger than itself")
            at += width
        elif width == pickletools.UP_TO_NEWLINE:  # a module, and its name in the next line
            at = data.index(b"\n", data.index(b"\n", at) + 1) + 1
        else:
            at += _LENGTHS[width] + int.from_bytes(data[at : at + _LENGTHS[width]], "little")
        left -= 1
        if left < 0:
            raise ValueError(f"it takes over {most_bytes >> 20} MiB, too much for so small a file")


class _Name(NamedTuple):
    """Stands in for a name that a pickle may use; immutable, since a pickle may set attributes."""

    name: str

    def __call__(self, *arguments: Any) -> "_Call":
        return _Call(self.name, arguments)


class _Call:
    """Stands in for the result of calling a name."""

    __match_args__ = ("name", "arguments", "state")
    __slots__ = __match_args__

    def __init__(self, name: str, arguments: tuple[Any, ...]):
        self.name, self.arguments, self.state = name, arguments, None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    """Knows the names allowed, and has no persistent values."""

    def find_class(self, module: str, name: str) -> _Name:
        if (module, name) not in _ALLOWED:
            raise ValueError(f"it names {f'{module}.{name}'[:80]!r}")
        return _Name(name)


def _items(tree: Any) -> list[Any]:
    """The items of an array of objects."""
    match tree:
        case _Call("_reconstruct", _, (_, tuple(), _Call("dtype", (code, *_)), _, list(items))) if (
            _text(code) in ("O", "O8")
        ):
            return items
    raise ValueError("it is another object")


def _array(tree: Any) -> Shaped[np.ndarray, "..."]:
    match tree:
        case _Call(
            "_reconstruct",
            (_Name("ndarray"), (0,), _),
            (_, tuple(shape), _Call("dtype") as kind, bool(is_fortran), data),
        ):
            dtype, items = _dtype(kind), _bytes(data)
            if not all(type(size) is int and size >= 0 for size in shape):
                raise ValueError("an array has a damaged shape")
            if dtype.itemsize * prod(shape) != len(items):
                raise ValueError(f"an array of shape {shape} has {len(items)} bytes")
            return np.frombuffer(items, dtype).reshape(shape, order="F" if is_fortran else "C")
    raise ValueError("one of its items is no array")


def _dtype(tree: _Call) -> np.dtype:
    match tree:
        case _Call(_, (code, *_), (_, order, *_)):
            name = _text(order) + _text(code)
            if re.fullmatch(r"[<>=|][biuf]\d{1,2}", name):
                return np.dtype(name)
    raise ValueError("an array is not of plain numbers")


def _bytes(tree: Any) -> bytes:
    match tree:
        case bytes():
            return tree
        case _Call("bytes", ()):
            return b""
        case _Call("encode", (str(text), encoding)) if _text(encoding) == "latin1":
            return text.encode("latin-1")
    raise ValueError("the items of an array are no bytes")


def _text(value: Any) -> str:
    """A short word: Python 2 wrote bytes."""
    return (value.decode("ascii") if isinstance(value, bytes) else str(value))[:8]
