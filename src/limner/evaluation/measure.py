"""Measuring many images: in chunks, shared over the devices of all processes.

A measure is a function of the model (of a class-conditional model, the network for the category of
the image), one image and a key. Its result for an image depends only on the seed and on the index
of the image in the split, not on its chunk or on the number of devices.

Axis letters: b image, t step, k importance sample.
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
"""The largest number of images at a time."""

Measure = Callable[[Draw, Float[Array, "c h w"], PRNGKeyArray], Any]


class Images(NamedTuple):
    """Images of a split: levels, categories, and indices in the split."""

    targets: UInt8[AnyArray, "b c h w"]
    categories: Int[AnyArray, "b"]
    indices: Int[AnyArray, "b"]


@cache
def one_sample(num_steps: int, protocol: Protocol) -> Measure:
    """A measure: distortion and rate from one draw of the noise."""

    def measure(model: Draw, image: Float[Array, "c h w"], key: PRNGKeyArray) -> Loss:
        return loss(model, image, draw_noise(key, num_steps, model.latent_size, protocol))

    return measure


@cache
def importance_weighted(num_steps: int, num_samples: int) -> Measure:
    """A measure: the importance-weighted bound (IWAE) from K draws, one after the other, nats."""

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
    indices: Int[np.ndarray, "b"] | None = None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> Any:
    """Apply a measure to images of a split.

    Args:
        measure: The function of one image; the same object again is not compiled again.
        model: The network.
        split: The images.
        binarisation: How grey levels become targets.
        seed: Seed for the keys of the measure, and for dynamic binarisation.
        indices: Indices of the images in the split; None takes all of them.
        on_progress: Called with the number of images done.

    Returns:
        The results, stacked along b, as NumPy arrays.
    """
    indices = np.arange(len(split)) if indices is None else indices
    size = _chunk_size(len(indices))
    mesh, own = data_mesh(size), own_part(size)
    model, key = replicate(model, mesh), jax.random.key(seed)
    chunks = []
    for start in range(0, len(indices), size):
        some = indices[start : start + size]
        padded = np.resize(some, size)[own]
        targets = split.targets(padded, binarisation, key=(seed, 0))
        images = Images(targets, split.categories(padded), padded)
        images = jax.tree.map(lambda array: shard(array, mesh, axis=0), images)
        chunk = _measure_chunk(model, images, key, measure=measure, mesh=mesh)
        chunk = process_allgather(chunk, tiled=True)
        chunks.append(jax.tree.map(lambda part, some=some: part[: len(some)], chunk))
        on_progress(start + len(some))
    return jax.tree.map(lambda *parts: np.concatenate(parts), *chunks)


def _chunk_size(count: int) -> int:
    """Size of a chunk: the same for all, so that one program is enough, and divided evenly."""
    chunks = -(-count // CHUNK)
    shares = jax.device_count() + -jax.device_count() % jax.process_count()
    return -(-count // (chunks * shares)) * shares


@partial(jax.jit, static_argnames=("measure", "mesh"))
def _measure_chunk(
    model: Draw, images: Images, key: PRNGKeyArray, *, measure: Measure, mesh: Mesh
) -> Any:
    def one(model: Draw, image: Any, key: PRNGKeyArray) -> Any:
        key = jax.random.fold_in(key, image.indices)
        return measure(model.of(image.categories), image.targets / 255, key)

    data = PartitionSpec(DATA_AXIS)
    many = jax.shard_map(
        jax.vmap(one, in_axes=(None, 0, None)),
        mesh=mesh,
        in_specs=(REPLICATED, data, REPLICATED),
        out_specs=data,
        check_vma=False,
    )
    # The default precision depends on the chip; a measured number must not.
    with jax.default_matmul_precision("highest"):
        return many(model, images, key)
