"""A drawing as pen strokes, and the official way from strokes to pixels.

A stroke is an array (2, n) of x and y, y downwards; a drawing is a sequence of strokes. Two maps
make up the Quick, Draw! data set, and both are here:

* `simplify`: raw mouse strokes to the 0..255 integer strokes of the published "simplified" files;
* `rasterise`: simplified strokes to the published grey bitmaps, 255 for ink.

The bitmap recipe is a pen 16 wide with round caps and joins on a canvas of side 256 + 48, scaled to
the picture. A drawing whose largest x is m is moved right by (256 - m)/2, and down likewise: this
centres a drawing that starts at the origin, and moves any other by half of its shift.

Axis letters: n m point, p pen position, b drawing.

Source: the quickdraw-dataset README ("Simplified drawing files") and its issue 19 (the bitmaps).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import import_module
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Real, UInt8

from limner.errors import LimnerError

Strokes = Sequence[np.ndarray]
"""One drawing: its strokes in the order they were drawn, each of shape (2, n)."""

EXTENT = 255
"""The larger extent of a simplified drawing, in canvas units."""

MOST_INK = 100_000
"""Length of all strokes of a drawing, in units of which it has 255: thinning takes time that can
grow with its square."""

_FRAME = 256.0  # what a drawing is centred in
_MARGIN = 24.0  # around the frame, on each side: the pen's width and half as much again
_PEN = 16.0
_CANVAS = _FRAME + 2 * _MARGIN
_FARTHEST = 1e6  # no screen is so large; within it, no arithmetic here can overflow
_LARGEST_SIDE = 32_767  # cairo's
_COLUMN = 1_024  # pixels: the height of one SVG of many pictures


def simplify(strokes: Strokes) -> list[Int[np.ndarray, "2 _n"]]:
    """Raw strokes, in any units, to simplified ones: integers from 0 to 255.

    Moves the drawing to the origin, scales both axes alike so that the larger extent is 255, walks
    each stroke at steps of one unit and thins it with `ramer_douglas_peucker` at epsilon 2. A dot
    becomes two equal points, as in the published files.

    Raises:
        LimnerError: There is no stroke, a stroke is not finite points of x and y, or the strokes
            are longer together than anyone draws.
    """
    checked = _checked(strokes, "the drawing")
    points = np.concatenate(checked, axis=1)
    origin = points.min(axis=1, keepdims=True)
    extent = (points - origin).max()
    scale = EXTENT / extent if extent > 0 else 1.0
    length = scale * ink_length(checked)
    if length > MOST_INK:
        raise LimnerError(
            f"the drawing's strokes are {length / EXTENT:,.0f} times as long as it is large: "
            f"leave it out, no more than {MOST_INK / EXTENT:.0f} times is simplified"
        )
    return [
        np.rint(ramer_douglas_peucker(_resample((stroke - origin) * scale), 2.0)).astype(int)
        for stroke in checked
    ]


def ink_length(strokes: Strokes) -> float:
    """Length of all strokes together, in their own units."""
    return float(sum(np.hypot(*np.diff(stroke)).sum() for stroke in strokes))


def ramer_douglas_peucker(
    stroke: Real[np.ndarray, "2 n"], epsilon: float
) -> Real[np.ndarray, "2 m"]:
    """The points of a stroke that the Ramer-Douglas-Peucker rule keeps.

    Both ends stay, and every point left out lies within epsilon of the segment that replaces it:
    distances are to segments, not to the lines through them, so that this holds for strokes that
    turn back. Applying it twice changes nothing.

    Source: Ramer (1972); Douglas and Peucker (1973).
    """
    kept = np.zeros(stroke.shape[1], bool)
    kept[[0, -1]] = True
    spans = [(0, stroke.shape[1] - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        distances = _distances(stroke[:, first + 1 : last], stroke[:, first], stroke[:, last])
        farthest = int(distances.argmax())
        if distances[farthest] > epsilon:
            middle = first + 1 + farthest
            kept[middle] = True
            spans += [(first, middle), (middle, last)]
    return stroke[:, kept]


def _distances(
    points: Real[np.ndarray, "2 n"], start: Real[np.ndarray, " 2"], end: Real[np.ndarray, " 2"]
) -> Float[np.ndarray, " n"]:
    """From each point to the segment from start to end."""
    along = end - start
    offsets = points - start[:, None]
    length_squared = along @ along
    if length_squared > 0:
        offsets = offsets - along[:, None] * np.clip(along @ offsets / length_squared, 0, 1)
    return np.hypot(*offsets)


def _resample(stroke: Float[np.ndarray, "2 n"]) -> Float[np.ndarray, "2 m"]:
    """The stroke's start, a point at each unit of its length, and its end."""
    walked = np.concatenate([[0.0], np.hypot(*np.diff(stroke)).cumsum()])
    stops = np.concatenate([[0.0], np.arange(1.0, walked[-1]), walked[-1:]])
    return np.stack([np.interp(stops, walked, axis) for axis in stroke])


def available_backends() -> tuple[str, ...]:
    """The drawing libraries that load on this machine, the preferred one first.

    "cairo" (cairocffi and the system's libcairo) gives the published bitmaps bit for bit; "vips"
    (wheels, no system library) is off by 0.03 of 255 levels on average; at most by 14, on 8,600
    published drawings.
    """
    return tuple(name for name, (library, _) in _BACKENDS.items() if _loads(library))


def rasterise(
    drawings: Sequence[Strokes],
    side: int = 28,
    backend: str = "auto",
    names: Sequence[str] | None = None,
) -> UInt8[np.ndarray, "b side side"]:
    """Simplified drawings to grey pictures, 255 for ink, as the published bitmaps were made.

    A picture depends on its own drawing alone, however many are drawn at once. A stroke of one
    point is a dot.

    Args:
        drawings: The drawings, in simplified coordinates.
        side: Of the pictures, in pixels.
        backend: "cairo", "vips", or "auto" for the first of `available_backends`.
        names: What an error calls each; "drawing 0" and so on if None.

    Raises:
        LimnerError: The backend cannot be loaded, the side is out of range, or a drawing is empty,
            is not finite, or leaves the canvas.
    """
    if not 1 <= side <= _LARGEST_SIDE:
        raise LimnerError(f"side is {side}: a picture's side is 1 to {_LARGEST_SIDE} pixels")
    pictures = np.empty((len(drawings), side, side), np.uint8)
    draw = _drawer(backend)
    names = [f"drawing {i}" for i in range(len(drawings))] if names is None else names
    draw(map(_trace, drawings, names), pictures)
    return pictures


class _Trace(NamedTuple):
    """The pen's way through one drawing, on the canvas."""

    positions: Float[np.ndarray, "p 2"]
    """Each stroke's first comes twice, as in the recipe: this makes one point a dot."""
    strokes: list[slice]
    """Where in the positions each stroke is."""


def _trace(strokes: Strokes, name: str) -> _Trace:
    checked = _checked(strokes, name)
    points = np.concatenate([part for s in checked for part in (s[:, :1], s)], axis=1).T
    positions = points + ((_FRAME - points.max(axis=0)) / 2 + _MARGIN)
    if positions.min() < _PEN / 2 or positions.max() > _CANVAS - _PEN / 2:
        raise LimnerError(
            f"{name} leaves the canvas, made for 0 to {EXTENT}: simplify() raw strokes first (in a "
            "file, those that tell times are)"
        )
    ends = list(accumulate((1 + s.shape[1] for s in checked), initial=0))
    return _Trace(positions, [slice(*span) for span in pairwise(ends)])


def _checked(strokes: Strokes, name: str) -> list[Float[np.ndarray, "2 _n"]]:
    """The strokes as arrays of finite points; name is what a message calls the drawing."""
    arrays = [np.asarray(stroke, float) for stroke in strokes]
    if not arrays:
        raise LimnerError(f"{name} has no strokes: it must have at least one")
    for i, array in enumerate(arrays):
        if array.ndim != 2 or array.shape[0] != 2 or array.shape[1] == 0:
            raise LimnerError(
                f"stroke {i} of {name} has shape {array.shape}: it must be (2, n), x and y, n >= 1"
            )
        if not np.abs(array).max() <= _FARTHEST:  # false for NaN, too
            raise LimnerError(
                f"stroke {i} of {name} has a coordinate that is not finite or beyond {_FARTHEST:g}"
            )
    return arrays


def _draw_with_cairo(traces: Iterable[_Trace], pictures: UInt8[np.ndarray, "b side side"]) -> None:
    """The recipe itself; its white on black has the same bits as opacity alone, drawn here."""
    import cairocffi

    libcairo: Any = cairocffi.cairo
    ffi: Any = cairocffi.ffi
    side = pictures.shape[-1]
    stride = cairocffi.ImageSurface.format_stride_for_width(cairocffi.FORMAT_A8, side)
    pixels = np.empty((side, stride), np.uint8)
    surface = cairocffi.ImageSurface(cairocffi.FORMAT_A8, side, side, pixels, stride)
    context = cairocffi.Context(surface)
    context.scale(side / _CANVAS, side / _CANVAS)
    context.set_antialias(cairocffi.ANTIALIAS_BEST)
    context.set_line_cap(cairocffi.LINE_CAP_ROUND)
    context.set_line_join(cairocffi.LINE_JOIN_ROUND)
    context.set_line_width(_PEN)
    path = ffi.new("cairo_path_t *", {"status": cairocffi.STATUS_SUCCESS})
    for picture, trace in zip(pictures, traces, strict=True):
        # libcairo's own path format, read by it whole: a call a point would cost most of the time.
        # Units of 16 bytes: a header (what to do, how many units it takes), then its point.
        data = np.empty((len(trace.positions), 2, 2))
        headers = data[:, 0].view(np.int32)
        headers[:, 0] = cairocffi.PATH_LINE_TO
        headers[[s.start for s in trace.strokes], 0] = cairocffi.PATH_MOVE_TO
        headers[:, 1] = 2
        data[:, 1] = trace.positions
        units = ffi.from_buffer("cairo_path_data_t[]", data)
        pixels.fill(0)
        surface.mark_dirty()
        for stroke in trace.strokes:
            path.data = units + 2 * stroke.start
            path.num_data = 2 * (stroke.stop - stroke.start)
            libcairo.cairo_append_path(context._pointer, path)
            context.stroke()
        surface.flush()
        picture[...] = pixels[:, :side]


def _draw_with_vips(traces: Iterable[_Trace], pictures: UInt8[np.ndarray, "b side side"]) -> None:
    """The recipe as SVG, its ink read as opacity.

    An SVG's fixed cost is high and librsvg's time for a stroke grows with the longer side of the
    whole, so a column of some pictures is drawn at once. In a row some would differ from a
    picture drawn alone: cairo takes x finer than y, and the rounding of large offsets shows.
    """
    import pyvips

    side = pictures.shape[-1]
    height = max(1, _COLUMN // side)
    for first in range(0, len(pictures), height):
        column = pictures[first : first + height].reshape(-1, side)
        drawn = "".join(
            f'<g transform="translate(0 {y}) scale({side / _CANVAS!r})">{_svg_paths(trace)}</g>'
            for y, trace in zip(range(0, len(column), side), traces, strict=False)
        )
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{len(column)}"'
            f' fill="none" stroke="#fff" stroke-width="{_PEN}" stroke-linecap="round"'
            f' stroke-linejoin="round">{drawn}</svg>'
        )
        column[...] = pyvips.Image.svgload_buffer(svg.encode())[3].numpy()


def _svg_paths(trace: _Trace) -> str:
    positions = [f"{x!r} {y!r}" for x, y in trace.positions.tolist()]
    return "".join(f'<path d="M{"L".join(positions[stroke])}"/>' for stroke in trace.strokes)


_BACKENDS: dict[str, tuple[str, Callable[[Iterable[_Trace], np.ndarray], None]]] = {
    "cairo": ("cairocffi", _draw_with_cairo),
    "vips": ("pyvips", _draw_with_vips),
}


@cache
def _loads(library: str) -> bool:
    try:
        import_module(library)
    except (ImportError, OSError):  # OSError: the wheel is there, the system's library is not
        return False
    return True


def _drawer(backend: str) -> Callable[[Iterable[_Trace], np.ndarray], None]:
    available = available_backends()
    if backend == "auto" and available:
        return _BACKENDS[available[0]][1]
    if backend not in available:
        raise LimnerError(
            f"cannot draw with {backend!r}: {' and '.join(available) or 'no backend'} loads here"
            " (vips needs pyvips-binary, cairo needs cairocffi and the system's libcairo)"
        )
    return _BACKENDS[backend][1]
