"""Inference on a batch, whose gradient takes the cells' matrices as one product.

A cell makes products p_t = W v_t at each of T steps for each of B pictures. The gradient of the
loss by W is a sum of outer products,

    dW = sum over t, b of g_tb v_tb^T,    g_tb the gradient by p_tb.

Differentiating the loop adds up dW once a step: T small products, and T times W's size read and
written. Nothing in the loop needs dW, though, so here it only gives out g and v, and one product of
T B rows follows. In the loop stands `_tapped`, whose gradient by a dummy, the tap, is defined to be
the pair (g, v): no derivative of anything, but what has to leave the loop.

Values are those of `Draw.infer`; gradients are its own but for the order of sums. There is no
forward-mode derivative.

Axis letters: b picture, t step, z latent, c channel, h w picture, g products, j what they are of.
"""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from limner.cells import Cell, CellState, merge, multiply
from limner.model import Draw, State, Step


class Tap(NamedTuple):
    """Zeros that stand for a product in the loop; their gradient is (g, v)."""

    products: Float[Array, "*tb g"]
    merged: Float[Array, "*tb j"]


def infer_many(
    model: Draw,
    images: Float[Array, "b c h w"],
    categories: Int[Array, "b"],
    noise: Float[Array, "b t z"],
    rematerialise: bool = False,
) -> tuple[State, Step]:
    """`Draw.infer` for a batch, stacked along b.

    Args:
        model: The network.
        images: Pixels from 0 to 1.
        categories: The category of each; a network that tells none apart does not look.
        noise: Standard normal.
        rematerialise: Keep only what goes from step to step, and compute the rest again in the
            backward pass: slower, in far less memory.
    """
    return _infer(rematerialise, model.aligned(), images, categories, noise)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _infer(rematerialise: bool, model: Draw, images, categories, noise) -> tuple[State, Step]:
    return _run(rematerialise, model, _zero_taps(model, noise), images, categories, noise)


def _infer_forward(rematerialise: bool, model: Draw, images, categories, noise):
    def run(model, taps, images, noise):
        return _run(rematerialise, model, taps, images, categories, noise)

    return jax.vjp(run, model, _zero_taps(model, noise), images, noise)


def _infer_backward(rematerialise: bool, pull_back, cotangents):
    model, taps, images, noise = pull_back(cotangents)
    weights = [jnp.einsum("tbg,tbj->gj", tap.products, tap.merged) for tap in taps]
    return eqx.tree_at(_weights, model, weights), images, None, noise


_infer.defvjp(_infer_forward, _infer_backward)


def _run(
    rematerialise: bool, model: Draw, taps: list[Tap], images, categories, noise
) -> tuple[State, Step]:
    def one(taps, image, category, noise):
        chosen = model.of(category)

        def step(state: State, inputs) -> tuple[State, Step]:
            noise, taps = inputs
            tapped = map(_TappedCell, _cells(chosen), taps)
            return eqx.tree_at(_cells, chosen, [*tapped]).step(state, noise, image)

        body = jax.checkpoint(step) if rematerialise else step
        return jax.lax.scan(body, chosen.first, (noise, taps))

    return jax.vmap(one, in_axes=(1, 0, 0, 0))(taps, images, categories, noise)


class _TappedCell(eqx.Module):
    """A cell that gives its matrix no gradient, but its tap all that makes it up."""

    cell: Cell
    tap: Tap

    def __call__(self, inputs: Float[Array, "i"], state: CellState) -> CellState:
        products = _tapped(self.cell.weight, merge(self.cell, inputs, state), self.tap)
        return self.cell.activate(products, state.cell)


@jax.custom_vjp
def _tapped(weight: Array, merged: Float[Array, "j"], tap: Tap) -> Float[Array, "g"]:
    return multiply(merged, weight)


def _tapped_forward(weight, merged, tap):
    return multiply(merged, weight), (weight, merged)


def _tapped_backward(kept, gradient):
    weight, merged = kept
    return None, gradient @ weight, Tap(gradient, merged)


_tapped.defvjp(_tapped_forward, _tapped_backward)


def _zero_taps(model: Draw, noise: Float[Array, "b t z"]) -> list[Tap]:
    batch_size, num_steps, _ = noise.shape
    zeros = partial(jnp.zeros, dtype=noise.dtype)
    return [
        Tap(*(zeros((num_steps, batch_size, size)) for size in weight.shape))
        for weight in _weights(model)
    ]


def _cells(model: Draw) -> list[Cell]:
    return [model.encoder, model.decoder]


def _weights(model: Draw) -> list[Any]:
    return [cell.weight for cell in _cells(model)]
