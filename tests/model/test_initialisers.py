"""First weights: Glorot's, and what a network does with them."""

import jax
import numpy as np
import pytest

from limner.config import ModelConfig
from limner.model.draw import build_model
from limner.model.initialisers import glorot, linear


@pytest.mark.parametrize(("rows", "columns"), [(1024, 562), (5, 256)])
def test_matrices_are_uniform_with_the_variance_that_keeps_signals_as_they_are(rows, columns):
    matrix = np.asarray(glorot(jax.random.key(1), rows, columns))
    assert np.abs(matrix).max() <= np.sqrt(6 / (rows + columns))
    assert matrix.var() == pytest.approx(2 / (rows + columns), rel=0.06)
    assert abs(matrix.mean()) < 4 * matrix.std() / np.sqrt(matrix.size)


def test_a_linear_layer_has_a_bias_of_zero():
    layer = linear(7, 3, key=jax.random.key(0))
    assert layer.weight.shape == (3, 7)
    np.testing.assert_array_equal(layer.bias, np.zeros(3))


@pytest.mark.parametrize("grid", [None, 3])
def test_every_linear_layer_of_a_network_begins_so(grid):
    sizes = {"height": 12, "width": 12, "latent_size": 6, "hidden_size": 40}
    config = ModelConfig(**sizes, read_grid=grid, write_grid=grid)
    model = build_model(config, jax.random.key(2))
    heads = [model.posterior, model.write.patch]
    for head in heads:
        rows, columns = head.weight.shape
        assert np.abs(head.weight).max() <= np.sqrt(6 / (rows + columns))
        assert np.var(head.weight) == pytest.approx(2 / (rows + columns), rel=0.2)
        np.testing.assert_array_equal(head.bias, 0)
