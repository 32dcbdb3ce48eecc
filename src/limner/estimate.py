"""Measuring many pictures: in chunks, shared over the devices.

A measure is a function of the model, one picture and a key. What it gives for a picture depends on
the seed and on the picture's place in the split alone, not on its chunk or on how many devices
there are.

Axis letters: b picture, t step, k importance sample.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, PRNGKeyArray

from limner.config import Binarisation, Protocol
from limner.data.dataset import Split
from limner.model import Draw
from limner.objective import Loss, draw_noise, importance_weighted_bound, log_weight, loss
from limner.parallel import DATA_AXIS, REPLICATED, data_mesh, replicate, shard

CHUNK = 256

Measure = Callable[[Draw, Float[Array, "c h w"], PRNGKeyArray], Any]


@cache
def one_sample(num_steps: int, protocol: Protocol) -> Measure:
    """Measures distortion and rate from one draw of the noise."""

    def measure(model: Draw, image: Float[Array, "c h w"], key: PRNGKeyArray) -> Loss:
        return loss(model, image, draw_noise(key, num_steps, model.latent_size, protocol))

    return measure


@cache
def importance_weighted(num_steps: int, num_samples: int) -> Measure:
    """Measures the importance-weighted bound from K draws, one after the other, in nats."""

    def measure(model: Draw, image: Float[Array, "c h w"], key: PRNGKeyArray) -> Float[Array, ""]:
        def weigh(key: PRNGKeyArray) -> Float[Array, ""]:
            return log_weight(model, image, draw_noise(key, num_steps, model.latent_size))

        return importance_weighted_bound(jax.lax.map(weigh, jax.random.split(key, num_samples)))

    return measure


def estimate(
    measure: Measure,
    model: Draw,
    split: Split,
    *,
    binarisation: Binarisation,
    seed: int,
    on_progress: Callable[[int], None] = lambda done: None,
) -> Any:
    """What a measure gives for every picture of a split, stacked, as NumPy arrays.

    Args:
        measure: The function of one picture; the same object again is not compiled again.
        model: The network.
        split: The pictures.
        binarisation: What the targets are.
        seed: Of the measure's keys, and of dynamic binarisation.
        on_progress: Called with the number of pictures done.
    """
    mesh = data_mesh(CHUNK)
    model = replicate(model, mesh)
    chunks = []
    for start in range(0, len(split), CHUNK):
        places = np.arange(start, min(start + CHUNK, len(split)))
        padded = np.resize(places, CHUNK)
        targets = shard(split.targets(padded, binarisation, key=(seed, start)), mesh, axis=0)
        chunk = _measure_chunk(
            model, targets, shard(padded, mesh, axis=0), seed, measure=measure, mesh=mesh
        )
        chunks.append(jax.tree.map(np.asarray, chunk))
        on_progress(start + len(places))
    return jax.tree.map(lambda *parts: np.concatenate(parts)[: len(split)], *chunks)


@partial(jax.jit, static_argnames=("measure", "mesh"))
def _measure_chunk(
    model: Draw, targets: Array, places: Array, seed: int | Array, *, measure: Measure, mesh: Mesh
) -> Any:
    def one(model: Draw, seed: int | Array, target: Array, place: Array) -> Any:
        return measure(model, target / 255, jax.random.fold_in(jax.random.key(seed), place))

    data = PartitionSpec(DATA_AXIS)
    return jax.shard_map(
        jax.vmap(one, in_axes=(None, None, 0, 0)),
        mesh=mesh,
        in_specs=(REPLICATED, REPLICATED, data, data),
        out_specs=data,
        check_vma=False,
    )(model, seed, targets, places)
