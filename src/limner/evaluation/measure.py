"""Measuring many pictures: in chunks, shared over the devices of all processes.

A measure is a function of the model (that of the picture's category, where the model tells them
apart), one picture and a key. What it gives for a picture depends on the seed and on the picture's
place in the split alone, not on its chunk or on how many devices there are.

Axis letters: b picture, t step, k importance sample.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental.multihost_utils import process_allgather
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt8

from limner.config import Binarisation, Protocol
from limner.data.splits import Split
from limner.model.draw import Draw
from limner.model.objective import (
    AnyArray,
    Loss,
    draw_noise,
    importance_weighted_bound,
    log_weight,
    loss,
)
from limner.system.devices import DATA_AXIS, REPLICATED, data_mesh, own_part, replicate, shard

CHUNK = 256
"""The most pictures at a time."""

Measure = Callable[[Draw, Float[Array, "c h w"], PRNGKeyArray], Any]


class Pictures(NamedTuple):
    """Pictures of a split: levels, categories, and places in the split."""

    targets: UInt8[AnyArray, "b c h w"]
    categories: Int[AnyArray, "b"]
    places: Int[AnyArray, "b"]


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
    places: Int[np.ndarray, "b"] | None = None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> Any:
    """What a measure gives for pictures of a split, stacked, as NumPy arrays.

    Args:
        measure: The function of one picture; the same object again is not compiled again.
        model: The network.
        split: The pictures.
        binarisation: What the targets are.
        seed: Of the measure's keys, and of dynamic binarisation.
        places: Which pictures; all if None.
        on_progress: Called with the number of pictures done.
    """
    places = np.arange(len(split)) if places is None else places
    size = _chunk_size(len(places))
    mesh, own = data_mesh(size), own_part(size)
    model, key = replicate(model, mesh), jax.random.key(seed)
    chunks = []
    for start in range(0, len(places), size):
        some = places[start : start + size]
        padded = np.resize(some, size)[own]
        targets = split.targets(padded, binarisation, key=(seed, 0))
        pictures = Pictures(targets, split.categories(padded), padded)
        pictures = jax.tree.map(lambda array: shard(array, mesh, axis=0), pictures)
        chunk = _measure_chunk(model, pictures, key, measure=measure, mesh=mesh)
        chunk = process_allgather(chunk, tiled=True)
        chunks.append(jax.tree.map(lambda part, some=some: part[: len(some)], chunk))
        on_progress(start + len(some))
    return jax.tree.map(lambda *parts: np.concatenate(parts), *chunks)


def _chunk_size(count: int) -> int:
    """Pictures in each chunk: as many in all, so that one program does, and shared out evenly."""
    chunks = -(-count // CHUNK)
    shares = jax.device_count() + -jax.device_count() % jax.process_count()
    return -(-count // (chunks * shares)) * shares


@partial(jax.jit, static_argnames=("measure", "mesh"))
def _measure_chunk(
    model: Draw, pictures: Pictures, key: PRNGKeyArray, *, measure: Measure, mesh: Mesh
) -> Any:
    def one(model: Draw, picture: Any, key: PRNGKeyArray) -> Any:
        key = jax.random.fold_in(key, picture.places)
        return measure(model.of(picture.categories), picture.targets / 255, key)

    data = PartitionSpec(DATA_AXIS)
    many = jax.shard_map(
        jax.vmap(one, in_axes=(None, 0, None)),
        mesh=mesh,
        in_specs=(REPLICATED, data, REPLICATED),
        out_specs=data,
        check_vma=False,
    )
    # Whatever the chip would choose: a number must not depend on it.
    with jax.default_matmul_precision("highest"):
        return many(model, pictures, key)
