"""Classifying an image with a class-conditional model: which category it looks most like.

Axis letters: k category, n draw of the noise, c channel, h w image.

Source: Bayes' rule with equal prior probabilities, and the bound in the role of the likelihood.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from limner.model.draw import Draw
from limner.model.objective import loss
from limner.sampling.drawings import noises

_DRAWS = 16


def likeliest_category(
    model: Draw, image: Float[np.ndarray, "c h w"], *, num_steps: int, seed: int = 0
) -> int:
    """Index of the category under which the bound of an image is lowest."""
    noise = noises(seed, _DRAWS, num_steps, model.latent_size)
    return int(bounds(model, jnp.asarray(image), noise).argmin())


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
