"""What a measured row leaves in its run folder, and reading it back: the pages' only source.

A result is one JSON file for each measurement, written whole or not at all. With it stands what the
number depends on: the drawings, the seconds, the machine and the version of this package.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limner.config import from_fields
from limner.errors import LimnerError
from limner.evaluation.judgement import Judgement
from limner.evaluation.result import Evaluation
from limner.experiments.experiment import Measurement, Row
from limner.run import Run
from limner.system.checksums import read_checked, write_checked


@dataclass(frozen=True, kw_only=True)
class Result:
    """A measurement of a row, and how it came about."""

    evaluation: Evaluation
    """The numbers."""
    train_images: int
    """Drawings of the training split."""
    digest: str | None = None
    """SHA-256 of the targets that were measured, as `limner data export` writes them; None where
    they are drawn anew at each visit, or were measured before digests were kept."""
    judgement: Judgement | None = None
    """How good its samples are, if they were to be judged."""
    updates: int
    """Updates of the training."""
    weights_update: int | None
    """The update whose weights were measured: the best on the validation split."""
    training_seconds: float | None
    """Seconds of all sessions; None without training."""
    machine: str
    """Kind of processor or accelerator, and how many shared the work."""
    jax: str
    """Version of JAX."""
    limner: str
    """Version of this package that measured, or what git calls its checkout."""
    command: str
    """The command that made it."""

    def write(self, path: Path) -> None:
        """Write it as indented JSON, with a checksum."""
        write_checked(path, dataclasses.asdict(self))

    @classmethod
    def read(cls, path: Path) -> "Result | None":
        """Read what `write` wrote to a file; None if there is no file.

        Raises:
            LimnerError: The file is not such a result.
        """
        if not path.exists():
            return None
        try:
            return from_fields(cls, read_checked(path), origin=str(path))
        except LimnerError as error:
            raise LimnerError(f"{error}: delete it and run again") from None


@dataclass(frozen=True)
class Record:
    """All results of a row; everything on a page comes from here."""

    row: Row
    results: Mapping[Measurement, Result] = field(default_factory=dict)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    sessions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether all of its measurements were made."""
        return len(self.results) == len(self.row.measurements)

    @property
    def updates(self) -> int:
        """Updates made so far, as far as is known."""
        return max((losses["update"] for losses in self.metrics), default=0)

    @property
    def status(self) -> str:
        """Its progress, in words."""
        if self.is_complete:
            return "done"
        if self.updates >= self.row.updates > 0:
            return "not measured yet"
        return f"stopped at update {self.updates:,}" if self.updates else "not run"

    def losses(self, kind: str) -> list[dict[str, Any]]:
        """Its metrics of training batches ("train"), or of the validation split ("valid")."""
        return [losses for losses in self.metrics if losses["kind"] == kind]


def read_record(row: Row, folder: Path) -> Record:
    """Read what lies in a row's folder, which need not exist, whatever its settings.

    Raises:
        LimnerError: A result is damaged.
    """
    run = Run(folder, row.config)
    found = {one: Result.read(folder / one.file) for one in row.measurements}
    results = {one: result for one, result in found.items() if result is not None}
    return Record(row, results, run.read_metrics(), run.read_sessions())


def read_run(row: Row, folder: Path) -> Record:
    """Read what there is of a row in its run folder.

    Raises:
        LimnerError: A run with other settings lies there, or one of its files is damaged.
    """
    if not (folder / "config.json").exists():
        return Record(row)
    Run.create(folder, row.config)  # refuses other settings
    return read_record(row, folder)
