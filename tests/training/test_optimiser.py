"""The optimisers do what their sources say."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from limner.config import TrainConfig
from limner.presets import PRESETS
from limner.training.optimiser import average_step_size, learning_rate, make_optimiser


def test_the_studys_optimiser_is_tensorflow_1s_rmsprop_after_clipping_each_variable():
    optimiser = make_optimiser(PRESETS["study"].train)
    weights = {"a": jnp.array([1.0, -2.0]), "b": jnp.array([0.5])}
    state = optimiser.init(weights)
    square = {name: np.ones(len(value)) for name, value in weights.items()}
    expected = {name: np.array(value, float) for name, value in weights.items()}
    random = np.random.default_rng(0)
    for _ in range(5):
        gradient = {name: random.normal(0, 8, len(value)) for name, value in weights.items()}
        updates, state = optimiser.update(
            {name: jnp.asarray(g, jnp.float32) for name, g in gradient.items()}, state
        )
        weights = optax.apply_updates(weights, updates)
        for name, g in gradient.items():
            g = g * min(1, 5 / np.linalg.norm(g))
            square[name] = 0.9 * square[name] + 0.1 * g**2
            expected[name] -= 1e-3 * g / np.sqrt(square[name] + 1e-10)
    for name, value in weights.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-5)


def test_the_rate_rises_over_the_warm_up_and_falls_to_a_hundredth():
    config = TrainConfig(updates=1000, warmup_updates=100, learning_rate=2e-3)
    rate = learning_rate(config)
    assert rate(0) == 0
    assert rate(50) == pytest.approx(1e-3)
    assert rate(100) == pytest.approx(2e-3)
    assert rate(550) == pytest.approx((2e-3 + 2e-5) / 2)  # half way down the cosine
    assert rate(1000) == pytest.approx(2e-5)
    constant = learning_rate(dataclasses.replace(config, schedule="constant"))
    assert constant(50) == pytest.approx(1e-3)
    assert constant(900) == pytest.approx(2e-3)


@pytest.mark.parametrize("steps", [1, 9, 10, 200, 1000])
def test_a_warm_up_takes_a_tenth_of_a_short_run_which_then_falls_as_any_other(steps):
    config = TrainConfig(updates=steps, warmup_updates=200, learning_rate=2e-3)
    rate = learning_rate(config)
    assert rate(steps // 10) == pytest.approx(2e-3)
    assert rate(steps) == pytest.approx(2e-5)
    constant = learning_rate(dataclasses.replace(config, schedule="constant"))
    assert constant(steps // 10) == constant(steps) == pytest.approx(2e-3)


def test_global_clipping_bounds_the_norm_of_all_gradients_together():
    config = TrainConfig(optimiser="rmsprop", clip_norm=1.0, schedule="constant", warmup_updates=0)
    optimiser = make_optimiser(config)
    weights = {"a": jnp.zeros(1), "b": jnp.zeros(1)}
    gradient = {"a": jnp.array([3.0]), "b": jnp.array([4.0])}
    updates, _ = optimiser.update(gradient, optimiser.init(weights))
    for name, clipped in [("a", 0.6), ("b", 0.8)]:
        step = config.learning_rate * clipped / np.sqrt(0.9 + 0.1 * clipped**2)
        np.testing.assert_allclose(updates[name], [-step], rtol=1e-5)


def test_the_average_forgets_its_beginning_and_a_decay_of_zero_follows_the_weights():
    assert average_step_size(0.0, jnp.asarray(7)) == 1
    assert average_step_size(0.99, jnp.asarray(10**6)) == pytest.approx(0.01)
    left = np.prod([1 - average_step_size(0.999, jnp.asarray(step)) for step in range(500)])
    assert left < 1e-6  # of the first weights
