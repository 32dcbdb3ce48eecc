"""What the lines of the pages' tables are about; the templates name these properties."""

import math
from collections.abc import Sequence
from functools import partial
from statistics import mean, stdev
from typing import NamedTuple

import jax

from limner.config import Binarisation, Protocol
from limner.evaluation.judgement import Judgement
from limner.evaluation.result import Evaluation
from limner.experiments.catalogue import Published
from limner.experiments.experiment import AS_PUBLISHED, HONEST, VALIDATION, Measurement
from limner.experiments.results import Record, Result
from limner.experiments.template import NotMeasured
from limner.model.draw import build_model
from limner.system.provenance import seconds_until
from limner.text import listed, options, rounded, suggested

MARKS: tuple[int, ...] = (260, 250, 240, 230)
"""Validation bounds that training passes on its way, nats."""

_TARGETS: dict[Binarisation, str] = {
    "grey": "grey levels",
    "threshold": "cut at one half",
    "static": "drawn once",
    "dynamic": "drawn anew at each visit",
}


class Line(NamedTuple):
    """A row of an experiment.

    Raises:
        NotMeasured: A property needs a measurement that the row does not have yet.
    """

    record: Record
    first: Record
    """The experiment's first row, with which the others are compared."""

    @property
    def label(self) -> str:
        """Its label on the page."""
        row = self.record.row
        return row.label + (", *no longer in limner*" if row.retired else "")

    @property
    def categories(self) -> str:
        """The names of its categories, or how many they are."""
        names = self.record.row.config.data.categories
        return listed(names) if len(names) < 3 else f"{len(names)} categories"

    @property
    def export_command(self) -> str:
        """The command that writes its data as NumPy arrays."""
        data = self.record.row.config.data
        named = ("name", "categories", "limit", "binarisation")
        settings = {f"data.{name}": getattr(data, name) for name in named}
        return suggested("data export --to FOLDER --format npz", *options(settings))

    @property
    def updates(self) -> int | None:
        """Updates of its whole training; None without training."""
        return self.record.row.updates or None

    @property
    def num_steps(self) -> int | None:
        """Number of steps, T; None without training."""
        return self.record.row.config.model.num_steps if self.updates else None

    @property
    def trained(self) -> Protocol | None:
        """The protocol of its training."""
        return self.record.row.config.train.protocol if self.updates else None

    @property
    def weights(self) -> int | None:
        """Number of trained weights."""
        if not self.updates:
            return None
        model = partial(build_model, self.record.row.config.model)
        leaves = jax.tree.leaves(jax.eval_shape(model, jax.random.key(0)))
        return sum(leaf.size for leaf in leaves)

    @property
    def test(self) -> Evaluation:
        """The honest numbers of the test split."""
        return self.measured.evaluation

    @property
    def valid(self) -> Evaluation:
        """The honest numbers of the validation split."""
        return self._result(VALIDATION).evaluation

    @property
    def published(self) -> Evaluation:
        """The numbers of the test split as the study took them."""
        return self._result(AS_PUBLISHED).evaluation

    @property
    def weighted(self) -> str | None:
        """The importance-weighted bound of the test split with its error; None without one."""
        test = self.test
        if test.importance_bound is None:
            return None
        error = rounded(test.importance_stderr, 1)
        return f"**{rounded(test.importance_bound, 1)}** ± {error}"

    @property
    def measured(self) -> Result:
        """The honest numbers of the test split, and how they came about."""
        return self._result(HONEST)

    @property
    def judged(self) -> Judgement:
        """How good its samples are."""
        judgement = self.measured.judgement
        if judgement is None:
            raise NotMeasured("not judged")
        return judgement

    @property
    def difference(self) -> float | None:
        """The test bound minus that of the first row, rounded."""
        first, bound = self.first.results.get(HONEST), self.test.bound
        if first is None or first.evaluation.bound is None or bound is None:
            return None
        return round(bound - first.evaluation.bound, 1) + 0.0  # no -0.0

    @property
    def seconds(self) -> float | None:
        """Seconds of training."""
        return self.measured.training_seconds

    @property
    def seconds_so_far(self) -> float | None:
        """Seconds of training, also of one that goes on."""
        return seconds_until(self.record.sessions, self.record.updates)

    @property
    def best(self) -> dict:
        """The losses of its best validation."""
        losses = self.record.losses("valid")
        if not losses:
            raise NotMeasured(self.record.status)
        return min(losses, key=lambda row: row["bound"])

    @property
    def below(self) -> dict[int, str]:
        """For each of MARKS, the seconds until a validation bound below it, and the update."""
        record = self.record
        not_yet = "not passed" if record.is_complete else f"*{record.status}*"
        passed = dict.fromkeys(MARKS, not_yet)
        for losses in reversed(record.losses("valid")):
            update = losses["update"]
            seconds = seconds_until(record.sessions, update)
            text = f"{'–' if seconds is None else f'{seconds:,.0f}'} ({update:,})"
            passed |= {mark: text for mark in MARKS if losses["bound"] < mark}
        return passed

    def _result(self, measurement: Measurement) -> Result:
        if measurement not in self.record.results:
            raise NotMeasured(self.record.status)
        return self.record.results[measurement]


class StudyLine(NamedTuple):
    """A row of the study's table, and the rows of table1 that stand beside it."""

    study: Published
    as_published: Line
    honest: Line
    recipe: Line

    @property
    def floor(self) -> float | None:
        """The floor of its test targets."""
        return floor([self.as_published.record, self.honest.record, self.recipe.record])


class Seeds(NamedTuple):
    """The rows that differ by their seeds alone."""

    lines: Sequence[Line]

    @property
    def bounds(self) -> list[float]:
        """The test bound of each."""
        return [line.test.bound for line in self.lines if line.test.bound is not None]

    @property
    def mean(self) -> float:
        """The mean of their test bounds."""
        return mean(self.bounds)

    @property
    def spread(self) -> float:
        """The standard deviation of their test bounds."""
        return stdev(self.bounds)


class Compared(NamedTuple):
    """Two settings, each with several seeds."""

    label: str
    ours: Seeds
    theirs: Seeds

    @property
    def gain(self) -> float:
        """By how much our mean bound is lower."""
        return self.theirs.mean - self.ours.mean

    @property
    def error(self) -> float:
        """Standard error of the gain over seeds."""
        parts = (self.ours, self.theirs)
        return math.sqrt(sum(part.spread**2 / len(part.bounds) for part in parts))


class Source(NamedTuple):
    """A measurement of a row, and what it comes from."""

    line: Line
    result: Result

    @property
    def targets(self) -> str:
        """How grey levels became targets."""
        return _TARGETS[self.result.evaluation.binarisation]

    @property
    def weights(self) -> str | None:
        """The update whose weights were measured."""
        result = self.result
        made = result.weights_update
        return None if made is None else f"{made:,} of {result.updates:,}"


def floor(records: list[Record]) -> float | None:
    """The floor of grey test targets: that of the first record that has one."""
    tests = [record.results[HONEST] for record in records if HONEST in record.results]
    return next((one.evaluation.floor for one in tests if one.evaluation.floor is not None), None)
