"""The judge: a small convolutional network that names drawings, and has seen only what people drew.

It judges what models draw: whether a sample is recognised as what was asked for, and how samples
lie among real drawings in the space of its features. It learned from training rows, mirrored and
moved at random, but with their greys as they are: it is strict, and soft strokes may not count.

Axis letters: b image, k category, f feature, c channel, h w image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from limner.config import from_fields
from limner.errors import LimnerError
from limner.model.initialisers import linear
from limner.model.weights import load_weights
from limner.system.checksums import read_checked
from limner.text import listed

HERE = Path(__file__).parent
"""Folder of the judge that comes with the package."""

CHUNK = 256
"""Number of images judged at a time."""

_LAYERS = ((1, 32, 5, 2), (32, 48, 3, 1), (48, 80, 3, 2), (80, 80, 3, 1), (80, 64, 3, 2))
"""Channels in, channels out, width of the filters and stride of each convolution."""

_LAST = 64 * 4 * 4
"""Size of what the last convolution gives, for an image of 28 x 28 pixels."""

FEATURES = 96
"""Number F of features."""


class Judge(eqx.Module):
    """Five convolutions and two linear layers: 255,000 numbers.

    What each layer gives but the first is normalised, and so trains fast; the first can tell a
    faint stroke from a dark one.

    Example:
        >>> judge, card = load_judge()
        >>> scores, features = look(judge, limner.load("cat").sample(16).probabilities[-1])
        >>> card.categories[int(scores[0].argmax())]
    """

    convolutions: tuple[eqx.nn.Conv2d, ...]
    gather: eqx.nn.Linear
    head: eqx.nn.Linear

    def __init__(self, num_categories: int, *, key: PRNGKeyArray):
        """A judge before its training.

        Args:
            num_categories: Number K of categories to tell apart.
            key: Key for the weights.
        """
        *keys, gather, head = jax.random.split(key, len(_LAYERS) + 2)
        self.convolutions = tuple(map(_convolution, _LAYERS, keys))
        self.gather = linear(_LAST, FEATURES, key=gather)
        self.head = linear(FEATURES, num_categories, key=head)

    def features(self, image: Float[Array, "1 28 28"]) -> Float[Array, "f"]:
        """What the judge sees in an image, pixels from 0 to 1, before it names a category."""
        first, *others = self.convolutions
        hidden = jax.nn.relu(first(image))
        for convolution in others:
            hidden = jax.nn.relu(_normalised(convolution(hidden)))
        return jax.nn.relu(_normalised(self.gather(hidden.ravel())))

    def __call__(self, image: Float[Array, "1 28 28"]) -> Float[Array, "k"]:
        """The logits of the categories."""
        return self.head(self.features(image))


def _normalised(hidden: Float[Array, "..."]) -> Float[Array, "..."]:
    """With a mean of 0 and a variance of 1 (layer normalisation, Ba et al. 2016)."""
    return (hidden - hidden.mean()) * jax.lax.rsqrt(hidden.var() + 1e-5)


def _convolution(layer: tuple[int, int, int, int], key: PRNGKeyArray) -> eqx.nn.Conv2d:
    inputs, outputs, width, stride = layer
    bare = eqx.nn.Conv2d(inputs, outputs, width, stride, padding=width // 2, key=key)
    std = (2 / (inputs * width**2)) ** 0.5
    fresh = (std * jax.random.normal(key, bare.weight.shape), jnp.zeros((outputs, 1, 1)))
    return eqx.tree_at(lambda one: (one.weight, one.bias), bare, fresh)


@dataclass(frozen=True, kw_only=True)
class JudgeCard:
    """What a judge knows and how well; its shares are of real drawings, from 0 to 1."""

    categories: tuple[str, ...]
    """The categories it tells apart."""
    drawings: int
    """Number of training drawings."""
    valid: float
    """Share of the validation drawings that it names rightly; the updates were chosen by it."""
    test: float
    """Share of the test drawings that it names rightly."""
    test_drawings: int
    """Number of test drawings."""
    by_category: dict[str, float]
    """The share of each category's test drawings."""
    confused: tuple[tuple[str, str, float], ...]
    """The most frequent mistakes: what was drawn, what it was taken for, and the share."""
    updates: int
    """Number of optimiser updates."""
    command: str
    """The command that trained it."""
    seconds: float
    """Seconds that it took."""
    device: str
    """The kind of machine."""

    def indices(self, names: Sequence[str], of: str) -> list[int]:
        """Indices of some categories among those that the judge tells apart.

        Args:
            names: Names of the categories.
            of: Name of what they are the categories of, for the error.

        Raises:
            LimnerError: It does not know one of them.
        """
        unknown = [name for name in names if name not in self.categories]
        if unknown:
            raise LimnerError(
                f"{of} cannot be judged: the judge has not learned {listed(unknown)}, but "
                f"{len(self.categories)} others, from {self.categories[0]} to {self.categories[-1]}"
            )
        return [self.categories.index(name) for name in names]


@cache
def load_judge(folder: Path = HERE) -> tuple[Judge, JudgeCard]:
    """The judge that comes with the package, and its card.

    Args:
        folder: Folder of another judge, as `limner reproduce judge` makes it.

    Raises:
        LimnerError: A file is missing or damaged.
    """
    path = folder / "judge.json"
    card = from_fields(JudgeCard, read_checked(path), str(path))
    shapes = jax.eval_shape(lambda: Judge(len(card.categories), key=jax.random.key(0)))
    return load_weights(shapes, folder / "judge.safetensors"), card


def look(
    judge: Judge, images: Float[np.ndarray, "b 1 28 28"]
) -> tuple[Float[np.ndarray, "b k"], Float[np.ndarray, "b f"]]:
    """What the judge makes of images, pixels from 0 to 1: logits of categories, and features."""
    seen = []
    for start in range(0, len(images), CHUNK):
        some = images[start : start + CHUNK]
        padded = np.resize(some, (CHUNK, *some.shape[1:]))  # so that one program is enough
        seen.append(jax.tree.map(lambda part, some=some: part[: len(some)], _look(judge, padded)))
    scores, features = zip(*seen, strict=True)
    return np.concatenate(scores), np.concatenate(features)


@jax.jit
def _look(
    judge: Judge, images: Float[Array | np.ndarray, "b 1 28 28"]
) -> tuple[Float[Array, "b k"], Float[Array, "b f"]]:
    features = jax.vmap(judge.features)(jnp.asarray(images, jnp.float32))
    return jax.vmap(judge.head)(features), features
