"""Laws of augmented training pictures."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from limner.training.augment import AUGMENTATIONS, mirror

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


def test_what_becomes_of_a_picture_depends_on_its_key_alone(image):
    for augment in AUGMENTATIONS.values():
        np.testing.assert_array_equal(augment(image, KEYS[0]), augment(image, KEYS[0]))
    np.testing.assert_array_equal(AUGMENTATIONS["none"](image, KEYS[0]), image)
