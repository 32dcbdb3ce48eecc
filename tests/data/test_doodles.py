"""Doodles: pure, distinct, in the official form, and about as inked as people's."""

import subprocess
import sys

import numpy as np
import pytest

from limner.data.doodles.doodles import CATEGORIES, doodle, doodles
from limner.errors import LimnerError


def flat(category: str, index: int) -> bytes:
    return b"|".join(stroke.tobytes() for stroke in doodle(category, index))


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_doodle_is_in_the_official_simplified_form(category):
    for index in range(100):
        drawing = doodle(category, index)
        points = np.concatenate(drawing, axis=1)
        assert points.dtype.kind == "i"
        assert all(stroke.shape[0] == 2 and stroke.shape[1] >= 2 for stroke in drawing)
        np.testing.assert_array_equal(points.min(axis=1), 0)
        assert points.max() == 255


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_doodle_does_not_depend_on_what_was_drawn_before(category):
    forwards = [flat(category, index) for index in range(20)]
    assert [flat(category, index) for index in reversed(range(20))] == forwards[::-1]


def test_a_doodle_is_the_same_in_another_process():
    script = (
        "from limner.data.doodles.doodles import doodle\n"
        "for stroke in doodle('cat', 7): print(stroke.tolist())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    expected = "".join(f"{stroke.tolist()}\n" for stroke in doodle("cat", 7))
    assert done.stdout == expected, done.stderr


@pytest.mark.parametrize("category", CATEGORIES)
def test_no_two_doodles_are_alike(category):
    pictures = doodles(category, range(400)).reshape(400, -1)
    assert len(np.unique(pictures, axis=0)) == 400
    assert len({flat(category, index) for index in range(400)}) == 400


def test_doodles_are_the_same_pixels_whatever_else_is_installed():
    script = """
import sys
sys.modules["cairocffi"] = None
from limner.data.doodles.doodles import doodles
sys.stdout.buffer.write(doodles("cat", range(50)).tobytes())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == doodles("cat", range(50)).tobytes()


def test_categories_draw_different_things_at_the_same_index():
    assert len({flat(category, 0) for category in CATEGORIES}) == len(CATEGORIES)


def test_pictures_are_those_of_the_indices_in_their_order():
    indices = [5, 2**63, 0, 5]
    pictures = doodles("dog", indices)
    assert pictures.dtype == np.uint8
    assert pictures.shape == (4, 28, 28)
    np.testing.assert_array_equal(pictures[0], pictures[3])
    np.testing.assert_array_equal(pictures[1], doodles("dog", [2**63])[0])
    np.testing.assert_array_equal(doodles("dog", np.array([5, 0])), pictures[[0, 2]])


@pytest.mark.parametrize("category", CATEGORIES)
def test_doodles_carry_as_much_ink_as_peoples_drawings(category):
    # the official bitmaps' categories have mean levels from about 30 to 65
    levels = doodles(category, range(300)).mean(axis=(1, 2))
    assert 28 <= levels.mean() <= 70
    assert levels.min() >= 12


@pytest.mark.parametrize(
    ("category", "hint"), [("cot", "did you mean cat"), ("zeppelin", "there are car, cat, dog")]
)
def test_an_unknown_category_is_refused_with_what_is_near(category, hint):
    with pytest.raises(LimnerError, match=f"no doodles of '{category}': {hint}"):
        doodle(category, 0)


@pytest.mark.parametrize("index", [-1, 2**64])
def test_an_index_out_of_range_is_refused(index):
    with pytest.raises(LimnerError, match="index"):
        doodle("cat", index)
