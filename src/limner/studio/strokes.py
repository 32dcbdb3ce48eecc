"""From a visitor's strokes to the picture that a model sees, and to the file they are kept in.

Whole drawings are brought to size as the data were, wherever on the page they were drawn. A drawing
that is not done stays in its place, for its size and place say what is missing.

Axis letters: h w picture.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from jaxtyping import UInt8

from limner.data.rasteriser import rasterise
from limner.data.strokes import EXTENT, Strokes, ink_length, simplify
from limner.errors import LimnerError

Points = Sequence[Sequence[Sequence[float]]]
"""A drawing as a visitor sends it: strokes of (x, y) points, y downwards."""

MOST_POINTS = 10_000

MOST_PAGE_INK = 20_000
"""Length of all strokes, in units of which a page has 255: no hand draws a tenth of it. Less than
`strokes.MOST_INK`, for the time to simplify a drawing may grow with its square and others wait."""


def fitted(points: Points) -> Strokes:
    """Strokes of (x, y) points, in any units, as a simplified drawing.

    Raises:
        LimnerError: there are more points, or there is more ink, than a page holds.
    """
    strokes = _arrays(points)
    extent = np.ptp(np.concatenate(strokes, axis=1), axis=1).max()
    _check_ink(strokes, EXTENT / extent if extent > 0 else 1.0)
    return simplify(strokes)


def in_place(points: Points) -> Strokes:
    """Strokes on a page from 0 to 255 both ways, so moved that they are rasterised where they are.

    The official recipe moves a drawing whose largest x is m by (256 - m) / 2; adding m - 256
    beforehand undoes it.

    Raises:
        LimnerError: there are more points, or there is more ink, than a page holds.
    """
    strokes = _arrays(points)
    _check_ink(strokes, 1.0)
    largest = np.concatenate(strokes, axis=1).max(axis=1, keepdims=True)
    return [stroke + (largest - (EXTENT + 1)) for stroke in strokes]


def levels(strokes: Strokes, side: int) -> UInt8[np.ndarray, "1 {side} {side}"]:
    """The drawing as the official bitmaps show it, 255 for ink."""
    return rasterise([strokes], side)


def ndjson(strokes: Strokes, word: str) -> bytes:
    """A simplified drawing as a line of Quick, Draw!'s files, with all the keys that theirs have.

    The moment says when it was drawn and is its number; no game has recognised it.
    """
    now = datetime.now(UTC)
    record = {
        "word": word,
        "countrycode": "ZZ",  # no country's, and in Unicode's data the one for an unknown region
        "timestamp": f"{now:%Y-%m-%d %H:%M:%S.%f} UTC",
        "recognized": False,
        "key_id": f"{1e6 * now.timestamp():.0f}",
        "drawing": [stroke.tolist() for stroke in strokes],
    }
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def _arrays(points: Points) -> Strokes:
    count = sum(map(len, points))
    if count > MOST_POINTS:
        raise LimnerError(f"the strokes have {count:,} points: send {MOST_POINTS:,} at most")
    return [np.array(stroke, float).T for stroke in points]


def _check_ink(strokes: Strokes, scale: float) -> None:
    length = scale * ink_length(strokes)
    if not length <= MOST_PAGE_INK:
        raise LimnerError(
            f"the strokes are {length / EXTENT:,.0f} pages long: draw with less ink, at most "
            f"{MOST_PAGE_INK / EXTENT:.0f} times the page's side"
        )
