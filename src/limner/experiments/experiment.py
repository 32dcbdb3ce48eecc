"""An experiment as data: named rows, each with its own run and its measurements."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from limner.config import Protocol, RunConfig, SplitName, changed
from limner.errors import LimnerError

ExperimentName = Literal[
    "table1",
    "seeds",
    "recipe",
    "free-sizes",
    "time-to-bound",
    "baselines",
    "binary",
    "binarisation",
]
Predictor = Literal["model", "mean-image"]

QUICK_UPDATES = 100


class Measurement(NamedTuple):
    """One evaluation of a row."""

    protocol: Protocol
    split: SplitName

    @property
    def file(self) -> str:
        """Name of its file in the run folder."""
        return f"evaluation-{self.protocol}-{self.split}.json"


HONEST = Measurement("honest", "test")
VALIDATION = Measurement("honest", "valid")
AS_PUBLISHED = Measurement("as-published", "test")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run and what is measured of it."""

    name: str
    """Path of its run folder, under the experiment's."""
    label: str
    """Its label on the page."""
    config: RunConfig
    """The run; of a mean image, only the data count. A retired row has the settings that limner
    still has."""
    predictor: Predictor = "model"
    """The predictor to measure: the trained model, or the mean of the training images."""
    measurements: tuple[Measurement, ...] = (HONEST,)
    """The measurements to make."""
    importance_samples: int | None = None
    """Importance samples of each image, for honest numbers of the test split; None for no
    importance-weighted bound."""
    samples: int | None = None
    """Samples of each category that the judge names, beside honest numbers of the test split."""
    figure_steps: tuple[int, ...] = ()
    """Steps of the recurrence whose canvases the page shows; none for no figures."""
    if_found: bool = False
    """Whether the row is left out where its data are not found, instead of an error."""
    retired: str = ""
    """A feature that limner no longer has, if the row needs it. Such a row is never run again: the
    page shows what was kept of it."""

    @property
    def updates(self) -> int:
        """Updates of its training; 0 without training."""
        return self.config.train.updates if self.predictor == "model" else 0

    def is_named(self, pattern: str) -> bool:
        """Whether a pattern is its name, the first part of it, or fits it with * and ?."""
        return fnmatchcase(self.name, pattern) or self.name.startswith(f"{pattern}/")


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Rows that make a page."""

    kind: ExperimentName
    """Name of the experiment and of its page."""
    rows: tuple[Row, ...]
    """The rows in the order of the page, which is also the order of running."""
    quick: bool = False
    """Whether training was cut short, so that the numbers mean nothing."""

    @property
    def name(self) -> str:
        """Name of its folder and of its page; a quick one never replaces the real one."""
        return f"{self.kind}-quick" if self.quick else self.kind

    @property
    def command(self) -> str:
        """The command that runs it."""
        return f"limner reproduce {self.kind}{' --quick' if self.quick else ''}"

    def chosen(self, patterns: Sequence[str] = ()) -> tuple[Row, ...]:
        """The rows to run that any of the patterns names; all that can be run, without patterns.

        Raises:
            LimnerError: A pattern names no row that can be run.
        """
        rows = tuple(row for row in self.rows if not row.retired)
        for pattern in patterns:
            if not any(row.is_named(pattern) for row in rows):
                gone = [row.retired for row in self.rows if row.is_named(pattern)]
                why = f" (limner no longer has {gone[0]})" if gone else ""
                names = ", ".join(row.name for row in rows)
                raise LimnerError(f"{self.kind} has no row {pattern!r} to run{why}: use {names}")
        if not patterns:
            return rows
        return tuple(row for row in rows if any(map(row.is_named, patterns)))


def quickly(experiment: Experiment) -> Experiment:
    """The rows of an experiment that can be run, with so few updates that all take minutes."""

    def cut(row: Row) -> Row:
        often = min(row.config.train.validate_every, QUICK_UPDATES // 2)
        changes = {"train.updates": QUICK_UPDATES, "train.validate_every": often}
        return dataclasses.replace(row, config=changed(row.config, changes))

    return dataclasses.replace(experiment, rows=tuple(map(cut, experiment.chosen())), quick=True)
