"""What is kept of the runs beside a results page: everything it shows, without the weights.

A clone of the repository has no runs. From what is kept, a page can be written again there, a row
that is run again changes that row alone, and a program can read every number and curve. For each
finished row, at the path of its run folder, docs/results/EXPERIMENT/ROW/ holds

    config.json                         the settings
    evaluation-PROTOCOL-SPLIT.json      a measurement, and how it came about
    metrics.jsonl, sessions.jsonl       the losses by update; the seconds and the machine
    figures/                            the figures that the page shows
"""

import shutil
from pathlib import Path

from limner.config import essence
from limner.experiments.experiment import Experiment, Row
from limner.experiments.results import Record, read_record, read_run
from limner.run import Run, write_config
from limner.system.files import replacing_folder

FIGURES = tuple(
    Path("figures") / kind / f"{view}.png"
    for kind in ("reconstructions", "samples")
    for view in ("steps", "final")
)
"""The figures of a row, in its folder."""


def gather(experiment: Experiment, runs: Path, kept: Path) -> dict[str, Record]:
    """Keep the results of finished rows, and return what there is of each row, by name.

    Args:
        experiment: The experiment.
        runs: Folder of its runs; need not exist.
        kept: Folder to keep them in. A row that is finished among the runs replaces the one that
            was kept before; a row that was kept, and is not finished among the runs, stays.

    Raises:
        LimnerError: The folder of a row holds a run with other settings, or its files are damaged.
    """
    return {row.name: _gather(row, runs / row.name, kept / row.name) for row in experiment.rows}


def _gather(row: Row, run: Path, kept: Path) -> Record:
    if row.retired:  # what was kept has settings that can no longer be read
        return read_record(row, kept)
    found = read_run(row, run)
    if found.is_complete:
        _keep(row, run, kept)
    before = _read_kept(row, kept)
    return before if before.is_complete else found


def _keep(row: Row, run: Path, kept: Path) -> None:
    files = [*(one.file for one in row.measurements), "metrics.jsonl", "sessions.jsonl", *FIGURES]
    with replacing_folder(kept, replace=True) as temporary:
        write_config(temporary, row.config)
        for name in files:
            if (run / name).exists():
                (temporary / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(run / name, temporary / name)


def _read_kept(row: Row, kept: Path) -> Record:
    """What was kept of a row, unless its settings have changed since."""
    if not (kept / "config.json").exists() or essence(Run.open(kept).config) != essence(row.config):
        return Record(row)
    return read_record(row, kept)
