"""The official way from simplified strokes to pixels: the recipe of Quick, Draw!'s bitmaps.

It is a pen 16 wide with round caps and joins on a canvas of side 256 + 48, scaled to the image. A
drawing whose largest x is m is moved right by (256 - m)/2, and down likewise: this centres a
drawing that starts at the origin, and moves any other by half of its shift.

Two libraries draw it, and differ by some levels. What must be the same on every machine names the
one to draw with; where either may draw, the one that did is told.

Axis letters: p pen position, b drawing.

Source: issue 19 of github.com/googlecreativelab/quickdraw-dataset.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import import_module
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from limner.data.strokes import EXTENT, Strokes, checked
from limner.errors import LimnerError

_FRAME = 256.0  # what a drawing is centred in
_MARGIN = 24.0  # around the frame, on each side: the pen's width and half as much again
_PEN = 16.0
_CANVAS = _FRAME + 2 * _MARGIN
_LARGEST_SIDE = 32_767  # cairo's
_COLUMN = 1_024  # pixels: the height of one SVG of many images


def available_backends() -> tuple[str, ...]:
    """The drawing libraries that load on this machine, the most exact one first.

    "cairo" (cairocffi and the system's libcairo) gives the published bitmaps bit for bit; "vips"
    (wheels, no system library) is off by 0.03 of 255 levels on average; at most by 14, on 8,600
    published drawings.
    """
    return tuple(name for name, (library, _) in _BACKENDS.items() if _loads(library))


def preferred_backend() -> str:
    """The first of `available_backends`.

    Raises:
        LimnerError: None loads.
    """
    for name in available_backends():
        return name
    raise LimnerError(f"no drawing library can be loaded{_NEEDED}")


def rasterise(
    drawings: Sequence[Strokes], side: int = 28, backend: str = "vips"
) -> UInt8[np.ndarray, "b side side"]:
    """Simplified drawings to grey images, 255 for ink, as the published bitmaps were made.

    An image depends on its own drawing alone, however many are drawn at once. A stroke of one
    point is a dot.

    Args:
        drawings: The drawings, in simplified coordinates.
        side: Height and width of each image, pixels.
        backend: "vips", which is part of every installation and so gives the same image on all;
            or "cairo", for the published bits.

    Raises:
        LimnerError: The backend cannot be loaded, the side is out of range, or a drawing is empty,
            is not finite, or leaves the canvas.
    """
    if not 1 <= side <= _LARGEST_SIDE:
        raise LimnerError(f"side is {side}: an image's side is 1 to {_LARGEST_SIDE} pixels")
    if backend not in (available := available_backends()):
        there = " and ".join(available) or "no backend"
        raise LimnerError(f"cannot draw with {backend!r}: {there} can be loaded{_NEEDED}")
    images = np.empty((len(drawings), side, side), np.uint8)
    _, draw = _BACKENDS[backend]
    draw((_trace(strokes, f"drawing {i}") for i, strokes in enumerate(drawings)), images)
    return images


class _Trace(NamedTuple):
    """The pen's way through one drawing, on the canvas."""

    positions: Float[np.ndarray, "p 2"]
    """Each stroke's first comes twice, as in the recipe: this makes one point a dot."""
    strokes: list[slice]
    """The slice of the positions that belongs to each stroke."""


def _trace(strokes: Strokes, name: str) -> _Trace:
    arrays = checked(strokes, name)
    points = np.concatenate([part for s in arrays for part in (s[:, :1], s)], axis=1).T
    positions = points + ((_FRAME - points.max(axis=0)) / 2 + _MARGIN)
    if positions.min() < _PEN / 2 or positions.max() > _CANVAS - _PEN / 2:
        raise LimnerError(
            f"{name} leaves the canvas, made for 0 to {EXTENT}: simplify() raw strokes first, or "
            "fit() others"
        )
    ends = list(accumulate((1 + s.shape[1] for s in arrays), initial=0))
    return _Trace(positions, [slice(*span) for span in pairwise(ends)])


def _draw_with_cairo(traces: Iterable[_Trace], images: UInt8[np.ndarray, "b side side"]) -> None:
    """The recipe itself; its white on black has the same bits as opacity alone, drawn here."""
    import cairocffi

    libcairo: Any = cairocffi.cairo
    ffi: Any = cairocffi.ffi
    side = images.shape[-1]
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
    for image, trace in zip(images, traces, strict=True):
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
        image[...] = pixels[:, :side]


def _draw_with_vips(traces: Iterable[_Trace], images: UInt8[np.ndarray, "b side side"]) -> None:
    """The recipe as SVG, its ink read as opacity.

    An SVG's fixed cost is high and librsvg's time for a stroke grows with the longer side of the
    whole, so a column of some images is drawn at once. In a row some would differ from a
    image drawn alone: cairo takes x finer than y, and the rounding of large offsets shows.
    """
    import pyvips

    side = images.shape[-1]
    height = max(1, _COLUMN // side)
    for first in range(0, len(images), height):
        column = images[first : first + height].reshape(-1, side)
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


_NEEDED = " (vips needs pyvips-binary, cairo needs cairocffi and the system's libcairo)"


@cache
def _loads(library: str) -> bool:
    try:
        import_module(library)
    except (ImportError, OSError):  # OSError: the wheel is there, the system's library is not
        return False
    return True
