"""Finishing a drawing (inpainting): its ink stays, the model draws the rest in several ways.

In an unfinished drawing the ink is known, and the paper right beside it. Nothing else is known: a
blank area is no evidence. The task is to find latents under which the known pixels are likely; the
rest of the canvas comes with them:

1. Draw many samples from the prior, and pick some of them by the likelihood of the known pixels
   under each (importance resampling without replacement).
2. Make some sweeps with all of these: lay the known pixels over each drawing and draw the result
   again, with latents from the posterior for most of the steps and from the prior for the rest.
3. Pick as many as are wanted in the same way, and draw them a last time with half the noise. At
   each step, what is not known is now for the most part what the new drawing has so far, and only
   for the rest what the old one had: so the model is not held to all that it made up before, and
   shows more of what is likely.
4. Lay the given ink over the canvases of this last sweep.

The second stage is the imputation of Rezende et al., a Markov chain. If the posterior were exact
and used for all steps, its stationary distribution would be that of the completions under the
model. The constants below were chosen by the likelihood of the hidden halves of people's cats in
the validation split (`benchmarks/completion.py`, see docs/models.md).

Axis letters: t step, z latent, b drawing, c channel, h w image.

Source: Rezende et al. 2014, appendix F (imputation); Rubin 1987 (importance resampling).
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logit
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, UInt32

from limner.errors import LimnerError
from limner.model.distributions import bernoulli_log_prob
from limner.model.draw import Draw, State, Step
from limner.model.objective import draw_noise
from limner.sampling.drawings import Drawings, collect, seed_word

MOST = 128
"""Number of completions, at most."""

_CHAINS = 32  # drawings that are swept, or as many as are wanted
_CANDIDATES = 4  # samples for each of them
_SWEEPS = 3  # the last one included
_CALM = 0.5  # factor on the noise of the last sweep
_OWN = 0.6  # of what the last sweep does not know: the part that is its own drawing so far
_LOOKS = 0.75  # of the steps; the steps after these come from the prior
_TRUST = 0.5  # power of the likelihood: sharp canvases are surer than they are right
_INK = 0.2  # of full ink: more than a stroke's faintest edge
_OPAQUE = 16.0  # logits: ink or paper to one part in ten million


def complete(
    model: Draw,
    image: Float[np.ndarray, "c h w"],
    *,
    num: int,
    num_steps: int,
    seed: int,
    temperature: float = 1.0,
    known: Bool[np.ndarray, "h w"] | None = None,
) -> Drawings:
    """Finish a drawing in several ways.

    Args:
        model: The network.
        image: What is drawn so far, at its position on the canvas; pixels from 0 to 1.
        num: Number of completions, at most `MOST`.
        num_steps: Number of steps, T.
        seed: Seed for all random choices.
        temperature: Factor on the noise of the steps that come from the prior.
        known: Mask of the pixels that are given; nothing else of `image` is looked at. None takes
            `known_pixels(image)`, which needs an image of one channel.

    Returns:
        The completions, with the given pixels on their canvases at every step; with the ink alone
        if `known` is None, since a line may go on over the paper beside it. They have no reading
        windows.

    Raises:
        LimnerError: `num` is out of range, or the image has colours and `known` is None.
    """
    if not 1 <= num <= MOST:
        raise LimnerError(f"num is {num}: there can be 1 to {MOST} completions")
    if known is None:
        if len(image) > 1:
            raise LimnerError(
                "the colours of an image do not tell which of its pixels are drawn: complete an "
                "image of one channel, or in Python give `known`"
            )
        known, fixed = known_pixels(image), np.zeros(image.shape[1:], bool)
    else:
        image, fixed = image * known, known
    steps = _complete(
        model,
        jnp.asarray(image),
        jnp.asarray(known),
        jnp.asarray(fixed),
        seed_word(seed),
        temperature,
        num=num,
        num_steps=num_steps,
    )
    return collect(steps)


def known_pixels(image: Float[np.ndarray, "c h w"]) -> Bool[np.ndarray, "h w"]:
    """The pixels with ink, and all pixels that touch them.

    Of borders of 0, 1 and 2 pixels, 1 gave the hidden half of people's cats the highest
    likelihood.
    """
    ink = np.pad((image > _INK).any(axis=0), 1)
    height, width = image.shape[1:]
    shifts = [(down, right) for down in range(3) for right in range(3)]
    return np.any([ink[y : y + height, x : x + width] for y, x in shifts], axis=0)


def pick(key: PRNGKeyArray, log_weights: Float[Array, "b"], num: int) -> Int[Array, "{num}"]:
    """Indices of `num` different items, drawn by their weights without replacement.

    Source: Yellott 1977. The largest log-weights after adding Gumbel noise are such a draw.
    """
    return jax.lax.top_k(log_weights + jax.random.gumbel(key, log_weights.shape), num)[1]


@partial(jax.jit, static_argnames=("num", "num_steps"))
def _complete(
    model: Draw,
    image: Float[Array, "c h w"],
    known: Bool[Array, "h w"],
    fixed: Bool[Array, "h w"],
    seed: UInt32[Array, ""],
    temperature: float | Float[Array, ""],
    *,
    num: int,
    num_steps: int,
) -> Step:
    keys = jax.random.split(jax.random.key(seed), 5)
    candidates_key, chains_key, sweeps_key, pick_key, last_key = keys
    chains = max(_CHAINS, num)
    looks = max(1, int(_LOOKS * num_steps))
    heat = jnp.where(jnp.arange(num_steps) < looks, 1, temperature)[:, None]

    def noises(key: PRNGKeyArray, count: int) -> Float[Array, "b t z"]:
        keys = jax.random.split(key, count)
        return jax.vmap(lambda key: draw_noise(key, num_steps, model.latent_size))(keys)

    def sample(noise: Float[Array, "t z"]) -> Float[Array, "c h w"]:
        return model.generate(temperature * noise)[0].canvas

    def redraw(
        canvas: Float[Array, "c h w"], noise: Float[Array, "t z"], own: float = 0.0
    ) -> tuple[State, Step]:
        def whole(so_far: Float[Array, "c h w"]) -> Float[Array, "c h w"]:
            unknown = own * jax.nn.sigmoid(so_far) + (1 - own) * jax.nn.sigmoid(canvas)
            return jnp.where(known, image, unknown)

        return _look_then_dream(model, whole, heat * noise, looks)

    def sweep(
        canvases: Float[Array, "b c h w"], key: PRNGKeyArray
    ) -> tuple[Float[Array, "b c h w"], None]:
        return jax.vmap(redraw)(canvases, noises(key, chains))[0].canvas, None

    def picked(
        key: PRNGKeyArray, canvases: Float[Array, "b c h w"], count: int
    ) -> Float[Array, "{count} c h w"]:
        return canvases[pick(key, _TRUST * _evidence(canvases, image, known), count)]

    canvases = jax.vmap(sample)(noises(candidates_key, _CANDIDATES * chains))
    canvases = picked(chains_key, canvases, chains)
    canvases, _ = jax.lax.scan(sweep, canvases, jax.random.split(sweeps_key, _SWEEPS - 1))
    canvases = picked(pick_key, canvases, num)
    _, steps = jax.vmap(partial(redraw, own=_OWN))(canvases, _CALM * noises(last_key, num))
    given = _logits(image)
    canvas = jnp.where(fixed, given, jnp.maximum(steps.canvas, given))
    return steps._replace(canvas=canvas)


def _look_then_dream(
    model: Draw,
    whole: Callable[[Float[Array, "c h w"]], Float[Array, "c h w"]],
    noise: Float[Array, "t z"],
    looks: int,
) -> tuple[State, Step]:
    """Draw with latents from the posterior for the first steps, from the prior for the rest.

    The image that is looked at is `whole` of the canvas so far.
    """

    def look(state: State, noise: Float[Array, "z"]) -> tuple[State, Step]:
        state, step = model.step(state, noise, whole(state.canvas))
        return state, step._replace(posterior=None, read_window=None)

    def dream(state: State, noise: Float[Array, "z"]) -> tuple[State, Step]:
        return model.step(state, noise)

    state, seen = jax.lax.scan(look, model.first, noise[:looks])
    state, dreamt = jax.lax.scan(dream, state, noise[looks:])
    return state, jax.tree.map(lambda *parts: jnp.concatenate(parts), seen, dreamt)


def _evidence(
    canvases: Float[Array, "b c h w"], image: Float[Array, "c h w"], known: Bool[Array, "h w"]
) -> Float[Array, "b"]:
    """Log-probability of the known pixels under each canvas, nats."""
    # A pixel with logit 0 costs log 2 whatever its target, so hidden pixels weigh all alike.
    hidden = jnp.where(known, canvases, 0)
    return jax.vmap(lambda canvas: bernoulli_log_prob(canvas, image))(hidden)


def _logits(image: Float[Array, "c h w"]) -> Float[Array, "c h w"]:
    return jnp.clip(logit(image), -_OPAQUE, _OPAQUE)
