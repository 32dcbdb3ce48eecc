"""Weights before training: Glorot-uniform matrices, and biases of 0.

Source: Glorot and Bengio 2010; TensorFlow 1's default, so what public versions of DRAW begin with.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray


def glorot(key: PRNGKeyArray, rows: int, columns: int) -> Float[Array, "{rows} {columns}"]:
    """A matrix of Glorot-uniform weights."""
    return jax.nn.initializers.glorot_uniform()(key, (rows, columns), jnp.float32)


def linear(inputs: int, outputs: int, *, key: PRNGKeyArray) -> eqx.nn.Linear:
    """A linear layer with Glorot-uniform weights and biases of 0."""
    layer = eqx.nn.Linear(inputs, outputs, key=key)
    fresh = (glorot(key, outputs, inputs), jnp.zeros(outputs))
    return eqx.tree_at(lambda layer: (layer.weight, layer.bias), layer, fresh)


def zero_linear(inputs: int, outputs: int) -> eqx.nn.Linear:
    """A linear layer that gives zeros."""
    return jax.tree.map(jnp.zeros_like, linear(inputs, outputs, key=jax.random.key(0)))
