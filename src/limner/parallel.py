"""One program over all devices: which devices, and how a batch is shared among them.

A batch lies split along the mesh axis `data`; everything else is replicated. On a CPU each core is
made a device of its own, which keeps two cores busier than one device with two threads does.
"""

import os
from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

DATA_AXIS = "data"
REPLICATED = PartitionSpec()


def use_every_core() -> None:
    """Make each CPU core a device; to be called before anything is computed.

    Where JAX has started already its devices stay as they are.
    """
    try:
        jax.config.update("jax_num_cpu_devices", len(os.sched_getaffinity(0)))
    except RuntimeError:
        return


def keep_compiled(folder: Path) -> None:
    """Keep compiled programs in a folder, so that the same program starts at once the next time."""
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)


def data_mesh(batch_size: int, num_devices: int | None = None) -> Mesh:
    """A mesh of the most devices that share a batch evenly.

    Args:
        batch_size: Images to share.
        num_devices: Not more than so many devices; None for no such limit.
    """
    devices = jax.devices()[:num_devices]
    count = max(n for n in range(1, len(devices) + 1) if batch_size % n == 0)
    return Mesh(np.array(devices[:count]), (DATA_AXIS,))


def replicate(tree, mesh: Mesh):
    """The same arrays on every device of the mesh."""
    return jax.device_put(tree, NamedSharding(mesh, REPLICATED))


def shard(array: np.ndarray, mesh: Mesh, axis: int) -> jax.Array:
    """An array cut along `axis`, a piece for each device."""
    spec = PartitionSpec(*[None] * axis, DATA_AXIS)
    return jax.device_put(array, NamedSharding(mesh, spec))
