"""Strokes: the laws of simplifying, and the rasteriser against official pixels and known areas."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from limner.data.doodles.doodles import CATEGORIES, doodle
from limner.data.rasteriser import available_backends, rasterise
from limner.data.strokes import fit, ramer_douglas_peucker, simplify
from limner.errors import LimnerError

BACKENDS = available_backends()
CANVAS, PEN = 304, 16
SCAN_LINE = 255 // 15  # levels: cairo cuts a pixel into 15 lines, so an edge may round by one

SQUARE = [np.array([[0, 200, 200, 0, 0], [0, 0, 200, 200, 0]])]
HOUSE = [
    np.array([[20, 20, 220, 220], [100, 255, 255, 100]]),
    np.array([[0, 120, 240], [110, 0, 120]]),
    np.array([[100, 100, 140, 140], [255, 180, 180, 255]]),
]
DOT = [np.array([[0], [0]])]
LINE = [np.array([[0, 200], [0, 0]])]

coordinates = st.integers(-1000, 1000).map(float) | st.floats(-1000, 1000)
strokes = st.integers(1, 30).flatmap(lambda n: hnp.arrays(float, (2, n), elements=coordinates))
drawings = st.lists(strokes, min_size=1, max_size=4)


def distances_to(polyline: np.ndarray, points: np.ndarray) -> np.ndarray:
    """From each point to the polyline, one segment and one projection at a time."""
    ends = polyline.T @ [1, 1j]
    ends = np.append(ends, ends[-1])
    best = np.full(points.shape[1], np.inf)
    for a, b in pairwise(ends):
        offset = points.T @ [1, 1j] - a
        along = np.real(offset * np.conj(b - a)) / max(abs(b - a) ** 2, 1e-300)
        best = np.minimum(best, abs(offset - np.clip(along, 0, 1) * (b - a)))
    return best


def thinned_by_recursion(points: list[complex], epsilon: float) -> list[complex]:
    """Ramer-Douglas-Peucker as the textbooks write it."""
    if len(points) < 3:
        return points
    polyline = np.array([[p.real for p in (points[0], points[-1])],
                         [p.imag for p in (points[0], points[-1])]])  # fmt: skip
    inner = np.array([[p.real for p in points[1:-1]], [p.imag for p in points[1:-1]]])
    away = distances_to(polyline, inner)
    i = int(np.argmax(away)) + 1
    if away[i - 1] <= epsilon:
        return [points[0], points[-1]]
    return thinned_by_recursion(points[: i + 1], epsilon)[:-1] + thinned_by_recursion(
        points[i:], epsilon
    )


@given(strokes, st.floats(0, 50))
def test_thinning_keeps_ends_and_leaves_out_only_what_lies_within_epsilon(stroke, epsilon):
    kept = ramer_douglas_peucker(stroke, epsilon)
    np.testing.assert_array_equal(kept[:, [0, -1]], stroke[:, [0, -1]])
    assert distances_to(kept, stroke).max() <= epsilon + 1e-6


@given(strokes, st.floats(0, 50))
def test_thinning_twice_is_thinning_once(stroke, epsilon):
    once = ramer_douglas_peucker(stroke, epsilon)
    np.testing.assert_array_equal(ramer_douglas_peucker(once, epsilon), once)


def test_thinning_is_the_recursive_rule():
    rng = np.random.default_rng(0)
    for _ in range(30):
        stroke = rng.normal(size=(2, 60)).cumsum(axis=1) * 4
        expected = thinned_by_recursion(list(stroke.T @ [1, 1j]), 2.0)
        np.testing.assert_allclose(ramer_douglas_peucker(stroke, 2.0).T @ [1, 1j], expected)


def test_thinning_knows_no_recursion_limit():
    n = sys.getrecursionlimit() + 500
    widening = np.stack([np.arange(n), np.where(np.arange(n) % 2, 1.0, -1.0) * np.arange(n)])
    assert ramer_douglas_peucker(widening, 0.5).shape == (2, n)


@given(drawings)
def test_simplified_strokes_are_integers_that_fill_0_to_255(drawing):
    simple = simplify(drawing)
    points = np.concatenate(simple, axis=1)
    assert points.dtype.kind == "i"
    assert points.min() >= 0
    assert points.max() <= 255
    if np.ptp(np.concatenate(drawing, axis=1), axis=1).max() > 0:
        assert points.max() >= 253  # thinning may take the very extreme, by its epsilon of 2
    assert all(stroke.shape[1] >= 2 for stroke in simple)


@given(drawings)
def test_simplified_strokes_stay_within_three_units_of_the_raw_ones(drawing):
    points = np.concatenate(drawing, axis=1)
    extent = np.ptp(points, axis=1).max()
    scale = 255 / extent if extent else 1.0
    for raw, simple in zip(drawing, simplify(drawing), strict=True):
        placed = (raw - points.min(axis=1, keepdims=True)) * scale
        # 2 for the thinning, 1/2 for corners between steps of one unit, sqrt(1/2) for rounding
        assert distances_to(simple, placed).max() <= 2 + 0.5 + 0.71


@given(st.lists(hnp.arrays(int, (2, 7), elements=st.integers(-500, 500)), min_size=1, max_size=3))
def test_simplifying_forgets_place_and_size(drawing):
    moved = [8 * stroke + np.array([[300], [-70]]) for stroke in drawing]
    for here, there in zip(simplify(drawing), simplify(moved), strict=True):
        np.testing.assert_array_equal(here, there)


integers = hnp.arrays(int, (2, 7), elements=st.integers(-500, 500))
whole_drawings = st.lists(integers, min_size=1, max_size=3)


@given(whole_drawings, st.integers(-9, 9), st.integers(-(10**6), 10**6))
def test_fitting_forgets_place_and_size_to_the_last_unit(drawing, power, shift):
    moved = [2.0**power * (stroke + shift) for stroke in drawing]
    for here, there in zip(fit(drawing), fit(moved), strict=True):
        np.testing.assert_array_equal(here, there)


@given(drawings)
def test_fitted_strokes_fill_0_to_255_and_keep_proportions(drawing):
    points, found = (np.concatenate(d, axis=1).astype(float) for d in (drawing, fit(drawing)))
    extent = np.ptp(points, axis=1).max()
    np.testing.assert_array_equal(found.min(axis=1), 0)
    assert found.max() == (255 if extent > 0 else 0)
    if extent > 0:
        expected = (points - points.min(axis=1, keepdims=True)) * (255 / extent)
        np.testing.assert_allclose(found, expected, atol=0.5 + 1e-9)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e9, 1e97])
def test_no_scale_is_too_small_or_too_large_to_fit(scale):
    for fitted, stroke in zip(fit([scale * s for s in HOUSE]), HOUSE, strict=True):
        np.testing.assert_array_equal(fitted, stroke)


@pytest.mark.parametrize(
    ("raw", "simple"),
    [
        ([[7.5], [9.0]], [[0, 0], [0, 0]]),
        ([[3, 3, 3], [4, 4, 4]], [[0, 0], [0, 0]]),
        ([[5, 5, 5], [10, 40, 90]], [[0, 0], [0, 255]]),
        ([[0, 50, 50, 100, 100], [0, 0, 0, 0, 100]], [[0, 255, 255], [0, 0, 255]]),
        ([[0, 100, 0], [0, 0, 0]], [[0, 255, 0], [0, 0, 0]]),
    ],
    ids=["dot", "repeated point", "vertical line", "corner", "there and back"],
)
def test_simplifying_a_plain_stroke_gives_its_corners(raw, simple):
    np.testing.assert_array_equal(simplify([np.array(raw)])[0], simple)


@pytest.mark.parametrize(
    ("drawing", "complaint"),
    [
        ([], "no strokes"),
        ([np.zeros((3, 4))], r"shape \(3, 4\)"),
        ([np.zeros((2, 0))], r"shape \(2, 0\)"),
        ([np.array([[0.0, np.nan], [0.0, 1.0]])], "not finite"),
        ([np.array([[0.0, np.inf], [0.0, 1.0]])], "not finite"),
        ([np.array([[0.0, 1e101], [0.0, 1.0]])], "beyond 1e\\+100"),
    ],
)
def test_what_is_no_drawing_is_refused_by_name(drawing, complaint):
    with pytest.raises(LimnerError, match=complaint):
        simplify(drawing)
    with pytest.raises(LimnerError, match=f"drawing 1.*{complaint}|{complaint}.*drawing 1"):
        rasterise([DOT, drawing])


def test_a_drawing_off_the_canvas_is_refused_with_advice():
    with pytest.raises(LimnerError, match=r"leaves the canvas.*simplify\(\).*fit\(\)"):
        rasterise([[np.array([[0, 900], [0, 300]])]])


@pytest.mark.parametrize("side", [0, -1, 40_000])
def test_a_side_out_of_range_is_refused(side):
    with pytest.raises(LimnerError, match=f"side is {side}"):
        rasterise([DOT], side)


def test_an_unknown_backend_is_refused_with_those_there():
    with pytest.raises(LimnerError, match=f"'skia': {BACKENDS[0]}"):
        rasterise([DOT], backend="skia")


@pytest.mark.parametrize(
    ("absent", "there"), [({"cairocffi"}, ("vips",)), ({"cairocffi", "pyvips"}, ())]
)
def test_a_library_that_does_not_load_is_done_without(absent, there):
    script = f"""
import sys
sys.modules.update(dict.fromkeys({sorted(absent)!r}))
import numpy as np
from limner.errors import LimnerError
from limner.data.rasteriser import available_backends, rasterise
assert available_backends() == {there!r}
for backend in ("cairo", "vips"):
    try:
        assert rasterise([[np.zeros((2, 1))]], backend=backend).any()
        print("drew with", backend)
    except LimnerError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("drew with") == len(there)
    assert "cannot draw with 'cairo'" in done.stdout


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_dot_is_a_disc_as_wide_as_the_pen_in_the_middle(backend):
    (small,), (large,) = (rasterise([DOT], side, backend) for side in (28, CANVAS))
    disc = np.pi * (PEN / 2) ** 2
    assert large.sum() / 255 == pytest.approx(disc, rel=0.01)
    assert small.sum() / 255 == pytest.approx(disc * (28 / CANVAS) ** 2, rel=0.05)
    y, x = np.indices(large.shape) + 0.5 - CANVAS / 2
    assert np.hypot(x, y)[large > 0].max() <= PEN / 2 + 0.71
    assert np.average(x, weights=large) == pytest.approx(0, abs=0.02)
    assert np.average(y, weights=large) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_point_is_drawn_as_two_equal_points_are(backend):
    once, twice = rasterise([DOT, [np.repeat(DOT[0], 2, axis=1)]], 28, backend)
    np.testing.assert_array_equal(once, twice)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_line_has_the_area_of_its_length_and_its_round_caps(backend):
    (picture,) = rasterise([LINE], CANVAS, backend)
    assert picture.sum() / 255 == pytest.approx(PEN * 200 + np.pi * (PEN / 2) ** 2, rel=0.002)
    rows, columns = np.nonzero(picture > 127)
    assert (rows.min(), rows.max() + 1) == ((CANVAS - PEN) / 2, (CANVAS + PEN) / 2)
    assert columns.min() == CANVAS - 1 - columns.max()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("side", [28, 57])
def test_a_drawing_from_the_origin_is_centred(backend, side):
    (picture,) = rasterise([SQUARE], side, backend).astype(int)
    for turned in (picture[::-1], picture[:, ::-1]):
        assert np.abs(picture - turned).max() <= SCAN_LINE


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_drawing_off_the_origin_moves_by_half_of_its_shift(backend):
    moved = [stroke + np.array([[10], [6]]) for stroke in SQUARE]
    here, there = rasterise([SQUARE, moved], CANVAS, backend)
    np.testing.assert_array_equal(np.roll(here, (3, 5), axis=(0, 1)), there)


@pytest.mark.parametrize("backend", BACKENDS)
def test_mirrored_strokes_give_the_mirrored_picture(backend):
    mirrored = [np.array([[240], [0]]) + np.array([[-1], [1]]) * stroke for stroke in HOUSE]
    here, there = rasterise([HOUSE, mirrored], 28, backend).astype(int)
    assert np.abs(here[:, ::-1] - there).max() <= SCAN_LINE


@pytest.mark.parametrize("backend", BACKENDS)
def test_strokes_add_up_in_any_order_and_never_lighten(backend):
    whole, reversed_, less = rasterise([HOUSE, HOUSE[::-1], HOUSE[:2]], 28, backend).astype(int)
    assert np.abs(whole - reversed_).max() <= 1
    assert (whole >= less).all()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("side", [1, 2, 13, 28, 128, 1500])
def test_any_side_holds_the_same_share_of_ink(backend, side):
    fine, ink = (rasterise([SQUARE, DOT], s, backend).mean(axis=(1, 2)) for s in (CANVAS, side))
    np.testing.assert_allclose(ink, fine, atol=1 + SCAN_LINE / 2 / side)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("side", [28, 33])
def test_a_picture_does_not_depend_on_its_company(backend, side):
    crowd = [doodle(category, i) for category in CATEGORIES for i in range(12)]
    together = rasterise(crowd, side, backend)
    alone = np.concatenate([rasterise([drawing], side, backend) for drawing in crowd])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("backend", BACKENDS)
def test_threads_may_draw_at_once(backend):
    crowds = [[doodle(category, i) for i in range(20)] for category in CATEGORIES]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda crowd: rasterise(crowd, 28, backend), crowds))
    for crowd, pictures in zip(crowds, together, strict=True):
        np.testing.assert_array_equal(pictures, rasterise(crowd, 28, backend))


def test_no_drawings_give_no_pictures():
    assert rasterise([], 28).shape == (0, 28, 28)


@pytest.mark.skipif(len(BACKENDS) < 2, reason="only one drawing library loads here")
def test_the_backends_agree():
    crowd = [doodle(category, i) for category in CATEGORIES for i in range(60)] + [HOUSE, DOT, LINE]
    cairo, vips = (rasterise(crowd, 28, backend).astype(int) for backend in ("cairo", "vips"))
    assert np.abs(cairo - vips).mean() <= 0.05
    assert np.abs(cairo - vips).max() <= SCAN_LINE


@pytest.fixture(scope="module")
def official(shared_data):
    """All drawings there whose official bitmaps are there, too: drawing i is row i."""
    drawings, bitmaps = [], []
    full = shared_data / "quickdraw_dataset" / "full"
    for path in sorted((full / "numpy_bitmap").glob("*.npy")):
        lines = (full / "simplified" / f"{path.stem}.ndjson").read_text().splitlines()
        drawings += [[np.array(stroke) for stroke in json.loads(line)["drawing"]] for line in lines]
        bitmaps.append(np.load(path, mmap_mode="r")[: len(lines)].reshape(-1, 28, 28))
    return drawings, np.concatenate(bitmaps)


@pytest.mark.parametrize(("backend", "mean", "most"), [("cairo", 0, 0), ("vips", 0.05, 12)])
def test_official_strokes_give_official_pixels(official, backend, mean, most):
    if backend not in BACKENDS:
        pytest.skip(f"{backend} does not load here")
    drawings, bitmaps = official
    assert len(drawings) >= 550
    misses = np.abs(rasterise(drawings, 28, backend).astype(int) - bitmaps)
    assert misses.mean() <= mean
    assert misses.max() <= most


def test_official_drawings_are_nearly_fixed_points_of_simplifying(official):
    for drawing in official[0][::5]:
        points = np.concatenate(drawing, axis=1)
        scale = 255 / np.ptp(points, axis=1).max()
        for before, after in zip(drawing, simplify(drawing), strict=True):
            placed = (before - points.min(axis=1, keepdims=True)) * scale
            assert distances_to(after, placed).max() <= 3.21
            assert after.shape[1] <= before.shape[1] + 2


def test_a_scribble_that_would_take_minutes_to_thin_is_refused():
    across = np.stack([np.arange(10_000) % 2 * 255, np.arange(10_000) % 3 * 100])
    with pytest.raises(LimnerError, match="times as long as it is large"):
        simplify([across])
