"""One program over all devices: which devices, and how a batch is divided among them.

A batch lies split along the mesh axis `data`; everything else is replicated. On a CPU each core is
made a device of its own, which keeps two cores busier than one device with two threads does. The
devices may belong to several processes; then each of them reads and places its own part of a batch.
"""

import os

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from limner.errors import LimnerError, reason

SETTINGS = {
    "jax_enable_x64": False,
    "jax_default_prng_impl": "threefry2x32",
    "jax_threefry_partitionable": True,
    "jax_numpy_rank_promotion": "allow",
    "jax_numpy_dtype_promotion": "standard",
}
"""JAX's own settings on which limner's numbers depend, and what they must be. Each may come from an
environment variable of its name, in capitals."""

DATA_AXIS = "data"
REPLICATED = PartitionSpec()


def use_every_core() -> None:
    """Make each CPU core a device. Call it before anything is computed.

    If JAX has already started, its devices stay as they are.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # which not every system has
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    try:
        jax.config.update("jax_num_cpu_devices", cores)
    except RuntimeError:
        return


def set_jax_right() -> list[str]:
    """Give JAX the settings on which numbers depend; the names of those that were different."""
    changed = _different()
    for name in changed:
        jax.config.update(name, SETTINGS[name])
    return changed


def _different() -> list[str]:
    return [name for name, value in SETTINGS.items() if getattr(jax.config, name) != value]


def check_devices() -> None:
    """Check that JAX finds a device to compute on, and has the settings that numbers depend on.

    Raises:
        LimnerError: JAX finds no device, and the line names the variable that asked for one; or a
            setting is different.
    """
    for name in _different():
        raise LimnerError(
            f"{name} ({name.upper()}) is {getattr(jax.config, name)}, and limner's results "
            f"depend on it: call jax.config.update({name!r}, {SETTINGS[name]!r}) first"
        )
    try:
        jax.local_devices()
    except (RuntimeError, AssertionError, KeyError) as error:  # as the platform's plugin has it
        asked = os.environ.get("JAX_PLATFORMS")
        cause = f"JAX_PLATFORMS is {asked!r}, which is not here" if asked else reason(error)
        raise LimnerError(
            f"JAX finds nothing to compute on: {cause}; JAX_PLATFORMS=cpu computes on the CPU"
        ) from None


def data_mesh(batch_size: int, num_devices: int | None = None) -> Mesh:
    """A mesh of as many devices as divide a batch evenly, with the same number in each process.

    Args:
        batch_size: Number of images in a batch.
        num_devices: Largest number of devices in a process; None for no limit.

    Raises:
        LimnerError: The processes cannot divide the batch evenly.
    """
    processes = jax.process_count()
    if batch_size % processes:
        raise LimnerError(
            f"a batch of {batch_size} cannot be shared evenly by {processes} processes: choose a "
            f"--train.batch-size that {processes} divides"
        )
    devices = [jax.local_devices(process_index=i)[:num_devices] for i in range(processes)]
    part = batch_size // processes
    count = max(n for n in range(1, min(map(len, devices)) + 1) if part % n == 0)
    return Mesh(np.array([own[:count] for own in devices]).ravel(), (DATA_AXIS,))


def own_part(batch_size: int) -> slice:
    """The indices of a batch that belong to the devices of this process."""
    part = batch_size // jax.process_count()
    return slice(jax.process_index() * part, (jax.process_index() + 1) * part)


def replicate(tree, mesh: Mesh):
    """Copy JAX arrays to every device of the mesh; all processes give the same arrays."""
    here = jax.tree.map(
        lambda leaf: leaf if leaf.is_fully_addressable else leaf.addressable_data(0), tree
    )
    return jax.make_array_from_process_local_data(NamedSharding(mesh, REPLICATED), here)


def replicated_shapes(tree, mesh: Mesh):
    """The shapes of arrays that are replicated on every device of the mesh."""
    everywhere = NamedSharding(mesh, REPLICATED)
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=everywhere), tree
    )


def shard(array: np.ndarray, mesh: Mesh, axis: int) -> jax.Array:
    """An array split along `axis`, one piece for each device; each process gives its own pieces."""
    spec = PartitionSpec(*[None] * axis, DATA_AXIS)
    return jax.make_array_from_process_local_data(NamedSharding(mesh, spec), array)
