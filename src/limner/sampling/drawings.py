"""Drawings by a model: samples from the prior, reconstructions from the posterior.

The two are never the same thing: a sample comes from noise alone, a reconstruction from looking at
a picture. Each comes with all that can be seen of it, as NumPy arrays.

Axis letters: t step, b picture, c channel, h w picture, z latent.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from limner.config import Protocol
from limner.model.attention import Window
from limner.model.draw import Draw, Step
from limner.model.objective import draw_noise


class Drawings(NamedTuple):
    """Pictures drawn together, step by step; canvases are logits.

    Windows are None where there is no attention; samples read nothing.
    """

    canvases: Float[np.ndarray, "t b c h w"]
    latents: Float[np.ndarray, "t b z"]
    read_window: Window | None
    write_window: Window | None
    categories: Int[np.ndarray, "b"] | None = None
    """Which category each was drawn as, by a model that tells them apart."""

    @property
    def probabilities(self) -> Float[np.ndarray, "t b c h w"]:
        """Each pixel's probability of ink."""
        return np.asarray(jax.nn.sigmoid(self.canvases))


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
    """Draw from the prior.

    Args:
        model: The network.
        num: How many pictures.
        num_steps: T; may differ from the T of training.
        seed: Of the noise; picture i depends on (seed, i) alone.
        temperature: Factor on the noise; below 1 the drawings are more alike.
        category: Which to draw, where the model tells them apart; else each picture's is drawn
            first, all being as likely.
        protocol: How the noise is made.

    Raises:
        ValueError: There is no such category.
    """
    noise = temperature * noises(seed, num, num_steps, model.latent_size, protocol)
    count = 0 if model.categories is None else len(model.categories.canvas)
    if category is not None and not 0 <= category < count:
        raise ValueError(f"there is no category {category}: this network tells {count} apart")
    if count and category is None:
        categories = _draw_categories(seed, num, count)
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
    """Draw pictures from looks at them.

    Args:
        model: The network.
        images: Pixels from 0 to 1.
        num_steps: T.
        seed: Of the noise; picture i depends on (seed, i) alone.
        categories: Of the pictures, needed where the model tells them apart.
        protocol: How the noise is made.

    Raises:
        ValueError: The model tells categories apart and none are given.
    """
    if categories is None:
        if model.categories is not None:
            raise ValueError("this network draws categories: say which the pictures are")
        categories = np.zeros(len(images), int)
    noise = noises(seed, len(images), num_steps, model.latent_size, protocol)
    drawings = collect(_infer(model, jnp.asarray(images), noise, categories))
    return drawings if model.categories is None else drawings._replace(categories=categories)


def noises(
    seed: int | UInt32[Array | np.ndarray, ""],
    num: int,
    num_steps: int,
    latent_size: int,
    protocol: Protocol = "honest",
) -> Float[Array, "{num} {num_steps} {latent_size}"]:
    """Noise for some pictures; that of picture i depends on (seed, i) alone."""
    key = jax.random.key(seed)
    keys = jax.vmap(lambda place: jax.random.fold_in(key, place))(jnp.arange(num))
    return jax.vmap(lambda key: draw_noise(key, num_steps, latent_size, protocol))(keys)


def _draw_categories(seed: int, num: int, num_categories: int) -> Int[np.ndarray, "{num}"]:
    """A category for each of some pictures; that of picture i depends on (seed, i) alone."""

    def draw(place: Int[Array, ""]) -> Int[Array, ""]:
        key = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), place), 1)
        return jax.random.randint(key, (), 0, num_categories)

    return np.asarray(jax.vmap(draw)(jnp.arange(num)))


@jax.jit
def generate(
    model: Draw,
    noise: Float[Array, "b t z"],
    categories: Int[Array | np.ndarray, "b"] | None = None,
) -> Step:
    """The steps of `Draw.generate` for many pictures, stacked along b and then t."""
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
    """The steps of many pictures, stacked along b and then t, as drawings."""
    seen = (steps.canvas, steps.latent, steps.read_window, steps.write_window)
    return Drawings(*jax.tree.map(lambda leaf: np.swapaxes(np.asarray(leaf), 0, 1), seen))
