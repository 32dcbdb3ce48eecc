"""A run's losses and figures, shown again by an experiment tracker.

A row of metrics becomes the numbers `train/distortion`, `valid/bound` and so on, at its update. The
figures are the images (.png) that are in the run's folder by then.

Source: tensorboardX.readthedocs.io (SummaryWriter); docs.wandb.ai (init, log, Image), whose names
Trackio took over.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from limner.config import Tracker, essence
from limner.errors import LimnerError, reason
from limner.run import LOSSES, Run
from limner.system.files import reading, writing

_SUFFIX = ".limner"
"""What the name of an event file that a replay wrote ends in."""


class Replayed(NamedTuple):
    """What was shown."""

    rows: int
    """Number of rows of metrics."""
    figures: int
    """Number of images."""


class _Sink(NamedTuple):
    """What takes numbers by name and an image by name, each at an update."""

    numbers: Callable[[dict[str, float], int], None]
    image: Callable[[str, Image.Image, int], None]


def replay(
    run: Run, to: Tracker, *, project: str = "limner", folder: Path | None = None
) -> Replayed:
    """Show the losses and the figures of a run in an experiment tracker.

    Args:
        run: The run.
        to: "tensorboard": an event file in `folder`, in place of that of an earlier replay. "wandb"
            or "trackio": a new run of `project`, as these are set up on this machine.
        project: Name of the project, for wandb and trackio.
        folder: Folder for TensorBoard; None takes RUN/tensorboard.

    Returns:
        How much there was to show.

    Raises:
        LimnerError: The run has no losses, the tracker is not installed, or it refuses.
    """
    rows = run.read_metrics()
    if not rows:
        raise LimnerError(f"{run.name} has no losses to log: name a run folder that was trained")
    figures = {
        path.relative_to(run.figures).with_suffix("").as_posix(): _image(path)
        for path in sorted(run.figures.rglob("*.png"))
    }
    last = rows[-1]["update"]
    opened = (
        _tensorboard(run, folder or run.folder / "tensorboard")
        if to == "tensorboard"
        else _project(run, to, project)
    )
    with opened as sink:
        for row in rows:
            sink.numbers(numbers(row), row["update"])
        for name, image in figures.items():
            sink.image(f"figures/{name}", image, last)
    return Replayed(len(rows), len(figures))


def numbers(row: dict[str, Any]) -> dict[str, float]:
    """The losses of a row of metrics, named as trackers show them.

    Example:
        >>> numbers({"kind": "valid", "update": 20, "protocol": "honest", "distortion": 190.0,
        ...          "rate": 20.0, "bound": 210.0})
        {'valid/distortion': 190.0, 'valid/rate': 20.0, 'valid/bound': 210.0}
    """
    return {f"{row['kind']}/{name}": row[name] for name in LOSSES[row["protocol"]]}


def _image(path: Path) -> Image.Image:
    with reading(path), Image.open(path) as image:
        return image.convert("RGB")


@contextmanager
def _tensorboard(run: Run, folder: Path) -> Iterator[_Sink]:
    module = _installed("tensorboardX", "tensorboard")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for earlier in folder.glob(f"events.out.tfevents.*{_SUFFIX}"):
            earlier.unlink()
        writer = module.SummaryWriter(str(folder), filename_suffix=_SUFFIX)

        def show(values: dict[str, float], update: int) -> None:
            for name, value in values.items():
                writer.add_scalar(name, value, update)

        def show_image(name: str, image: Image.Image, update: int) -> None:
            writer.add_image(name, np.asarray(image), update, dataformats="HWC")

        try:
            config = (run.folder / "config.json").read_text("utf-8")
            writer.add_text("config", f"```json\n{config}```")
            yield _Sink(show, show_image)
        finally:
            writer.close()


@contextmanager
def _project(run: Run, to: Tracker, project: str) -> Iterator[_Sink]:
    """A new run of a project of Weights & Biases or Trackio, which take the same calls."""
    module = _installed(to, to)
    settings = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in essence(run.config).items()
    }
    try:
        module.init(project=project, name=run.name, config=settings)
        try:
            yield _Sink(
                lambda values, update: module.log(values, step=update),
                lambda name, image, update: module.log({name: module.Image(image)}, step=update),
            )
        finally:
            module.finish()
    except Exception as error:  # each has its own, and raises those of the network too
        raise LimnerError(f"{to} refuses ({reason(error)}): is it set up here?") from None


def _installed(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise LimnerError(
            f"--to {extra} needs a package that is not here ({error.name}): install limner with "
            f"its extra, as in pip install '.[{extra}]' in a clone"
        ) from None
