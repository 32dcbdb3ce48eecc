"""A drawing as pen strokes, and its simplification to the size that Quick, Draw! uses.

A stroke is an array (2, n) of x and y, y downwards; a drawing is a sequence of strokes. Simplified
strokes are integers from 0 to 255. `simplify` makes them of raw mouse strokes as the published
files were made; `fit` makes them of any strokes, in whatever unit, and leaves out no point. What
comes next, from simplified strokes to pixels, is `rasteriser.py`.

Axis letters: n m point.

Source: the quickdraw-dataset README ("Simplified drawing files").
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, Real

from limner.errors import LimnerError

Strokes = Sequence[np.ndarray]
"""One drawing: its strokes in the order they were drawn, each of shape (2, n)."""

EXTENT = 255
"""The larger extent of a simplified drawing, in canvas units."""

MOST_INK = 100_000
"""Length of all strokes of a drawing, in units of which it has 255: thinning takes time that can
grow with its square."""

_FARTHEST = 1e100  # within it, no arithmetic here can overflow
_NEARLY_ALL = (
    250  # thinning may take the very extreme: one published drawing in a thousand has less
)


def simplify(strokes: Strokes) -> list[Int[np.ndarray, "2 _n"]]:
    """Raw strokes, in any units, to simplified ones: integers from 0 to 255.

    Moves and scales the drawing as `fit` does, walks each stroke at steps of one unit and thins it
    with `ramer_douglas_peucker` at epsilon 2. A dot becomes two equal points, as in the published
    files.

    Raises:
        LimnerError: There is no stroke, a stroke is not finite points of x and y, or the strokes
            are longer together than anyone draws.
    """
    scaled = _scaled(strokes)
    length = ink_length(scaled)
    if length > MOST_INK:
        raise LimnerError(
            f"the drawing's strokes are {length / EXTENT:,.0f} times as long as it is large: "
            f"leave it out, since the limit is {MOST_INK / EXTENT:.0f} times"
        )
    return [np.rint(ramer_douglas_peucker(_resample(stroke), 2.0)).astype(int) for stroke in scaled]


def fit(strokes: Strokes) -> list[Int[np.ndarray, "2 _n"]]:
    """Strokes in any units to integers from 0 to 255, point by point.

    Moves the drawing to the origin and scales both axes alike, so that the larger extent is 255.

    Raises:
        LimnerError: There is no stroke, or a stroke is not finite points of x and y.
    """
    return [np.rint(stroke).astype(int) for stroke in _scaled(strokes)]


def fits(strokes: Strokes) -> bool:
    """Whether a drawing lies within 0..255, where simplified ones do."""
    return all(stroke.min() >= 0 and stroke.max() <= EXTENT for stroke in strokes)


def fills(strokes: Strokes) -> bool:
    """Whether a drawing lies within 0..255 and is 250 large, as simplified ones nearly all are."""
    extent = np.ptp(np.concatenate(strokes, axis=1), axis=1).max()
    return fits(strokes) and bool(extent >= _NEARLY_ALL)


def _scaled(strokes: Strokes) -> list[Float[np.ndarray, "2 _n"]]:
    """The strokes from the origin on, with a larger extent of 255."""
    arrays = checked(strokes, "the drawing")
    points = np.concatenate(arrays, axis=1)
    origin = points.min(axis=1, keepdims=True)
    extent = (points - origin).max() or 1.0
    return [(stroke - origin) / extent * EXTENT for stroke in arrays]


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
    """Distance of each point from the segment between start and end."""
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


def checked(strokes: Strokes, name: str) -> list[Float[np.ndarray, "2 _n"]]:
    """The strokes as arrays of finite points; `name` is the drawing in error lines."""
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
