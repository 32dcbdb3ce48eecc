"""Images brought to size: areas averaged, and no line thinner than a pen."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image, ImageDraw

from limner.data.shrink import PEN, fit_colours, fit_ink

SHAPE = (1, 28, 28)


def across(levels: np.ndarray) -> float:
    """Ink in the middle rows of an upright line, pixels of full ink a row."""
    return levels[0, 10:18].sum(axis=1).mean() / 255


@given(side=st.integers(60, 1200), width=st.integers(1, 3), at=st.floats(0.3, 0.7))
def test_a_thin_line_becomes_as_wide_as_the_pen(side, width, at):
    page = np.zeros((side, side), np.uint8)
    left = int(at * side)
    page[side // 10 : -side // 10, left : left + width] = 255
    wanted = max(PEN, width * 28 / side)
    found = fit_ink(page, SHAPE)
    assert across(found) == pytest.approx(wanted, abs=0.2)
    assert (found[0, 10:18].max(axis=1) > 180).all()


@pytest.mark.parametrize("turn", [0.2, 0.6, 1.0, 1.3])
def test_a_slanted_line_is_as_wide(turn):
    side, far = 800, 250
    page = Image.new("L", (side * 2, side * 2))
    step = np.array([np.cos(turn), np.sin(turn)]) * far * 2
    ends = [tuple(side - step), tuple(side + step)]
    ImageDraw.Draw(page).line(ends, fill=255, width=4)
    levels = np.asarray(page.resize((side, side), Image.Resampling.BOX))
    length = far * 2 * 28 / side
    ink = fit_ink(levels, SHAPE).sum() / 255
    assert ink == pytest.approx(length * PEN + np.pi / 4 * PEN**2, rel=0.12)


@given(size=st.integers(60, 400), width=st.floats(0.1, 0.4))
def test_what_is_wide_keeps_its_area(size, width):
    page = np.zeros((size, size), np.uint8)
    low, high = round((0.5 - width / 2) * size), round((0.5 + width / 2) * size)
    page[low:high, low:high] = 200
    area = (page / 255).mean() * 28 * 28
    assert fit_ink(page, SHAPE).sum() / 255 == pytest.approx(area, rel=0.02)


def test_a_faint_line_stays_as_faint():
    page = np.zeros((800, 800), np.uint8)
    page[100:-100, 300:302] = 120
    page[100:-100, 500:502] = 240
    found = fit_ink(page, SHAPE)[0, 14]
    assert found[:14].max() == pytest.approx(120, abs=3)
    assert found[14:].max() == pytest.approx(240, abs=3)


def test_what_is_not_shrunk_keeps_its_levels():
    page = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    assert (fit_ink(page, SHAPE)[0] == page).all()
    assert (fit_ink(page, (1, 56, 56))[0] == page.repeat(2, 0).repeat(2, 1)).all()


def test_proportions_are_kept_in_the_middle():
    page = np.full((100, 200), 255, np.uint8)
    levels = fit_ink(page, (1, 30, 30))[0]
    assert (levels[8:22] == 255).all()
    assert not levels[:7].any()
    assert not levels[-7:].any()


def test_colours_are_averaged_over_areas_on_their_border():
    colours = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    means = colours.reshape(10, 4, 10, 4, 3).mean(axis=(1, 3)).transpose(2, 0, 1)
    assert np.abs(fit_colours(colours, (3, 10, 10)) - means).max() <= 0.5 + 1e-4
    wide = np.full((10, 20, 3), (9, 8, 7), np.uint8)
    assert (fit_colours(wide, (3, 20, 20)).reshape(3, -1).T == (9, 8, 7)).all()
