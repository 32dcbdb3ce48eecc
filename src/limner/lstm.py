"""A long short-term memory cell.

    i, f, o, g = W [inputs, hidden] + b
    cell   <- sigmoid(f) cell + sigmoid(i) tanh(g)
    hidden <- sigmoid(o) tanh(cell)

Axis letters: d hidden, i inputs.

Source: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000, without peepholes.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray


class LSTMState(NamedTuple):
    """What the cell passes to its next step."""

    hidden: Float[Array, "d"]
    cell: Float[Array, "d"]


class LSTM(eqx.Module):
    """One cell; inputs and hidden state go through one matrix."""

    weight: Float[Array, "4*d i+d"]
    bias: Float[Array, "4*d"]

    def __init__(self, input_size: int, hidden_size: int, *, key: PRNGKeyArray):
        """Glorot-uniform weights; biases 0, but 1 for the forget gate, so that it remembers."""
        rows, columns = 4 * hidden_size, input_size + hidden_size
        initialise = jax.nn.initializers.glorot_uniform()
        self.weight = initialise(key, (rows, columns), jnp.float32)
        self.bias = jnp.zeros(rows).at[hidden_size : 2 * hidden_size].set(1.0)

    def __call__(self, inputs: Float[Array, "i"], state: LSTMState) -> LSTMState:
        """The state after one step."""
        gates = self.weight @ jnp.concatenate([inputs, state.hidden]) + self.bias
        return _activate(state.cell, gates)

    def zero_state(self) -> LSTMState:
        """A state that remembers nothing."""
        hidden_size = self.bias.size // 4
        return LSTMState(hidden=jnp.zeros(hidden_size), cell=jnp.zeros(hidden_size))


@jax.checkpoint  # to compute the activations again costs less than to keep them for all steps
def _activate(cell: Float[Array, "d"], gates: Float[Array, "4*d"]) -> LSTMState:
    take, keep, show, candidate = jnp.split(gates, 4)
    cell = jax.nn.sigmoid(keep) * cell + jax.nn.sigmoid(take) * jnp.tanh(candidate)
    return LSTMState(hidden=jax.nn.sigmoid(show) * jnp.tanh(cell), cell=cell)
