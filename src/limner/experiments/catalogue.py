"""The experiments there are: tables of rows, each a name, a label and the settings it changes.

Source of PUBLISHED: the table of the 2018 study, DRAW on Quick, Draw! (80,000 drawings a category,
grey, read and write 5 x 5 but where said, z 10, 10,000 updates).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from limner.config import RunConfig, changed
from limner.experiments.experiment import (
    AS_PUBLISHED,
    HONEST,
    VALIDATION,
    Experiment,
    ExperimentName,
    Predictor,
    Row,
)
from limner.presets import PRESETS


class Published(NamedTuple):
    """A row of the study's table."""

    name: str
    drawings: str
    categories: tuple[str, ...]
    read_grid: int
    num_steps: int
    batch_size: int
    Lx: float
    Lz: float
    shown: tuple[int, ...] = ()
    """Steps of the study's grid of canvases, where it has one."""


PUBLISHED = (
    Published("cat-b64", "Cat", ("cat",), 5, 20, 64, 146.50, 92.22),
    Published("cat", "Cat", ("cat",), 5, 20, 100, 166.69, 91.58, (4, 7, 9)),
    Published("dog-t10", "Dog", ("dog",), 5, 10, 100, 171.14, 92.42),
    Published("dog", "Dog", ("dog",), 5, 20, 100, 158.91, 91.22, (4, 8, 15, 20)),
    Published("mix-r2", "Cat & Dog", ("cat", "dog"), 2, 20, 100, 181.98, 91.82),
    Published("mix", "Cat & Dog", ("cat", "dog"), 5, 20, 100, 141.93, 91.56, (7, 9, 15, 20)),
)

STUDY = PRESETS["study"]
HONEST_STUDY = changed(STUDY, {"train.protocol": "honest"})
RECIPE = PRESETS["quickdraw"]
SHORT = {"train.updates": 2_000}
"""The training of each row of the recipe and of the baselines."""
EARLIER_RECIPE = changed(RECIPE, {**SHORT, "model.initial_std": 2.7})
"""The recipe as it was when its parts were weighed; what came of that is in RECIPE."""


class Entry(NamedTuple):
    """A row as what it changes in settings that others share."""

    name: str
    label: str
    changes: Mapping[str, Any] = MappingProxyType({})
    predictor: Predictor = "model"
    retired: str = ""


COLUMNS = {
    "as-published": ("the study's settings, its noise", STUDY),
    "honest": ("the study's settings, honest noise", HONEST_STUDY),
    "recipe": ("limner's recipe", RECIPE),
}
"""The columns of table1: what the page calls them, and the settings under those of a row."""


class Comparison(NamedTuple):
    """Two rows of table1, the first of which should be better."""

    label: str
    ours: str
    theirs: str


COMPARISONS = (
    Comparison("cats, limner's recipe and not the study's settings", "cat/recipe", "cat/honest"),
    Comparison("dogs, T = 20 and not 10", "dog/recipe", "dog-t10/recipe"),
    Comparison("cats and dogs, reading 5 × 5 and not 2 × 2", "mix/recipe", "mix-r2/recipe"),
)
SEEDS = (0, 1, 2)

_NARROW, _NARROW_LABEL = {"model.initial_std": 1.0}, "filters 1 pixel wide at first"
_SEED_1, _SEED_2 = {"train.seed": 1}, {"train.seed": 2}
_RMSPROP = {"train.optimiser": "rmsprop", "train.learning_rate": 1e-3}
CHANGES = (
    Entry("recipe", "nothing"),
    Entry("recipe-seed-1", "nothing but the seed", _SEED_1),
    Entry("recipe-seed-2", "nothing but the seed, again", _SEED_2),
    Entry("zero-start", "zero first states and canvas", {"model.learned_start": False}),
    Entry("narrow-filters", f"**{_NARROW_LABEL}**", _NARROW),
    Entry("narrow-filters-seed-1", f"{_NARROW_LABEL}, and the seed", _NARROW | _SEED_1),
    Entry("narrow-filters-seed-2", f"{_NARROW_LABEL}, and the seed, again", _NARROW | _SEED_2),
    Entry("constant-rate", "constant rate after the warm-up", {"train.schedule": "constant"}),
    Entry("no-average", "no moving average (EMA)", {"train.ema_decay": 0.0}),
    Entry("no-warm-up", "no warm-up", {"train.warmup_updates": 0}),
    Entry("rmsprop", "RMSprop 1e-3, as in the study", _RMSPROP),
    Entry("z5", "5 latents a step", {"model.latent_size": 5}),
    Entry("z20", "20 latents a step", {"model.latent_size": 20}),
    Entry("t10", "T = 10", {"model.num_steps": 10}),
    Entry("t40", "T = 40", {"model.num_steps": 40}),
    Entry("read2", "reading 2 × 2", {"model.read_grid": 2}),
    Entry("read8", "reading 8 × 8", {"model.read_grid": 8}),
    Entry("write8", "writing 8 × 8", {"model.write_grid": 8}),
    Entry("h128", "LSTMs of 128", {"model.hidden_size": 128}),
    Entry("h512", "LSTMs of 512", {"model.hidden_size": 512}),
    Entry("layer-norm", "layer normalisation in the LSTMs", retired="model.cell layer-norm-lstm"),
    Entry("learned-prior", "a learned prior", {"model.learned_prior": True}),
    Entry("no-mirror", "drawings not mirrored", {"train.augment": "none"}),
    Entry("jitter", "drawings moved and stretched too", retired="train.augment mirror-jitter"),
)

_WIDE = {"model.hidden_size": 400, "model.write_grid": 8, "train.updates": 12_000}
_HALF = {"train.updates": 6_000}
SIZES = (
    Entry("wide", "LSTMs of 400, writing 8 × 8", _WIDE),
    Entry("wide-short", "LSTMs of 400, writing 8 × 8, half as long", _WIDE | _HALF),
)

_OFTEN = {"train.validate_every": 100}
SPEED_OF_STUDY = (Entry("study", "the study's settings, honest noise", _OFTEN),)
SPEED_OF_RECIPE = (
    Entry("recipe", "limner's recipe", _OFTEN),
    Entry("recipe-short", "limner's recipe, a fifth as long", _OFTEN | SHORT),
)

_WHOLE = {"model.read_grid": None, "model.write_grid": None}
_VAE = {"model.cell": "dense", "model.num_steps": 1, "model.latent_size": 50}
PREDICTORS = (
    Entry("mean-image", "mean training image", predictor="mean-image"),
    Entry("vae", "variational autoencoder, 50 latents", _VAE | _WHOLE),
    Entry("no-attention", "DRAW without attention", _WHOLE),
    Entry("draw", "DRAW"),
)
SHORT_RECIPE = changed(RECIPE, SHORT)
SHORT_MNIST = changed(PRESETS["mnist"], {**SHORT, "model.num_steps": 16})

TWENTY_TWO = (
    *("airplane", "alarm clock", "apple", "banana", "bear", "bicycle", "bird", "book", "cat"),
    *("diamond", "dog", "duck", "eye", "fish", "flower", "frog", "house", "lion", "monkey"),
    *("rabbit", "rainbow", "sheep"),
)
"""The categories of `many`, the mixed data set of the binary benchmark."""
BINARY = {
    name: changed(
        RECIPE,
        {
            "data.categories": categories,
            "data.limit": limit,
            "data.binarisation": "static",
            "train.updates": 5_000,
        },
    )
    for name, categories, limit in (
        ("cat", ("cat",), 3_500),
        ("dog", ("dog",), 3_500),
        ("many", TWENTY_TWO, 1_000),
    )
}
"""The data sets of the binary benchmark, and how each model of them is trained."""

_GO_ON = {
    "data.limit": 3_999,
    "train.start_from": Path("sketches"),
    "train.updates": 2_000,
    "train.learning_rate": 1e-3,
}
GOING_ON = changed(PRESETS["sketches"], _GO_ON)
BINARISATIONS = tuple(
    Entry(name, label, {"data.binarisation": name})
    for name, label in {
        "grey": "grey, as for the pretrained model",
        "threshold": "ink from one half on",
        "static": "ink by its level, drawn once",
        "dynamic": "ink by its level, drawn anew at each visit",
    }.items()
)


def _rows(base: RunConfig, entries: Iterable[Entry], folder: str = "", **others) -> tuple[Row, ...]:
    """Rows that share settings.

    Args:
        base: The shared settings.
        entries: The changes that each row makes to them.
        folder: First part of the names of the rows.
        others: Fields of `Row` that they share.
    """
    return tuple(
        Row(
            name=folder + entry.name,
            label=entry.label,
            config=changed(base, entry.changes),
            predictor=entry.predictor,
            retired=entry.retired,
            **others,
        )
        for entry in entries
    )


def _published(row: Published) -> tuple[Row, ...]:
    """A row of the study's table in each column of table1."""
    changes = {
        "model.num_steps": row.num_steps,
        "model.read_grid": row.read_grid,
        "data.categories": row.categories,
        "data.limit": 80_000,
        "train.batch_size": row.batch_size,
    }
    return tuple(
        Row(
            name=f"{row.name}/{column}",
            label=f"{row.drawings}, {label}",
            config=changed(base, changes),
            measurements=(AS_PUBLISHED, HONEST) if column == "as-published" else (HONEST,),
            figure_steps=() if column == "honest" else row.shown,
        )
        for column, (label, base) in COLUMNS.items()
    )


def _seeded(row: Row) -> tuple[Row, ...]:
    """A row of table1 with each of the seeds."""
    return tuple(
        Row(
            name=f"{row.name}/{seed}",
            label=f"{row.label}, seed {seed}",
            config=changed(row.config, {"train.seed": seed}),
        )
        for seed in SEEDS
    )


_TWICE = (VALIDATION, HONEST)
_TABLE1 = {row.name: row for published in PUBLISHED for row in _published(published)}
_ROWS: dict[ExperimentName, tuple[Row, ...]] = {
    "table1": tuple(_TABLE1.values()),
    "seeds": tuple(
        row
        for one in COMPARISONS
        for name in (one.theirs, one.ours)
        for row in _seeded(_TABLE1[name])
    ),
    "recipe": _rows(EARLIER_RECIPE, CHANGES, measurements=_TWICE),
    "free-sizes": _rows(RECIPE, SIZES, measurements=_TWICE, figure_steps=(5, 10, 20)),
    "time-to-bound": (
        *_rows(HONEST_STUDY, SPEED_OF_STUDY, measurements=_TWICE),
        *_rows(RECIPE, SPEED_OF_RECIPE, measurements=_TWICE),
    ),
    "baselines": (
        *_rows(SHORT_RECIPE, PREDICTORS, "cat/"),
        *_rows(SHORT_MNIST, PREDICTORS, "mnist/", if_found=True),
    ),
    "binary": tuple(
        row
        for name, base in BINARY.items()
        for row in _rows(base, PREDICTORS, f"{name}/", importance_samples=1_000)
    ),
    "binarisation": _rows(GOING_ON, BINARISATIONS, samples=40),
}
EXPERIMENTS = MappingProxyType(
    {kind: Experiment(kind=kind, rows=rows) for kind, rows in _ROWS.items()}
)
