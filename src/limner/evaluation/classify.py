"""Classifying an image with a class-conditional model: which category it looks most like.

Axis letters: b image, k category, n draw of the noise, c channel, h w image.

Source: Bayes' rule with equal prior probabilities, and the bound in the role of the likelihood.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from limner.config import RunConfig
from limner.errors import LimnerError
from limner.model.draw import Draw
from limner.model.objective import loss
from limner.run import category_index
from limner.sampling.drawings import noises

_DRAWS = 16


def category_bounds(
    model: Draw, images: Float[np.ndarray, "b c h w"], *, num_steps: int, seed: int = 0
) -> Float[np.ndarray, "b k"]:
    """The bound of each image under each category, a mean over 16 draws of the noise, nats.

    An image looks most like the category with the lowest.
    """
    noise = noises(seed, _DRAWS, num_steps, model.latent_size)
    return np.stack([bounds(model, jnp.asarray(image), noise) for image in images])


def category_indices(
    model: Draw,
    config: RunConfig,
    images: Float[np.ndarray, "b c h w"],
    asked: str | Sequence[str] | None,
    *,
    of: str,
) -> Int[np.ndarray, "b"] | None:
    """Index of the category to draw each image as; None if the model is not class-conditional.

    Args:
        model: The network.
        config: Settings of its run.
        images: Pixels from 0 to 1.
        asked: Name of the category of all images, or a sequence with one for each. None takes the
            likeliest for each.
        of: Name of the model, for error lines.

    Raises:
        LimnerError: The model does not have such a category, or there is not one for each image.
    """
    if asked is None:
        if model.categories is None:
            return None
        return category_bounds(model, images, num_steps=config.model.num_steps).argmin(axis=1)
    names = [asked] * len(images) if isinstance(asked, str) else asked
    if len(names) != len(images):
        raise LimnerError(f"there are {len(names)} categories: give one for each of {len(images)}")
    return np.array([category_index(config, name, of=of) for name in names], int)


@jax.jit
def bounds(
    model: Draw, image: Float[Array, "c h w"], noise: Float[Array, "n t z"]
) -> Float[Array, "k"]:
    """The bound of an image under each category, a mean over draws of the noise, nats."""
    assert model.categories is not None

    def bound(category: Array) -> Float[Array, ""]:
        chosen = model.of(category)
        return jax.vmap(lambda noise: loss(chosen, image, noise).bound)(noise).mean()

    return jax.lax.map(bound, jnp.arange(len(model.categories.canvas)))
