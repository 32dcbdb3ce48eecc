"""Measuring many images: in chunks, shared over the devices of all processes.

A measure is a function of the model (of a class-conditional model, the network for the category of
the image), one image and a key. Its result for an image depends only on the seed and on the index
of the image in the split, not on its chunk or on the number of devices.

Axis letters: b image, t step.
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
from limner.model.objective import AnyArray, Loss, draw_noise, loss
from limner.system.devices import DATA_AXIS, REPLICATED, data_mesh, own_part, replicate, shard

CHUNK = 256
"""The largest number of images at a time."""

Measure = Callable[..., Any]
"""Takes the model, an image (c, h, w) and a key; and numbers that are the same for all images."""


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


class Measurer:
    """Measures images of a split in chunks of one size, which all devices share.

    Args:
        model: The network.
        split: The images.
        binarisation: How grey levels become targets.
        seed: Seed for the keys of measures, and for dynamic binarisation.
        count: Number of images there will be.
        at_most: The largest number of images at a time.
    """

    def __init__(
        self,
        model: Draw,
        split: Split,
        binarisation: Binarisation,
        seed: int,
        count: int,
        at_most: int,
    ):
        size = _chunk_size(count, at_most)
        self._mesh, self._own, self._size = data_mesh(size), own_part(size), size
        self._model = replicate(model, self._mesh)
        self._key = jax.random.key(seed)
        self._split, self._seed = split, seed
        self._binarisation: Binarisation = binarisation
        self.chunks = [slice(start, start + size) for start in range(0, count, size)]
        """The images of each chunk."""

    def images(self, indices: Int[np.ndarray, "b"]) -> Images:
        """The images of a chunk, which may be short, on the devices."""
        padded = np.resize(indices, self._size)[self._own]
        targets = self._split.targets(padded, self._binarisation, key=(self._seed, 0))
        images = Images(targets, self._split.categories(padded), padded)
        return jax.tree.map(lambda array: shard(array, self._mesh, axis=0), images)

    def measure(self, measure: Measure, images: Images, count: int, *extra: np.integer) -> Any:
        """The results of a measure, which takes `extra` too, for the first images of a chunk.

        They are stacked along b, as NumPy arrays.
        """
        found = _measure_chunk(
            self._model, images, self._key, extra, measure=measure, mesh=self._mesh
        )
        return jax.tree.map(lambda part: part[:count], process_allgather(found, tiled=True))


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
    measurer = Measurer(model, split, binarisation, seed, len(indices), CHUNK)
    chunks = []
    for some in measurer.chunks:
        count = len(indices[some])
        chunks.append(measurer.measure(measure, measurer.images(indices[some]), count))
        on_progress(some.start + count)
    return jax.tree.map(lambda *parts: np.concatenate(parts), *chunks)


def _chunk_size(count: int, at_most: int) -> int:
    """Size of a chunk: the same for all, so that one program is enough, and divided evenly."""
    chunks = -(-count // at_most)
    shares = jax.device_count() + -jax.device_count() % jax.process_count()
    return -(-count // (chunks * shares)) * shares


@partial(jax.jit, static_argnames=("measure", "mesh"))
def _measure_chunk(
    model: Draw, images: Images, key: PRNGKeyArray, extra: Any, *, measure: Measure, mesh: Mesh
) -> Any:
    def one(model: Draw, image: Any, key: PRNGKeyArray, extra: Any) -> Any:
        key = jax.random.fold_in(key, image.indices)
        return measure(model.of(image.categories), image.targets / 255, key, *extra)

    data = PartitionSpec(DATA_AXIS)
    many = jax.shard_map(
        jax.vmap(one, in_axes=(None, 0, None, None)),
        mesh=mesh,
        in_specs=(REPLICATED, data, REPLICATED, REPLICATED),
        out_specs=data,
        check_vma=False,
    )
    # The default precision depends on the chip; a measured number must not.
    with jax.default_matmul_precision("highest"):
        return many(model, images, key, extra)
