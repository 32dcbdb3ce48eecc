"""Training a network in Python."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optax

from limner.config import ModelConfig, RunConfig, changed
from limner.data.dataset import Dataset, open_dataset
from limner.errors import Interrupted
from limner.library.arguments import check_kind
from limner.library.loading import open_trained
from limner.library.trained import Trained
from limner.model.draw import Draw
from limner.run import LOSSES
from limner.system.devices import check_devices
from limner.system.programs import programs_kept
from limner.system.progress import progress_bar
from limner.training.keeper import FolderKeeper, MemoryKeeper
from limner.training.loop import Progress, fit
from limner.training.state import prepared_run


@programs_kept()
def train(
    data: Dataset | None = None,
    config: RunConfig | None = None,
    *,
    steps: int | None = None,
    out: str | Path | None = None,
    model: Draw | None = None,
    optimiser: optax.GradientTransformation | None = None,
    on_metrics: Callable[[dict[str, Any]], None] = lambda row: None,
    progress: bool = True,
    other_data: bool = False,
) -> Trained:
    """Train a network, or resume its training.

    Args:
        data: The images. None opens the data set that `config` names.
        config: The settings, such as `PRESETS["quickdraw"]`; the binarisation of `data` is taken
            from here too. None takes the default settings, with the shape of the images.
        steps: Number of optimiser updates, instead of `config.train.updates`.
        out: Run folder. A training that stopped is resumed by the same call. None keeps everything
            in memory.
        model: The network before its first update, instead of the one that `config` describes. It
            may have modules of your own. It is not changed.
        optimiser: The optimiser, instead of the one that `config` describes with its learning rate
            and clipping.
        on_metrics: Called with each new row of metrics, such as {"kind": "train", "update": 20,
            "protocol": "honest", "distortion": ..., "rate": ..., "bound": ...}.
        progress: Whether to show a progress bar.
        other_data: Resume in `out` even if the run began with other data.

    Returns:
        The network with the weights of the best validation, averaged over the updates (EMA).

    Raises:
        Interrupted: Ctrl-C came; with `out` the same call resumes.
        LimnerError: The images do not fit the network, or differ from those the run began with; the
            folder holds a run with other settings; or the loss is no longer finite.

    Example:
        >>> run = limner.train(limner.Dataset.from_arrays(images), steps=500)
        >>> run.evaluate(limner.Dataset.from_arrays(images)).bound
    """
    check_devices()
    check_kind("data", data, Dataset, "limner.Dataset.from_arrays(images)")
    check_kind("config", config, RunConfig, "limner.PRESETS['quickdraw']")
    check_kind("model", model, Draw, "limner.load('cat').model")
    check_kind("optimiser", optimiser, optax.GradientTransformation, "optax.adam(1e-3)")
    config = _settings(data, config, model, optimiser, steps)
    if data is None:
        data = open_dataset(config.data, config.model.shape)
    run = None if out is None else prepared_run(out, config, data, model=model, optimiser=optimiser)
    names = LOSSES[config.train.protocol]
    keeper = MemoryKeeper() if run is None else FolderKeeper(run, other_data)
    with progress_bar("training", shown=progress) as advance:

        def tell(reached: Progress) -> None:
            on_metrics(reached.row)
            if reached.validation is not None:
                on_metrics(reached.validation)
            losses = [f"{name[:4]} {reached.row[name]:.1f}" for name in names[:2]]
            advance(reached.update, reached.updates, " ".join(losses))

        outcome = fit(config, data, keeper, tell, model=model, optimiser=optimiser)
    if not outcome.finished:
        raise Interrupted(
            f"stopped at update {outcome.updates:,} of {config.train.updates:,}: "
            + ("nothing is kept without out=" if run is None else "the same call resumes")
        )
    if isinstance(keeper, MemoryKeeper):
        assert keeper.weights is not None  # the last update keeps them
        return Trained(config.data.name, keeper.weights, config, keeper)
    assert run is not None  # whose keeper this is
    return open_trained(run, model)


def _settings(
    data: Dataset | None,
    config: RunConfig | None,
    model: Draw | None,
    optimiser: optax.GradientTransformation | None,
    steps: int | None,
) -> RunConfig:
    """The settings of a training; they record what was given in Python."""
    if config is None:
        config = RunConfig()
        if (shape := model.shape if model else data and data.shape) is not None:
            sizes = dict(zip(("channels", "height", "width"), shape, strict=True))
            config = dataclasses.replace(config, model=ModelConfig(**sizes))
    if data is not None:
        binarisation = config.data.binarisation
        of = dataclasses.replace(data.config, binarisation=binarisation)
        config = dataclasses.replace(config, data=of)
    if model is not None:
        config = dataclasses.replace(config, model=_sizes(model, config.model.num_steps))
    if optimiser is not None:
        config = changed(config, {"train.optimiser": "given"})
    return config if steps is None else changed(config, {"train.updates": steps})


def _sizes(model: Draw, num_steps: int) -> ModelConfig:
    """The sizes of a network that was given in Python."""
    channels, height, width = model.shape
    parts = (model.read, model.write, model.encoder, model.decoder)
    return ModelConfig(
        height=height,
        width=width,
        channels=channels,
        num_steps=num_steps,
        latent_size=model.latent_size,
        hidden_size=model.hidden_size,
        read_grid=getattr(model.read, "grid", None),
        write_grid=getattr(model.write, "grid", None),
        learned_start=model.start is not None,
        learned_prior=model.prior is not None,
        network=", ".join(type(part).__name__ for part in parts),
        num_categories=0 if model.categories is None else len(model.categories.canvas),
    )
