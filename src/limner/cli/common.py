"""What commands do first: set JAX up, open a run or a model by its name, its data, a picture.

Nothing heavy is imported before it is needed, so that help comes at once.
"""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.errors import LimnerError, reason
from limner.system.progress import progress_bar

if TYPE_CHECKING:
    import numpy as np

    from limner.config import DataConfig, Ink, Protocol
    from limner.data.dataset import Dataset
    from limner.model.draw import Draw
    from limner.run import Run

RunFolder = Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]


def prepare(*, every_core: bool = True) -> None:
    """Set JAX up, and see that it has something to compute on.

    Args:
        every_core: As of `set_jax_up`.

    Raises:
        LimnerError: JAX finds no device, which is mostly because a variable asks for another.
    """
    set_jax_up(every_core=every_core)
    from limner.system.devices import check_devices

    check_devices()


def set_jax_up(*, every_core: bool = True) -> None:
    """Set JAX up before its first use.

    Args:
        every_core: Make each core a device, which is best for much work at once; what answers one
            question at a time is quicker on one device with all cores.

    Raises:
        LimnerError: JAX does not take the variables of the environment that are its own.
    """
    import platformdirs

    try:
        import jax  # noqa: F401
    except ValueError as error:
        raise LimnerError(f"JAX cannot start: {reason(error)}") from None

    from limner.system.devices import compute_in_32_bits, keep_compiled, use_every_core

    if compute_in_32_bits():
        print("limner computes in 32 bits: JAX_ENABLE_X64 changes nothing", file=sys.stderr)
    if every_core:
        use_every_core()
    keep_compiled(platformdirs.user_cache_path("limner") / "compiled")


def open_run(place: Path) -> "Run":
    """A run folder, or a pretrained model by its name; JAX is set up for it."""
    prepare()
    from limner.pretrained.hub import find

    return find(place)


def open_data(run: "Run", root: Path | None = None, other_data: bool = False) -> "Dataset":
    """The data of a run, with what is downloaded shown on stderr.

    Args:
        run: The run.
        root: Where its data lie, if not where they were: a data root, or the images themselves.
        other_data: Whether they may be other data.

    Raises:
        LimnerError: They are not what it was trained on, and `other_data` does not allow that.
    """
    lies = "path" if run.config.data.name == "images" else "root"
    data = run.config.data
    if root is not None:
        data = dataclasses.replace(data, **{lies: root})
    dataset = open_with_progress(data, run.config.model.shape)
    if not other_data:
        run.check_data(dataset.fingerprint())
    return dataset


def open_with_progress(
    config: "DataConfig", shape: tuple[int, int, int] | None = None
) -> "Dataset":
    """Open a data set: with a bar for what is downloaded, and its note for the user."""
    from limner.data.dataset import open_dataset

    with progress_bar("downloading", in_bytes=True) as advance:
        dataset = open_dataset(config, shape, on_progress=advance)
    if dataset.note:
        print(dataset.note, file=sys.stderr)
    return dataset


def read_picture(run: "Run", path: Path, ink: "Ink" = "auto") -> "np.ndarray":
    """An image of the user's own as a run's model takes it: pixels from 0 to 1, (c, h, w).

    What was taken for its paper is told on stderr, where that is not sure.
    """
    from limner.data import binarise, images

    config = run.config.model
    seen = images.read_image(path, (config.channels, config.height, config.width), ink)
    if seen.note:
        print(seen.note, file=sys.stderr)
    return binarise.pixels(seen.levels, run.config.data.binarisation)


def load_drawing_model(run: "Run", category: str | None, picture: "np.ndarray") -> "Draw":
    """A run's network for pictures like one, told on stderr if it had to be guessed.

    Of a network that tells categories apart, the one for `category`, or else for the category that
    `picture` is likeliest to be of.
    """
    from limner.evaluation.classify import likeliest_category
    from limner.run import category_place, model_categories

    model = run.load_model()
    if category is not None:
        return model.of(category_place(run.config, category, of=run.name))
    if model.categories is None:
        return model
    place = likeliest_category(model, picture, num_steps=run.config.model.num_steps)
    name = model_categories(run.config)[place]
    print(f"seen as: {name} (--category says otherwise)", file=sys.stderr)
    return model.of(place)


def check_importance(
    samples: int | None, images: int | None, protocol: "Protocol" = "honest"
) -> None:
    """Refuse an importance-weighted bound of nothing, or of what is no bound."""
    check_at_least_one("--importance-samples", samples)
    check_at_least_one("--importance-images", images)
    if images is not None and samples is None:
        raise LimnerError(
            "--importance-images needs --importance-samples: say how many for each, such as 1000"
        )
    if samples is not None and protocol != "honest":
        raise LimnerError(
            f"--importance-samples gives a bound, and {protocol} bounds nothing: leave out one"
        )


def check_temperature(value: float) -> None:
    """Refuse a factor that noise cannot have."""
    if not 0 <= value < float("inf"):
        raise LimnerError(f"--temperature is {value}: it must be a number from 0 up")


def check_at_least_one(option: str, value: int | None) -> None:
    """Refuse a count of none."""
    if value is not None and value < 1:
        raise LimnerError(f"{option} is {value}: it must be at least 1")
