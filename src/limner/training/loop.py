"""Finding the weights: stochastic gradients on the bound.

All of it is a pure function of the configuration: the images of a step, their noise and so every
weight depend on (seed, step) alone. A run that was stopped, however roughly, goes on from its last
checkpoint and ends bit for bit where it would have ended.

Some steps go to the devices in one dispatch, and while they compute the host gathers the images of
the next. Each device differentiates its share of the batch; the gradients are averaged once a step.
Several processes run the same loop, each with its part of every batch, and stop together.

Axis letters: k step of a dispatch, b batch, c channel, h w picture.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
import orbax.checkpoint as ocp
from jax.sharding import Mesh

from limner.config import RunConfig, TrainConfig
from limner.data.dataset import Dataset
from limner.data.shuffle import batch_indices
from limner.data.splits import Split
from limner.errors import LimnerError
from limner.evaluation.measure import estimate, one_sample
from limner.model.objective import Loss, published_rate
from limner.run import LOSSES, Run
from limner.system.devices import (
    data_mesh,
    own_part,
    replicate,
    replicated_shapes,
    shard,
)
from limner.system.distributed import anywhere
from limner.system.interrupt import interruption
from limner.system.provenance import code_version, processor
from limner.training.checkpoint import best_metrics, open_checkpoints, restore_latest, save
from limner.training.optimiser import make_optimiser
from limner.training.state import TrainState, check_fits, initial_model, state_around, state_shapes
from limner.training.step import Batches, Losses, make_advance

STEPS_PER_DISPATCH = 20


class Progress(NamedTuple):
    """How far a training has come."""

    step: int
    steps: int
    row: dict[str, Any]
    """Of the metrics: the losses of the latest updates."""
    images_per_second: float
    seconds_left: float


class Outcome(NamedTuple):
    """How a training ended."""

    step: int
    finished: bool
    validation: dict[str, Any] | None
    """The losses of the best validation."""
    seconds: float


def train(
    run: Run, dataset: Dataset, on_progress: Callable[[Progress], None] = lambda progress: None
) -> Outcome:
    """Train, or go on training, what a run folder asks for.

    Args:
        run: The folder; its last checkpoint, if any, is where training goes on.
        dataset: The images.
        on_progress: Called after each dispatch.

    Raises:
        LimnerError: The images do not fit the model, the folder is in use, its checkpoint is
            damaged, or the loss is no longer finite.
    """
    config = run.config
    check_fits(config, dataset)
    mesh = data_mesh(config.train.batch_size, config.train.devices)
    optimiser = make_optimiser(config.train)
    advance = make_advance(config, optimiser, mesh)
    with (
        run.locked(),
        open_checkpoints(run.checkpoints, _score) as checkpoints,
        interruption() as interrupted,
    ):
        shapes = replicated_shapes(state_shapes(config, optimiser), mesh)
        state = restore_latest(checkpoints, shapes)
        if state is None:
            state = replicate(state_around(initial_model(config, dataset), optimiser), mesh)
        first = step = int(state.step)
        run.write_metrics(row for row in run.read_metrics() if row["update"] <= step)
        started = time.perf_counter()
        batches = _batches(config.train, dataset.split("train"), step, config.data.binarisation)
        batch, count = next(batches)
        while count and not anywhere(interrupted()):
            sharded = jax.tree.map(lambda array: shard(array, mesh, axis=1), batch)
            state, losses = advance(state, sharded, count)
            batch, next_count = next(batches)  # while the devices compute
            losses = jax.tree.map(lambda leaf, n=count: np.asarray(leaf)[:n], losses)
            bad = ~np.isfinite(losses.distortion + losses.rate)
            if bad.any():
                raise _diverged(run, checkpoints, step + int(bad.argmax()) + 1)
            step += count
            count = next_count
            row = _row("train", step, config, losses)
            run.add_metrics(row)
            if _validates(config.train, step):
                _validate(run, checkpoints, state, dataset, step)
            elapsed = time.perf_counter() - started
            each = elapsed / (step - first)
            speed = config.train.batch_size / each
            left = each * (config.train.updates - step)
            on_progress(Progress(step, config.train.updates, row, speed, left))
        if step > first and not _validates(config.train, step):
            save(checkpoints, step, state)
        seconds = time.perf_counter() - started
        if step > first:
            run.add_session(_session(first, step, seconds, mesh))
        validation = best_metrics(checkpoints)
    return Outcome(step, step == config.train.updates, validation, seconds)


def _batches(
    config: TrainConfig, split: Split, step: int, binarisation
) -> Iterator[tuple[Batches, int]]:
    """Batches for dispatch after dispatch, and how many of their steps to make; at the end 0.

    Of each batch they are this process's part. A dispatch ends where a validation is due, so where
    training resumes changes none.
    """
    draw = partial(batch_indices, len(split), config.batch_size, seed=config.seed)
    own = own_part(config.batch_size)
    shape = (STEPS_PER_DISPATCH, own.stop - own.start, *split.sources[0].shape)
    while True:
        due = min(config.updates, (step // config.validate_every + 1) * config.validate_every)
        count = min(STEPS_PER_DISPATCH, due - step)
        targets, categories = np.zeros(shape, np.uint8), np.zeros(shape[:2], np.int32)
        for k in range(count):
            places, key = draw(step=step + k)[own], (config.seed, step + k)
            targets[k] = split.targets(places, binarisation, key)
            categories[k] = split.categories(places)
        yield Batches(targets, categories), count
        step += count


def _validates(config: TrainConfig, step: int) -> bool:
    return step % config.validate_every == 0 or step == config.updates


def _validate(
    run: Run, checkpoints: ocp.CheckpointManager, state: TrainState, dataset: Dataset, step: int
) -> None:
    """Estimate the losses on the validation split; keep the state, and the weights if best."""
    config = run.config
    losses = estimate(
        one_sample(config.model.num_steps, config.train.protocol),
        state.average,
        dataset.split("valid"),
        binarisation=config.data.binarisation,
        seed=config.train.seed,
    )
    row = _row("valid", step, config, losses)
    if not np.isfinite(_score(row)):
        raise _diverged(run, checkpoints, step)
    run.add_metrics(row)
    best = best_metrics(checkpoints)
    if best is None or _score(row) < _score(best):
        run.save_model(state.average)  # before the checkpoint: a run cut off between makes it again
    save(checkpoints, step, state, metrics=row)


def _row(kind: str, step: int, config: RunConfig, losses: Losses | Loss) -> dict[str, Any]:
    """A row of metrics.jsonl."""
    protocol = config.train.protocol
    distortion, rate = float(losses.distortion.mean()), float(losses.rate.mean())
    if protocol == "as-published":
        rate = published_rate(rate, config.model.num_steps, config.model.latent_size)
    values = (distortion, rate, distortion + rate)
    row = {"kind": kind, "update": step, "protocol": protocol}
    return row | dict(zip(LOSSES[protocol], values, strict=True))


def _score(row: dict[str, Any]) -> float:
    """What the best checkpoint has least of."""
    return row[LOSSES[row["protocol"]][-1]]


def _diverged(run: Run, checkpoints: ocp.CheckpointManager, step: int) -> LimnerError:
    kept = checkpoints.latest_step()
    state = "" if kept is None else f"the state of step {kept} is kept in {run.checkpoints}; "
    advice = f"{state}try a lower --train.learning-rate in another folder"
    return LimnerError(f"the loss is not finite at step {step}: {advice}")


def _session(first: int, last: int, seconds: float, mesh: Mesh) -> dict[str, Any]:
    """What a row of sessions.jsonl says."""
    return {
        "from_update": first,
        "to_update": last,
        "seconds": round(seconds, 1),
        "processes": jax.process_count(),
        "devices": mesh.size,
        "device": mesh.devices.flat[0].device_kind,
        "machine": processor(),
        "jax": jax.__version__,
        "limner": code_version(),
    }
