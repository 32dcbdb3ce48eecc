"""Laws of the cells that the encoder and the decoder are made of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from limner.model.cells import CELLS, CellState, aligned

pytestmark = pytest.mark.usefixtures("float64")

NAMES = ("lstm", "dense")


@pytest.fixture
def seen():
    random = np.random.default_rng(2)
    return random.normal(size=5), CellState(*map(jnp.asarray, random.normal(size=(2, 4))))


def some_cell(name):
    cell = CELLS[name](5, 4, key=jax.random.key(0))
    random = np.random.default_rng(1)
    return jax.tree.map(lambda leaf: jnp.asarray(random.normal(size=leaf.shape)), cell)


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
