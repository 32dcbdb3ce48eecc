"""`limner reproduce`: parse, call, print."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.cli.common import refuse_idle
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

    table1: the table of the 2018 study, as published, honest, and with limner's recipe. seeds:
    three of its comparisons with three seeds each. recipe: an ablation study, what each part of the
    recipe is worth. free-sizes: what bound larger networks reach. time-to-bound: seconds of
    training until a bound. baselines: the mean image, a variational autoencoder (VAE), and DRAW
    with and without attention. binary: the same on binary cats and dogs, for numbers to cite.
    binarisation: the pretrained sketches go on with grey levels or with only ink and paper, and
    a judge counts what it recognises. The same command resumes.

    Args:
        experiment: table1, seeds, recipe, free-sizes, time-to-bound, baselines, binary or
            binarisation.
        quick: Train each row for only 100 updates, in a separate folder, to test that it runs.
        rows: Run only these rows: the name of a row, the first part of a name, or a pattern with *.
            The page shows the other rows as they are.
        data_root: Data root; by default $LIMNER_DATA, or else the user's cache folder.
        out: Folder for the runs; by default runs/EXPERIMENT.
        docs: Folder for results.md and results/; by default docs, or OUT/docs for a quick run. It
            keeps everything that the page shows of a finished row, so you may delete the runs.
        page_only: Run nothing; write the page from runs that exist and results that were kept.
    """
    from limner.experiments.catalogue import EXPERIMENTS

    chosen = quickly(EXPERIMENTS[experiment]) if quick else EXPERIMENTS[experiment]
    only = chosen.chosen(rows)
    out = out or Path("runs") / chosen.name
    docs = docs or (out / "docs" if quick else Path("docs"))
    ran = None
    if page_only:
        refuse_idle("with --page-only", {"--rows": rows, "--data-root": data_root})
    else:
        ran = _run(chosen, only, out, data_root)
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
            f"{len(ran.failures)} of {len(only)} rows failed; the lines above say why: fix that "
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
    """The rows whose data were found, and the data sets."""
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
