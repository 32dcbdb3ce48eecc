"""Running an experiment row by row: train, draw, measure.

A row that is done is passed over; one that was stopped, or killed, resumes from its checkpoint. So
the same call again does what is left. A row that fails is reported and the others are run.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from limner.config import Binarisation, DataConfig, SplitName
from limner.data.dataset import Dataset
from limner.data.shuffle import some_indices
from limner.errors import Interrupted, LimnerError
from limner.evaluation.bound import evaluate
from limner.evaluation.judgement import Judgement
from limner.evaluation.mean_image import evaluate_mean_image
from limner.evaluation.result import Evaluation
from limner.evaluation.samples import judge_samples
from limner.experiments.experiment import HONEST, Measurement, Row
from limner.experiments.results import Record, Result, read_run
from limner.figures.captions import NOISE
from limner.figures.media import Show
from limner.run import LOSSES, Run
from limner.sampling.drawings import reconstruct, sample
from limner.system.interrupt import interruption
from limner.system.provenance import code_version, machine, processor, seconds_until
from limner.training.loop import Progress, fit_run
from limner.training.state import prepared_run

NUM_SHOWN = 16
"""Number of drawings in the figures of a row."""


class Position(NamedTuple):
    """The progress of all rows together."""

    done: int
    """Updates made."""
    total: int
    """Updates of all rows."""
    note: str
    """The row, and what is being done."""


class Ran(NamedTuple):
    """The end of a call."""

    interrupted: bool
    failures: dict[str, str]
    """Error lines by the name of the row."""


def run_rows(
    rows: Sequence[Row],
    folder: Path,
    datasets: Mapping[DataConfig, Dataset],
    *,
    command: str,
    on_progress: Callable[[Position], None] = lambda position: None,
) -> Ran:
    """Run the unfinished parts of some rows.

    Args:
        rows: The rows, in their order.
        folder: Folder of the experiment; each row has its run folder in it.
        datasets: The drawings, by the rows' configurations of them.
        command: The command to record in the results.
        on_progress: Called before each part of a row, and during its training.

    Raises:
        LimnerError: The folder of a row holds a run with other settings, or its files are damaged.
    """
    records = [read_run(row, folder / row.name) for row in rows]
    made = {record.row.name: min(record.updates, record.row.updates) for record in records}
    total = sum(row.updates for row in rows)
    failures: dict[str, str] = {}
    with interruption() as interrupted:
        for number, record in enumerate(records, start=1):
            row = record.row

            def tell(updates: int, note: str, row=row, number=number) -> None:
                made[row.name] = updates
                note = f"row {number}/{len(rows)} {row.name}: {note}"
                on_progress(Position(sum(made.values()), total, note))

            if record.is_complete:
                continue
            try:
                dataset = datasets[row.config.data]
                run = prepared_run(folder / row.name, row.config, dataset)
                finished = _run_row(run, record, dataset, command, tell)
            except Interrupted:
                return Ran(True, failures)
            except LimnerError as error:
                failures[row.name] = str(error)
                continue
            if not finished or interrupted():
                return Ran(True, failures)
    return Ran(False, failures)


def _run_row(
    run: Run, record: Record, dataset: Dataset, command: str, tell: Callable[[int, str], None]
) -> bool:
    """Do what is missing of a row; False if its training was interrupted."""
    row = record.row
    best = None
    if row.predictor == "model":
        tell(min(record.updates, row.updates), "compiling")
        outcome = fit_run(run, dataset, lambda progress: tell(progress.update, _note(progress)))
        if not outcome.finished:
            return False
        assert outcome.validation is not None  # the last update is always validated
        best = outcome.validation["update"]
        if row.figure_steps:
            tell(row.updates, "drawing")
            _save_figures(run, row, dataset)
    sessions = run.read_sessions()
    for measurement in row.measurements:
        if measurement in record.results:
            continue
        tell(row.updates, "measuring")
        result = Result(
            evaluation=_measure(run, row, dataset, measurement, partial(tell, row.updates)),
            train_images=len(dataset.split("train")),
            digest=_digest(dataset, measurement.split, row.config.data.binarisation),
            judgement=_judge(run, row, dataset, measurement),
            updates=row.updates,
            weights_update=best,
            training_seconds=seconds_until(sessions, row.updates),
            machine=machine(sessions[-1]) if sessions else processor(),
            jax=jax.__version__,
            limner=code_version(),
            command=f"{command} --rows {row.name}",
        )
        result.write(run.folder / measurement.file)
    return True


def _measure(
    run: Run, row: Row, dataset: Dataset, measurement: Measurement, tell: Callable[[str], None]
) -> Evaluation:
    binarisation = row.config.data.binarisation
    if row.predictor == "mean-image":
        return evaluate_mean_image(dataset, binarisation=binarisation, split=measurement.split)
    return evaluate(
        run.load_model(),
        dataset,
        num_steps=row.config.model.num_steps,
        binarisation=binarisation,
        protocol=measurement.protocol,
        split=measurement.split,
        importance_samples=row.importance_samples if measurement == HONEST else None,
        on_progress=lambda done, total, note="": tell(f"measuring, {done} of {total} {note}"),
    )


def _judge(run: Run, row: Row, dataset: Dataset, measurement: Measurement) -> Judgement | None:
    if row.samples is None or measurement != HONEST:
        return None
    return judge_samples(run.load_model(), dataset, row.config, each=row.samples, of=row.name)


def _digest(dataset: Dataset, split: SplitName, binarisation: Binarisation) -> str | None:
    """SHA-256 of all targets of a split, in their order."""
    if binarisation == "dynamic":
        return None
    targets, found = dataset.split(split), sha256()
    for indices in targets.blocks():
        found.update(np.moveaxis(targets.targets(indices, binarisation, ()), 1, -1).tobytes())
    return found.hexdigest()


def _save_figures(run: Run, row: Row, dataset: Dataset) -> None:
    """Samples and reconstructions at the row's steps, with the noise that it was trained on."""
    config, seed, protocol = row.config.model, 0, row.config.train.protocol
    model = run.load_model()
    test = dataset.split("test")
    chosen = some_indices(len(test), NUM_SHOWN, seed)
    images = test.pixels(chosen, row.config.data.binarisation, key=(seed, 0))
    samples = Show(
        "samples",
        sample(model, num=NUM_SHOWN, num_steps=config.num_steps, seed=seed, protocol=protocol),
        f"{row.label}, {NOISE[protocol]}",
        write_grid=config.write_grid,
    )
    reconstructions = Show(
        "reconstructions",
        reconstruct(model, images, num_steps=config.num_steps, seed=seed, protocol=protocol),
        f"{row.label}, test drawings, {NOISE[protocol]}",
        read_grid=config.read_grid,
        write_grid=config.write_grid,
        inputs=images,
    )
    for show in (samples, reconstructions):
        show.save_all(run.figures / show.kind, show_steps=row.figure_steps)


def _note(progress: Progress) -> str:
    """The whole loss of the latest updates, by its name."""
    name = LOSSES[progress.row["protocol"]][-1]
    return f"{name} {progress.row[name]:.1f}"
