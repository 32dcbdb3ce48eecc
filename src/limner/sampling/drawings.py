"""Drawings by a model: samples from the prior, reconstructions from the posterior.

The two are never the same thing: a sample comes from noise alone, a reconstruction from looking at
an image. Each comes with everything that can be seen of it, as NumPy arrays.

Axis letters: t step, b drawing, c channel, h w image, z latent.
"""

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32
from scipy.special import expit

from limner.config import Protocol
from limner.errors import LimnerError, require_seed
from limner.model.attention import Window
from limner.model.draw import Draw, Step
from limner.model.objective import draw_noise


class Drawings(NamedTuple):
    """Drawings made together, step by step; canvases are logits.

    A window is None where there is no attention; samples have no reading window.
    """

    canvases: Float[np.ndarray, "t b c h w"]
    latents: Float[np.ndarray, "t b z"]
    read_window: Window | None
    write_window: Window | None
    categories: Int[np.ndarray, "b"] | None = None
    """Index of the category of each drawing, by a class-conditional model."""

    @property
    def probabilities(self) -> Float[np.ndarray, "t b c h w"]:
        """Probability of ink in each pixel."""
        return expit(self.canvases)


MOST_BYTES = 4 * 2**30
"""The most that the canvases of all steps may take; drawing takes some times as much memory."""


def sample(
    model: Draw,
    *,
    num: int,
    num_steps: int,
    seed: int,
    temperature: float = 1.0,
    category: int | None = None,
    protocol: Protocol = "honest",
) -> Drawings:
    """Draw samples from the prior.

    Args:
        model: The network.
        num: Number of drawings.
        num_steps: Number of steps, T; it may differ from the T of training.
        seed: Seed for the noise; drawing i depends only on (seed, i).
        temperature: Factor on the noise; below 1 the drawings are more alike.
        category: Index of the category to draw, for a class-conditional model. None draws all
            categories in turn.
        protocol: How the noise is made.

    Raises:
        LimnerError: The canvases of all steps would not fit into `MOST_BYTES`.
        ValueError: The model does not have this category.
    """
    _check_size(model, num, num_steps)
    noise = temperature * np.asarray(noises(seed, num, num_steps, model.latent_size, protocol))
    count = 0 if model.categories is None else len(model.categories.canvas)
    if category is not None and not 0 <= category < count:
        raise ValueError(f"there is no category {category}: this network tells {count} apart")
    if count and category is None:
        categories = np.arange(num) % count
    else:
        categories = np.full(num, category or 0)
    drawings = collect(generate(model, noise, categories))
    return drawings._replace(categories=categories) if count else drawings


def reconstruct(
    model: Draw,
    images: Float[np.ndarray, "b c h w"],
    *,
    num_steps: int,
    seed: int,
    categories: Int[np.ndarray, "b"] | None = None,
    protocol: Protocol = "honest",
) -> Drawings:
    """Reconstruct images: look at them and draw them again.

    Args:
        model: The network.
        images: Pixels from 0 to 1.
        num_steps: Number of steps, T.
        seed: Seed for the noise; drawing i depends only on (seed, i).
        categories: Index of the category of each image; a class-conditional model needs them.
        protocol: How the noise is made.

    Raises:
        LimnerError: The canvases of all steps would not fit into `MOST_BYTES`.
        ValueError: The model is class-conditional and `categories` is None.
    """
    _check_size(model, len(images), num_steps)
    if categories is None:
        if model.categories is not None:
            raise ValueError("this network is class-conditional: give the categories of the images")
        categories = np.zeros(len(images), int)
    noise = noises(seed, len(images), num_steps, model.latent_size, protocol)
    drawings = collect(_infer(model, jnp.asarray(images), noise, categories))
    return drawings if model.categories is None else drawings._replace(categories=categories)


def _check_size(model: Draw, num: int, num_steps: int) -> None:
    size = 4 * num * num_steps * math.prod(model.shape)
    if size > MOST_BYTES:
        raise LimnerError(
            f"the canvases of {num:,} drawings at {num_steps:,} steps take {size / 2**30:.1f} GiB, "
            f"more than {MOST_BYTES >> 30}: ask for fewer drawings or steps"
        )


def noises(
    seed: int | UInt32[Array | np.ndarray, ""],
    num: int,
    num_steps: int,
    latent_size: int,
    protocol: Protocol = "honest",
) -> Float[Array, "{num} {num_steps} {latent_size}"]:
    """Noise for several drawings; that of drawing i depends only on (seed, i)."""
    return _noises(seed_word(seed), num, num_steps, latent_size, protocol)


def seed_word(seed: int | UInt32[Array | np.ndarray, ""]) -> UInt32[Array | np.ndarray, ""]:
    """A seed as `jax.random.key` takes it inside a program.

    Raises:
        LimnerError: It is not whole, negative, or has more than 32 bits.
    """
    if isinstance(seed, jax.Array | np.ndarray):
        return seed
    require_seed(seed, "seed")
    return np.array(seed, np.uint32)


@partial(jax.jit, static_argnums=(1, 2, 3, 4))  # one program, not one for each operation
def _noises(
    seed: UInt32[Array, ""], num: int, num_steps: int, latent_size: int, protocol: Protocol
) -> Float[Array, "{num} {num_steps} {latent_size}"]:
    key = jax.random.key(seed)

    def draw(index: Int[Array, ""]) -> Float[Array, "t z"]:
        return draw_noise(jax.random.fold_in(key, index), num_steps, latent_size, protocol)

    return jax.vmap(draw)(jnp.arange(num))


@jax.jit
def generate(
    model: Draw,
    noise: Float[Array, "b t z"],
    categories: Int[Array | np.ndarray, "b"] | None = None,
) -> Step:
    """The steps of `Draw.generate` for many drawings, stacked along b and then t."""
    if categories is None:
        categories = jnp.zeros(len(noise), int)

    def one(noise, category) -> Step:
        return model.of(category).generate(noise)[1]

    return jax.vmap(one)(noise, categories)


@jax.jit
def _infer(
    model: Draw,
    images: Float[Array, "b c h w"],
    noise: Float[Array, "b t z"],
    categories: Int[Array | np.ndarray, "b"],
) -> Step:
    def one(image, noise, category) -> Step:
        return model.of(category).infer(image, noise)[1]

    return jax.vmap(one)(images, noise, categories)


def collect(steps: Step) -> Drawings:
    """Drawings from their steps, which are stacked along b and then t."""
    seen = (steps.canvas, steps.latent, steps.read_window, steps.write_window)
    return Drawings(*jax.tree.map(lambda leaf: np.swapaxes(np.asarray(leaf), 0, 1), seen))
