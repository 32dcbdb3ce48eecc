"""Data augmentation: training images are mirrored at random.

A network soon knows a small category by heart (overfitting); a mirrored cat is another cat. Only
training sees such images.

Axis letters: c channel, h w image.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from limner.config import Augmentation

Image = Float[Array, "c h w"]


def mirror(image: Image, key: PRNGKeyArray) -> Image:
    """The image or its mirror image (left to right), each with probability 1/2."""
    return jnp.where(jax.random.bernoulli(key), image[..., ::-1], image)


AUGMENTATIONS: dict[Augmentation, Callable[[Image, PRNGKeyArray], Image]] = {
    "none": lambda image, key: image,
    "mirror": mirror,
}
