"""Training pictures made more: mirrored, and moved and stretched a little.

A small category is soon known by heart; a mirrored cat is another cat. Only training sees such
pictures.

Axis letters: c channel, h w picture, a b pixels along an axis.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from limner.config import Augmentation

_SHIFT = 1.0  # pixels, standard deviation
_STRETCH = 0.05  # of the scale's logarithm, standard deviation

Picture = Float[Array, "c h w"]


def mirror(image: Picture, key: PRNGKeyArray) -> Picture:
    """The picture or its mirror image, as a coin falls."""
    return jnp.where(jax.random.bernoulli(key), image[..., ::-1], image)


def jitter(image: Picture, key: PRNGKeyArray) -> Picture:
    """The picture moved by some pixels and stretched by some per cent, along each axis by itself.

    Values between pixels are interpolated, so what was binary comes out grey.
    """
    rows, columns = (
        _resampling(size, *jax.random.normal(axis_key, (2,)))
        for size, axis_key in zip(image.shape[1:], jax.random.split(key), strict=True)
    )
    return rows @ image @ columns.T


def _resampling(
    size: int, shift: Float[Array, ""], stretch: Float[Array, ""]
) -> Float[Array, "{size} {size}"]:
    """Weights of linear interpolation, result pixel a from pixels b; none beyond the edge."""
    middle = (size - 1) / 2
    places = (jnp.arange(size) - middle) * jnp.exp(_STRETCH * stretch) + middle + _SHIFT * shift
    return jnp.maximum(0, 1 - jnp.abs(places[:, None] - jnp.arange(size)))


def _mirror_and_jitter(image: Picture, key: PRNGKeyArray) -> Picture:
    mirror_key, jitter_key = jax.random.split(key)
    return jitter(mirror(image, mirror_key), jitter_key)


AUGMENTATIONS: dict[Augmentation, Callable[[Picture, PRNGKeyArray], Picture]] = {
    "none": lambda image, key: image,
    "mirror": mirror,
    "mirror-jitter": _mirror_and_jitter,
}
