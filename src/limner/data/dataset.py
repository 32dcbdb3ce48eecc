"""Data sets, by name or from arrays; opening a file reads little more than its header.

Axis letters: n row, c channel, h w image.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Integer, Shaped

from limner.config import SPLITS, DataConfig, Ink, SplitName
from limner.data import binarise, images, mnist, quickdraw
from limner.data.doodles import doodles
from limner.data.doodles.doodles import Doodles
from limner.data.fingerprint import Fingerprint, fingerprint_of
from limner.data.given import FEWEST, checked_images, checked_labels
from limner.data.items import read_items
from limner.data.remote import Progress, require
from limner.data.sources import Pictures, Shape, Source
from limner.data.splits import BY_ROW, Progression, Split
from limner.errors import LimnerError, check_choice, check_names
from limner.system.home import at_home, cache_folder

_DEFAULTS = {"doodles": doodles.CATEGORIES, "quickdraw": ("cat",)}
"""The default categories of data sets that let the user choose."""

DIGITS = tuple("0123456789")
"""The categories of MNIST; other files of its format may have more."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Sources laid end to end, and how they are split."""

    config: DataConfig
    """The settings that name these data."""
    categories: tuple[str, ...]
    """Names of the categories, at the indices that `Split.categories` returns."""
    sources: tuple[Source, ...] = field(repr=False)
    official: Mapping[SplitName, tuple[int, int]] | None = None
    """First row and number of rows of each split, where the data set has its own."""
    row_categories: Integer[np.ndarray, "n"] | None = field(default=None, repr=False)
    """The category of each row, where one source holds several."""
    note: str = ""
    """A message to the user about what was found while opening."""

    @classmethod
    def from_arrays(
        cls,
        images: Shaped[np.ndarray, "..."],
        labels: Shaped[np.ndarray, "..."] | Sequence[int | str] | None = None,
    ) -> "Dataset":
        """Make a data set from images in memory; the index mod 10 decides the split (8:1:1).

        Args:
            images: (n, h, w), or (n, c, h, w) with 1 or 3 channels. Integers are levels from 0 to
                255, booleans are ink or no ink, floats are pixels from 0 to 1 (rounded to 1/255).
                Ink is 255, True or 1.
            labels: A number or a name for each image; the sorted values become the categories.

        Returns:
            The data set.

        Raises:
            LimnerError: The shape, the range or the dtype does not fit, or there are fewer than 10
                images.

        Example:
            >>> data = Dataset.from_arrays(np.zeros((100, 28, 28), np.uint8), labels=["cat"] * 100)
            >>> data.sizes
            {'train': 80, 'valid': 10, 'test': 10}
        """
        levels = checked_images(images)
        names, indices = checked_labels(labels, len(levels))
        return cls(
            DataConfig(name="arrays", categories=names),
            names or ("image",),
            (Pictures("arrays", levels),),
            row_categories=indices,
        )

    @classmethod
    def from_items(cls, items: Any, *, shape: Shape | None = None, ink: Ink = "auto") -> "Dataset":
        """Make a data set from a map-style one, as Hugging Face's datasets and torchvision's are.

        The images are brought to one size, and their ink is told from their paper, as those of
        files are. They are held in memory; the index mod 10 decides the split (8:1:1).

        Args:
            items: Has a length, and gives by index pairs (image, label), or dictionaries with
                "image" (or "img") and, if there are labels, "label". An image is a PIL image or an
                array (h, w), (h, w, 1, 3 or 4) or (1 or 3, h, w): integers are levels from 0 to
                255, booleans are 0 and 1, floats are from 0 to 1. Numbers as labels are named by
                `items.features["label"].names` or by `items.classes`, if there are such.
            shape: Channels (1 for ink, 3 for colours), height and width to bring each image to;
                None takes those of the first, at most 512 pixels along a side.
            ink: Whether the ink is "dark" or "light"; "auto" decides for each image.

        Returns:
            The data set; its `note` says what was taken for ink and paper.

        Raises:
            LimnerError: An item is of another kind or cannot be read, or there are fewer than 10.

        Example:
            >>> data = Dataset.from_items(datasets.load_dataset("ylecun/mnist", split="train"))
            >>> data = Dataset.from_items(torchvision.datasets.MNIST("data"), shape=(1, 20, 20))
        """
        read = read_items(items, shape, ink)
        return cls(
            DataConfig(name="arrays", categories=read.categories),
            read.categories or ("image",),
            (Pictures("arrays", read.levels),),
            row_categories=read.indices,
            note=read.note,
        )

    @property
    def name(self) -> str:
        """Name of the data set, as in `DataConfig.name`."""
        return self.config.name

    @property
    def limit(self) -> int | None:
        """Number of first rows used of each source (of official splits 8:1:1); None uses all."""
        return self.config.limit

    def fingerprint(self) -> Fingerprint:
        """A fingerprint that tells these data from others."""
        limit = self.limit
        if self.official is not None and limit is not None:
            parts = [(self.official[which][0], self._counts(which)[0]) for which in SPLITS]
            used = [[range(first, first + count) for first, count in parts]]
        else:
            used = [[range(len(s) if limit is None else min(len(s), limit))] for s in self.sources]
        return fingerprint_of(self.name, self.categories, self.sources, used, self.row_categories)

    @property
    def shape(self) -> Shape:
        """Channels, height and width of every image."""
        return self.sources[0].shape

    @property
    def sizes(self) -> dict[SplitName, int]:
        """Number of drawings in each split."""
        return {which: sum(self._counts(which)) for which in SPLITS}

    def split(self, which: SplitName) -> Split:
        """The training, validation or test split.

        Raises:
            LimnerError: There is no such split, or it is empty.
        """
        check_choice("split", which, SPLITS)
        counts = self._counts(which)
        if sum(counts) == 0:
            raise LimnerError(
                f"{self.name} has no drawing for {which}: it takes {FEWEST} drawings of a category "
                "(8 to train, 1 to validate and 1 to test), and the largest has "
                f"{max(map(len, self.sources))}"
            )
        progression = Progression(self.official[which][0], 1, 1) if self.official else BY_ROW[which]
        return Split(self.sources, progression, counts, self.row_categories)

    def _counts(self, which: SplitName) -> tuple[int, ...]:
        """Number of drawings from each source."""
        share = BY_ROW[which].count
        if self.official is not None:
            count = self.official[which][1]
            return (count if self.limit is None else min(count, share(self.limit)),)
        lengths = map(len, self.sources)
        return tuple(share(n if self.limit is None else min(n, self.limit)) for n in lengths)


def data_root(root: Path | None = None) -> Path:
    """The data root: `root`, or else $LIMNER_DATA, or else the user's cache folder.

    Raises:
        LimnerError: None of them is known, since the user has no home folder.
    """
    if given := root or os.environ.get("LIMNER_DATA"):
        return at_home(given)
    if (folder := cache_folder()) is None:
        raise LimnerError(
            "there is no home folder to keep data in: name a folder in LIMNER_DATA, or with "
            "--data.root (--root or --data-root in some commands)"
        )
    return folder


def open_dataset(
    config: DataConfig,
    shape: Shape | None = None,
    fetch: bool = True,
    on_progress: Progress = lambda done, total: None,
) -> Dataset:
    """Open a data set by name. Of Quick, Draw! files and arrays only the headers are read.

    Args:
        config: The settings that name the data set.
        shape: Channels, height and width to which the user's own images are scaled; None keeps
            their size. The other data sets have a fixed shape.
        fetch: Whether to download missing files.
        on_progress: Called with the numbers of bytes downloaded and to download.

    Returns:
        The data set.

    Raises:
        LimnerError: A category is unknown, a file is damaged, or a missing file cannot be
            downloaded.

    Example:
        >>> open_dataset(DataConfig(name="doodles", categories=("cat",))).sizes
        {'train': 1600, 'valid': 200, 'test': 200}
    """
    match config.name:
        case "doodles":
            return _open_doodles(config)
        case "quickdraw":
            return _open_quickdraw(config, fetch, on_progress)
        case "mnist":
            return _open_mnist(config, fetch, on_progress)
        case "static-mnist":
            return _open_static_mnist(config)
        case "images":
            return _open_images(config, shape)
        case "arrays":
            raise LimnerError(
                "these data are arrays given in Python, and are given there again: to "
                "limner.load(RUN).evaluate(data), or to limner.train(data, config, out=RUN), with "
                "data = limner.Dataset.from_arrays(images)"
            )


def category_names(config: DataConfig) -> tuple[str, ...]:
    """The names of the categories of a data set, without opening it.

    Raises:
        LimnerError: They are named by folders of the user's own images, which are missing.
    """
    match config.name:
        case "doodles" | "quickdraw" as name:
            return config.categories or _DEFAULTS[name]
        case "mnist":
            return DIGITS
        case "static-mnist":
            return ("digit",)
        case "images":
            assert config.path is not None  # DataConfig sees to it
            return config.categories or images.category_names(config.path)
        case "arrays":
            return config.categories or ("image",)


def _open_doodles(config: DataConfig) -> Dataset:
    names = category_names(config)
    check_names(names, doodles.CATEGORIES, "doodles")
    sources = tuple(Doodles.of(name, config.limit) for name in names)
    return Dataset(config, names, sources)


def _open_quickdraw(config: DataConfig, fetch: bool, on_progress: Progress) -> Dataset:
    names = category_names(config)
    check_names(names, quickdraw.categories(), "Quick, Draw!", quickdraw.LISTED)
    files = quickdraw.requests(data_root(config.root), names, "numpy_bitmap")
    require(files, fetch, on_progress)
    sources = tuple(quickdraw.open_bitmaps(file.path) for file in files)
    return Dataset(config, names, sources)


def _open_mnist(config: DataConfig, fetch: bool, on_progress: Progress) -> Dataset:
    root = data_root(config.root)
    require(mnist.requests(root), fetch, on_progress)
    train, train_labels = mnist.read_part(root, "train")
    test, test_labels = mnist.read_part(root, "t10k")
    if train.shape[1:] != test.shape[1:]:
        raise LimnerError(f"MNIST's images in {root} are {train.shape[1:]} and {test.shape[1:]}")
    labels = np.concatenate([train_labels, test_labels])
    valid = len(train) // 6  # 10,000 of the official 60,000, as in the static set
    return Dataset(
        config,
        DIGITS if labels.max() < 10 else tuple(map(str, range(int(labels.max()) + 1))),
        (Pictures("mnist", np.concatenate([train, test])[:, None]),),
        official=_in_a_row(len(train) - valid, valid, len(test)),
        row_categories=labels,
    )


def _open_static_mnist(config: DataConfig) -> Dataset:
    parts = mnist.read_static(data_root(config.root) / mnist.STATIC)
    pixels = np.concatenate([*parts.values()]).reshape(-1, 1, 28, 28) * np.uint8(binarise.INK)
    return Dataset(
        config,
        category_names(config),
        (Pictures("static-mnist", pixels),),
        official=_in_a_row(*map(len, parts.values())),
    )


def _in_a_row(train: int, valid: int, test: int) -> dict[SplitName, tuple[int, int]]:
    return {"train": (0, train), "valid": (train, valid), "test": (train + valid, test)}


def _open_images(config: DataConfig, shape: Shape | None) -> Dataset:
    assert config.path is not None  # DataConfig sees to it
    opened = images.open_images(config.path, shape, config.categories, config.ink)
    return Dataset(config, opened.categories, opened.sources, note=opened.note)
