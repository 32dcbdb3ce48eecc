"""An image is given the category under which its bound is least."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from limner.config import ModelConfig
from limner.errors import LimnerError
from limner.evaluation.classify import bounds, category_bounds
from limner.model.draw import build_model
from limner.model.objective import loss
from limner.presets import PRESETS
from limner.run import category_index
from limner.sampling.drawings import noises


@pytest.fixture
def model():
    """A network whose categories begin with stripes in different places, and hardly write."""
    config = ModelConfig(
        height=6, width=6, latent_size=2, hidden_size=4, read_grid=2, write_grid=2,
        num_categories=3,
    )  # fmt: skip
    return build_model(config, jax.random.key(0)).starting_from(jnp.asarray(stripes()))


def stripes() -> np.ndarray:
    images = np.full((3, 1, 6, 6), 0.02, np.float32)
    for k in range(3):
        images[k, 0, :, 2 * k] = 0.98
    return images


def test_a_picture_of_a_category_is_seen_as_it(model):
    found = category_bounds(model, stripes(), num_steps=3)
    assert found.argmin(axis=1).tolist() == [0, 1, 2]


def test_the_bounds_are_means_over_honest_noise(model):
    image = jnp.asarray(stripes()[1])
    some = noises(4, 5, 3, 2)
    got = bounds(model, image, some)
    bound = jax.jit(lambda k, noise: loss(model.of(k), image, noise).bound)
    each = [np.mean([bound(k, noise) for noise in some]) for k in range(3)]
    np.testing.assert_allclose(got, each, rtol=1e-5)


def test_a_category_is_named_as_its_data_set_names_it():
    sketches = PRESETS["sketches"]
    assert category_index(sketches, "cat", of="sketches") == sketches.data.categories.index("cat")
    with pytest.raises(LimnerError, match="cat"):
        category_index(sketches, "cta", of="sketches")
    with pytest.raises(LimnerError, match="tells no categories apart, so leave out 'cat'"):
        category_index(PRESETS["quickdraw"], "cat", of="runs/cat")
