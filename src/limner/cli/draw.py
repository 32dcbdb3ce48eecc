"""The commands that draw: parse, call, give the files they wrote."""

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
    read_picture,
)
from limner.config import Ink, Protocol, require_seed
from limner.errors import LimnerError

if TYPE_CHECKING:
    from limner.run import Run

Picture = Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="PICTURE")]


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
    """Draw from the prior: pictures the model makes up.

    Args:
        run: Run folder, or the name of a pretrained model.
        num: How many drawings.
        seed: Of the noise; the same seed gives the same drawings.
        temperature: Factor on the noise.
        num_steps: Steps to draw in, if not those of training.
        show_steps: Time steps to show in steps.png; five if none are given.
        category: To draw, of a model that tells categories apart; else each by chance.
        protocol: Noise: honest is new at every step; as-published is one vector for all steps, for
            a model that was trained so.
        out: Folder for the files, if not RUN/figures/samples.
    """
    there = open_run(run)
    check_at_least_one("--num", num)
    check_at_least_one("--num-steps", num_steps)
    check_temperature(temperature)
    require_seed(seed, "--seed")
    from limner.figures.media import Show
    from limner.run import category_place, model_categories
    from limner.sampling.drawings import sample

    num_steps = num_steps or there.config.model.num_steps
    _check_steps(show_steps, num_steps)
    place = None if category is None else category_place(there.config, category, there.name)
    drawings = sample(
        there.load_model(),
        num=num,
        num_steps=num_steps,
        seed=seed,
        temperature=temperature,
        category=place,
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
    """Draw test pictures, or one of your own, from looks at them.

    Args:
        run: Run folder, or the name of a pretrained model.
        num: How many of the test split.
        seed: Of the noise, and of the choice of pictures.
        picture: A picture of your own instead.
        show_steps: Time steps to show in steps.png; five if none are given.
        category: Of your own picture, for a model that tells categories apart; else what the
            picture looks like.
        ink: Whether the ink of your own image is dark or light; auto finds out.
        protocol: Noise: honest is new at every step; as-published is one vector for all steps, for
            a model that was trained so.
        data_root: Where the drawings lie, if not where they were in training: a data root, or
            your own images.
        other_data: Allow other data than those the run was trained on.
        out: Folder for the files, if not RUN/figures/reconstructions.
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
        raise LimnerError("--category goes with --picture: test pictures are of their own category")
    if picture is None:
        split = open_data(there, data_root, other_data).split("test")
        chosen = some_indices(len(split), num, seed)
        targets = split.targets(chosen, there.config.data.binarisation, key=(seed, 0))
        images = targets / np.float32(255)
        model, categories, what = there.load_model(), split.categories(chosen), "test images"
    else:
        image = read_picture(there, picture, ink)
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
    first: Picture,
    second: Picture,
    *,
    num: int = 9,
    category: str | None = None,
    ink: Ink = "auto",
    out: Path | None = None,
) -> list[Path]:
    """Draw the way from one picture to another through the latents.

    Args:
        run: Run folder, or the name of a pretrained model.
        first: A picture to start from.
        second: A picture to end with.
        num: How many drawings, both ends among them.
        category: To draw all in, of a model that tells categories apart; else what the first
            picture looks like.
        ink: Whether the ink of both images is dark or light; auto finds out.
        out: Folder for the files, if not RUN/figures/interpolation.
    """
    if num < 2:
        raise LimnerError(f"--num is {num}: a way has two ends, so it must be at least 2")
    import numpy as np

    from limner.figures.media import Show
    from limner.sampling.interpolation import interpolate

    there = open_run(run)
    start = read_picture(there, first, ink)
    drawings = interpolate(
        load_drawing_model(there, category, start),
        start,
        read_picture(there, second, ink),
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
    picture: Picture,
    *,
    num: int = 8,
    seed: int = 0,
    temperature: float = 1.0,
    category: str | None = None,
    ink: Ink = "auto",
    out: Path | None = None,
) -> list[Path]:
    """Finish a drawing in several ways; its ink stays.

    Args:
        run: Run folder, or the name of a pretrained model.
        picture: What is drawn so far, in its place on the page.
        num: How many ways.
        seed: Of the noise.
        temperature: Factor on the noise of the prior.
        category: Of a model that tells categories apart; else what the picture looks like.
        ink: Whether the ink of the image is dark or light; auto finds out.
        out: Folder for the files, if not RUN/figures/completions.
    """
    check_temperature(temperature)
    require_seed(seed, "--seed")
    from limner.figures.media import Show
    from limner.sampling.completion import complete

    there = open_run(run)
    config = there.config.model
    image = read_picture(there, picture, ink)
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
        f"{there.name}, {picture.name}, seed {seed}{heat}",
        write_grid=config.write_grid,
    )
    return show.save_all(out or there.figures / show.kind)


def curves(run: RunFolder, *, out: Path | None = None) -> list[Path]:
    """Draw the losses of a run over its updates.

    Args:
        run: Run folder.
        out: Charts (.png, .pdf or .svg) or numbers (.csv or .npz) to write, if not
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
    """The end of a caption: which noise, where that is not a matter of course."""
    from limner.figures.media import NOISE

    is_honest = protocol == run.config.train.protocol == "honest"
    return "" if is_honest else f", {NOISE[protocol]}"


def _check_steps(steps: tuple[int, ...], num_steps: int) -> None:
    for step in steps:
        if not 1 <= step <= num_steps:
            raise LimnerError(f"--show-steps has {step}: it must be from 1 to {num_steps}")
