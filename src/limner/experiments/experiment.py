"""An experiment as data: named rows, each a run of its own and what is measured of it."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from limner.config import Protocol, RunConfig, SplitName, changed
from limner.errors import LimnerError

ExperimentName = Literal["table1", "recipe", "free-sizes", "time-to-bound", "baselines"]

QUICK_STEPS = 100


class Measurement(NamedTuple):
    """One evaluation of a trained row."""

    protocol: Protocol
    split: SplitName

    @property
    def file(self) -> str:
        """Its file in the run folder."""
        return f"evaluation-{self.protocol}-{self.split}.json"


HONEST = Measurement("honest", "test")
VALIDATION = Measurement("honest", "valid")
AS_PUBLISHED = Measurement("as-published", "test")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run and what is measured of it."""

    name: str
    """Its run folder, under the experiment's; parts are joined by a slash."""
    label: str
    """What the page calls it."""
    config: RunConfig
    """The run. A mean image uses its data alone."""
    predictor: Literal["model", "mean-image"] = "model"
    """What is measured: the trained model, or the mean of the training images."""
    measurements: tuple[Measurement, ...] = (HONEST,)
    """What is measured."""
    picture_steps: tuple[int, ...] = ()
    """Time steps to show in pictures; none for no pictures."""
    if_found: bool = False
    """Whether the row is left out where its data are not found, rather than an error."""

    @property
    def steps(self) -> int:
        """Iterations of its training."""
        return self.config.train.updates if self.predictor == "model" else 0


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Rows that make a page."""

    kind: ExperimentName
    """Which of the pages."""
    title: str
    """The page's heading."""
    question: str
    """What it is to find out, in a sentence."""
    rows: tuple[Row, ...]
    """In the order in which they are run."""
    quick: bool = False
    """Whether training was cut short, so that its numbers mean nothing."""

    @property
    def name(self) -> str:
        """Of its folder and of its page: a quick one never takes the place of the real one."""
        return f"{self.kind}-quick" if self.quick else self.kind

    @property
    def command(self) -> str:
        """What runs it."""
        return f"limner reproduce {self.kind}{' --quick' if self.quick else ''}"

    def chosen(self, patterns: Sequence[str]) -> tuple[Row, ...]:
        """Rows that a pattern names: by name, by its first part, or with * and ?; all for none.

        Raises:
            LimnerError: A pattern names no row.
        """
        for pattern in patterns:
            if not any(_is_named(row, pattern) for row in self.rows):
                names = ", ".join(row.name for row in self.rows)
                raise LimnerError(f"{self.kind} has no row {pattern!r}: there are {names}")
        if not patterns:
            return self.rows
        return tuple(row for row in self.rows if any(_is_named(row, p) for p in patterns))


def quickly(experiment: Experiment) -> Experiment:
    """The same experiment with so little training that all of it takes minutes."""

    def cut(row: Row) -> Row:
        train = row.config.train
        changes = {
            "train.updates": QUICK_STEPS,
            "train.validate_every": min(train.validate_every, QUICK_STEPS // 2),
        }
        return dataclasses.replace(row, config=changed(row.config, changes))

    return dataclasses.replace(experiment, rows=tuple(map(cut, experiment.rows)), quick=True)


def _is_named(row: Row, pattern: str) -> bool:
    return fnmatchcase(row.name, pattern) or row.name.startswith(f"{pattern}/")
