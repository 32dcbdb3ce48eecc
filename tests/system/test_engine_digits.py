"""Strokes as MNIST frames its digits, in JavaScript, against a law in NumPy."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from node_process import needs_node, run_node

import limner
from limner.data import mnist
from limner.data.dataset import DIGITS
from limner.data.strokes import simplify

pytestmark = needs_node

EXAMPLES = json.loads((Path(limner.__file__).parent / "studio" / "examples.json").read_text())
DRAWINGS = [[list(zip(x, y, strict=True)) for x, y in EXAMPLES[digit]] for digit in DIGITS]
BOX, PEN = 20, 2.3
FINE = 8  # points across a pixel at which the law looks whether they are inked


def framed(drawings, how="wholeDigit", side=28):
    job = {"drawings": drawings, "how": how, "side": side}
    levels = run_node("digits.mjs", job)["levels"]
    return np.array(levels).reshape(-1, side, side)


def centres_of_mass(images):
    """x and y of each, as indices."""
    rows, columns = np.indices(images.shape[1:])
    ink = images.sum((1, 2))
    return np.stack([(images * columns).sum((1, 2)) / ink, (images * rows).sum((1, 2)) / ink], 1)


def sides(images):
    """Width and height of what is inked, pixels."""
    inked = images > 0
    spans = [np.array([np.ptp(np.nonzero(line)[0]) + 1 for line in inked.any(i)]) for i in (1, 2)]
    return np.stack(spans, 1)


def inked(drawing, corner):
    """The share of each pixel within half a pen of strokes, whose 0 to 255 fill the box."""
    scale = (BOX - PEN) / 255
    at = (np.indices((28 * FINE, 28 * FINE)).transpose(1, 2, 0)[..., ::-1] + 0.5) / FINE
    covered = np.zeros(at.shape[:2], bool)
    for stroke in drawing:
        placed = np.array(stroke) * scale + PEN / 2 + corner
        for start, end in pairwise(placed):
            way = end - start
            part = np.clip((at - start) @ way / max(way @ way, 1e-9), 0, 1)
            covered |= np.hypot(*(at - start - part[..., None] * way).T).T <= PEN / 2
    return covered.reshape(28, FINE, 28, FINE).mean((1, 3))


def simplified(drawing):
    return [stroke.T for stroke in simplify([np.array(stroke, float).T for stroke in drawing])]


def test_a_digit_fills_the_box_with_its_mass_in_the_middle():
    images = framed(DRAWINGS)
    assert (sides(images).max(1) == BOX).all()
    assert np.abs(centres_of_mass(images) - 14).max() <= 0.5
    for image, drawing in zip(images / 255, DRAWINGS, strict=True):
        corner = [np.nonzero(image.any(axis))[0][0] for axis in (0, 1)]
        expected = inked(simplified(drawing), corner)
        assert np.abs(image - expected).mean() < 0.005
        assert np.abs(image - expected).max() < 0.3  # a quarter, where half and half overlap


def test_digits_of_mnist_lie_so(shared_data):
    images, _ = mnist.read_part(shared_data, "t10k")
    images = images[:2000].reshape(-1, 28, 28).astype(float)
    assert (sides(images).max(1) == BOX).all()
    assert np.abs(centres_of_mass(images) - 14).max() <= 0.501
    ink = framed(DRAWINGS).sum((1, 2)).mean()
    assert ink == pytest.approx(images.sum((1, 2)).mean(), rel=0.1)


@pytest.mark.parametrize("scale", [1, 7])
def test_where_and_how_large_a_digit_was_drawn_does_not_matter(scale):
    moved = [[[(x * scale + 50, y * scale - 9) for x, y in s] for s in d] for d in DRAWINGS[:3]]
    assert (framed(moved) == framed(DRAWINGS[:3])).all()


def test_ink_stays_in_the_image_however_its_mass_lies():
    [corner] = framed([[[(0, 0), (0, 255), (255, 255)]]])
    assert sides(corner[None]).tolist() == [[BOX, BOX]]
    assert corner[:, 27].any()
    assert centres_of_mass(corner[None])[0, 0] < 13.5  # the edge keeps it from the middle


def test_a_page_that_is_not_done_is_the_box_in_the_middle():
    [image] = framed([[[(0, 0), (255, 0), (255, 255), (0, 255), (0, 0)]]], "begunDigit")
    rows, columns = np.nonzero(image)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, 23, 4, 23)
    [dot] = framed([[[(255, 0)]]], "begunDigit")
    assert centres_of_mass(dot[None])[0] == pytest.approx([23.5 - PEN / 2, 3.5 + PEN / 2], abs=0.1)


def test_larger_images_are_framed_alike():
    large = framed(DRAWINGS[:2], side=56)
    assert (sides(large).max(1) == 2 * BOX).all()
    shrunk = large.reshape(-1, 28, 2, 28, 2).mean((2, 4))
    assert np.abs(shrunk - framed(DRAWINGS[:2])).mean() < 12
