"""The start of a training: its run folder, and new weights or those of another run.

Axis letters: k category, c channel, h w image.
"""

import dataclasses
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from limner.config import RunConfig, changed
from limner.data.dataset import Dataset
from limner.data.shuffle import some_indices
from limner.errors import Guessed, LimnerError
from limner.model.draw import Draw, build_model
from limner.pretrained.hub import find, pinned
from limner.run import Run, model_categories
from limner.system.distributed import agreement
from limner.text import listed, options, quoted
from limner.training.optimiser import make_optimiser

_MAY_DIFFER = ("num_steps", "initial_std", "num_categories")
"""Model settings that may differ between a run and the run whose weights it starts from.

Weights fit any number of steps, trained weights no longer depend on their initial values, and
categories are found by their names.
"""


class TrainState(NamedTuple):
    """What a checkpoint holds."""

    updates: Int[Array, ""]
    """Number of updates made."""
    model: Draw
    average: Draw
    optimiser: optax.OptState


@partial(jax.jit, static_argnums=1)
def state_around(model: Draw, optimiser: optax.GradientTransformation) -> TrainState:
    """The state of a training before the first update of `model`."""
    weights: Any = model  # Optax's types know arrays in dicts, not in modules
    return TrainState(
        updates=jnp.asarray(0, jnp.int32),
        model=model,
        average=jax.tree.map(jnp.copy, model),
        optimiser=optimiser.init(weights),
    )


def state_shapes(
    config: RunConfig, optimiser: optax.GradientTransformation, model: Draw | None = None
) -> TrainState:
    """The shapes of the state of a training, for a network like `model` if one is given."""

    def new() -> TrainState:
        network = build_model(config.model, jax.random.key(0)) if model is None else model
        return state_around(network, optimiser)

    return jax.eval_shape(new)


def initial_model(config: RunConfig, dataset: Dataset) -> Draw:
    """The network before the first update.

    It is the network of the run that `start_from` names, for the categories of these data, or a new
    network whose learned first canvases show the mean images.

    Raises:
        LimnerError: The weights of that run cannot be read, or belong to another model.
    """
    if config.train.start_from is not None:
        return _model_of(_start_of(config), config, dataset.categories)
    key = jax.random.fold_in(jax.random.key(config.train.seed), 0)
    return build_model(config.model, key).starting_from(_first_images(config, dataset))


def check_fits(config: RunConfig, dataset: Dataset) -> None:
    """Check that a model of these sizes can be trained and validated on a data set.

    Raises:
        LimnerError: The image sizes or the categories do not fit, or a split is empty.
    """
    model = (config.model.channels, config.model.height, config.model.width)
    if dataset.shape != model:
        raise LimnerError(
            f"{dataset.name} has images of {dataset.shape} (channels, height, width), the model "
            f"{model}: set --model.channels, --model.height and --model.width"
        )
    num_categories, there = config.model.num_categories, len(dataset.categories)
    if num_categories not in (0, there):
        raise LimnerError(
            f"{dataset.name} has {there} categor{'y' if there == 1 else 'ies'}, the model tells "
            f"{num_categories} apart: set --model.num-categories {there if there > 1 else 0}"
        )
    for which in ("train", "valid"):
        dataset.split(which)


def check_start(config: RunConfig, dataset: Dataset) -> None:
    """Check that a new run can start from the weights that its settings name.

    Raises:
        LimnerError: The run that `start_from` names has no weights, or is of another model.

    Warns:
        Guessed: That run does not know some of the categories.
    """
    if config.train.start_from is None:
        return
    other = _start_of(config)
    other.load_model()  # refuses what is missing or damaged
    known = model_categories(other.config)
    new = [name for name in dataset.categories if name not in known]
    if known and new:
        line = (
            f"{listed(new)} {'is' if len(new) == 1 else 'are'} new to {other.name}: training "
            f"begins there with the mean of all {len(known)} categories"
        )
        warnings.warn(line, Guessed, stacklevel=2)


def prepared_run(
    folder: str | Path,
    config: RunConfig,
    dataset: Dataset,
    *,
    model: Draw | None = None,
    optimiser: optax.GradientTransformation | None = None,
) -> Run:
    """Make a run folder, or open the one that is there, if its training can begin or resume.

    Of other weights in a repository the folder records the commit.

    Args:
        folder: The folder.
        config: The settings.
        dataset: The images.
        model: The network before its first update, if it is given in Python.
        optimiser: The optimiser, likewise.

    Raises:
        LimnerError: As for `check_fits`, `check_start` and `Run.create`, or the settings name a
            network or an optimiser that was given in Python and is not given now. Then no folder is
            made.

    Warns:
        Guessed: As for `check_start`.
    """
    with agreement():
        check_fits(config, dataset)
        state_shapes(
            config, make_optimiser(config.train) if optimiser is None else optimiser, model
        )
        if (named := config.train.start_from) is not None:
            config = changed(config, {"train.start_from": pinned(named)})
        if not (Path(folder) / "config.json").exists():
            check_start(config, dataset)
    return Run.create(folder, config)


def _first_images(config: RunConfig, dataset: Dataset) -> Float[Array, "k c h w"]:
    """The mean of some thousand training images, from 0.01 to 0.99.

    There is one mean for each category of a class-conditional model, otherwise a single one.
    """
    split = dataset.split("train")
    indices = some_indices(len(split), 4096, seed=0)
    levels = split.levels(indices)
    if config.model.num_categories:
        categories = split.categories(indices)
        groups = [levels[categories == k] for k in range(config.model.num_categories)]
        # A category too rare to be among them begins with the mean of all.
        groups = [group if len(group) else levels for group in groups]
    else:
        groups = [levels]
    means = np.stack([group.mean(0, dtype=np.float32) for group in groups])
    return jnp.clip(means / 255, 0.01, 0.99)


def _start_of(config: RunConfig) -> Run:
    """The run that `start_from` names, whose model is like this one."""
    assert config.train.start_from is not None  # who calls has looked
    other = find(config.train.start_from)
    there, here = dataclasses.asdict(other.config.model), dataclasses.asdict(config.model)
    differ = [name for name in here if here[name] != there[name] and name not in _MAY_DIFFER]
    if differ:
        theirs = {f"model.{name}": there[name] for name in differ}
        raise LimnerError(
            f"{config.train.start_from} is a model of other sizes: give "
            f"{quoted(*options(theirs))} beside --train.start-from"
        )
    return other


def _model_of(other: Run, config: RunConfig, names: Sequence[str]) -> Draw:
    """The network of another run for the categories of these names.

    A category is found by its name; one that the other run does not know is the mean of all that it
    does. So is a network that is not class-conditional, of one that is: the mean of its data's.
    """
    model, known = other.load_model(), model_categories(other.config)
    shares = np.array(names, str)[:, None] == np.array(known, str)
    shares[~shares.any(axis=1)] = True
    shares = jnp.asarray(shares / shares.sum(axis=1, keepdims=True), jnp.float32)
    if config.model.num_categories:
        return model.with_categories(shares)
    return model.with_categories(shares.mean(axis=0, keepdims=True)).of(0) if known else model
