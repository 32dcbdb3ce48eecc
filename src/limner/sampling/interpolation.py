"""Drawings between two images: spherical interpolation (slerp) of their latents.

Each end is reconstructed with latents at their posterior means: T steps of Z numbers. The drawings
between have latents on the arc from one end to the other,

    z(a) = (sin((1 - a) w) z_first + sin(a w) z_second) / sin w,    w the angle between the two.

The latents are means, because noise says nothing about the image: with means there is one way only,
and its ends are the model's plainest drawings of the two images. The way is an arc, because a
straight line (a chord) makes the latents shorter: halfway along a chord the drawings are fainter
than either end, while along the arc they are as sharp as samples from the prior. There is one arc
for all steps, because at some steps an end carries almost no information, and there the direction
of the latent means nothing.

Axis letters: t step, z latent, n position on the way, c channel, h w image.

Source: White 2016, Sampling generative networks (the arc).
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from limner.model.draw import Draw, Step
from limner.sampling.drawings import Drawings, collect


def interpolate(
    model: Draw,
    first: Float[np.ndarray, "c h w"],
    second: Float[np.ndarray, "c h w"],
    *,
    places: Float[np.ndarray, "n"],
    num_steps: int,
) -> Drawings:
    """Draw the way from one image to another; nothing in it is random.

    Args:
        model: The network.
        first: Image to start from, pixels from 0 to 1.
        second: Image to end with, pixels from 0 to 1.
        places: Positions on the way, as fractions of the angle: 0 is the first image, 1 the second.
        num_steps: Number of steps, T.

    Returns:
        A drawing for each position. They have no reading windows.
    """
    ends = jnp.stack([first, second])
    return collect(_draw_way(model, ends, places, num_steps=num_steps))


def arc(
    first: Float[Array, "*shape"], second: Float[Array, "*shape"], position: Float[Array, ""]
) -> Float[Array, "*shape"]:
    """The point at `position`, from 0 to 1, on the arc between two points (slerp).

    The length changes gradually from that of the first to that of the second. Points in the same
    direction, or at the origin, have no angle between them: there the arc is the chord.
    """
    lengths = jnp.linalg.norm(first) * jnp.linalg.norm(second)
    cosine = jnp.vdot(first, second) / jnp.where(lengths > 0, lengths, 1)
    angle = jnp.arccos(jnp.clip(cosine, -1, 1))
    sine = jnp.sin(angle)
    curved = (sine > 1e-4) & (lengths > 0)  # below, the quotient is all rounding
    safe = jnp.where(curved, sine, 1)
    before = jnp.where(curved, jnp.sin((1 - position) * angle) / safe, 1 - position)
    after = jnp.where(curved, jnp.sin(position * angle) / safe, position)
    return before * first + after * second


@partial(jax.jit, static_argnames="num_steps")
def _draw_way(
    model: Draw, ends: Float[Array, "2 c h w"], places: Float[Array, "n"], *, num_steps: int
) -> Step:
    no_noise = jnp.zeros((num_steps, model.latent_size))

    def look(end: Float[Array, "c h w"]) -> Float[Array, "t z"]:
        steps = model.infer(end, no_noise)[1]
        return steps.prior.noise_of(steps.latent)

    first, second = jax.vmap(look)(ends)
    noise = jax.vmap(lambda position: arc(first, second, position))(places)
    return jax.vmap(model.generate)(noise)[1]
