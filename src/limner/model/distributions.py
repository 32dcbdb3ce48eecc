"""The two distributions of the model: Gaussian latents and Bernoulli pixels, in nats.

Axis letters: z latent; pixels may have any shape.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Gaussian(NamedTuple):
    """A Gaussian with a diagonal covariance.

    Source: eqs 1, 2; the network gives the logarithm of the standard deviation.
    """

    mean: Float[Array, "*z"]
    log_std: Float[Array, "*z"]

    def sample(self, noise: Float[Array, "*z"]) -> Float[Array, "*z"]:
        """The draw that standard normal `noise` stands for."""
        return self.mean + jnp.exp(self.log_std) * noise

    def log_prob(self, value: Float[Array, "*z"]) -> Float[Array, ""]:
        """Log-density of `value`, over all coordinates, nats."""
        noise = self.noise_of(value)
        return -jnp.sum(noise**2 / 2 + self.log_std + jnp.log(2 * jnp.pi) / 2)

    def noise_of(self, value: Float[Array, "*z"]) -> Float[Array, "*z"]:
        """The noise that `sample` turns into `value`."""
        return (value - self.mean) * jnp.exp(-self.log_std)

    def kl(self, other: "Gaussian") -> Float[Array, ""]:
        """KL divergence KL(self, other) over all coordinates, nats; 0 only when they are equal.

        Source: eqs 10, 11, where `other` is N(0, I). Eq. 11 subtracts T/2, which is right for one
        latent a step only; each coordinate of each step brings its own 1/2.
        """
        log_ratio = self.log_std - other.log_std
        squares = other.noise_of(self.mean) ** 2 + jnp.exp(2 * log_ratio)
        return jnp.sum(squares - 1 - 2 * log_ratio) / 2


def standard_gaussian(size: int) -> Gaussian:
    """N(0, I)."""
    return Gaussian(jnp.zeros(size), jnp.zeros(size))


def bernoulli_log_prob(
    logits: Float[Array, "*pixels"], targets: Float[Array, "*pixels"]
) -> Float[Array, ""]:
    """Log-probability of pixels under independent Bernoullis, summed, nats.

    Targets between 0 and 1 give the cross-entropy, which can never be better than
    -`bernoulli_entropy(targets)`.

    Source: eq. 9, from logits: x log s(c) + (1 - x) log s(-c) = x c - softplus(c).
    """
    return jnp.sum(targets * logits - jax.nn.softplus(logits))


def bernoulli_entropy(targets: Float[Array, "*pixels"]) -> Float[Array, ""]:
    """Summed entropy of Bernoullis with these means, nats: the floor for grey targets."""
    entropy = jax.scipy.special.entr
    return jnp.sum(entropy(targets) + entropy(1 - targets))
