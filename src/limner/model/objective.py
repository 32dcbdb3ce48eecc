"""The loss: an upper bound on the negative log-likelihood of an image, in nats.

    distortion = -log p(image | canvas_T)                       eq. 9   ("Lx")
    rate       = sum over t of KL(Q_t, P_t)                     eqs 10, 11   ("Lz")
    bound      = distortion + rate                              eq. 12

in expectation over the noise; one draw of it is used at a time. The bound is the negative ELBO
(evidence lower bound), and the rate is a KL divergence. P_t is N(0, I) unless the prior is learned.
The bound holds only if each step has its own noise, which `draw_noise` gives. It can also give the
noise of the 2018 study, one vector for all steps, under which Lx + Lz is not a bound.

Axis letters: t step, z latent, c channel, h w image, k importance sample.
"""

from typing import NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from limner.config import Protocol
from limner.errors import check_choice
from limner.model.distributions import Gaussian, bernoulli_log_prob
from limner.model.draw import Draw, State, Step

AnyArray = Array | np.ndarray


class Loss(NamedTuple):
    """Distortion and rate of one image, or of many along leading axes, nats."""

    distortion: Float[AnyArray, "*b"]
    rate_per_step: Float[AnyArray, "*b t"]

    @property
    def rate(self) -> Float[AnyArray, "*b"]:
        """KL divergence of the posterior from the prior, summed over all steps."""
        return self.rate_per_step.sum(-1)

    @property
    def bound(self) -> Float[AnyArray, "*b"]:
        """Distortion plus rate: the negative ELBO."""
        return self.distortion + self.rate


def draw_noise(
    key: PRNGKeyArray, num_steps: int, latent_size: int, protocol: Protocol = "honest"
) -> Float[Array, "{num_steps} {latent_size}"]:
    """Standard normal noise for one image.

    Args:
        key: Random key.
        num_steps: Number of steps, T.
        latent_size: Z, the number of latents at each step.
        protocol: "honest": independent noise at every step. "as-published": one vector for all
            steps, as in the 2018 study; differences between steps are then free of noise, and the
            loss is not a bound.

    Raises:
        LimnerError: There is no such protocol.
    """
    check_choice("protocol", protocol, get_args(Protocol))
    if protocol == "as-published":
        noise = jax.random.normal(key, (1, latent_size))
        return jnp.broadcast_to(noise, (num_steps, latent_size))
    return jax.random.normal(key, (num_steps, latent_size))


def loss(model: Draw, image: Float[Array, "c h w"], noise: Float[Array, "t z"]) -> Loss:
    """One-sample estimate of distortion and rate.

    Args:
        model: The network.
        image: Pixels from 0 to 1.
        noise: Standard normal, one row for each step, as `draw_noise` makes it.

    Returns:
        Distortion and rate in nats; their sum is the bound.

    Source: eqs 9-12.
    """
    return loss_of_inference(*model.infer(image, noise), image)


def loss_of_inference(final: State, steps: Step, image: Float[Array, "c h w"]) -> Loss:
    """Distortion and rate of `image`, from the result of `Draw.infer`."""
    assert steps.posterior is not None  # inference has one
    return Loss(
        distortion=-bernoulli_log_prob(final.canvas, image),
        rate_per_step=jax.vmap(Gaussian.kl)(steps.posterior, steps.prior),
    )


def log_weight(
    model: Draw, image: Float[Array, "c h w"], noise: Float[Array, "t z"]
) -> Float[Array, ""]:
    """Log of an importance weight: log p(image, z) - log q(z | image), nats; `noise` gives z."""
    final, steps = model.infer(image, noise)
    assert steps.posterior is not None  # inference has one
    return (
        bernoulli_log_prob(final.canvas, image)
        + jax.vmap(Gaussian.log_prob)(steps.prior, steps.latent).sum()
        - jax.vmap(Gaussian.log_prob)(steps.posterior, steps.latent).sum()
    )


def importance_weighted_bound(log_weights: Float[Array, "*b k"]) -> Float[Array, "*b"]:
    """The importance-weighted bound (IWAE) on the negative log-likelihood from K draws, nats.

    In expectation it falls with K, towards the negative log-likelihood itself. With K = 1 it is an
    estimate of distortion + rate, with the KL divergence estimated by Monte Carlo.

    Source: Burda et al. 2016, eq. 8.
    """
    return jnp.log(log_weights.shape[-1]) - jax.nn.logsumexp(log_weights, axis=-1)


def published_rate(rate: float, num_steps: int, latent_size: int) -> float:
    """The study's Lz: each step lacks (Z - 1) / 2 of the constant of eq. 11, so Lz is too high."""
    return rate + num_steps * (latent_size - 1) / 2
