"""Selective attention: an N x N grid of Gaussian filters laid over an image.

A window has a centre, a stride between filters, a width common to all filters, and an intensity.
Counting pixels and filters from 0, filter i of N looks along one axis of `size` pixels at

    mu_i = centre + (i - (N - 1) / 2) * stride,

with weights over the pixels a that are Gaussian in a - mu_i and sum to 1. Reading takes weighted
means of the image, writing spreads a patch over the canvas with the same weights: as linear maps
the two are each other's adjoint, up to the intensity.

Filters are quicker to compute again than to keep, so the backward pass computes them again
(`jax.checkpoint`; here for writing, in `draw.py` for reading).

Axis letters: c channel, h w image, n grid.

Source: Gregor et al. 2015, sections 3.2 and 3.3, eqs 19-29.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

NUM_PARAMETERS = 5


class Window(NamedTuple):
    """Position and size of attention; lengths in pixels, positions from the centre of pixel 0."""

    centre_x: Float[Array, ""]
    centre_y: Float[Array, ""]
    stride: Float[Array, ""]
    std: Float[Array, ""]
    intensity: Float[Array, ""]


def window_from_parameters(
    parameters: Float[Array, "5"], grid: int, height: int, width: int
) -> Window:
    """The window that five unbounded numbers describe.

    Zeros give the middle of the image, filters of one pixel's width, intensity 1, and a stride
    with which the first and the last filter sit on the edge pixels of the longer side.

    Source: eqs 21-24. The paper counts pixels from 1, so its centre (A + 1) / 2 (g~ + 1) is less
    by 1 here. Eq. 24 divides by N - 1; a single filter has no neighbour, and keeps stride~ times
    the whole extent, which nothing sees.
    """
    x, y, log_variance, log_stride, log_intensity = parameters
    return Window(
        centre_x=(width + 1) / 2 * (x + 1) - 1,
        centre_y=(height + 1) / 2 * (y + 1) - 1,
        stride=full_stride(grid, height, width) * jnp.exp(log_stride),
        std=jnp.exp(log_variance / 2),
        intensity=jnp.exp(log_intensity),
    )


def full_stride(grid: int, height: int, width: int) -> float:
    """Distance in pixels between filters that span the longer side, from edge pixel to edge pixel.

    Source: eq. 24; this is the factor of its stride~.
    """
    return (max(height, width) - 1) / max(grid - 1, 1)


def filterbank(
    centre: Float[Array, ""],
    stride: Float[Array, ""],
    std: Float[Array, ""],
    grid: int,
    size: int,
) -> Float[Array, "n {size}"]:
    """Gaussian filters along one axis; each row sums to 1.

    Normalising a Gaussian over the pixels is a softmax of its exponent, so a row far off the
    image stays finite and leans on the nearest pixel, with no epsilon.

    Source: eqs 19, 20 (means), 25, 26 (weights).
    """
    means = centre + (jnp.arange(grid) - (grid - 1) / 2) * stride
    distances = (jnp.arange(size) - means[:, None]) / std
    return jax.nn.softmax(-(distances**2) / 2, axis=-1)


def filters(
    window: Window, grid: int, height: int, width: int
) -> tuple[Float[Array, "n {height}"], Float[Array, "n {width}"]]:
    """The vertical and the horizontal filterbank of a window."""
    return (
        filterbank(window.centre_y, window.stride, window.std, grid, height),
        filterbank(window.centre_x, window.stride, window.std, grid, width),
    )


def read(
    image: Float[Array, "c h w"], window: Window, grid: int
) -> Float[Array, "c {grid} {grid}"]:
    """The patch seen through a window, every channel through the same filters.

    Source: eq. 27.
    """
    filters_y, filters_x = filters(window, grid, *image.shape[-2:])
    return window.intensity * (filters_y @ (image @ filters_x.T))


@partial(jax.checkpoint, static_argnums=(2, 3))
def write(
    patch: Float[Array, "c n n"], window: Window, height: int, width: int
) -> Float[Array, "c {height} {width}"]:
    """A patch laid on an empty canvas through a window; the adjoint of `read` over intensity².

    Source: eq. 29, which divides the canvas by the intensity where here the patch is, the smaller.
    """
    filters_y, filters_x = filters(window, patch.shape[-1], height, width)
    # XLA merges a transpose into the product, which then takes twice as long: hence the barrier.
    columns = jax.lax.optimization_barrier(filters_y.T)
    return columns @ (patch / window.intensity @ filters_x)
