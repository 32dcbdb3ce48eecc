"""SVG files; a file is drawn only if it needs no other files.

librsvg never sees the file itself. It is parsed first, by expat, and written anew as it is walked
through: elements of SVG, attributes without a namespace, links to elements of the same file, and
text. So what editors and collections put beside the drawing (document types with attribute lists,
short entities, metadata, paths of exports) needs no judgement: it is left behind. What is refused
is what would load something (links and styles that lead outside, images, external entities), run
(scripts), or expand without bound.

libvips is told the size of the image beforehand: what the file claims of itself takes no memory.

Axis letters: h w image.

Source: www.w3.org/TR/SVG2 (linking: which attributes refer); www.w3.org/TR/css-syntax-3 (escapes);
www.w3.org/TR/xml (entities, section 4).
"""

import re
from collections.abc import Mapping
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from jaxtyping import UInt8

from limner.errors import LimnerError

_BYTE_LIMIT = 4 << 20
_EXPANDED_LIMIT = 4 * _BYTE_LIMIT
_ELEMENT_LIMIT = 100_000
_DEPTH_LIMIT = 200
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_XML = "http://www.w3.org/XML/1998/namespace"
_XINCLUDE = "http://www.w3.org/2001/XInclude"
_REFUSED = frozenset({"script", "image", "feimage", "iframe", "audio", "video"})
_LEFT_BEHIND = frozenset({"metadata", "foreignobject"})
_PRIVATE = ("data-", "aria-", "on")
_NESTED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\w+);)")
_EMBEDDED = re.compile(r"url\(\s*(['\"]?)data:.*?\1\s*\)", re.IGNORECASE | re.DOTALL)
_ESCAPED = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
_OUTSIDE = re.compile(r"@import|url\(\s*['\"]?\s*(?!['\"#\s])", re.IGNORECASE)


def render_svg(data: bytes, name: str, side: int) -> UInt8[np.ndarray, "h w 4"]:
    """Draw an SVG as red, green, blue and opacity.

    Args:
        data: The file.
        name: Name of the file, for error lines.
        side: Longer side of the image, pixels.

    Raises:
        LimnerError: It is not an SVG, needs other files, or is too large.
    """
    document = _rewritten(data, name)
    import pyvips

    try:
        claimed = pyvips.Image.svgload_buffer(document)
        scale = side / max(claimed.width, claimed.height)
        image = pyvips.Image.svgload_buffer(document, scale=scale)
        pixels = image.colourspace("srgb").numpy()
    except pyvips.Error as error:
        said = str(error).strip().splitlines()[-1]
        raise LimnerError(f"cannot draw {name}: {said[:200]}") from None
    return np.ascontiguousarray(pixels, np.uint8)


def _rewritten(data: bytes, name: str) -> bytes:
    """The file's own drawing, and nothing else of it."""
    if len(data) > _BYTE_LIMIT:
        raise LimnerError(f"{name} is over {_BYTE_LIMIT >> 20} MiB: so large an SVG is not read")
    if not data.strip():
        raise LimnerError(f"{name} is no SVG: it is empty")
    scribe = _Scribe(name, data.count(b"&"))
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.EntityDeclHandler = scribe.entity
    parser.ProcessingInstructionHandler = scribe.instruction
    parser.StartElementHandler = scribe.start
    parser.EndElementHandler = scribe.end
    parser.CharacterDataHandler = scribe.text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise LimnerError(f"{name} is no SVG: {error}") from None
    return "".join(scribe.written).encode()


class _Scribe:
    """Writes a document anew while expat walks through it."""

    def __init__(self, name: str, references: int):
        self.written: list[str] = []
        self._name, self._references = name, references
        self._path: list[str] = []
        self._elements = self._expanded = 0
        self._style: list[str] = []
        self._left_behind = 0
        """Number of open elements that are not written."""

    def entity(self, name: str, is_parameter: int, value: str | None, *_: str | None) -> None:
        if value is None:
            self._refuse(f"declares an entity {name[:40]!r} that lies outside")
        elif not is_parameter:  # expat skips all that parameter entities would declare
            if _NESTED.search(value):
                self._refuse(f"declares an entity {name[:40]!r} that is made of others")
            if self._references * len(value) > _EXPANDED_LIMIT:
                self._refuse(f"declares an entity {name[:40]!r} too long for its many references")

    def instruction(self, target: str, data: str) -> None:
        if target == "xml-stylesheet":
            self._refuse("asks for a style sheet in another file")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        space, element = _split(tag)
        self._path.append(element)
        self._elements += 1
        self._count(sum(map(len, attributes.values())))
        if len(self._path) > _DEPTH_LIMIT or self._elements > _ELEMENT_LIMIT:
            self._refuse("has too many elements")
        if self._elements == 1 and (space not in (_SVG, "") or element != "svg"):
            of = f" of {space[:80]}" if space else ""
            raise LimnerError(f"{self._name} is no SVG: its outermost element is {element!r}{of}")
        if self._left_behind or space not in (_SVG, "") or element.lower() in _LEFT_BEHIND:
            if space == _XINCLUDE:
                self._refuse("includes another file")
            self._left_behind += 1
            return
        if element.lower() in _REFUSED:
            self._refuse(f"holds an element {element!r}")
        spaces = f' xmlns="{_SVG}" xmlns:xlink="{_XLINK}"' if self._elements == 1 else ""
        kept = "".join(self._attribute(element, *item) for item in attributes.items())
        self.written.append(f"<{element}{spaces}{kept}>")

    def _attribute(self, element: str, name: str, value: str) -> str:
        """An attribute as it is written; nothing if it can have no effect."""
        space, local = _split(name)
        match space, local:
            case _, "href" if space in ("", _XLINK):
                if element == "a" or not value.strip():
                    return ""
                if not value.strip().startswith("#"):
                    self._refuse(f"refers to {value[:40]!r}")
                return f" {'xlink:' if space else ''}href={quoteattr(value.strip())}"
            case _, ("space" | "lang") if space == _XML:
                return f" xml:{local}={quoteattr(value)}"
            case "", _ if not local.startswith(_PRIVATE):
                return f" {local}={quoteattr(self._standing_alone(value))}"
        return ""

    def end(self, tag: str) -> None:
        element = self._path.pop()
        if self._left_behind:
            self._left_behind -= 1
            return
        if element == "style":
            self.written.append(escape(self._standing_alone("".join(self._style))))
            self._style.clear()
        self.written.append(f"</{element}>")

    def text(self, text: str) -> None:
        self._count(len(text))
        if self._left_behind:
            return
        if self._path[-1] == "style":
            self._style.append(text)  # it comes in pieces, as `u&#114;l(` does
        else:
            self.written.append(escape(text))

    def _standing_alone(self, css: str) -> str:
        """A style, or a value that may be one, without what is embedded: that is only fonts."""
        css = _EMBEDDED.sub("none", css)
        if _OUTSIDE.search(css) or _OUTSIDE.search(_ESCAPED.sub(_character, css)):
            self._refuse(f"refers to something outside in {css.strip()[:40]!r}")
        return css

    def _count(self, characters: int) -> None:
        self._expanded += characters
        if self._expanded > _EXPANDED_LIMIT:
            self._refuse(f"expands to more than {_EXPANDED_LIMIT >> 20} MiB")

    def _refuse(self, what: str) -> NoReturn:
        raise LimnerError(f"{self._name} {what}: only an SVG that stands alone is read")


def _split(name: str) -> tuple[str, str]:
    """A name's namespace and its own part."""
    space, _, local = name.rpartition(" ")
    return space, local


def _character(escaped: re.Match[str]) -> str:
    code, itself = escaped.groups()
    return itself if code is None else chr(min(int(code, 16), 0x10FFFF))
