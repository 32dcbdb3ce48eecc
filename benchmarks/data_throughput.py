"""Drawings a second and memory, training from all 50 million bitmaps of Quick, Draw!.

Makes 345 sparse files of the real size in a temporary folder (39 GB, of which the disk holds next
to nothing), opens them as the data set they look like, and draws globally shuffled batches twice:
the first time the file system makes the pages, the second time they come from the page cache.

    python benchmarks/data_throughput.py
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from limner.config import DataConfig
from limner.data.dataset import open_dataset
from limner.data.formats.npy import write_header
from limner.data.quickdraw import categories, relative_path
from limner.data.shuffle import batch_indices
from limner.data.splits import Split

ROWS = 50_000_000


def make_files(root: Path) -> None:
    names = categories()
    for number, name in enumerate(names):
        path = root / relative_path(name, "numpy_bitmap")
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = ROWS // len(names) + (number < ROWS % len(names))
        with path.open("wb") as file:
            write_header(file, np.dtype(np.uint8), (rows, 784))
            file.truncate(file.tell() + rows * 784)


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def draw(split: Split, steps: int, batch_size: int, binarisation) -> float:
    """Drawings a second."""
    start = time.perf_counter()
    for step in range(steps):
        indices = batch_indices(len(split), batch_size, step, seed=0)
        split.targets(indices, binarisation, (0, step))
    return steps * batch_size / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=1_024)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="limner-") as folder:
        make_files(Path(folder))
        start = time.perf_counter()
        config = DataConfig(name="quickdraw", root=Path(folder), categories=categories())
        dataset = open_dataset(config, fetch=False)
        split = dataset.split("train")
        opened = time.perf_counter() - start
        print(f"opened {sum(dataset.sizes.values()):,} drawings of 345 files in {opened:.2f} s")
        for binarisation in ("grey", "threshold", "static"):
            first = draw(split, arguments.steps, arguments.batch_size, binarisation)
            rates = [
                draw(split, arguments.steps, arguments.batch_size, binarisation)
                for _ in range(arguments.repeats)
            ]
            print(
                f"{binarisation}: {max(rates):,.0f} drawings a second from page cache "
                f"(worst of {arguments.repeats}: {min(rates):,.0f}; first visit: {first:,.0f}), "
                f"{resident_megabytes():.0f} MB resident"
            )


if __name__ == "__main__":
    main()
