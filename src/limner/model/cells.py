"""Recurrent cells: what the encoder and the decoder are made of.

    products = W [inputs, hidden]
    hidden, cell <- activate(products, cell)

The two halves are apart because the first is where nearly all the arithmetic is:
`weight_gradients.py` takes its gradient in another order.

`LSTM`, with i, f, o, g = products + b:

    cell   <- sigmoid(f) cell + sigmoid(i) tanh(g)
    hidden <- sigmoid(o) tanh(cell)

`Dense` remembers nothing: hidden <- tanh(products + b). One step of DRAW with dense cells and
without attention is a variational autoencoder.

Other cells work too: `Cell` says what DRAW asks of one. Products and matrices are there for speed,
and concern only the two cells of this module.

Axis letters: d hidden, g gates times d, i inputs, j inputs and hidden.

Source: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000, without peepholes;
Kingma & Welling 2014, appendix C (dense).
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from limner.config import CellName
from limner.model.initialisers import glorot

_ALIGNMENT = 16  # floats in a vector register of AVX-512; a multiple of what other chips want


class CellState(NamedTuple):
    """The state that a cell passes to its next step; `cell` is zero in a dense cell."""

    hidden: Float[Array, "d"]
    cell: Float[Array, "d"]


@runtime_checkable
class Cell(Protocol):
    """What DRAW asks of a recurrent cell; `eqx.nn.GRUCell` is one.

    A state is an array of hidden units, or a pytree that has them as its attribute `hidden`. The
    state before the first step comes from the method `zero_state()`; a cell without this method
    begins with zeros. A class-conditional network adds the biases of each category to the attribute
    `bias`.
    """

    def __call__(self, inputs: Float[Array, "i"], state: Any) -> Any:
        """The state after one step."""
        ...


class LSTM(eqx.Module):
    """A long short-term memory; inputs and hidden state go through one matrix."""

    weight: Float[Array, "g j"]
    bias: Float[Array, "g"]

    def __init__(self, input_size: int, hidden_size: int, *, key: PRNGKeyArray):
        """Glorot-uniform weights; biases 0, but 1 for the forget gate, so that it remembers."""
        self.weight = glorot(key, 4 * hidden_size, input_size + hidden_size)
        self.bias = jnp.zeros(4 * hidden_size).at[hidden_size : 2 * hidden_size].set(1.0)

    def zero_state(self) -> CellState:
        """The state that remembers nothing."""
        zeros = jnp.zeros(self.bias.size // 4)
        return CellState(hidden=zeros, cell=zeros)

    def __call__(self, inputs: Float[Array, "i"], state: CellState) -> CellState:
        """The state after one step."""
        return self.activate(multiply(merge(self, inputs, state), self.weight), state.cell)

    @jax.checkpoint  # to compute the activations again costs less than to keep them for all steps
    def activate(self, products: Float[Array, "g"], cell: Float[Array, "d"]) -> CellState:
        """The state after a step whose products are these."""
        i, f, o, g = jnp.split(products + self.bias, 4)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        return CellState(hidden=jax.nn.sigmoid(o) * jnp.tanh(cell), cell=cell)


class Dense(eqx.Module):
    """A layer of tanh units; the hidden state is an input like the others."""

    weight: Float[Array, "d j"]
    bias: Float[Array, "d"]

    def __init__(self, input_size: int, hidden_size: int, *, key: PRNGKeyArray):
        """Glorot-uniform weights, zero biases."""
        self.weight = glorot(key, hidden_size, input_size + hidden_size)
        self.bias = jnp.zeros(hidden_size)

    def zero_state(self) -> CellState:
        """The state that remembers nothing."""
        zeros = jnp.zeros(self.bias.size)
        return CellState(hidden=zeros, cell=zeros)

    def __call__(self, inputs: Float[Array, "i"], state: CellState) -> CellState:
        """The state after one step."""
        return self.activate(multiply(merge(self, inputs, state), self.weight), state.cell)

    def activate(self, products: Float[Array, "d"], cell: Float[Array, "d"]) -> CellState:
        """The state after a step whose products are these."""
        return CellState(hidden=jnp.tanh(products + self.bias), cell=cell)


ProductCell = LSTM | Dense
"""Cells of one product and an activation, the two of this module."""

CELLS: dict[CellName, type[ProductCell]] = {"lstm": LSTM, "dense": Dense}


def hidden_units(state: Any) -> Float[Array, "d"]:
    """The hidden units of a cell's state."""
    return getattr(state, "hidden", state)


def zero_state(cell: Cell, hidden_size: int) -> Any:
    """The state of a cell that has seen nothing."""
    make = getattr(cell, "zero_state", None)
    return jnp.zeros(hidden_size) if make is None else make()


def merge(cell: ProductCell, inputs: Float[Array, "i"], state: CellState) -> Float[Array, "j"]:
    """The vector that a cell's matrix multiplies; zeros meet the columns that `aligned` adds."""
    spare = jnp.zeros(cell.weight.shape[1] - inputs.size - state.hidden.size, inputs.dtype)
    return jnp.concatenate([inputs, state.hidden, spare])


def multiply(merged: Float[Array, "j"], weight: Float[Array, "g j"]) -> Float[Array, "g"]:
    """weight @ merged, in a form whose batches come out row by row, without a transpose."""
    return jnp.tensordot(merged, weight, axes=(0, 1))


def aligned(cell: Cell) -> Cell:
    """The same cell, but faster: the matrix of a `ProductCell` gets extra columns of zeros.

    They make a row a whole number of the processor's vectors. Products with a matrix of 562 columns
    are a quarter slower than with 576 (gradients; one core of an Intel Xeon). Call it once, before
    the steps.
    """
    if not isinstance(cell, ProductCell):
        return cell
    columns = cell.weight.shape[1]
    weight = jnp.pad(cell.weight, ((0, 0), (0, -columns % _ALIGNMENT)))
    return eqx.tree_at(lambda cell: cell.weight, cell, weight)
