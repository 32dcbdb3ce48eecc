"""Running an experiment row by row: train, draw, measure.

A row that is done is passed over; one that was stopped, or killed, goes on from its checkpoint. So
the same call again does what is left. A row that fails is told of and the others go on.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from limner.config import DataConfig
from limner.data.dataset import Dataset
from limner.data.shuffle import some_indices
from limner.errors import LimnerError
from limner.evaluation.bound import Evaluation, evaluate
from limner.evaluation.mean_image import evaluate_mean_image
from limner.experiments.experiment import Measurement, Row
from limner.experiments.results import Record, Result, read_record, seconds_until, write_result
from limner.figures.media import NOISE, Show
from limner.run import LOSSES, Run
from limner.sampling.drawings import reconstruct, sample
from limner.system.interrupt import interruption
from limner.system.provenance import code_version, machine, processor
from limner.training.loop import Progress, fit_run

NUM_PICTURED = 16
"""How many drawings the pictures of a row show."""


class Position(NamedTuple):
    """How far all the rows together have come."""

    done: int
    """Iterations trained."""
    total: int
    """Iterations of all rows."""
    note: str
    """Which row, and what is going on."""


class Ran(NamedTuple):
    """How a call ended."""

    interrupted: bool
    failures: dict[str, str]
    """What went wrong, by the row's name."""


def run_rows(
    rows: Sequence[Row],
    folder: Path,
    datasets: Mapping[DataConfig, Dataset],
    *,
    command: str,
    on_progress: Callable[[Position], None] = lambda position: None,
) -> Ran:
    """Run what is not done of some rows.

    Args:
        rows: Which, in their order.
        folder: Of the experiment; each row has its run folder in it.
        datasets: The drawings, by the rows' configurations of them.
        command: What the results say made them.
        on_progress: Called before each part of a row, and as its training goes on.

    Raises:
        LimnerError: A run with other settings lies in a row's folder, or its files are damaged.
    """
    records = [read_record(folder, row) for row in rows]
    trained = {record.row.name: min(record.steps, record.row.steps) for record in records}
    failures: dict[str, str] = {}
    with interruption() as interrupted:
        for place, record in enumerate(records, start=1):
            row = record.row

            def tell(steps: int, note: str, row=row, place=place) -> None:
                trained[row.name] = steps
                note = f"row {place}/{len(rows)} {row.name}: {note}"
                total = sum(each.steps for each in rows)
                on_progress(Position(sum(trained.values()), total, note))

            if record.is_complete:
                continue
            try:
                finished = _run_row(record, datasets[row.config.data], command, tell)
            except LimnerError as error:
                failures[row.name] = str(error)
                continue
            if not finished or interrupted():
                return Ran(True, failures)
    return Ran(False, failures)


def _run_row(
    record: Record, dataset: Dataset, command: str, tell: Callable[[int, str], None]
) -> bool:
    """Do what is missing of a row; False if its training was interrupted."""
    row = record.row
    run = Run.create(record.folder, row.config)
    weights_step = None
    if row.predictor == "model":
        tell(min(record.steps, row.steps), "compiling")
        outcome = fit_run(run, dataset, lambda progress: tell(progress.update, _note(progress)))
        if not outcome.finished:
            return False
        assert outcome.validation is not None  # the last step is always validated
        weights_step = outcome.validation["update"]
        if row.picture_steps:
            tell(row.steps, "drawing")
            _save_pictures(run, row, dataset)
    sessions = run.read_sessions()
    for measurement in row.measurements:
        if measurement in record.results:
            continue
        tell(row.steps, "measuring")
        result = Result(
            evaluation=_measure(run, row, dataset, measurement),
            train_images=len(dataset.split("train")),
            steps=row.steps,
            weights_step=weights_step,
            training_seconds=seconds_until(sessions, row.steps),
            machine=machine(sessions[-1]) if sessions else processor(),
            jax=jax.__version__,
            limner=code_version(),
            command=f"{command} --rows {row.name}",
        )
        write_result(run, measurement, result)
    return True


def _measure(run: Run, row: Row, dataset: Dataset, measurement: Measurement) -> Evaluation:
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
    )


def _save_pictures(run: Run, row: Row, dataset: Dataset) -> None:
    """Samples and reconstructions at the row's time steps, with the noise it was trained on."""
    config, seed, protocol = row.config.model, 0, row.config.train.protocol
    model = run.load_model()
    pictures = dataset.split("test")
    chosen = some_indices(len(pictures), NUM_PICTURED, seed)
    targets = pictures.targets(chosen, row.config.data.binarisation, key=(seed, 0))
    images = targets / np.float32(255)
    samples = Show(
        "samples",
        sample(model, num=NUM_PICTURED, num_steps=config.num_steps, seed=seed, protocol=protocol),
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
        show.save_all(run.figures / show.kind, show_steps=row.picture_steps)


def _note(progress: Progress) -> str:
    """The whole loss of the latest iterations, by its name."""
    name = LOSSES[progress.row["protocol"]][-1]
    return f"{name} {progress.row[name]:.1f}"
