"""Laws of the latents' Gaussian and the pixels' Bernoulli."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from limner.model.distributions import (
    Gaussian,
    bernoulli_entropy,
    bernoulli_log_prob,
    standard_gaussian,
)

pytestmark = pytest.mark.usefixtures("float64")


@pytest.mark.parametrize("size", [1, 3, 10, 100])
def test_a_posterior_equal_to_the_prior_costs_nothing(size):
    prior = standard_gaussian(size)
    assert Gaussian(jnp.zeros(size), jnp.zeros(size)).kl(prior) == 0
    learned = Gaussian(jnp.linspace(-1, 1, size), jnp.linspace(-2, 1, size))
    assert learned.kl(learned) == 0


@pytest.mark.parametrize(("prior_mean", "prior_std"), [(0, 1), (-0.3, 1.7)])
def test_kl_is_the_integral_of_its_definition(prior_mean, prior_std):
    mean, std = 0.7, 0.4
    q, p = stats.norm(mean, std), stats.norm(prior_mean, prior_std)
    expected, _ = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), -4, 5)
    posterior, prior = (
        Gaussian(jnp.array([mean]), jnp.log(jnp.array([std])))
        for mean, std in [(mean, std), (prior_mean, prior_std)]
    )
    got = posterior.kl(prior)
    assert got == pytest.approx(expected, rel=1e-8)


def test_kl_is_the_mean_log_ratio_of_draws():
    posterior = Gaussian(jnp.array([0.5, -1.0, 0.1]), jnp.array([-0.3, 0.2, 0.5]))
    noise = jax.random.normal(jax.random.key(0), (200_000, 3))
    draws = jax.vmap(posterior.sample)(noise)
    prior = standard_gaussian(3)
    ratios = jax.vmap(posterior.log_prob)(draws) - jax.vmap(prior.log_prob)(draws)
    error = ratios.std() / np.sqrt(len(ratios))
    assert abs(posterior.kl(prior) - ratios.mean()) < 4 * error


def test_log_density_is_scipys():
    mean, log_std = np.array([0.5, -1.0]), np.array([-0.3, 0.2])
    value = np.array([0.1, 0.4])
    expected = stats.norm(mean, np.exp(log_std)).logpdf(value).sum()
    got = Gaussian(jnp.asarray(mean), jnp.asarray(log_std)).log_prob(jnp.asarray(value))
    assert got == pytest.approx(expected)


def test_samples_have_the_mean_and_the_deviation_asked_for():
    posterior = Gaussian(jnp.array([2.0, -1.0]), jnp.log(jnp.array([0.5, 3.0])))
    draws = jax.vmap(posterior.sample)(jax.random.normal(jax.random.key(1), (100_000, 2)))
    np.testing.assert_allclose(draws.mean(0), [2, -1], atol=0.05)
    np.testing.assert_allclose(draws.std(0), [0.5, 3], rtol=0.02)


def test_pixel_log_probability_is_that_of_sigmoids_of_the_logits():
    logits, pixels = np.array([-3.0, 0.0, 2.0]), np.array([0.0, 1.0, 1.0])
    p = 1 / (1 + np.exp(-logits))
    expected = np.log([1 - p[0], p[1], p[2]]).sum()
    got = bernoulli_log_prob(jnp.asarray(logits), jnp.asarray(pixels))
    assert got == pytest.approx(expected)


@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_a_sure_pixel_stays_finite_and_so_does_its_slope(logit):
    for pixel in (0.0, 1.0):
        slope = jax.grad(bernoulli_log_prob)(jnp.array([logit]), jnp.array([pixel]))
        assert np.isfinite(bernoulli_log_prob(jnp.array([logit]), jnp.array([pixel])))
        assert np.isfinite(slope).all()


def test_entropy_is_the_least_cross_entropy_of_grey_targets():
    grey = jnp.array([0.0, 0.2, 0.5, 0.9, 1.0])
    inside = grey[1:4]
    at_best = -bernoulli_log_prob(jnp.log(inside / (1 - inside)), inside)
    assert bernoulli_entropy(grey) == pytest.approx(float(at_best))
    assert bernoulli_entropy(jnp.array([0.0, 1.0])) == 0
