"""The experiments: which rows, with which settings.

Source of PUBLISHED: the table of the 2018 study, DRAW on Quick, Draw! (80,000 drawings a category,
grey, read and write 5 x 5 but where said, z 10, 10,000 iterations).
"""

from types import MappingProxyType
from typing import Any, NamedTuple

from limner.config import RunConfig, changed
from limner.experiments.experiment import (
    AS_PUBLISHED,
    HONEST,
    VALIDATION,
    Experiment,
    ExperimentName,
    Row,
)
from limner.presets import PRESETS


class Published(NamedTuple):
    """A row of the study's table."""

    name: str
    drawings: str
    categories: tuple[str, ...]
    read_grid: int
    write_grid: int
    latent_size: int
    num_steps: int
    batch_size: int
    Lx: float
    Lz: float
    shown: tuple[int, ...] = ()
    """Time steps of the study's grid of canvases, where it has one."""


PUBLISHED = (
    Published("cat-b64", "Cat", ("cat",), 5, 5, 10, 20, 64, 146.50, 92.22),
    Published("cat", "Cat", ("cat",), 5, 5, 10, 20, 100, 166.69, 91.58, (4, 7, 9)),
    Published("dog-t10", "Dog", ("dog",), 5, 5, 10, 10, 100, 171.14, 92.42),
    Published("dog", "Dog", ("dog",), 5, 5, 10, 20, 100, 158.91, 91.22, (4, 8, 15, 20)),
    Published("mix-r2", "Cat & Dog", ("cat", "dog"), 2, 5, 10, 20, 100, 181.98, 91.82),
    Published("mix", "Cat & Dog", ("cat", "dog"), 5, 5, 10, 20, 100, 141.93, 91.56, (7, 9, 15, 20)),
)
STUDY_DRAWINGS = 80_000
"""Drawings of a category in the study; fewer are used where there are fewer."""
STUDY_STEPS = 10_000
"""Its iterations."""

STUDY = PRESETS["study"]
HONEST_STUDY = changed(STUDY, {"train.protocol": "honest"})
RECIPE = PRESETS["quickdraw"]
"""Of grey cats, as the study's settings are."""

BUDGET = 2_000
"""Iterations of each row of the recipe and of the baselines."""
SMALL_RECIPE = changed(RECIPE, {"train.updates": BUDGET})
EARLIER_RECIPE = changed(SMALL_RECIPE, {"model.initial_std": 2.7})
"""The recipe as it was when its parts were weighed; what came of that is in RECIPE."""

CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "recipe": ("nothing", {}),
    "recipe-seed-1": ("nothing but the seed", {"train.seed": 1}),
    "recipe-seed-2": ("nothing but the seed, again", {"train.seed": 2}),
    "zero-start": ("zero first states and canvas", {"model.learned_start": False}),
    "narrow-filters": ("**filters 1 pixel wide at first**", {"model.initial_std": 1.0}),
    "narrow-filters-seed-1": (
        "filters 1 pixel wide at first, and the seed",
        {"model.initial_std": 1.0, "train.seed": 1},
    ),
    "narrow-filters-seed-2": (
        "filters 1 pixel wide at first, and the seed, again",
        {"model.initial_std": 1.0, "train.seed": 2},
    ),
    "constant-rate": ("constant rate after the warm-up", {"train.schedule": "constant"}),
    "no-average": ("no moving average", {"train.ema_decay": 0.0}),
    "no-warm-up": ("no warm-up", {"train.warmup_updates": 0}),
    "rmsprop": (
        "RMSprop 1e-3, as in the study",
        {"train.optimiser": "rmsprop", "train.learning_rate": 1e-3},
    ),
    "z5": ("5 latents a step", {"model.latent_size": 5}),
    "z20": ("20 latents a step", {"model.latent_size": 20}),
    "t10": ("T = 10", {"model.num_steps": 10}),
    "t40": ("T = 40", {"model.num_steps": 40}),
    "read2": ("reading 2 × 2", {"model.read_grid": 2}),
    "read8": ("reading 8 × 8", {"model.read_grid": 8}),
    "write8": ("writing 8 × 8", {"model.write_grid": 8}),
    "h128": ("LSTMs of 128", {"model.hidden_size": 128}),
    "h512": ("LSTMs of 512", {"model.hidden_size": 512}),
    "learned-prior": ("a learned prior", {"model.learned_prior": True}),
    "no-mirror": ("drawings not mirrored", {"train.augment": "none"}),
}

BOUNDS = (260, 250, 240, 230)
"""Marks on the way of a validation bound, nats."""


PICTURED = ("as-published", "recipe")
"""The columns of table1 whose canvases are shown."""


def _published_row(published: Published, column: str, label: str, base: RunConfig) -> Row:
    config = changed(
        base,
        {
            "model.num_steps": published.num_steps,
            "model.latent_size": published.latent_size,
            "model.read_grid": published.read_grid,
            "model.write_grid": published.write_grid,
            "data.categories": published.categories,
            "data.limit": STUDY_DRAWINGS,
            "train.updates": STUDY_STEPS,
            "train.batch_size": published.batch_size,
        },
    )
    is_published = config.train.protocol == "as-published"
    return Row(
        name=f"{published.name}/{column}",
        label=f"{published.drawings}, {label}",
        config=config,
        measurements=(AS_PUBLISHED, HONEST) if is_published else (HONEST,),
        picture_steps=published.shown if column in PICTURED else (),
    )


COLUMNS = {
    "as-published": ("the study's settings, its noise", STUDY),
    "honest": ("the study's settings, honest noise", HONEST_STUDY),
    "recipe": ("limner's recipe", RECIPE),
}
"""The columns of table1: what a page calls them, and the settings that a row's own go over."""

_MNIST = changed(
    PRESETS["mnist"],
    {"model.num_steps": 16, "train.updates": BUDGET},
)
_DATA = {"cat": (SMALL_RECIPE, False), "mnist": (_MNIST, True)}
_PREDICTORS: dict[str, tuple[str, dict[str, Any]]] = {
    "mean-image": ("mean training image", {}),
    "vae": (
        "variational autoencoder, 50 latents",
        {
            "model.cell": "dense",
            "model.num_steps": 1,
            "model.latent_size": 50,
            "model.read_grid": None,
            "model.write_grid": None,
        },
    ),
    "no-attention": (
        "DRAW without attention",
        {"model.read_grid": None, "model.write_grid": None},
    ),
    "draw": ("DRAW", {}),
}

EXPERIMENTS: MappingProxyType[ExperimentName, Experiment] = MappingProxyType(
    {
        "table1": Experiment(
            kind="table1",
            title="The 2018 study's table",
            question="What the study published, what its settings reach under a loss that is a "
            "bound, and what limner's own recipe reaches with the same sizes and "
            "iterations.",
            rows=tuple(
                _published_row(published, column, label, base)
                for published in PUBLISHED
                for column, (label, base) in COLUMNS.items()
            ),
        ),
        "recipe": Experiment(
            kind="recipe",
            title="The recipe, one thing changed at a time",
            question="What each part of limner's recipe is worth, and what other sizes would do.",
            rows=tuple(
                Row(
                    name=name,
                    label=label,
                    config=changed(EARLIER_RECIPE, changes),
                    measurements=(VALIDATION, HONEST),
                )
                for name, (label, changes) in CHANGES.items()
            ),
        ),
        "free-sizes": Experiment(
            kind="free-sizes",
            title="Sizes chosen freely",
            question="How low the bound on cats goes within three hours of two cores, when the "
            "study's sizes need not be kept.",
            rows=tuple(
                Row(
                    name=name,
                    label=f"LSTMs of 400, writing 8 × 8{note}",
                    config=changed(
                        RECIPE,
                        {
                            "model.hidden_size": 400,
                            "model.write_grid": 8,
                            "train.updates": steps,
                        },
                    ),
                    measurements=(VALIDATION, HONEST),
                    picture_steps=(5, 10, 20),
                )
                for name, note, steps in (
                    ("wide", "", 12_000),
                    ("wide-short", ", half as long", 6_000),
                )
            ),
        ),
        "time-to-bound": Experiment(
            kind="time-to-bound",
            title="Seconds to a bound",
            question="After how many seconds of training the validation bound is below a mark.",
            rows=tuple(
                Row(
                    name=name,
                    label=label,
                    config=changed(base, {"train.updates": steps, "train.validate_every": 100}),
                    measurements=(VALIDATION, HONEST),
                )
                for name, label, base, steps in (
                    ("study", "the study's settings, honest noise", HONEST_STUDY, STUDY_STEPS),
                    ("recipe", "limner's recipe", RECIPE, STUDY_STEPS),
                    ("recipe-short", "limner's recipe, a fifth as long", RECIPE, BUDGET),
                )
            ),
        ),
        "baselines": Experiment(
            kind="baselines",
            title="Baselines",
            question="What DRAW gains over simpler models of the same drawings.",
            rows=tuple(
                Row(
                    name=f"{data}/{name}",
                    label=label,
                    config=changed(base, changes),
                    predictor="mean-image" if name == "mean-image" else "model",
                    if_found=if_found,
                )
                for data, (base, if_found) in _DATA.items()
                for name, (label, changes) in _PREDICTORS.items()
            ),
        ),
    }
)
