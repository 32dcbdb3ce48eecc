"""What commands do first: set JAX up; open a run or a model by its name, its data, an image file.

Heavy imports wait until they are needed, so that `--help` answers at once.
"""

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.errors import LimnerError, check_value, reason
from limner.system.progress import progress_bar
from limner.text import listed

if TYPE_CHECKING:
    import numpy as np

    from limner.config import DataConfig, Ink
    from limner.data.dataset import Dataset
    from limner.library.trained import Trained
    from limner.run import Run

RunFolder = Annotated[tyro.conf.Positional[str | Path], tyro.conf.arg(metavar="RUN")]


def prepare() -> None:
    """Set JAX up, and see that it has something to compute on.

    Raises:
        LimnerError: JAX finds no device. Most often an environment variable asks for a device that
            this machine does not have.
    """
    set_jax_up()
    from limner.system.devices import check_devices

    check_devices()


def set_jax_up() -> None:
    """Set JAX up before its first use; each CPU core becomes a device.

    Raises:
        LimnerError: JAX refuses one of its environment variables.
    """
    try:
        import jax  # noqa: F401
    except ValueError as error:
        raise LimnerError(f"JAX cannot start: {reason(error)}") from None

    from limner.system.devices import SETTINGS, set_jax_right, use_every_core
    from limner.system.programs import keep_programs

    for name in set_jax_right():
        line = f"{name.upper()} changes nothing: limner always sets it to {SETTINGS[name]}"
        print(line, file=sys.stderr)
    use_every_core()
    keep_programs()


def open_run(name: str | Path) -> "Run":
    """Set JAX up, and open a run folder or a pretrained model by its name or repository."""
    prepare()
    from limner.pretrained.hub import find

    return find(name)


def open_data(run: "Run", root: Path | None = None, other_data: bool = False) -> "Dataset":
    """Open the data of a run; a progress bar on stderr shows any download.

    Args:
        run: The run.
        root: Data root, or path of the user's own images, to use instead of the run's own.
        other_data: Allow data that differ from the training data of the run.

    Raises:
        LimnerError: The data differ from the training data, and `other_data` is not set.
    """
    lies = "path" if run.config.data.name == "images" else "root"
    data = run.config.data
    if root is not None:
        data = dataclasses.replace(data, **{lies: root})
    elif data.path is not None and not data.path.exists():
        raise LimnerError(f"{data.path} is not there: if its images moved, --data-root says where")
    dataset = open_with_progress(data, run.config.model.shape)
    if not other_data:
        run.check_data(dataset.fingerprint())
    return dataset


def open_with_progress(
    config: "DataConfig", shape: tuple[int, int, int] | None = None
) -> "Dataset":
    """Open a data set; a progress bar and the data set's note go to stderr."""
    from limner.data.dataset import open_dataset

    with progress_bar("downloading", in_bytes=True) as advance:
        dataset = open_dataset(config, shape, on_progress=advance)
    if dataset.note:
        print(dataset.note, file=sys.stderr)
    return dataset


def load_trained(name: str | Path) -> "Trained":
    """Set JAX up, and load the trained network of a run folder or of a pretrained model."""
    run = open_run(name)
    from limner.library.loading import open_trained

    return open_trained(run)


def read_own_image(model: "Trained", path: Path, ink: "Ink" = "auto") -> "np.ndarray":
    """The user's own image as a model takes it: pixels from 0 to 1, (c, h, w).

    A line on stderr says what was taken for the paper, if that is not clear, and that the drawing
    is small on it.
    """
    from limner.data import binarise, images

    seen = images.read_image(path, model.model.shape, ink)
    for note in (seen.note, _smallness(path, seen.levels)):
        if note:
            print(note, file=sys.stderr)
    return binarise.pixels(seen.levels, model.config.data.binarisation)


def _smallness(path: Path, levels: "np.ndarray") -> str:
    """A line about a drawing that fills less than a third of its canvas, each way; else nothing."""
    from PIL import Image

    box = Image.fromarray(levels.max(axis=0) >> 7).getbbox()
    if box is None:
        return ""
    (height, width), (left, top, right, bottom) = levels.shape[1:], box
    tall, wide = bottom - top, right - left
    if 3 * tall >= height or 3 * wide >= width:
        return ""
    return (
        f"{path}: the drawing fills only {tall} x {wide} of {height} x {width} pixels: cut the "
        "picture to it"
    )


def guess(model: "Trained", image: "np.ndarray") -> str | None:
    """The category that an image looks most like, which a line on stderr names.

    None if the model is not class-conditional.
    """
    if not model.categories:
        return None
    (category,) = model.classify(image[None])
    print(f"seen as: {category} (--category says otherwise)", file=sys.stderr)
    return category


def refuse_idle(where: str, options: Mapping[str, object]) -> None:
    """Refuse options that would have no effect; those that are not given are false."""
    given = [option for option, value in options.items() if value]
    if given:
        raise LimnerError(f"leave out {listed(given)}: {where} nothing comes of it")


def check_samples(samples: int | None) -> None:
    """Check the number of samples to judge: of a single one no spread is known."""
    check_value(samples is None or samples >= 2, "--samples", samples, "at least 2")


def check_at_least_one(option: str, value: int | None) -> None:
    """Check that a count, if given, is at least 1."""
    check_value(value is None or value >= 1, option, value, "at least 1")
