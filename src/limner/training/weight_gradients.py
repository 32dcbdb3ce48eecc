"""Inference on a batch, with the gradient of each cell's matrix as one product.

A cell makes products p_t = W v_t at each of T steps for each of B images. The gradient of the
loss by W is a sum of outer products,

    dW = sum over t, b of g_tb v_tb^T,    g_tb the gradient by p_tb.

Differentiating the loop adds up dW once a step: T small products, and T times W's size read and
written. Nothing in the loop needs dW, though, so here it gives out v on its way forward and g on
its way back, and one product of T B rows follows. Differentiating the loop itself gives W nothing;
g leaves it as the gradient by a tap: zeros, as if added to p.

Values are those of `Draw.infer`; gradients are its own but for the order of sums. There is no
forward-mode derivative. This is for cells made of a product (`ProductCell`); with others the loop
is differentiated as it is.

Axis letters: b image, t step, z latent, c channel, h w image, g products, j their inputs.
"""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from limner.model.cells import CellState, ProductCell, merge, multiply
from limner.model.draw import Draw, State, Step


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
        categories: Index of the category of each image; ignored if not class-conditional.
        noise: Standard normal.
        rematerialise: Keep only what passes from step to step, and compute the rest again in the
            backward pass (gradient checkpointing): slower, with far less memory.
    """
    if all(isinstance(cell, ProductCell) for cell in _cells(model)):
        return _infer(rematerialise, model.aligned(), images, categories, noise)
    return _infer_plainly(rematerialise, model, images, categories, noise)


def _infer_plainly(
    rematerialise: bool, model: Draw, images, categories, noise
) -> tuple[State, Step]:
    """Inference with any cells; its gradient is that of the loop."""

    def one(image, category, noise):
        chosen = model.of(category)

        def step(state: State, noise):
            return chosen.step(state, noise, image)

        return jax.lax.scan(jax.checkpoint(step) if rematerialise else step, chosen.first, noise)

    return jax.vmap(one)(images, categories, noise)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _infer(rematerialise: bool, model: Draw, images, categories, noise) -> tuple[State, Step]:
    return _run(rematerialise, model, _zero_taps(model, noise), images, categories, noise)[0]


def _infer_forward(rematerialise: bool, model: Draw, images, categories, noise):
    def run(model, taps, images, noise):
        return _run(rematerialise, model, taps, images, categories, noise)

    taps = _zero_taps(model, noise)
    inference, pull_back, merged = jax.vjp(run, model, taps, images, noise, has_aux=True)
    return inference, (pull_back, merged)


def _infer_backward(rematerialise: bool, kept, cotangents):
    pull_back, merged = kept
    model, taps, images, noise = pull_back(cotangents)
    weights = [jnp.einsum("tbg,btj->gj", g, v) for g, v in zip(taps, merged, strict=True)]
    return eqx.tree_at(_weights, model, weights), images, None, noise


_infer.defvjp(_infer_forward, _infer_backward)


def _run(
    rematerialise: bool, model: Draw, taps: list[Array], images, categories, noise
) -> tuple[tuple[State, Step], list[Array]]:
    """The inference, and the inputs of each cell's matrix (b t j)."""

    def one(taps, image, category, noise):
        chosen = model.of(category)

        def step(state: State, inputs):
            noise, taps = inputs
            tapped = eqx.tree_at(_cells, chosen, [*map(_TappedCell, _cells(chosen), taps)])
            (canvas, encoder, decoder), seen = tapped.step(state, noise, image)
            merged = [encoder.merged, decoder.merged]
            return State(canvas, encoder.state, decoder.state), (seen, merged)

        body = jax.checkpoint(step) if rematerialise else step
        last, (seen, merged) = jax.lax.scan(body, chosen.first, (noise, taps))
        return (last, seen), merged

    return jax.vmap(one, in_axes=(1, 0, 0, 0))(taps, images, categories, noise)


class _TappedState(NamedTuple):
    """A cell's state, and v, which brought it about."""

    state: CellState
    merged: Float[Array, "j"]

    @property
    def hidden(self) -> Float[Array, "d"]:
        return self.state.hidden


class _TappedCell(eqx.Module):
    """A cell that gives its matrix no gradient, but gives out what makes it up."""

    cell: ProductCell
    tap: Float[Array, "g"]

    def __call__(self, inputs: Float[Array, "i"], state: CellState) -> _TappedState:
        merged = merge(self.cell, inputs, state)
        products = _tapped(self.cell.weight, merged, self.tap)
        return _TappedState(self.cell.activate(products, state.cell), merged)


@jax.custom_vjp
def _tapped(weight: Array, merged: Float[Array, "j"], tap: Array) -> Float[Array, "g"]:
    return multiply(merged, weight)


def _tapped_forward(weight, merged, tap):
    return multiply(merged, weight), weight


def _tapped_backward(weight, gradient):
    return None, gradient @ weight, gradient


_tapped.defvjp(_tapped_forward, _tapped_backward)


def _zero_taps(model: Draw, noise: Float[Array, "b t z"]) -> list[Float[Array, "t b g"]]:
    batch_size, num_steps, _ = noise.shape
    sizes = [weight.shape[0] for weight in _weights(model)]
    return [jnp.zeros((num_steps, batch_size, size), noise.dtype) for size in sizes]


def _cells(model: Draw) -> list[Any]:
    return [model.encoder, model.decoder]


def _weights(model: Draw) -> list[Any]:
    return [cell.weight for cell in _cells(model)]
