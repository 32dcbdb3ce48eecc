"""Pickles of arrays of arrays, read as data and never unpickled.

Unpickling runs what a file says. Here a stack machine knows the few operations that NumPy's pickles
of arrays are made of and refuses every other. It imports nothing, calls nothing, and builds its own
stand-ins where the file asks for `numpy.ndarray`, `numpy.dtype` or `_reconstruct`. Each inner array
leaves the machine when it is complete, so that memory holds one.

Source: PEP 307 and PEP 3154 (the operations of pickles); NEP 1 (the .npy format).
"""

import pickletools
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Shaped

from limner.data.formats.npy import Readable, read_header
from limner.errors import LimnerError

_READ_LIMIT = 4 << 20
_LINE_LIMIT = 256
_STACK_LIMIT = 10_000
_MEMO_LIMIT = 100_000
_MARK = object()


@runtime_checkable
class Stream(Readable, Protocol):
    """A binary stream that knows lines."""

    def readline(self, size: int = -1, /) -> bytes:
        """The next bytes up to a line's end, at most `size`."""
        ...


def read_object_array(file: Stream, name: str) -> Iterator[Shaped[np.ndarray, "..."]]:
    """The arrays in a .npy stream of an array of arrays, one after the other.

    Args:
        file: The stream.
        name: What to call it in an error.

    Raises:
        LimnerError: Anything but an array of arrays of numbers.
    """
    header = read_header(file, name, objects=True)
    if not header.dtype.hasobject:
        raise LimnerError(f"{name} is an array {header.dtype} {header.shape}, not one of drawings")
    machine, count = _Machine(), 0
    try:
        for operation, argument, _ in pickletools.genops(_Capped(file, name)):  # pyright: ignore[reportArgumentType]
            array = machine.step(operation.name, argument)
            if array is not None:
                count += 1
                yield array
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise LimnerError(f"{name} is refused as no plain array of arrays: {error}") from None
    if (count,) != header.shape:
        raise LimnerError(f"{name} holds {count} drawings, but claims the shape {header.shape}")


class _Capped:
    """A stream of which no one read takes much, whatever the pickle claims."""

    def __init__(self, file: Stream, name: str):
        self._file, self._name = file, name

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _READ_LIMIT:
            raise LimnerError(f"{self._name} claims an item of {size} bytes: no drawing is so long")
        return self._file.read(size)

    def readline(self) -> bytes:
        return self._file.readline(_LINE_LIMIT)


@dataclass
class _Type:
    """Stands in for a numpy.dtype."""

    code: str
    order: str = "|"


class _Array:
    """Stands in for a numpy.ndarray."""


@dataclass(frozen=True)
class _Global:
    """Stands in for what a pickle may name."""

    name: str


_GLOBALS = {
    "numpy ndarray": "ndarray",
    "numpy dtype": "dtype",
    "numpy.core.multiarray _reconstruct": "_reconstruct",
    "numpy._core.multiarray _reconstruct": "_reconstruct",
    "_codecs encode": "encode",
}


class _Machine:
    """The pickle machine, without its power: a stack, a memo of small values, no calls."""

    def __init__(self):
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._memoised = 0

    def step(self, operation: str, argument: Any) -> Shaped[np.ndarray, "..."] | None:
        """Carry out one operation; returns an array of numbers when one is complete."""
        stack = self._stack
        match operation:
            case "PROTO" | "FRAME":
                pass
            case "STOP":
                stack.pop()
            case "MARK":
                stack.append(_MARK)
            case "NONE":
                stack.append(None)
            case "NEWTRUE" | "NEWFALSE":
                stack.append(operation == "NEWTRUE")
            case "BINSTRING" | "SHORT_BINSTRING":
                # Python 2's str: the bytes of an array, or an ASCII word such as "i2".
                stack.append(argument.encode("latin-1"))
            case (
                ("BININT" | "BININT1" | "BININT2" | "LONG1")
                | ("BINUNICODE" | "SHORT_BINUNICODE")
                | ("BINBYTES" | "SHORT_BINBYTES")
            ):
                stack.append(argument)
            case "EMPTY_TUPLE":
                stack.append(())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                stack.append(tuple(self._pop() for _ in range(int(operation[-1])))[::-1])
            case "TUPLE":
                stack.append(tuple(self._pop_to_mark()))
            case "EMPTY_LIST":
                stack.append([])
            case "APPEND":
                self._pop()
            case "APPENDS":
                self._pop_to_mark()
            case "GLOBAL":
                stack.append(self._global(argument))
            case "STACK_GLOBAL":
                attribute, module = self._pop(), self._pop()
                stack.append(self._global(f"{module} {attribute}"))
            case "BINPUT" | "LONG_BINPUT":
                self._remember(argument)
            case "MEMOIZE":
                self._remember(self._memoised)
            case "BINGET" | "LONG_BINGET":
                stack.append(self._memo[argument])
            case "REDUCE":
                arguments, function = self._pop(), self._pop()
                stack.append(_make(function, arguments))
            case "BUILD":
                state = self._pop()
                return _build(stack[-1], state)
            case _:
                raise ValueError(f"it asks for the operation {operation}")
        if len(stack) > _STACK_LIMIT:
            raise ValueError("its values are nested too deep")
        return None

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise ValueError("its marks are out of place")
        return value

    def _pop_to_mark(self) -> list[Any]:
        values = []
        while (value := self._stack.pop()) is not _MARK:
            values.append(value)
        return values[::-1]

    def _global(self, name: str) -> _Global:
        if name not in _GLOBALS:
            raise ValueError(f"it names {name!r}")
        return _Global(_GLOBALS[name])

    def _remember(self, key: int) -> None:
        """Keep what pickles repeat (names, types, short words), so that memory stays bounded."""
        self._memoised += 1
        value = self._stack[-1]
        match value:
            case _Global() | _Type():
                kept = True
            case str():  # the bytes of an array may come as str, but are never a printable word
                kept = len(value) <= 32 and value.isprintable()
            case bytes():  # Python 2's words, such as i2, are bytes, but an array's are more
                kept = len(value) <= 2
            case _:
                kept = False
        if kept and len(self._memo) < _MEMO_LIMIT:
            self._memo[key] = value


def _make(function: Any, arguments: Any) -> Any:
    match function, arguments:
        case _Global("_reconstruct"), (_Global("ndarray"), (0,), _):
            return _Array()
        case _Global("dtype"), (code, *_):
            return _Type(_text(code))
        case _Global("encode"), (str(text), encoding) if _text(encoding) == "latin1":
            return text.encode("latin-1")
    raise ValueError("it calls something else than NumPy's makers of arrays and types")


def _build(target: Any, state: Any) -> Shaped[np.ndarray, "..."] | None:
    match target, state:
        case _Type(), (_, order, *_):
            target.order = _text(order)
            return None
        case _Array(), (_, tuple(), _Type(code), _, list()) if code in ("O", "O8"):
            return None
        case _Array(), (_, tuple(shape), _Type(code, order), bool(fortran), bytes(data)):
            dtype = np.dtype(order + code)
            if dtype.kind not in "biuf":
                raise ValueError(f"it holds an array of {dtype}")
            if not all(type(size) is int and size >= 0 for size in shape):
                raise ValueError("an array has a damaged shape")
            if dtype.itemsize * prod(shape) != len(data):
                raise ValueError(f"an array of shape {shape} has {len(data)} bytes")
            return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    raise ValueError("the state of an array or type is not NumPy's")


def _text(value: Any) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else str(value)
