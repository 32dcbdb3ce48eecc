"""Drawings between two drawings: the way from one to the other through the latents.

Each end is drawn from looks at it, with latents at their posterior means: T steps of Z numbers. The
drawings between have latents on the arc from one end to the other,

    z(a) = (sin((1 - a) w) z_first + sin(a w) z_second) / sin w,    w the angle between the two.

Means, because noise says nothing of the picture: with them the way is one way, and its ends are the
model's plainest drawings of the two. An arc, because what tells drawings apart is the length of
their latents in the directions that are used, and the chord cuts that short: halfway its drawings
are fainter than either end, where the arc's are as sharp as samples from the prior. One arc over
all steps, because where an end says next to nothing at a step, the direction of that step's latent
means nothing.

Axis letters: t step, z latent, n place on the way, c channel, h w picture.

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
    """Draw the way from one picture to another; no chance is in it.

    Args:
        model: The network.
        first: Pixels from 0 to 1.
        second: Pixels from 0 to 1.
        places: Where on the way, as parts of the angle: 0 is the first picture, 1 the second.
        num_steps: T.

    Returns:
        A drawing for each place, on the axis of pictures; they read nothing.
    """
    ends = jnp.stack([first, second])
    return collect(_draw_way(model, ends, places, num_steps=num_steps))


def arc(
    first: Float[Array, "*shape"], second: Float[Array, "*shape"], place: Float[Array, ""]
) -> Float[Array, "*shape"]:
    """The point at `place`, from 0 to 1, of the arc between two points.

    The length goes over from that of the one to that of the other. Points in one direction, or at
    the origin, have no angle between them: there the arc is the chord.
    """
    lengths = jnp.linalg.norm(first) * jnp.linalg.norm(second)
    cosine = jnp.vdot(first, second) / jnp.where(lengths > 0, lengths, 1)
    angle = jnp.arccos(jnp.clip(cosine, -1, 1))
    sine = jnp.sin(angle)
    curved = (sine > 1e-4) & (lengths > 0)  # below, the quotient is all rounding
    safe = jnp.where(curved, sine, 1)
    before = jnp.where(curved, jnp.sin((1 - place) * angle) / safe, 1 - place)
    after = jnp.where(curved, jnp.sin(place * angle) / safe, place)
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
    noise = jax.vmap(lambda place: arc(first, second, place))(places)
    return jax.vmap(model.generate)(noise)[1]
