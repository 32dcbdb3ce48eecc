"""Laws of the cells that the encoder and the decoder are made of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from limner.model.cells import CellState, aligned, make_cell

pytestmark = pytest.mark.usefixtures("float64")

NAMES = ("lstm", "layer-norm-lstm", "dense")


@pytest.fixture
def seen():
    random = np.random.default_rng(2)
    return random.normal(size=5), CellState(*map(jnp.asarray, random.normal(size=(2, 4))))


def some_cell(name):
    cell = make_cell(name, 5, 4, jax.random.key(0))
    random = np.random.default_rng(1)
    return jax.tree.map(lambda leaf: jnp.asarray(random.normal(size=leaf.shape)), cell)


def test_layer_normalisation_brings_each_gate_and_the_cell_to_mean_zero_and_variance_one(seen):
    inputs, state = seen
    cell = some_cell("layer-norm-lstm")

    def standardised(x):
        return (x - x.mean()) / np.sqrt(x.var() + 1e-5)

    products = np.asarray(cell.weight) @ np.concatenate([inputs, state.hidden])
    i, f, o, g = (
        scale * standardised(gate) + bias
        for scale, gate, bias in zip(
            np.asarray(cell.normalisation.gates),
            np.split(products, 4),
            np.split(np.asarray(cell.bias), 4),
            strict=True,
        )
    )
    memory = expit(f) * np.asarray(state.cell) + expit(i) * np.tanh(g)
    hidden = expit(o) * np.tanh(np.asarray(cell.normalisation.cell) * standardised(memory))
    got = cell(jnp.asarray(inputs), state)
    np.testing.assert_allclose(got.cell, memory, rtol=1e-10)
    np.testing.assert_allclose(got.hidden, hidden, rtol=1e-10)


def test_a_layer_normalised_cell_does_not_see_the_size_of_its_matrix(seen):
    cell = some_cell("layer-norm-lstm")
    inputs, state = jnp.asarray(seen[0]), seen[1]
    larger = jax.tree_util.tree_map_with_path(
        lambda path, leaf: leaf * 100 if path[0].name == "weight" else leaf, cell
    )
    np.testing.assert_allclose(cell(inputs, state).hidden, larger(inputs, state).hidden, rtol=1e-3)


def test_a_dense_cell_is_one_layer_of_tanh_units(seen):
    inputs, state = seen
    cell = some_cell("dense")
    merged = np.concatenate([inputs, state.hidden])
    got = cell(jnp.asarray(inputs), state)
    expected = np.tanh(np.asarray(cell.weight) @ merged + np.asarray(cell.bias))
    np.testing.assert_allclose(got.hidden, expected, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_an_aligned_cell_computes_the_same(name, seen):
    cell = some_cell(name)
    inputs, state = jnp.asarray(seen[0]), seen[1]
    wide = aligned(cell)
    assert wide.weight.shape[1] == 16
    for got, expected in zip(wide(inputs, state), cell(inputs, state), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-14)
    assert aligned(wide).weight.shape == wide.weight.shape
