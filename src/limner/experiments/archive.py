"""What stays beside a results page of the runs behind it: all that it shows, without the weights.

A clone has no runs; with what is kept, a page can be made anew in it, a row run again changes that
row alone, and every number and curve can be read by a program. For each finished row, named as its
run folder is, docs/results/EXPERIMENT/ROW/ holds

    config.json                         the settings
    evaluation-PROTOCOL-SPLIT.json      a measurement, and how it came about
    metrics.jsonl, sessions.jsonl       the losses by iteration; the seconds and the machine
    figures/                            the pictures that the page shows
"""

import shutil
from pathlib import Path

from limner.config import essence
from limner.experiments.experiment import Experiment, Row
from limner.experiments.results import Record, empty_record, read_record
from limner.run import Run
from limner.system.files import replace_text, replacing_folder

PICTURES = {
    kind: tuple(Path("figures") / kind / f"{view}.png" for view in ("steps", "final"))
    for kind in ("reconstructions", "samples")
}
"""The pictures of a row, in its folder."""


def gather(experiment: Experiment, runs: Path, kept: Path) -> dict[str, Record]:
    """What there is of each row, by name, after keeping what is finished.

    Args:
        experiment: Which rows.
        runs: Folder of their runs; need not exist.
        kept: Folder to keep them in. A row that is finished among the runs takes the place of one
            kept before; one that was kept, and is not finished there, stays.

    Raises:
        LimnerError: A run with other settings lies in a row's folder, or its files are damaged.
    """
    return {row.name: _gather(row, runs, kept) for row in experiment.rows}


def _gather(row: Row, runs: Path, kept: Path) -> Record:
    there = read_record(runs, row)
    if there.is_complete:
        _keep(there, kept / row.name)
    before = _read_kept(row, kept)
    return before if before.is_complete else there


def _keep(record: Record, folder: Path) -> None:
    files = [*(one.file for one in record.row.measurements), "metrics.jsonl", "sessions.jsonl"]
    with replacing_folder(folder) as temporary:
        replace_text(temporary / "config.json", record.row.config.to_json())
        for name in (*files, *PICTURES["reconstructions"], *PICTURES["samples"]):
            if (record.folder / name).exists():
                (temporary / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(record.folder / name, temporary / name)
        shutil.rmtree(folder, ignore_errors=True)


def _read_kept(row: Row, kept: Path) -> Record:
    """What was kept of a row, unless its settings have changed since."""
    folder = kept / row.name
    if not (folder / "config.json").exists():
        return empty_record(row, folder)
    is_the_rows = essence(Run.open(folder).config) == essence(row.config)
    return read_record(kept, row) if is_the_rows else empty_record(row, folder)
