"""What is done of an evaluation that is not finished, in a file of the user's cache folder.

The name of the file is a digest of all that the numbers depend on. So the same evaluation goes on,
from any folder, and another begins anew and leaves the file alone.
"""

import warnings
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from limner.errors import LimnerError, Mended
from limner.model.draw import Draw
from limner.model.weights import read_arrays, write_arrays
from limner.system.checksums import array_checksum, checksum
from limner.system.home import cache_folder


class Unfinished(NamedTuple):
    """The file of an evaluation."""

    path: Path | None
    """None for a user without a home folder, for whom nothing is kept."""

    @classmethod
    def of(cls, model: Draw, *others: object) -> "Unfinished":
        """The file of an evaluation of a network; `others` are whatever else the numbers need."""
        leaves, structure = jax.tree.flatten(model)
        weights = array_checksum({str(n): np.asarray(leaf) for n, leaf in enumerate(leaves)})
        versions = [version(name) for name in ("limner", "jax")]
        others = (*others, jax.device_count())  # which decides what is measured together
        digest = checksum(weights, str(structure), *versions, *map(repr, others))
        folder = cache_folder()
        return cls(folder and folder / "evaluations" / f"{digest}.safetensors")

    def read(self, num_images: int) -> tuple[Float[np.ndarray, "b"], Int[np.ndarray, "b"]]:
        """The log of each image's sum so far, and how many samples are in it."""
        nothing = np.full(num_images, -np.inf), np.zeros(num_images, np.int64)
        if self.path is None or not self.path.exists():
            return nothing
        try:
            found = read_arrays(self.path)
        except LimnerError as error:
            warnings.warn(Mended(f"{error}: the evaluation begins anew"), stacklevel=2)
            return nothing
        return found["sums"], found["done"]

    def keep(self, sums: Float[np.ndarray, "b"], done: Int[np.ndarray, "b"]) -> str:
        """Keep what is done; says where, or why it cannot be kept."""
        if self.path is None:
            return "nothing is kept, since there is no home folder"
        try:
            write_arrays({"sums": sums, "done": done}, self.path)
        except LimnerError as error:
            return f"nothing is kept, since {error}"
        return f"the same evaluation goes on from them, which are kept in {self.path}"

    def remove(self) -> None:
        """Forget it: the evaluation is done."""
        if self.path is None:
            return
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
