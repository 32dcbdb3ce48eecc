"""The commands that draw: parse, call, return the files they wrote."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.cli.common import (
    RunFolder,
    check_at_least_one,
    guess,
    load_trained,
    open_data,
    open_run,
    read_own_image,
    refuse_idle,
)
from limner.config import Ink, Protocol
from limner.errors import require_seed

if TYPE_CHECKING:
    from limner.figures.media import Show
    from limner.library.trained import Trained

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
    as_ink: bool = False,
    out: Path | None = None,
) -> list[Path]:
    """Draw samples from the prior: drawings that the model makes up.

    Args:
        run: Run folder, name of a pretrained model, or Hugging Face repository (OWNER/NAME).
        num: Number of drawings.
        seed: Seed for the noise; the same seed gives the same drawings.
        temperature: Factor on the noise; below 1 the drawings are more alike.
        num_steps: Number of steps, T; by default the T of training.
        show_steps: Steps to show in steps.png, from 1; by default five of them.
        category: Category to draw, for a class-conditional model; by default all in turn.
        protocol: The noise. honest: new noise at every step. as-published: one noise vector for all
            steps, for a model that was trained that way.
        as_ink: Show the drawings as ink: logits times the factor on the model's card, or times 4;
            the caption says so.
        out: Folder for the files; by default RUN/figures/samples.
    """
    require_seed(seed, "--seed")
    model = load_trained(run)
    show = model.sample(
        num,
        seed=seed,
        temperature=temperature,
        num_steps=num_steps,
        category=category,
        protocol=protocol,
    )
    return _save(show, model, as_ink, out, show_steps)


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
    as_ink: bool = False,
    out: Path | None = None,
) -> list[Path]:
    """Reconstruct test images, or an image of your own: look at them and draw them again.

    Args:
        run: Run folder, name of a pretrained model, or Hugging Face repository (OWNER/NAME).
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
        as_ink: Show the drawings as ink: logits times the factor on the model's card, or times 4;
            the caption says so.
        out: Folder for the files; by default RUN/figures/reconstructions.
    """
    check_at_least_one("--num", num)
    require_seed(seed, "--seed")
    if picture is None:
        refuse_idle("without --picture", {"--category": category, "--ink": ink != "auto"})
    else:
        refuse_idle("with --picture", {"--data-root": data_root, "--other-data": other_data})

    from limner.data.shuffle import some_indices

    model = load_trained(run)
    if picture is not None:
        image = read_own_image(model, picture, ink)
        images, what = image[None], picture.name
        categories = category or guess(model, image)
    else:
        dataset = open_data(model.run, data_root, other_data)
        split = dataset.split("test")
        chosen = some_indices(len(split), num, seed)
        images = split.pixels(chosen, model.config.data.binarisation, key=(seed, 0))
        what = "test images"
        names = [dataset.categories[index] for index in split.categories(chosen)]
        categories = names if model.categories else None
    show = model.reconstruct(images, seed=seed, category=categories, protocol=protocol, what=what)
    return _save(show, model, as_ink, out, show_steps)


def interpolate(
    run: RunFolder,
    first: ImageFile,
    second: ImageFile,
    *,
    num: int = 9,
    category: str | None = None,
    ink: Ink = "auto",
    as_ink: bool = False,
    out: Path | None = None,
) -> list[Path]:
    """Draw the way from one image to another, by spherical interpolation (slerp) of latents.

    Args:
        run: Run folder, name of a pretrained model, or Hugging Face repository (OWNER/NAME).
        first: Image file to start from.
        second: Image file to end with.
        num: Number of drawings, including both ends.
        category: Category to draw, for a class-conditional model; by default the one that the first
            image looks most like.
        ink: Whether the ink of both images is dark or light; auto decides.
        as_ink: Show the drawings as ink: logits times the factor on the model's card, or times 4;
            the caption says so.
        out: Folder for the files; by default RUN/figures/interpolation.
    """
    model = load_trained(run)
    start, end = (read_own_image(model, path, ink) for path in (first, second))
    show = model.interpolate(
        start,
        end,
        num,
        category=category or guess(model, start),
        what=f"{first.name} to {second.name}",
    )
    return _save(show, model, as_ink, out)


def complete(
    run: RunFolder,
    drawing: ImageFile,
    *,
    num: int = 8,
    seed: int = 0,
    temperature: float = 1.0,
    category: str | None = None,
    ink: Ink = "auto",
    as_ink: bool = False,
    out: Path | None = None,
) -> list[Path]:
    """Finish a drawing in several ways (inpainting); its ink stays.

    Args:
        run: Run folder, name of a pretrained model, or Hugging Face repository (OWNER/NAME).
        drawing: Image file of what is drawn so far, at its position on the canvas.
        num: Number of completions.
        seed: Seed for the noise.
        temperature: Factor on the noise of the steps that are drawn from the prior.
        category: Category of the drawing, for a class-conditional model; by default the one it
            looks most like.
        ink: Whether the ink of the image is dark or light; auto decides.
        as_ink: Show the drawings as ink: logits times the factor on the model's card, or times 4;
            the caption says so.
        out: Folder for the files; by default RUN/figures/completions.
    """
    require_seed(seed, "--seed")
    model = load_trained(run)
    image = read_own_image(model, drawing, ink)
    show = model.complete(
        image,
        num,
        seed=seed,
        temperature=temperature,
        category=category or guess(model, image),
        what=drawing.name,
    )
    return _save(show, model, as_ink, out)


def curves(run: RunFolder, *, out: Path | None = None) -> list[Path]:
    """Draw the learning curves of a run: its losses over the updates.

    Args:
        run: Run folder.
        out: File to write: a chart (.png, .pdf or .svg) or numbers (.csv or .npz); by default
            RUN/figures/curves.png.
    """
    from limner.figures.charts import Curves

    there = open_run(run)
    path = out or there.figures / "curves.png"
    Curves.of(there.read_metrics(), str(run)).save(path)
    return [path]


def _save(
    show: "Show",
    model: "Trained",
    as_ink: bool,
    out: Path | None,
    show_steps: tuple[int, ...] = (),
) -> list[Path]:
    show = show.ink() if as_ink else show
    return show.save_all(out or model.run.figures / show.kind, show_steps=show_steps)
