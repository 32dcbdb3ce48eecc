"""The learned heads: how the decoder's state moves the windows, and what it writes.

Reading gives a flat glimpse of the image and of the error; writing gives logits to add to the
canvas. Each exists with attention (through a `Window`) and without (the whole image). Reading and
writing have separate heads, so the two windows move independently.

Axis letters: c channel, h w image, n grid, d hidden.

Source: Gregor et al. 2015, section 3.1 (no attention), sections 3.2 and 3.3 (attention).
"""

import math
from typing import Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from limner.model.attention import (
    NUM_PARAMETERS,
    Window,
    full_stride,
    read,
    window_from_parameters,
    write,
)
from limner.model.initialisers import linear

INITIAL_STD = 4 / 27
"""Width of the filters before training, in strides, if that is at least a pixel.

It is one pixel for 5 x 5 filters over 28 pixels, where it was chosen. Filters that lie far apart
must be wider: a 2 x 2 grid of one-pixel filters would see only four corners. Filters narrower than
a pixel would fall between pixels.
"""


@runtime_checkable
class Read(Protocol):
    """The protocol of a module that reads."""

    @property
    def glimpse_size(self) -> int:
        """Number of values in a glimpse."""
        ...

    def __call__(
        self, image: Float[Array, "c h w"], error: Float[Array, "c h w"], hidden: Float[Array, "d"]
    ) -> tuple[Float[Array, "glimpse"], Window | None]:
        """Read a glimpse of the image and of the error image.

        Args:
            image: Pixels from 0 to 1.
            error: The image minus what is drawn so far.
            hidden: Hidden units of the decoder.

        Returns:
            The glimpse, and the window it was seen through, or None. The window is only shown;
            nothing is computed from it.
        """
        ...


@runtime_checkable
class Write(Protocol):
    """The protocol of a module that writes."""

    def __call__(self, hidden: Float[Array, "d"]) -> tuple[Float[Array, "c h w"], Window | None]:
        """The logits to add to the canvas, from the decoder's hidden units; a window to show."""
        ...


class FullRead(eqx.Module):
    """Reads the whole image and the whole error, without attention.

    Source: eq. 17.
    """

    glimpse_size: int = eqx.field(static=True)

    def __init__(self, shape: tuple[int, int, int]):
        channels, height, width = shape
        self.glimpse_size = 2 * channels * height * width

    def __call__(
        self, image: Float[Array, "c h w"], error: Float[Array, "c h w"], hidden: Float[Array, "d"]
    ) -> tuple[Float[Array, "glimpse"], None]:
        """The glimpse; there is no window."""
        return jnp.concatenate([image.ravel(), error.ravel()]), None


class AttentiveRead(eqx.Module):
    """Reads N x N filter responses of the image and of the error, through one window.

    Source: eqs 21, 27.
    """

    window: eqx.nn.Linear
    grid: int = eqx.field(static=True)
    glimpse_size: int = eqx.field(static=True)

    def __init__(
        self,
        shape: tuple[int, int, int],
        hidden_size: int,
        grid: int,
        initial_std: float | None,
        *,
        key: PRNGKeyArray,
    ):
        self.window = _window_head(hidden_size, grid, shape, initial_std, key)
        self.grid = grid
        self.glimpse_size = 2 * shape[0] * grid * grid

    def __call__(
        self, image: Float[Array, "c h w"], error: Float[Array, "c h w"], hidden: Float[Array, "d"]
    ) -> tuple[Float[Array, "glimpse"], Window]:
        """The glimpse and the window it was seen through."""
        window = window_from_parameters(self.window(hidden), self.grid, *image.shape[-2:])
        return read(jnp.concatenate([image, error]), window, self.grid).ravel(), window


class FullWrite(eqx.Module):
    """Writes on every pixel, without attention.

    Source: eq. 18.
    """

    patch: eqx.nn.Linear
    shape: tuple[int, int, int] = eqx.field(static=True)

    def __init__(self, shape: tuple[int, int, int], hidden_size: int, *, key: PRNGKeyArray):
        channels, height, width = shape
        self.patch = linear(hidden_size, channels * height * width, key=key)
        self.shape = shape

    def __call__(self, hidden: Float[Array, "d"]) -> tuple[Float[Array, "c h w"], None]:
        """The logits to add to the canvas; there is no window."""
        return self.patch(hidden).reshape(self.shape), None


class AttentiveWrite(eqx.Module):
    """Writes an N x N patch through a window.

    Source: eqs 28, 29.
    """

    window: eqx.nn.Linear
    patch: eqx.nn.Linear
    grid: int = eqx.field(static=True)
    shape: tuple[int, int, int] = eqx.field(static=True)

    def __init__(
        self,
        shape: tuple[int, int, int],
        hidden_size: int,
        grid: int,
        initial_std: float | None,
        *,
        key: PRNGKeyArray,
    ):
        window_key, patch_key = jax.random.split(key)
        self.window = _window_head(hidden_size, grid, shape, initial_std, window_key)
        self.patch = linear(hidden_size, shape[0] * grid * grid, key=patch_key)
        self.grid = grid
        self.shape = shape

    def __call__(self, hidden: Float[Array, "d"]) -> tuple[Float[Array, "c h w"], Window]:
        """The logits to add to the canvas, and the window they are written through."""
        channels, height, width = self.shape
        window = window_from_parameters(self.window(hidden), self.grid, height, width)
        patch = self.patch(hidden).reshape(channels, self.grid, self.grid)
        return write(patch, window, height, width), window


def _window_head(
    hidden_size: int,
    grid: int,
    shape: tuple[int, int, int],
    initial_std: float | None,
    key: PRNGKeyArray,
) -> eqx.nn.Linear:
    """The W of eq. 21; its filters are about `initial_std` pixels wide before training."""
    head = linear(hidden_size, NUM_PARAMETERS, key=key)
    if initial_std is None:
        initial_std = max(1.0, INITIAL_STD * full_stride(grid, *shape[-2:]))
    _, _, log_variance, _, _ = range(NUM_PARAMETERS)
    return eqx.tree_at(
        lambda head: head.bias,
        head,
        replace_fn=lambda bias: bias.at[log_variance].set(2 * math.log(initial_std)),
    )
