"""A network's arrays as a safetensors file, each under its path in it, as in `encoder.weight`.

The file's metadata hold a checksum of its arrays, which is checked when they are read. A file that
has none, as other programs write it, is taken as it is.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np
import safetensors
import safetensors.numpy
from jaxtyping import PyTree
from numpy.typing import DTypeLike

from limner.errors import LimnerError, first_difference
from limner.system.checksums import KEY, array_checksum
from limner.system.files import replacing

Tree = TypeVar("Tree")

_ADVICE = "copy it anew, or give its run to `limner train --out` again"


def save_weights(
    model: PyTree,
    path: Path,
    dtype: DTypeLike = np.float32,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a network's arrays, and more metadata beside their checksum."""
    arrays = {_name(where): np.asarray(leaf, dtype) for where, leaf in _leaves(model)}
    write_arrays(arrays, path, metadata)


def write_arrays(
    arrays: Mapping[str, np.ndarray], path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays by name, and more metadata beside their checksum.

    Raises:
        LimnerError: The file cannot be written.
    """
    said = {KEY: array_checksum(arrays), **(metadata or {})}
    with replacing(path) as temporary:
        temporary.write_bytes(safetensors.numpy.save(dict(arrays), said))


def load_weights(like: Tree, path: Path) -> Tree:
    """Read what `save_weights` wrote; 16-bit floats become 32-bit floats.

    Args:
        like: A network of the same sizes, or its shapes.
        path: The file.

    Raises:
        LimnerError: The file is damaged, or its arrays are not those of `like`.
    """
    try:
        arrays = read_arrays(path)
    except LimnerError as error:
        raise LimnerError(f"{error}: {_ADVICE}") from None
    expected = {_name(where): leaf.shape for where, leaf in _leaves(like)}
    given = {name: array.shape for name, array in arrays.items()}
    changed = first_difference(expected, given)
    if changed:
        raise LimnerError(f"{path} does not fit the model of its config.json ({changed})")
    found = jax.tree_util.tree_map_with_path(
        lambda where, leaf: arrays[_name(where)].astype(leaf.dtype), like
    )
    return jax.device_put(found)  # without a program for each shape, as `jnp.asarray` has


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file by name, as they are stored.

    Raises:
        LimnerError: The file is damaged.
    """
    try:
        with safetensors.safe_open(path, "numpy") as file:
            said = (file.metadata() or {}).get(KEY)
            names = file.keys()
            arrays = {name: file.get_tensor(name) for name in names}
    except (OSError, safetensors.SafetensorError) as error:
        raise LimnerError(f"{path} cannot be read ({error})") from None
    if said not in (None, array_checksum(arrays)):
        raise LimnerError(f"{path} is damaged (its checksum differs)")
    return arrays


def _leaves(tree: PyTree) -> list[tuple[Any, Any]]:
    return jax.tree_util.tree_leaves_with_path(tree)


def _name(where) -> str:
    return jax.tree_util.keystr(where, simple=True, separator=".")
