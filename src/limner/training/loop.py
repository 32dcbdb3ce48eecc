"""The training loop: stochastic gradient descent on the bound.

The whole training is a pure function of the configuration: the images of an update and their noise,
and so every weight, depend only on (seed, update). A run that was stopped, even by a kill, resumes
from its last checkpoint and ends bit for bit where it would have ended.

Some updates go to the devices in one dispatch, and while they compute the host gathers the images
of the next. Each device differentiates its share of the batch; the gradients are averaged once an
update. Several processes run the same loop, each with its part of every batch, and stop together.

Axis letters: k update of a dispatch, b batch, c channel, h w image.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh

from limner.config import RunConfig, TrainConfig
from limner.data.dataset import Dataset
from limner.data.shuffle import batch_indices
from limner.data.splits import Split
from limner.errors import LimnerError
from limner.evaluation.measure import estimate, one_sample
from limner.model.draw import Draw
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
from limner.system.journal import Row
from limner.system.memory import give_back_memory
from limner.system.provenance import code_version, processor
from limner.training.keeper import FolderKeeper, Keeper, score
from limner.training.optimiser import make_optimiser
from limner.training.state import check_fits, initial_model, state_around, state_shapes
from limner.training.step import Batches, Losses, make_advance

UPDATES_PER_DISPATCH = 20


class Progress(NamedTuple):
    """The progress of a training."""

    update: int
    updates: int
    row: Row
    """The latest row of metrics: the losses of the last updates."""
    validation: Row | None
    """The row of metrics of a validation, if one was just made."""
    images_per_second: float


class Outcome(NamedTuple):
    """How a training ended."""

    updates: int
    """Number of updates made, over all sessions."""
    finished: bool
    validation: Row | None
    """The losses of the best validation."""
    seconds: float


def fit_run(
    run: Run,
    dataset: Dataset,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    *,
    other_data: bool = False,
) -> Outcome:
    """Train a run folder, or resume its training from the last checkpoint.

    Args:
        run: The folder; its last checkpoint that is whole is where training goes on.
        dataset: The images.
        on_progress: Called after each dispatch.
        other_data: Resume even if the data differ from those the run began with.

    Raises:
        LimnerError: As for `fit`.
    """
    return fit(run.config, dataset, FolderKeeper(run, other_data), on_progress)


def fit(
    config: RunConfig,
    dataset: Dataset,
    keeper: Keeper,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    *,
    model: Draw | None = None,
    optimiser: optax.GradientTransformation | None = None,
) -> Outcome:
    """Train, or resume a training.

    Args:
        config: The settings.
        dataset: The images that `config` names.
        keeper: Keeps states, losses and weights. If it has a state, training resumes from there.
        on_progress: Called after each dispatch.
        model: The network before its first update, instead of the one that `config` describes.
        optimiser: The optimiser, instead of the one that `config` describes.

    Returns:
        How the training ended.

    Raises:
        LimnerError: The images do not fit the model or are not those the training began with, the
            folder is in use or cannot be written, no checkpoint of it is whole, or the loss is no
            longer finite.

    Warns:
        Mended: Something in the folder was damaged, and was made again or is made again now.
    """
    check_fits(config, dataset)
    mesh = data_mesh(config.train.batch_size, config.train.devices)
    optimiser = make_optimiser(config.train) if optimiser is None else optimiser
    advance = make_advance(config, optimiser, mesh)
    with keeper.opened(), interruption() as interrupted:
        keeper.claim(dataset.fingerprint())
        state = keeper.restore(replicated_shapes(state_shapes(config, optimiser, model), mesh))
        if state is None:
            # A copy of what is given: training consumes the arrays it begins with.
            model = (
                initial_model(config, dataset) if model is None else jax.tree.map(jnp.copy, model)
            )
            state = replicate(state_around(model, optimiser), mesh)
        first = update = int(state.updates)
        started = time.perf_counter()
        batches = _batches(config.train, dataset.split("train"), update, config.data.binarisation)
        batch, count = next(batches)
        program = None
        while count and not anywhere(interrupted()):
            sharded = jax.tree.map(lambda array: shard(array, mesh, axis=1), batch)
            if program is None:
                program = advance.lower(state, sharded, count).compile()
                give_back_memory()
            state, losses = program(state, sharded, count)
            batch, next_count = next(batches)  # while the devices compute
            losses = jax.tree.map(lambda leaf, n=count: np.asarray(leaf)[:n], losses)
            bad = ~np.isfinite(losses.distortion + losses.rate)
            if bad.any():
                raise _diverged(keeper, update + int(bad.argmax()) + 1)
            update += count
            count = next_count
            row = _row("train", update, config, losses)
            keeper.add_row(row)
            validation = None
            if _validates(config.train, update):
                validation = _validation(keeper, config, state.average, dataset, update)
                keeper.keep(state, validation)
                give_back_memory()
            images = config.train.batch_size * (update - first)
            speed = images / (time.perf_counter() - started)
            on_progress(Progress(update, config.train.updates, row, validation, speed))
        if update > first and not _validates(config.train, update):
            keeper.keep(state, None)
        seconds = time.perf_counter() - started
        if update > first:
            keeper.add_session(_session(first, update, seconds, mesh))
        best = keeper.best
    return Outcome(update, update == config.train.updates, best, seconds)


def _batches(
    config: TrainConfig, split: Split, update: int, binarisation
) -> Iterator[tuple[Batches, int]]:
    """The batches of each dispatch, and the number of updates to make of them; at the end 0.

    They hold this process's part of each batch. A dispatch ends where a validation is due, so
    resuming does not change the dispatches.
    """
    draw = partial(batch_indices, len(split), config.batch_size, seed=config.seed)
    own = own_part(config.batch_size)
    shape = (UPDATES_PER_DISPATCH, own.stop - own.start, *split.sources[0].shape)
    while True:
        due = min(config.updates, (update // config.validate_every + 1) * config.validate_every)
        count = min(UPDATES_PER_DISPATCH, due - update)
        targets, categories = np.zeros(shape, np.uint8), np.zeros(shape[:2], np.int32)
        for k in range(count):
            indices, key = draw(step=update + k)[own], (config.seed, update + k)
            targets[k] = split.targets(indices, binarisation, key)
            categories[k] = split.categories(indices)
        yield Batches(targets, categories), count
        update += count


def _validates(config: TrainConfig, update: int) -> bool:
    return update % config.validate_every == 0 or update == config.updates


def _validation(
    keeper: Keeper, config: RunConfig, average: Draw, dataset: Dataset, update: int
) -> Row:
    """Measure the averaged weights on the validation split, and record the losses."""
    losses = estimate(
        one_sample(config.model.num_steps, config.train.protocol),
        average,
        dataset.split("valid"),
        binarisation=config.data.binarisation,
        seed=config.train.seed,
    )
    row = _row("valid", update, config, losses)
    if not np.isfinite(score(row)):
        raise _diverged(keeper, update)
    keeper.add_row(row)
    return row


def _row(kind: str, update: int, config: RunConfig, losses: Losses | Loss) -> Row:
    """A row of metrics.jsonl."""
    protocol = config.train.protocol
    distortion, rate = float(losses.distortion.mean()), float(losses.rate.mean())
    if protocol == "as-published":
        rate = published_rate(rate, config.model.num_steps, config.model.latent_size)
    values = (distortion, rate, distortion + rate)
    row = {"kind": kind, "update": update, "protocol": protocol}
    return row | dict(zip(LOSSES[protocol], values, strict=True))


def _diverged(keeper: Keeper, update: int) -> LimnerError:
    state = f"{keeper.kept}; " if keeper.kept else ""
    advice = f"{state}try a lower --train.learning-rate in another folder"
    return LimnerError(f"the loss is not finite at update {update}: {advice}")


def _session(first: int, last: int, seconds: float, mesh: Mesh) -> Row:
    """A row of sessions.jsonl."""
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
