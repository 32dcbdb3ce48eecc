"""Training pictures made more: mirrored.

A small category is soon known by heart; a mirrored cat is another cat. Only training sees such
pictures.

Axis letters: c channel, h w picture.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from limner.config import Augmentation

Picture = Float[Array, "c h w"]


def mirror(image: Picture, key: PRNGKeyArray) -> Picture:
    """The picture or its mirror image, as a coin falls."""
    return jnp.where(jax.random.bernoulli(key), image[..., ::-1], image)


AUGMENTATIONS: dict[Augmentation, Callable[[Picture, PRNGKeyArray], Picture]] = {
    "none": lambda image, key: image,
    "mirror": mirror,
}
