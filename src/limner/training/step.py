"""One update of the weights, as a compiled program.

Axis letters: k update of a dispatch, b batch, c channel, h w image.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Float, Int, UInt8

from limner.config import RunConfig
from limner.model.draw import Draw
from limner.model.objective import AnyArray, draw_noise, loss_of_inference
from limner.system.devices import DATA_AXIS, REPLICATED
from limner.training.augment import AUGMENTATIONS
from limner.training.optimiser import average_step_size
from limner.training.state import TrainState
from limner.training.weight_gradients import infer_many


class Batches(NamedTuple):
    """The images of a dispatch: their levels and categories, for each update."""

    targets: UInt8[AnyArray, "k b c h w"]
    categories: Int[AnyArray, "k b"]


class Losses(NamedTuple):
    """Means over a batch, for each update of a dispatch, nats."""

    distortion: Float[AnyArray, "k"]
    rate: Float[AnyArray, "k"]


def make_advance(
    config: RunConfig, optimiser: optax.GradientTransformation, mesh: Mesh
) -> Callable[[TrainState, Batches, int], tuple[TrainState, Losses]]:
    """The compiled function that makes the first `count` of K updates.

    It takes the state (and consumes it), the batches of the K updates, split over the mesh along b,
    and `count`.
    """
    settings = config.train
    augment = AUGMENTATIONS[settings.augment]

    def batch_loss(model: Draw, batch: Any, update):
        size = batch.categories.size
        indices = jax.lax.axis_index(DATA_AXIS) * size + jnp.arange(size)
        key = jax.random.fold_in(jax.random.key(settings.seed), update + 1)

        def prepare(target, index):
            own_key = jax.random.fold_in(key, index)
            num_steps, latent_size = config.model.num_steps, model.latent_size
            noise = draw_noise(own_key, num_steps, latent_size, settings.protocol)
            return augment(target / 255, jax.random.fold_in(own_key, 1)), noise

        images, noise = jax.vmap(prepare)(batch.targets, indices)
        inference = infer_many(model, images, batch.categories, noise, settings.rematerialise)
        losses = jax.vmap(loss_of_inference)(*inference, images)
        return losses.bound.mean(), Losses(losses.distortion.mean(), losses.rate.mean())

    def update(state: TrainState, batch: Batches) -> tuple[TrainState, Losses]:
        weights: Any = state.model  # Optax's types know arrays in dicts, not in modules
        average: Any = state.average
        with jax.default_matmul_precision(settings.precision):
            gradients, losses = jax.grad(batch_loss, has_aux=True)(weights, batch, state.updates)
        gradients, losses = jax.lax.pmean((gradients, losses), DATA_AXIS)
        updates, optimiser_state = optimiser.update(gradients, state.optimiser, weights)
        weights = optax.apply_updates(weights, updates)
        pull = average_step_size(config.train.ema_decay, state.updates)
        average = optax.incremental_update(weights, average, pull)
        return TrainState(state.updates + 1, weights, average, optimiser_state), losses

    def advance(state: TrainState, batches: Batches, count) -> tuple[TrainState, Losses]:
        def body(k, carry):
            state, trace = carry
            state, losses = update(state, jax.tree.map(lambda array: array[k], batches))
            return state, jax.tree.map(lambda all, one: all.at[k].set(one), trace, losses)

        zeros = jnp.zeros(len(batches.targets))
        return jax.lax.fori_loop(0, count, body, (state, Losses(zeros, zeros)))

    shared = jax.shard_map(
        advance,
        mesh=mesh,
        in_specs=(REPLICATED, PartitionSpec(None, DATA_AXIS), REPLICATED),
        out_specs=REPLICATED,
        check_vma=False,
    )
    return jax.jit(shared, donate_argnums=0)
