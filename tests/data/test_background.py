"""Paper and ink: what is told from colours, transparency and light, held against masks."""

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from PIL import Image, ImageDraw

from limner.data.background import find_ink, flatten

SIDE = 120
levels = st.integers(0, 255)
colours = st.tuples(levels, levels, levels)


def lines(seed: int, width: int = 6, side: int = SIDE) -> np.ndarray:
    """Some lines, as a mask without half covered pixels."""
    page = Image.new("1", (side, side))
    points = np.random.default_rng(seed).uniform(0.15, 0.85, (6, 2)) * side
    ImageDraw.Draw(page).line([tuple(point) for point in points], fill=1, width=width)
    return np.array(page)


def disc(reach: float, side: int = SIDE) -> np.ndarray:
    """A filled disc whose width is a part of the side."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return np.hypot(x, y) < reach * side / 2


def painted(mask: np.ndarray, ink, paper, opacity=255) -> np.ndarray:
    """Colours and opacity (h, w, 4): ink where the mask is."""
    pixels = np.where(mask[..., None], np.broadcast_to(ink, 3), np.broadcast_to(paper, 3))
    alpha = np.broadcast_to(opacity, mask.shape)[..., None]
    return np.concatenate([pixels, alpha], axis=2).astype(np.uint8)


def lit(pixels: np.ndarray, light: np.ndarray, noise: float, seed: int) -> np.ndarray:
    """Opaque colours under uneven light, with noise."""
    random = np.random.default_rng(seed).normal(0, noise, (*pixels.shape[:2], 3))
    seen = np.clip(np.rint(pixels[..., :3] * light[..., None] + random), 0, 255)
    return np.concatenate([seen, pixels[..., 3:]], axis=2).astype(np.uint8)


def is_inked(found: np.ndarray, mask: np.ndarray) -> bool:
    """Whether levels are 0 on paper, and about 255 where the mask is."""
    return not found[~mask].any() and found[mask].min() >= 230


@given(ink=colours, paper=colours, seed=st.integers(0, 20))
def test_ink_differs_from_paper_in_any_colour(ink, paper, seed):
    assume(max(abs(a - b) for a, b in zip(ink, paper, strict=True)) >= 50)
    mask = lines(seed)
    assert is_inked(find_ink(painted(mask, ink, paper)).levels, mask)


@given(seed=st.integers(0, 2**32 - 1), side=st.integers(1, 64), even=st.booleans())
def test_noise_of_all_colours_has_some_paper(seed, side, even):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (side, 64, 4), np.uint8)
    pixels[..., 3] = 255 if even else pixels[..., 3]
    assert find_ink(pixels).levels.shape == (side, 64)


@given(seed=st.integers(0, 50), faint=st.integers(1, 255))
def test_a_clean_image_and_its_negative_keep_their_levels(seed, faint):
    grey = np.where(lines(seed), 255, np.where(lines(seed + 1, 2), faint, 0)).astype(np.uint8)
    for pixels in (grey, 255 - grey):
        image = painted(grey > 0, 0, 0)
        image[..., :3] = pixels[..., None]
        assert (find_ink(image).levels == grey).all()


@given(ink=colours, hidden=colours, seed=st.integers(0, 20))
def test_transparency_is_paper_whatever_colours_lie_there(ink, hidden, seed):
    mask = lines(seed, 12)
    mask[:20] = True  # up to three edges
    assume(255 - min(ink) >= 70 or 255 - min(ink) <= 40)
    pixels = painted(mask, ink, hidden, np.where(mask, 255, 0))
    assert is_inked(find_ink(pixels).levels, mask)


@pytest.mark.parametrize("reach", [0.6, 0.9, 1.2])
def test_a_white_sticker_with_a_black_outline_is_an_outline(reach):
    whole, inside = disc(reach), disc(reach - 0.08)
    pixels = painted(whole & ~inside, 0, 255, np.where(whole, 255, 0))
    assert is_inked(find_ink(pixels).levels, whole & ~inside)
    colours = flatten(pixels)
    assert (colours[~whole | inside] == 255).all()


def test_white_lines_with_a_red_dot_on_transparent_ground_are_ink():
    mask = lines(3)
    pixels = painted(mask, 255, 0, np.where(mask, 255, 0))
    y, x = np.argwhere(mask)[200]
    pixels[y - 2 : y + 2, x - 2 : x + 2, :3] = 200, 0, 0
    found = find_ink(pixels)
    assert not found.is_dark
    assert np.median(found.levels[mask]) == 255


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("alpha", [0, 90, 200])
def test_half_covered_edges_of_a_page_are_no_paper(ink, alpha):
    mask = lines(5)
    opacity = np.full(mask.shape, 255)
    opacity[-1] = opacity[:, -1] = alpha
    assert is_inked(find_ink(painted(mask, ink, 255 - ink, opacity)).levels, mask)


@pytest.mark.parametrize("wide", [1, 3, 6, 12])
@pytest.mark.parametrize("transparent", [False, True])
def test_a_dark_frame_is_ink_and_not_paper(wide, transparent):
    mask = lines(7)
    mask[:wide] = mask[-wide:] = mask[:, :wide] = mask[:, -wide:] = True
    opacity = np.where(mask, 255, 0) if transparent else 255
    assert is_inked(find_ink(painted(mask, 0, 255, opacity)).levels, mask)


@pytest.mark.parametrize("reach", [0.5, 0.8, 0.95, 1])
def test_a_large_shape_on_white_is_ink(reach):
    mask = disc(reach)
    assert is_inked(find_ink(painted(mask, (0, 60, 20), 255)).levels, mask)


def test_a_dark_ground_along_the_lower_edge_is_ink():
    mask = lines(2)
    mask[80:] = True
    assert is_inked(find_ink(painted(mask, 0, 255)).levels, mask)


@pytest.mark.parametrize(("ink", "paper"), [(40, 215), (90, 160), (210, 50)])
@pytest.mark.parametrize("seed", range(4))
def test_uneven_light_leaves_paper_0_and_ink_255(ink, paper, seed):
    side = 300
    mask = lines(seed, 12, side)
    y, x = np.mgrid[:side, :side] / side - 0.5
    turn = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    light = 0.85 + 0.45 * (x * np.cos(turn) + y * np.sin(turn)) - 0.3 * (x**2 + y**2)
    found = find_ink(lit(painted(mask, ink, paper), light, 4, seed))
    assert found.is_dark == (ink < paper)
    assert np.quantile(found.levels[~mask], 0.99) < 20
    assert np.median(found.levels[mask]) > 220
    assert (found.levels[mask] >= 128).mean() > 0.95


def test_a_soft_shadow_is_no_ink():
    side = 300
    mask = lines(1, 12, side)
    x = np.mgrid[:side, :side][1] / side
    light = 1 - 0.4 / (1 + np.exp(-(x - 0.5) * 25))
    found = find_ink(lit(painted(mask, 40, 230), light, 3, 0)).levels
    assert (found[~mask] >= 128).mean() < 0.01
    assert (found[mask] >= 128).mean() > 0.95


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_a_page_of_one_colour_is_blank_unless_ink_is_known(colour):
    pixels = painted(np.zeros((30, 30), bool), 0, colour)
    found = find_ink(pixels)
    assert not found.levels.any()
    assert not found.is_sure
    noisy = lit(pixels, np.ones((30, 30)), 2, 0)
    assert not find_ink(noisy).levels.any()


def test_the_rest_of_a_set_says_what_a_page_of_ink_is():
    black = painted(np.zeros((30, 30), bool), 0, 0)
    assert find_ink(black, others=1.0).levels.min() == 255
    assert find_ink(black, others=-1.0).levels.max() == 0
    assert find_ink(black, "dark").levels.min() == 255


def test_what_could_be_either_is_as_it_is_said():
    mask = np.zeros((SIDE, SIDE), bool)
    mask[:, : SIDE // 2] = True
    pixels = painted(mask, 0, 255)
    found = find_ink(pixels)
    assert not found.is_sure
    assert found.is_dark
    assert is_inked(find_ink(pixels, "dark").levels, mask)
    assert is_inked(find_ink(pixels, "light").levels, ~mask)
    assert found.follows(-1.0)
    assert is_inked(find_ink(pixels, others=-1.0).levels, ~mask)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (2, 3), (3, 1)])
def test_the_smallest_images_have_paper_too(size):
    for opacity in (0, 255):
        found = find_ink(painted(np.zeros(size, bool), 0, 200, opacity))
        assert not found.levels.any()


def test_official_bitmaps_and_their_negatives_are_kept(shared_data):
    for path in sorted(shared_data.rglob("numpy_bitmap/*.npy"))[::6]:
        for row in np.load(path, mmap_mode="r")[:20].reshape(-1, 28, 28):
            for pixels in (row, 255 - row):
                image = painted(row > 0, 0, 0)
                image[..., :3] = pixels[..., None]
                assert (find_ink(image).levels == row).all()
