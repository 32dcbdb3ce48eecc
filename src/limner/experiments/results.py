"""What a measured row leaves in its run folder, and reading it back: the pages' only source.

A result is one JSON file for each measurement, written whole or not at all. With it stands what the
number depends on: the drawings, the seconds, the machine and the version of this package.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limner.config import parse_strictly
from limner.errors import LimnerError
from limner.evaluation.bound import Evaluation
from limner.experiments.experiment import Measurement, Row
from limner.run import Run
from limner.system.files import replace_text


@dataclass(frozen=True, kw_only=True)
class Result:
    """A measurement of a row, and how it came about."""

    evaluation: Evaluation
    """The numbers."""
    train_images: int
    """Drawings of the training split."""
    steps: int
    """Iterations of training."""
    weights_step: int | None
    """The iteration whose weights were measured: the best on the validation split."""
    training_seconds: float | None
    """Of all sessions; None without training."""
    machine: str
    """Kind of processor or accelerator, and how many shared the work."""
    jax: str
    """Version of JAX."""
    limner: str
    """Version of this package that measured, or what git calls its checkout."""
    command: str
    """What made it."""

    def to_json(self) -> str:
        """The result as indented JSON."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> "Result | None":
        """What `to_json` wrote to a file, or None if there is no such file.

        Raises:
            LimnerError: The file is not such a result.
        """
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return None
        try:
            return parse_strictly(cls, text, origin="what it holds")
        except LimnerError as error:
            raise LimnerError(f"{path} is no result ({error}): delete it and run again") from None


@dataclass(frozen=True)
class Record:
    """What there is of a row: all that a page says comes from here."""

    row: Row
    folder: Path
    results: Mapping[Measurement, Result]
    metrics: list[dict[str, Any]]
    sessions: list[dict[str, Any]]

    @property
    def is_complete(self) -> bool:
        """Whether all of its measurements were made."""
        return len(self.results) == len(self.row.measurements)

    @property
    def steps(self) -> int:
        """Iterations trained so far, as far as is known."""
        return max((row["update"] for row in self.metrics), default=0)

    @property
    def status(self) -> str:
        """In words, how far it has come."""
        if self.is_complete:
            return "done"
        if self.steps >= self.row.steps > 0:
            return "not measured yet"
        return f"stopped at iteration {self.steps:,}" if self.steps else "not run"


def read_record(folder: Path, row: Row) -> Record:
    """Read what there is of a row in an experiment's folder.

    Raises:
        LimnerError: A run with other settings lies there, or one of its files is damaged.
    """
    there = folder / row.name
    if not (there / "config.json").exists():
        return empty_record(row, there)
    run = Run.create(there, row.config)  # refuses a run with other settings
    found = {one: Result.read(there / one.file) for one in row.measurements}
    results = {one: result for one, result in found.items() if result is not None}
    return Record(row, there, results, run.read_metrics(), run.read_sessions())


def empty_record(row: Row, folder: Path) -> Record:
    """Of a row that was not run."""
    return Record(row, folder, {}, [], [])


def write_result(run: Run, measurement: Measurement, result: Result) -> None:
    """Keep a result in its run folder."""
    replace_text(run.folder / measurement.file, result.to_json())


def seconds_until(sessions: Iterable[Mapping[str, Any]], step: int) -> float | None:
    """Seconds of training up to a step; None where no session is on record.

    A session's seconds are shared out evenly over its steps. Steps of a session that was killed
    have no seconds on record: they count as much as those that have.
    """
    steps = seconds = 0.0
    for session in sessions:
        first, last = session["from_update"], session["to_update"]
        within = max(0, min(step, last) - first)
        steps += within
        seconds += session["seconds"] * within / (last - first)
    return seconds * step / steps if steps else None
