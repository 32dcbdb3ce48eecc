"""Strokes to pixels in JavaScript: as the library rasterises, which is as Google did."""

import json

import numpy as np
import pytest
from node_process import needs_node, run_node

from limner.data.rasteriser import preferred_backend, rasterise
from limner.data.strokes import simplify

pytestmark = needs_node

BACKEND = preferred_backend()
MEAN = 0.5  # levels of 255, over all pixels
MOST = 12  # at any pixel


def levels(drawings, side=28, place=None):
    """Placed strokes, and their levels; drawings are strokes of (x, y) points."""
    job = {"drawings": drawings, "side": side, "place": place}
    answer = run_node("strokes.mjs", job)
    return answer["placed"], np.array(answer["levels"]).reshape(-1, side, side)


def as_arrays(drawings):
    return [[np.array(stroke, float).T for stroke in drawing] for drawing in drawings]


def assert_same_levels(found, expected):
    differences = np.abs(found - expected.astype(float))
    assert differences.mean() <= MEAN
    assert differences.max() <= MOST


def scribbles(num):
    """Smooth strokes with some turns, in units of a screen."""
    random = np.random.default_rng(0)
    return [
        [
            (random.normal(0, 3, (40, 2)).cumsum(0).cumsum(0) / 7 + random.uniform(50, 600, 2))
            for _ in range(random.integers(1, 5))
        ]
        for _ in range(num)
    ]


def test_official_drawings_have_the_librarys_pixels(shared_data):
    """The first drawing of each category."""
    files = sorted((shared_data / "quickdraw_dataset/full/simplified").glob("*.ndjson"))
    assert len(files) > 300
    drawings = []
    for path in files:
        with path.open() as lines:
            drawing = json.loads(next(lines))["drawing"]
        drawings.append([list(zip(*stroke, strict=True)) for stroke in drawing])
    _, found = levels(drawings)
    assert_same_levels(found, rasterise(as_arrays(drawings), backend=BACKEND))


@pytest.mark.parametrize("side", [28, 64])
def test_what_a_visitor_draws_is_simplified_and_rasterised(side):
    drawings = [[stroke.tolist() for stroke in drawing] for drawing in scribbles(40)]
    placed, found = levels(drawings, side, "fitted")
    expected = [simplify(drawing) for drawing in as_arrays(drawings)]
    for mine, library in zip(as_arrays(placed), expected, strict=True):
        assert [stroke.tolist() for stroke in mine] == [stroke.tolist() for stroke in library]
    assert_same_levels(found, rasterise(expected, side, BACKEND))


def test_a_drawing_that_is_not_done_stays_in_its_place():
    drawings = [[[[30, 20], [90, 200]]], [[[0, 0], [255, 255]], [[100, 3], [4, 9], [5, 5]]]]
    _, found = levels(drawings, place="inPlace")
    # The recipe moves a drawing by half of what its largest x and y lack of 256.
    still = [
        [stroke + np.max([s.max(1) for s in drawing], 0)[:, None] - 256 for stroke in drawing]
        for drawing in as_arrays(drawings)
    ]
    assert_same_levels(found, rasterise(still, backend=BACKEND))


def test_a_dot_is_drawn():
    dots = [[[[128, 128]]], [[[3, 3], [3, 3]]], [[[0, 0], [255, 255]], [[9, 200]]]]
    placed, found = levels(dots, place="fitted")
    assert placed[0] == [[[0, 0], [0, 0]]]  # two equal points, as in the published files
    assert (found[0] > 0).sum() == 4  # in the middle of the image
    assert_same_levels(found, rasterise([*map(simplify, as_arrays(dots))], backend=BACKEND))


@pytest.mark.parametrize(
    ("drawing", "words"),
    [
        ([], "no strokes"),
        ([[]], "without points"),
        ([[[0, None]]], "not finite"),
        ([[[0, 0]] * 10_001], "10,001 points"),
        ([[[0, 0], [255, 255]] * 40], "of the page's side|times as long"),
    ],
)
def test_what_cannot_be_drawn_is_said(drawing, words):
    answer = run_node("strokes.mjs", {"drawings": [drawing], "side": 28, "place": "fitted"})
    assert any(word in answer["error"] for word in words.split("|"))


def test_strokes_that_leave_the_canvas_are_refused():
    answer = run_node("strokes.mjs", {"drawings": [[[[0, 0], [600, 0]]]], "side": 28})
    assert "leaves the canvas" in answer["error"]
