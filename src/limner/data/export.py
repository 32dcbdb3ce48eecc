"""Writing a data set in formats that others read, block by block.

* idx: MNIST's four files. Training and validation drawings, in this order, are its training files.
* npy: an array (n, h, w) or (n, h, w, c) and one of categories for each split.
* npz: the same arrays in one compressed file.
* png: one image file for each drawing, in folders by split and category, named by its row. The
  folder is new, and complete or not there.

Beside the arrays lies `categories.txt`, with the names of the numbered categories.

Axis letters: b n drawing, c channel, h w image.
"""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image

from limner.config import Binarisation, ExportFormat, SplitName
from limner.data import mnist
from limner.data.dataset import Dataset
from limner.data.formats.idx import write_idx
from limner.data.formats.npy import Writable, write_header
from limner.data.remote import Progress
from limner.errors import LimnerError
from limner.system.files import replace_text, replacing, replacing_folder, writing
from limner.text import in_a_line


def export(
    dataset: Dataset,
    folder: Path,
    format: ExportFormat,
    binarisation: Binarisation = "grey",
    on_progress: Progress = lambda done, total: None,
) -> list[Path]:
    """Write all splits of a data set.

    Args:
        dataset: The data set.
        folder: Folder to write into; it is made if missing. `limner` reads idx files back from it
            as MNIST, with this folder as the data root.
        format: Format of the files.
        binarisation: How grey levels become targets.
        on_progress: Called with the numbers of drawings written and to write, after every block.

    Returns:
        The paths of the files, or for png of the folders.

    Raises:
        LimnerError: The format cannot hold the data set, or the folder cannot be written.
    """
    if binarisation == "dynamic":
        raise LimnerError("dynamic binarisation differs at every visit: export static or grey")
    job = _Job(dataset, folder, binarisation, on_progress)
    with writing(folder):
        return _WRITERS[format](job)


class _Job:
    """A data set on its way out."""

    def __init__(
        self,
        dataset: Dataset,
        folder: Path,
        binarisation: Binarisation,
        on_progress: Progress,
    ):
        self.dataset, self.folder = dataset, folder
        self.sizes: dict[SplitName, int] = {
            which: size for which, size in dataset.sizes.items() if size
        }
        self._binarisation: Binarisation = binarisation
        self._on_progress, self._done = on_progress, 0

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(h, w), or (h, w, c) in colour."""
        channels, height, width = self.dataset.shape
        return (height, width) if channels == 1 else (height, width, channels)

    def images(self, which: SplitName) -> Iterator[UInt8[np.ndarray, "b h w *c"]]:
        """All drawings of a split, channels last, a block at a time, reporting progress."""
        split = self.dataset.split(which)
        for indices in split.blocks():
            levels = split.targets(indices, self._binarisation, ())
            yield levels.transpose(0, 2, 3, 1).reshape(-1, *self.image_shape)
            self._done += len(indices)
            self._on_progress(self._done, sum(self.sizes.values()))

    def categories(self, which: SplitName) -> Int64[np.ndarray, "n"]:
        """The categories of a whole split."""
        return self.dataset.split(which).categories(np.arange(self.sizes[which]))

    def write_names(self) -> Path:
        """Write the names of the categories, one in each line, in the order of their numbers."""
        path = self.folder / "categories.txt"
        replace_text(path, "".join(f"{in_a_line(name)}\n" for name in self.dataset.categories))
        return path


def _write_idx(job: _Job) -> list[Path]:
    if job.dataset.shape[0] != 1:
        raise LimnerError("MNIST's files hold one channel: export colours as npz, npy or png")
    if len(job.dataset.categories) > 256:
        raise LimnerError("MNIST's files hold at most 256 categories: export as npz, npy or png")
    if "test" not in job.sizes:
        raise LimnerError(f"{job.dataset.name} has no test drawings to make MNIST's files of")
    paths = []
    parts: dict[mnist.Part, tuple[SplitName, ...]] = {
        "train": ("train", "valid"),
        "t10k": ("test",),
    }
    for part, wanted in parts.items():
        splits: tuple[SplitName, ...] = tuple(which for which in wanted if which in job.sizes)
        count = sum(job.sizes[which] for which in splits)
        images, labels = (job.folder / f"{stem}.gz" for stem in mnist.STEMS[part])
        blocks = (block for which in splits for block in job.images(which))
        write_idx(images, (count, *job.image_shape), blocks)
        write_idx(labels, (count,), (job.categories(which).astype(np.uint8) for which in splits))
        paths += [images, labels]
    return [*paths, job.write_names()]


def _write_npy(job: _Job) -> list[Path]:
    paths = []
    for which in job.sizes:
        for name, write in _arrays(job, which):
            paths.append(job.folder / f"{name}.npy")
            with replacing(paths[-1]) as temporary, temporary.open("wb") as file:
                write(file)
    return [*paths, job.write_names()]


def _write_npz(job: _Job) -> list[Path]:
    path = job.folder / f"{job.dataset.name}.npz"
    with (
        replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for which in job.sizes:
            for name, write in _arrays(job, which):
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    write(member)
    return [path, job.write_names()]


def _arrays(job: _Job, which: SplitName) -> Iterator[tuple[str, Callable[[Writable], None]]]:
    """The arrays of a split: their names, and functions that write them as .npy."""
    size = job.sizes[which]

    def write_images(file: Writable) -> None:
        write_header(file, np.dtype(np.uint8), (size, *job.image_shape))
        for block in job.images(which):
            file.write(np.ascontiguousarray(block).data)

    def write_categories(file: Writable) -> None:
        categories = job.categories(which)
        write_header(file, categories.dtype, categories.shape)
        file.write(categories.data)

    yield which, write_images
    yield f"{which}_categories", write_categories


def _write_png(job: _Job) -> list[Path]:
    folder = job.folder
    if folder.exists() and (folder.is_file() or folder.samefile(".") or any(folder.iterdir())):
        raise LimnerError(f"{folder} is there already: remove it, or choose another folder")
    for name in job.dataset.categories:
        if name in ("", ".", "..") or Path(name).name != name:
            raise LimnerError(f"{name!r} is no name for a folder of images: rename that category")
    with replacing_folder(folder) as temporary:
        for which in job.sizes:
            split = job.dataset.split(which)
            for indices, block in zip(split.blocks(), job.images(which), strict=True):
                images = zip(split.categories(indices), split.rows(indices), block, strict=True)
                for category, row, image in images:
                    path = temporary / which / job.dataset.categories[category] / f"{row:08}.png"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    Image.fromarray(image).save(path)
    return [folder / which for which in job.sizes]


_WRITERS: dict[ExportFormat, Callable[[_Job], list[Path]]] = {
    "idx": _write_idx,
    "npz": _write_npz,
    "npy": _write_npy,
    "png": _write_png,
}
