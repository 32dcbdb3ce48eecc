"""`limner reproduce`: parse, call, print."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.config import changed
from limner.errors import LimnerError
from limner.experiments.experiment import Experiment, ExperimentName, Row, quickly

if TYPE_CHECKING:
    from limner.config import DataConfig
    from limner.data.dataset import Dataset
    from limner.experiments.runner import Ran

Name = Annotated[tyro.conf.Positional[ExperimentName], tyro.conf.arg(metavar="EXPERIMENT")]


def reproduce(
    experiment: Name,
    *,
    quick: bool = False,
    rows: tuple[str, ...] = (),
    data_root: Path | None = None,
    out: Path | None = None,
    docs: Path | None = None,
    page_only: bool = False,
) -> None:
    """Run the experiments behind the results pages, and write the pages.

    table1: the 2018 study's table, as published, honest, and with limner's recipe. recipe: what
    each part of the recipe is worth. free-sizes: how low the bound goes with larger networks.
    time-to-bound: seconds of training to a bound. baselines: the mean image, a variational
    autoencoder, and DRAW with and without attention. The same command again does what is left.

    Args:
        experiment: table1, recipe, free-sizes, time-to-bound or baselines.
        quick: Train each row for 100 updates only, in a folder of its own, to see that all works.
        rows: Run only these: a row's name, the first part of it, or a pattern with *. The page
            shows the others as far as they have come.
        data_root: Folder of the drawings; else $LIMNER_DATA, else the user's cache.
        out: Folder for the runs, if not runs/EXPERIMENT.
        docs: Folder for results.md and results/; else docs, or OUT/docs for a quick run. All that a
            page shows of a finished row is kept there, so the runs may be deleted.
        page_only: Run nothing; write the page from what was run and what was kept.
    """
    from limner.experiments.catalogue import EXPERIMENTS

    chosen = quickly(EXPERIMENTS[experiment]) if quick else EXPERIMENTS[experiment]
    only = chosen.chosen(rows)
    out = out or Path("runs") / chosen.name
    docs = docs or (out / "docs" if quick else Path("docs"))
    ran = None if page_only else _run(chosen, only, out, data_root)
    from limner.experiments.page import write_page

    print(f"page: {write_page(chosen, out, docs)}")
    if ran is None:
        return
    print(f"runs: {out}")
    for name, failure in ran.failures.items():
        print(f"limner: {name}: {failure}", file=sys.stderr)
    if ran.interrupted:
        print(f"stopped; to resume: {chosen.command} and the same options")
    if ran.failures:
        raise LimnerError(
            f"{len(ran.failures)} of {len(only)} rows failed, as said above: fix what they say "
            "and give the same command again"
        )


def _run(experiment: Experiment, rows: tuple[Row, ...], out: Path, data_root: Path | None) -> "Ran":
    from limner.cli.common import prepare
    from limner.experiments.runner import run_rows
    from limner.system.progress import progress_bar

    prepare()
    rows, datasets = _open(rows, data_root)
    with progress_bar(experiment.name) as advance:
        return run_rows(
            rows,
            out,
            datasets,
            command=experiment.command,
            on_progress=lambda position: advance(*position),
        )


def _open(
    rows: tuple[Row, ...], data_root: Path | None
) -> "tuple[tuple[Row, ...], dict[DataConfig, Dataset]]":
    """The rows whose drawings are found, and the drawings."""
    from limner.cli.common import open_with_progress

    located = [
        dataclasses.replace(row, config=changed(row.config, {"data.root": data_root}))
        for row in rows
    ]
    datasets = {}
    for data in dict.fromkeys(row.config.data for row in located):
        like = [row for row in located if row.config.data == data]
        try:
            datasets[data] = open_with_progress(data)
        except LimnerError as error:
            if not like[0].if_found:
                raise
            names = ", ".join(row.name for row in like)
            print(f"limner: {names}: left out: {error}", file=sys.stderr)
    return tuple(row for row in located if row.config.data in datasets), datasets
