"""The optimisers of the presets, from Optax's parts.

The optimiser of the 2018 study clips each variable's gradient by itself, then applies the RMSprop
of TensorFlow 1, whose mean square starts at 1 and whose epsilon is inside the root. limner's own
clips the whole gradient, then applies Adam, with a learning rate that rises from 0 and then falls
along half a cosine.
"""

import jax
import jax.numpy as jnp
import optax

from limner.config import TrainConfig
from limner.errors import LimnerError


def _clip_each(bound: float) -> optax.GradientTransformation:
    """Scale down each variable's gradient whose norm passes the bound."""

    def clip(gradient: jax.Array) -> jax.Array:
        norm = jnp.linalg.norm(gradient)
        return gradient * (bound / jnp.maximum(norm, bound))

    return optax.stateless(lambda gradients, _: jax.tree.map(clip, gradients))


_CLIPPING = {"global": optax.clip_by_global_norm, "per-variable": _clip_each}
_OPTIMISERS = {
    "adam": optax.adam,
    "rmsprop": lambda rate: optax.rmsprop(
        rate, decay=0.9, eps=1e-10, eps_in_sqrt=True, initial_scale=1.0
    ),
}


def learning_rate(config: TrainConfig) -> optax.Schedule:
    """The learning rate as a function of the number of updates done."""
    warmup_updates = min(config.warmup_updates, config.updates // 10)
    if config.schedule == "constant":
        rise = optax.linear_schedule(0.0, config.learning_rate, warmup_updates)
        return rise if warmup_updates else optax.constant_schedule(config.learning_rate)
    return optax.warmup_cosine_decay_schedule(
        init_value=0.0,
        peak_value=config.learning_rate,
        warmup_steps=warmup_updates,
        decay_steps=config.updates,
        end_value=config.learning_rate / 100,
    )


def make_optimiser(config: TrainConfig) -> optax.GradientTransformation:
    """Clipping, then the optimiser with its schedule.

    Raises:
        LimnerError: The optimiser was given in Python, so the settings do not describe it.
    """
    if config.optimiser == "given":
        raise LimnerError(
            "this run's optimiser was given in Python: resume it there, with "
            "limner.train(data, config, out=RUN, optimiser=...)"
        )
    return optax.chain(
        _CLIPPING[config.clipping](config.clip_norm),
        _OPTIMISERS[config.optimiser](learning_rate(config)),
    )


def average_step_size(decay: float, updates: jax.Array) -> jax.Array:
    """How far the exponential moving average (EMA) moves towards the weights at an update.

    In the first updates it moves further than `decay` says, so that it soon forgets the first
    weights. With a decay of 0 it equals the weights.
    """
    return jnp.maximum(1 - decay, 9 / (10 + updates) * (decay > 0))
