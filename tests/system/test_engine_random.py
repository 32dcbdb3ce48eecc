"""Chance in JavaScript is JAX's: bits to the last, floats to some units in the last place."""

import jax
import numpy as np
import pytest
from node_process import needs_node, run_node

pytestmark = needs_node


@pytest.mark.parametrize("seed", [0, 12345, 2**32 - 1])
def test_the_same_seed_gives_the_same_numbers(seed):
    count = 5000
    found = run_node("random.mjs", {"seed": seed, "count": count})
    key = jax.random.key(seed)
    np.testing.assert_array_equal(found["bits"], jax.random.bits(key, (count,)))
    np.testing.assert_array_equal(found["split"], jax.random.key_data(jax.random.split(key, 5)))
    uniform = jax.random.uniform(key, (count,), minval=-3.0, maxval=2.0)
    np.testing.assert_allclose(found["uniform"], uniform, rtol=0, atol=5e-7)
    for kind in ("normal", "gumbel"):
        expected = np.asarray(getattr(jax.random, kind)(key, (count,)))
        np.testing.assert_allclose(found[kind], expected, rtol=5e-7, atol=5e-7)
