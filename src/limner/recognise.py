"""Which of the categories that a model tells apart is meant, or seen.

Axis letters: k category, n draw of the noise, c channel, h w picture.

Source: Bayes' rule with all categories as likely, the likelihood being replaced by its bound.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from limner.config import RunConfig
from limner.data.dataset import told_apart
from limner.errors import LimnerError
from limner.model import Draw
from limner.objective import loss
from limner.sample import noises
from limner.words import check_names

_DRAWS = 16


def category_place(config: RunConfig, name: str, of: str) -> int:
    """A category's place among those that a run's model tells apart.

    Args:
        config: Of the run.
        name: The category's.
        of: What the model is called, for the error's line.

    Raises:
        LimnerError: The model tells none apart, or not this one.
    """
    names = told_apart(config)
    if not names:
        raise LimnerError(f"{of} tells no categories apart: leave {name!r} out")
    check_names((name,), names, of)
    return names.index(name)


def likeliest_category(
    model: Draw, image: Float[np.ndarray, "c h w"], *, num_steps: int, seed: int = 0
) -> int:
    """The category, of those the model tells apart, under which a picture's bound is least."""
    noise = noises(seed, _DRAWS, num_steps, model.latent_size)
    return int(bounds(model, jnp.asarray(image), noise).argmin())


@jax.jit
def bounds(
    model: Draw, image: Float[Array, "c h w"], noise: Float[Array, "n t z"]
) -> Float[Array, "k"]:
    """The bound of a picture under each category, a mean over draws of the noise, nats."""
    assert model.categories is not None

    def bound(category: Array) -> Float[Array, ""]:
        chosen = model.of(category)
        return jax.vmap(lambda noise: loss(chosen, image, noise).bound)(noise).mean()

    return jax.lax.map(bound, jnp.arange(len(model.categories.canvas)))
