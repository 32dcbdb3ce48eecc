"""Laws of the bound, of its noise, and of what the study reported."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import roots_hermitenorm

from limner.model.objective import (
    Loss,
    draw_noise,
    importance_weighted_bound,
    log_weight,
    loss,
    published_rate,
)

KEY = jax.random.key(3)
SAMPLES = (1, 2, 4, 8)


def test_honest_noise_differs_by_step_latent_and_key():
    noise = np.asarray(draw_noise(KEY, 6, 4))
    assert len(np.unique(noise)) == 24
    other = np.asarray(draw_noise(jax.random.fold_in(KEY, 1), 6, 4))
    assert not np.isin(other, noise).any()


def test_honest_noise_is_standard_normal_and_uncorrelated_over_steps():
    keys = jax.random.split(KEY, 20_000)
    noise = np.asarray(jax.vmap(lambda key: draw_noise(key, 3, 2))(keys)).reshape(-1, 6)
    np.testing.assert_allclose(np.cov(noise.T), np.eye(6), atol=0.04)


def test_as_published_noise_is_one_vector_for_all_steps():
    noise = np.asarray(draw_noise(KEY, 6, 4, "as-published"))
    assert (noise == noise[0]).all()
    assert len(np.unique(noise[0])) == 4


@pytest.mark.parametrize(("num_steps", "latent_size"), [(1, 1), (10, 10), (25, 100), (20, 10)])
def test_the_published_rate_is_what_half_a_nat_a_step_for_the_constant_gives(
    num_steps, latent_size
):
    random = np.random.default_rng(0)
    mean, log_std = random.normal(size=(2, num_steps, latent_size))
    as_printed = (mean**2 + np.exp(2 * log_std) - 2 * log_std).sum() / 2 - num_steps / 2
    true = ((mean**2 + np.exp(2 * log_std) - 2 * log_std - 1) / 2).sum()
    assert published_rate(float(true), num_steps, latent_size) == pytest.approx(as_printed)


def test_rate_and_bound_are_sums():
    losses = Loss(jnp.array([5.0, 6.0]), jnp.array([[1.0, 2.0], [0.5, 0.25]]))
    np.testing.assert_array_equal(losses.rate, [3, 0.75])
    np.testing.assert_array_equal(losses.bound, [8, 6.75])


def test_one_importance_sample_is_the_weight_itself_and_more_never_raise_the_bound_on_average():
    weights = np.random.default_rng(3).normal(0, 3, (5000, 8)).astype(np.float32)
    of_first = [np.asarray(importance_weighted_bound(jnp.asarray(weights[:, :k]))) for k in SAMPLES]
    np.testing.assert_allclose(of_first[0], -weights[:, 0], rtol=1e-6)
    bounds = [bound.mean() for bound in of_first]
    assert bounds == sorted(bounds, reverse=True)


@pytest.mark.usefixtures("float64")
def test_the_bound_lies_above_the_likelihood_by_quadrature_and_more_samples_close_in(make_model):
    """One latent, two steps: -log p(x) is an integral over the plane."""
    model = make_model(height=3, width=3, latent_size=1)
    image = jnp.asarray(np.random.default_rng(1).integers(0, 2, (1, 3, 3)), float)
    nodes, weights = roots_hermitenorm(80)
    plane = jnp.asarray(np.stack(np.meshgrid(nodes, nodes), -1).reshape(-1, 2, 1))
    mass = np.log(np.outer(weights, weights).ravel() / (2 * np.pi))

    def log_likelihood(latents):
        canvas = model.generate(latents)[0].canvas
        return jnp.sum(image * canvas - jnp.logaddexp(0, canvas))

    @jax.jit
    @jax.vmap
    def drawn(noise):
        return loss(model, image, noise).bound, log_weight(model, image, noise)

    exact = -jax.nn.logsumexp(jax.jit(jax.vmap(log_likelihood))(plane) + mass)
    noise = jax.random.normal(KEY, (20_000, 2, 1))
    bounds, log_weights = drawn(noise)
    # The KL in closed form and by Monte Carlo are two estimates of one bound.
    error = np.hypot(bounds.std(), log_weights.std()) / np.sqrt(len(noise))
    assert abs(bounds.mean() + log_weights.mean()) < 4 * error
    assert bounds.mean() > exact
    many = importance_weighted_bound(log_weights.reshape(4, 5000))
    few = importance_weighted_bound(log_weights.reshape(2000, 10)).mean()
    np.testing.assert_allclose(many, exact, atol=0.02)
    assert exact < few < bounds.mean()
