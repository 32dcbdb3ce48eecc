"""`limner data list`, `fetch`, `show`, `export`, `rasterise` and `verify`: parse, call, print."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.cli.common import check_at_least_one, open_with_progress, refuse_idle
from limner.cli.terminal import console
from limner.config import DataConfig, ExportFormat, Format, ModelConfig, SplitName
from limner.errors import LimnerError, require_seed
from limner.system.progress import progress_bar

if TYPE_CHECKING:
    from limner.data.dataset import Dataset

_DOODLES = DataConfig()


def list_(root: Path | None = None, here: bool = False) -> None:
    """List the 345 categories of Quick, Draw!, and which files of each are on this machine.

    Args:
        root: Data root; by default $LIMNER_DATA, or else the user's cache folder.
        here: List only the categories that have files on this machine.
    """
    from rich.filesize import decimal
    from rich.table import Table

    from limner.data.dataset import data_root
    from limner.data.library import held

    if root is not None and not root.is_dir():
        raise LimnerError(f"--root {root} is not a folder")
    folder = data_root(root)
    table = Table("category", "drawings", "formats here", box=None)
    table.columns[1].justify = "right"
    categories = list(held(folder))
    for one in categories:
        if one.sizes or not here:
            count = "" if one.drawings is None else f"{one.drawings:,}"
            sizes = (f"{form} ({decimal(size)})" for form, size in one.sizes.items())
            table.add_row(one.category, count, ", ".join(sizes))
    console().print(table)
    present = [one for one in categories if one.sizes]
    drawings = sum(one.drawings or 0 for one in categories)
    print(f"{len(present)} of {len(categories)} categories and {drawings:,} bitmaps in {folder}")


def fetch(
    names: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NAME ...")],
    format: Format = "numpy_bitmap",
    root: Path | None = None,
    workers: int = 4,
) -> None:
    """Download categories of Quick, Draw!, or MNIST. A download that was cut off resumes.

    Args:
        names: Categories such as cat or "alarm clock"; "all" means all of them, "mnist" MNIST.
        format: Format to download; training needs numpy_bitmap.
        root: Data root; by default $LIMNER_DATA, or else the user's cache folder.
        workers: Number of files to download at the same time.
    """
    check_at_least_one("--workers", workers)
    if set(names) == {"mnist"}:
        refuse_idle("for mnist", {"--format": format != "numpy_bitmap"})
    from limner.data.dataset import data_root
    from limner.data.download import fetch as download
    from limner.data.library import wanted

    requests = wanted(data_root(root), names, format)
    with progress_bar("downloading", in_bytes=True) as advance:
        fetched = download(requests, on_progress=advance, workers=workers)
    for request in requests:
        print(request.path, "fetched" if request.path in fetched else "was here")


def show(
    to: Path,
    data: DataConfig = _DOODLES,
    split: SplitName = "train",
    count: int = 64,
    seed: int = 0,
    shape: tuple[int, int, int] | None = None,
) -> None:
    """Write a contact sheet: some drawings of a data set, with their categories.

    Args:
        to: PNG file to write.
        data: The data set.
        split: The split to choose drawings from.
        count: Number of drawings.
        seed: Seed for the choice of drawings.
        shape: Channels, height and width to bring your own images to; by default 1 28 28, as in a
            training.
    """
    check_at_least_one("--count", count)
    require_seed(seed, "--seed")
    from limner.data.shuffle import some_indices
    from limner.figures.grids import image_grid
    from limner.figures.saving import save_image

    dataset = _opened(data, shape, or_else=ModelConfig().shape)
    drawings = dataset.split(split)
    chosen = some_indices(len(drawings), count, seed)
    labels = [dataset.categories[category] for category in drawings.categories(chosen)]
    labels = labels if len(dataset.categories) > 1 else []
    caption = f"{dataset.name}, {split}: {len(chosen)} of {len(drawings):,} drawings"
    save_image(image_grid(drawings.levels(chosen) / 255, caption, labels=labels), to)
    print(to)


def export(
    to: Path,
    data: DataConfig = _DOODLES,
    format: ExportFormat = "idx",
    shape: tuple[int, int, int] | None = None,
) -> None:
    """Write any data set as MNIST's four files (idx), arrays (npz, npy) or image files (png).

    Args:
        to: Folder to write into.
        data: The data set.
        format: Format to write.
        shape: Channels, height and width to bring your own images to; by default those of the
            first, at most 128 pixels along a side.
    """
    from limner.data.export import export as write

    dataset = _opened(data, shape)
    with progress_bar("writing") as advance:
        paths = write(dataset, to, format, data.binarisation, advance)
    for path in paths:
        print(path)


def rasterise(source: Path, to: Path, side: int = 28, workers: int | None = None) -> None:
    """Render a file of strokes (.ndjson, .bin, sketch-rnn's .npz) like the official bitmaps.

    Args:
        source: File of strokes.
        to: .npy file to write: bytes of shape (drawings, side * side), 255 for ink.
        side: Height and width of each bitmap, pixels.
        workers: Number of processes; by default one per core.
    """
    check_at_least_one("--workers", workers)
    from limner.data.rasterise_file import rasterise_file

    with progress_bar("drawing") as advance:
        drawn = rasterise_file(source, to, side, workers, lambda done: advance(done, None))
    print(f"{to}: {drawn.drawings:,} drawings, drawn by {drawn.backend} ({drawn.note})")


def verify(root: Path | None = None) -> None:
    """Read every file under a data root to its end, count its rows, and name damaged files.

    Args:
        root: Data root; by default $LIMNER_DATA, or else the user's cache folder.
    """
    from limner.data.dataset import data_root
    from limner.data.library import verify as read_all

    folder, damaged, files, rows = data_root(root), 0, 0, 0
    for verdict in read_all(folder):
        files, rows = files + 1, rows + verdict.rows
        damaged += verdict.fault is not None
        print(verdict.fault or f"{verdict.path}: {verdict.rows:,} rows")
    if files == 0:
        raise LimnerError(f"{folder} holds no data: give their folder with --root or LIMNER_DATA")
    print(f"{files:,} files, {rows:,} rows, {damaged} damaged")
    if damaged:
        raise SystemExit(1)


def _opened(
    data: DataConfig,
    shape: tuple[int, int, int] | None,
    or_else: tuple[int, int, int] | None = None,
) -> "Dataset":
    """The data set; only images of the user's own are brought to a shape."""
    if data.name != "images":
        refuse_idle("unless data.name is images", {"--shape": shape})
    return open_with_progress(data, shape or or_else)
