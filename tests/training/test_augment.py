"""Laws of augmented training pictures."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from limner.training.augment import AUGMENTATIONS, jitter, mirror

KEYS = jax.random.split(jax.random.key(0), 2_000)


@pytest.fixture
def image():
    """A dot in the middle of a small page, off its axis of symmetry."""
    return jnp.zeros((1, 28, 28)).at[0, 14, 10].set(1.0)


def test_half_of_the_pictures_are_mirrored_and_mirrors_change_nothing_else(image):
    pictures = np.asarray(jax.vmap(mirror, in_axes=(None, 0))(image, KEYS))
    mirrored = pictures[:, 0, 14, 17] == 1
    assert 0.45 < mirrored.mean() < 0.55
    np.testing.assert_array_equal(
        pictures[mirrored], np.flip(image, -1)[None].repeat(mirrored.sum(), 0)
    )
    np.testing.assert_array_equal(
        pictures[~mirrored], np.asarray(image)[None].repeat((~mirrored).sum(), 0)
    )


def test_jitter_moves_a_dot_by_about_a_pixel_each_way(image):
    pictures = np.asarray(jax.vmap(jitter, in_axes=(None, 0))(image, KEYS))[:, 0]
    weights = pictures / pictures.sum((1, 2), keepdims=True)
    rows = (weights.sum(2) * np.arange(28)).sum(1)
    columns = (weights.sum(1) * np.arange(28)).sum(1)
    # The dot lies half a pixel and 3.5 pixels off the middle, so stretching hardly moves it.
    assert rows.mean() == pytest.approx(14, abs=0.1)
    assert rows.std() == pytest.approx(1, abs=0.1)
    assert columns.std() == pytest.approx(1, abs=0.1)
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.1


def test_jitter_keeps_an_even_page_even_and_pixels_between_0_and_1():
    page = jnp.full((2, 20, 20), 0.6)
    pictures = np.asarray(jax.vmap(jitter, in_axes=(None, 0))(page, KEYS[:200]))
    np.testing.assert_allclose(pictures[:, :, 6:14, 6:14], 0.6, rtol=1e-5)
    assert pictures.min() >= 0
    assert pictures.max() <= 0.6 + 1e-6


def test_what_becomes_of_a_picture_depends_on_its_key_alone(image):
    for augment in AUGMENTATIONS.values():
        np.testing.assert_array_equal(augment(image, KEYS[0]), augment(image, KEYS[0]))
    np.testing.assert_array_equal(AUGMENTATIONS["none"](image, KEYS[0]), image)
