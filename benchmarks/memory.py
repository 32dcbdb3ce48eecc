"""Peak and growth of memory in training.

    python benchmarks/memory.py peak          a training with the sizes of the study
    python benchmarks/memory.py growth        5,000 updates of a small network, 10 validations

Each is one process. `peak` prints the resident memory after each stage and the highest; `growth`
the resident memory at each validation, which is flat if nothing leaks.
"""

import resource
import sys
from pathlib import Path

import numpy as np

import limner
from limner.config import changed
from limner.system.devices import use_every_core


def resident() -> float:
    """Resident memory of this process now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def peak() -> float:
    """The highest resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def train(settings: dict[str, object], num_images: int) -> None:
    """Train in memory on random images, and print the memory at each validation."""
    use_every_core()
    images = np.random.default_rng(0).integers(0, 256, (num_images, 28, 28), np.uint8)
    config = changed(limner.PRESETS["quickdraw"], settings)
    print(f"imported: {resident():.0f} MB")

    def tell(row) -> None:
        if row["kind"] == "valid":
            print(f"update {row['update']}: {resident():.0f} MB, at most {peak():.0f}", flush=True)

    limner.train(limner.Dataset.from_arrays(images), config, on_metrics=tell, progress=False)


if __name__ == "__main__":
    small = {"model.hidden_size": 16, "model.num_steps": 4, "train.batch_size": 16}
    if sys.argv[1:] == ["growth"]:
        train({**small, "train.updates": 5_000, "train.validate_every": 500}, 2_000)
    else:
        train({"train.updates": 60, "train.validate_every": 60}, 4_000)
