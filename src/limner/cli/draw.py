"""The commands that draw: parse, call, return the files they wrote."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.cli.common import (
    RunFolder,
    check_at_least_one,
    check_temperature,
    load_drawing_model,
    open_data,
    open_run,
    read_own_image,
)
from limner.config import Ink, Protocol, require_seed
from limner.errors import LimnerError

if TYPE_CHECKING:
    from limner.run import Run

ImageFile = Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="IMAGE")]


def sample(
    run: RunFolder,
    *,
    num: int = 64,
    seed: int = 0,
    temperature: float = 1.0,
    num_steps: int | None = None,
    show_steps: tuple[int, ...] = (),
    category: str | None = None,
    protocol: Protocol = "honest",
    out: Path | None = None,
) -> list[Path]:
    """Draw samples from the prior: drawings that the model makes up.

    Args:
        run: Run folder, or the name of a pretrained model.
        num: Number of drawings.
        seed: Seed for the noise; the same seed gives the same drawings.
        temperature: Factor on the noise; below 1 the drawings are more alike.
        num_steps: Number of steps, T; by default the T of training.
        show_steps: Steps to show in steps.png, from 1; by default five of them.
        category: Category to draw, for a class-conditional model; by default a random one each.
        protocol: The noise. honest: new noise at every step. as-published: one noise vector for all
            steps, for a model that was trained that way.
        out: Folder for the files; by default RUN/figures/samples.
    """
    there = open_run(run)
    check_at_least_one("--num", num)
    check_at_least_one("--num-steps", num_steps)
    check_temperature(temperature)
    require_seed(seed, "--seed")
    from limner.figures.media import Show
    from limner.run import category_index, model_categories
    from limner.sampling.drawings import sample

    num_steps = num_steps or there.config.model.num_steps
    _check_steps(show_steps, num_steps)
    index = None if category is None else category_index(there.config, category, there.name)
    drawings = sample(
        there.load_model(),
        num=num,
        num_steps=num_steps,
        seed=seed,
        temperature=temperature,
        category=index,
        protocol=protocol,
    )
    heat = "" if temperature == 1 else f", temperature {temperature:g}"
    name = there.name if category is None else f"{there.name} ({category})"
    drawn_as = () if category or drawings.categories is None else drawings.categories
    categories = model_categories(there.config)
    show = Show(
        "samples",
        drawings,
        f"{name}, T = {num_steps}, seed {seed}{heat}{_noise(there, protocol)}",
        write_grid=there.config.model.write_grid,
        labels=[categories[index] for index in drawn_as],
    )
    return show.save_all(out or there.figures / show.kind, show_steps=show_steps)


def reconstruct(
    run: RunFolder,
    *,
    num: int = 16,
    seed: int = 0,
    picture: Path | None = None,
    show_steps: tuple[int, ...] = (),
    category: str | None = None,
    ink: Ink = "auto",
    protocol: Protocol = "honest",
    data_root: Path | None = None,
    other_data: bool = False,
    out: Path | None = None,
) -> list[Path]:
    """Reconstruct test images, or an image of your own: look at them and draw them again.

    Args:
        run: Run folder, or the name of a pretrained model.
        num: Number of images from the test split.
        seed: Seed for the noise, and for the choice of test images.
        picture: Image file of your own to reconstruct instead of test images.
        show_steps: Steps to show in steps.png, from 1; by default five of them.
        category: Category of your own image, for a class-conditional model; by default the one it
            looks most like.
        ink: Whether the ink of your own image is dark or light; auto decides.
        protocol: The noise. honest: new noise at every step. as-published: one noise vector for all
            steps, for a model that was trained that way.
        data_root: Data root, or path of your own images, to use instead of those in training.
        other_data: Allow data that differ from the training data of the run.
        out: Folder for the files; by default RUN/figures/reconstructions.
    """
    there = open_run(run)
    check_at_least_one("--num", num)
    require_seed(seed, "--seed")
    import numpy as np

    from limner.data.shuffle import some_indices
    from limner.figures.media import Show
    from limner.sampling.drawings import reconstruct

    config = there.config.model
    _check_steps(show_steps, config.num_steps)
    if picture is None and category is not None:
        raise LimnerError("--category needs --picture: the categories of test images are known")
    if picture is None:
        split = open_data(there, data_root, other_data).split("test")
        chosen = some_indices(len(split), num, seed)
        targets = split.targets(chosen, there.config.data.binarisation, key=(seed, 0))
        images = targets / np.float32(255)
        model, categories, what = there.load_model(), split.categories(chosen), "test images"
    else:
        image = read_own_image(there, picture, ink)
        model, categories, what = load_drawing_model(there, category, image), None, picture.name
        images = image[None]
    drawings = reconstruct(
        model,
        images,
        num_steps=config.num_steps,
        seed=seed,
        categories=categories,
        protocol=protocol,
    )
    show = Show(
        "reconstructions",
        drawings,
        f"{there.name}, {what}, T = {config.num_steps}, seed {seed}{_noise(there, protocol)}",
        read_grid=config.read_grid,
        write_grid=config.write_grid,
        inputs=images,
    )
    return show.save_all(out or there.figures / show.kind, show_steps=show_steps)


def interpolate(
    run: RunFolder,
    first: ImageFile,
    second: ImageFile,
    *,
    num: int = 9,
    category: str | None = None,
    ink: Ink = "auto",
    out: Path | None = None,
) -> list[Path]:
    """Draw the way from one image to another, by spherical interpolation (slerp) of latents.

    Args:
        run: Run folder, or the name of a pretrained model.
        first: Image file to start from.
        second: Image file to end with.
        num: Number of drawings, including both ends.
        category: Category to draw, for a class-conditional model; by default the one that the first
            image looks most like.
        ink: Whether the ink of both images is dark or light; auto decides.
        out: Folder for the files; by default RUN/figures/interpolation.
    """
    if num < 2:
        raise LimnerError(f"--num is {num}: it must be at least 2, since both ends are drawn")
    import numpy as np

    from limner.figures.media import Show
    from limner.sampling.interpolation import interpolate

    there = open_run(run)
    start = read_own_image(there, first, ink)
    drawings = interpolate(
        load_drawing_model(there, category, start),
        start,
        read_own_image(there, second, ink),
        places=np.linspace(0, 1, num, dtype=np.float32),
        num_steps=there.config.model.num_steps,
    )
    show = Show(
        "interpolation",
        drawings,
        f"{there.name}, {first.name} to {second.name}",
        write_grid=there.config.model.write_grid,
    )
    return show.save_all(out or there.figures / show.kind)


def complete(
    run: RunFolder,
    drawing: ImageFile,
    *,
    num: int = 8,
    seed: int = 0,
    temperature: float = 1.0,
    category: str | None = None,
    ink: Ink = "auto",
    out: Path | None = None,
) -> list[Path]:
    """Finish a drawing in several ways (inpainting); its ink stays.

    Args:
        run: Run folder, or the name of a pretrained model.
        drawing: Image file of what is drawn so far, at its position on the canvas.
        num: Number of completions.
        seed: Seed for the noise.
        temperature: Factor on the noise of the steps that are drawn from the prior.
        category: Category of the drawing, for a class-conditional model; by default the one it
            looks most like.
        ink: Whether the ink of the image is dark or light; auto decides.
        out: Folder for the files; by default RUN/figures/completions.
    """
    check_temperature(temperature)
    require_seed(seed, "--seed")
    from limner.figures.media import Show
    from limner.sampling.completion import complete

    there = open_run(run)
    config = there.config.model
    image = read_own_image(there, drawing, ink)
    drawings = complete(
        load_drawing_model(there, category, image),
        image,
        num=num,
        num_steps=config.num_steps,
        seed=seed,
        temperature=temperature,
    )
    heat = "" if temperature == 1 else f", temperature {temperature:g}"
    show = Show(
        "completions",
        drawings,
        f"{there.name}, {drawing.name}, seed {seed}{heat}",
        write_grid=config.write_grid,
    )
    return show.save_all(out or there.figures / show.kind)


def curves(run: RunFolder, *, out: Path | None = None) -> list[Path]:
    """Draw the learning curves of a run: its losses over the updates.

    Args:
        run: Run folder.
        out: File to write: a chart (.png, .pdf or .svg) or numbers (.csv or .npz); by default
            RUN/figures/curves.png.
    """
    from limner.figures.charts import Curves

    there = open_run(run)
    if not there.metrics.exists() and (there.folder / "card.json").exists():
        raise LimnerError(f"{run} is an exported model, which keeps no losses: name a run folder")
    path = out or there.figures / "curves.png"
    Curves.of(there.read_metrics(), str(run)).save(path)
    return [path]


def _noise(run: "Run", protocol: Protocol) -> str:
    """The end of a caption: the kind of noise, unless both training and drawing are honest."""
    from limner.figures.media import NOISE

    is_honest = protocol == run.config.train.protocol == "honest"
    return "" if is_honest else f", {NOISE[protocol]}"


def _check_steps(steps: tuple[int, ...], num_steps: int) -> None:
    for step in steps:
        if not 1 <= step <= num_steps:
            raise LimnerError(f"--show-steps has {step}: it must be from 1 to {num_steps}")
