"""SVG files, drawn only if all they need is in them.

The file is parsed first, by expat, and refused if it declares entities, refers to anything but its
own elements, holds a script or foreign content, or is very large or deep. Only then does librsvg
see it, through libvips, which is told the size of the picture beforehand: what the file claims of
itself makes no memory.

Axis letters: h w picture.

Source: www.w3.org/TR/SVG2 (linking: which attributes refer).
"""

import re
from collections.abc import Mapping
from xml.parsers import expat

import numpy as np
from jaxtyping import UInt8

from limner.errors import LimnerError, reason

_BYTE_LIMIT = 4 << 20
_ELEMENT_LIMIT = 100_000
_DEPTH_LIMIT = 200
_FORBIDDEN = frozenset({"script", "foreignobject", "image", "feimage", "iframe", "audio", "video"})
_FETCHES = re.compile(r"@import|url\(\s*['\"]?\s*(?!['\"#\s])|\\", re.IGNORECASE)
_SIDE = 512
_FINER = 4


def render_svg(data: bytes, name: str, side: int | None = None) -> UInt8[np.ndarray, "h w 4"]:
    """Draw an SVG as red, green, blue and opacity.

    Args:
        data: The file.
        name: What to call it in an error.
        side: The longer side that the picture will be brought to, pixels: it is drawn four times
            as fine. None draws 512 pixels.

    Raises:
        LimnerError: It is no SVG, needs other files, or is too large.
    """
    _check(data, name)
    import pyvips

    longer = _SIDE if side is None else _FINER * side
    try:
        claimed = pyvips.Image.svgload_buffer(data)
        scale = longer / max(claimed.width, claimed.height)
        picture = pyvips.Image.svgload_buffer(data, scale=scale)
        pixels = picture.colourspace("srgb").numpy()
    except pyvips.Error as error:
        raise LimnerError(f"cannot read {name} as SVG: {reason(error)}") from None
    return np.ascontiguousarray(pixels, np.uint8)


def _check(data: bytes, name: str) -> None:
    if len(data) > _BYTE_LIMIT:
        raise LimnerError(f"{name} is over {_BYTE_LIMIT >> 20} MiB: so large an SVG is not read")
    watch = _Watch(name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = watch.doctype
    parser.ProcessingInstructionHandler = watch.instruction
    parser.StartElementHandler = watch.start
    parser.EndElementHandler = watch.end
    parser.CharacterDataHandler = watch.text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise LimnerError(f"{name} is no SVG: {error}") from None
    if watch.root != "svg":
        raise LimnerError(f"{name} is no SVG: its outermost element is {watch.root}")


class _Watch:
    """Looks at a document as expat walks through it."""

    def __init__(self, name: str):
        self._name = name
        self._path: list[str] = []
        self._elements = 0
        self._style: list[str] = []
        self.root = ""

    def doctype(self, name: str, system: str | None, public: str | None, has_subset: int) -> None:
        # A bare public document type, as many programs write it, declares nothing.
        if has_subset:
            self._refuse("declares entities or the like")

    def instruction(self, target: str, data: str) -> None:
        if target == "xml-stylesheet":
            self._refuse("asks for a style sheet in another file")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        element = _local(tag)
        self.root = self.root or element
        self._path.append(element)
        self._elements += 1
        if element in _FORBIDDEN:
            self._refuse(f"holds a {element}")
        if len(self._path) > _DEPTH_LIMIT or self._elements > _ELEMENT_LIMIT:
            self._refuse("has too many elements")
        for attribute, value in attributes.items():
            refers = _local(attribute) in ("href", "src", "base") and element != "a"
            if (refers and not value.startswith("#")) or _FETCHES.search(value):
                self._refuse(f"refers to {value[:40]!r}")

    def end(self, tag: str) -> None:
        if self._path.pop() == "style":
            if _FETCHES.search("".join(self._style)):
                self._refuse("has a style that refers to something outside")
            self._style.clear()

    def text(self, text: str) -> None:
        if "style" in self._path:
            self._style.append(text)  # a text comes in pieces, as `u&#114;l(` does

    def _refuse(self, what: str) -> None:
        raise LimnerError(f"{self._name} {what}: only an SVG that stands alone is read")


def _local(name: str) -> str:
    return name.rpartition(" ")[2].lower()
