"""Exporting a finished run to a folder to share: weights at half the size, and a model card."""

import dataclasses
from importlib.metadata import version
from pathlib import Path

import jax
import numpy as np

from limner.config import RunConfig
from limner.data.dataset import Dataset
from limner.errors import LimnerError
from limner.evaluation.bound import evaluate
from limner.evaluation.judgement import Judgement
from limner.evaluation.result import Evaluation
from limner.evaluation.samples import judge_samples
from limner.figures.saving import save_image
from limner.model.draw import Draw
from limner.model.weights import save_weights
from limner.pretrained.card import Card, Check
from limner.pretrained.hub import read_card
from limner.pretrained.lineage import shared, training_of
from limner.pretrained.readme import licence_of, readme, sheet
from limner.run import Run, write_config
from limner.system.checksums import write_checked
from limner.system.files import replace_text, replacing_folder
from limner.system.progress import Advance
from limner.text import listed, suggested

MOST_ROUNDING = 0.1
"""Largest change of the bound, in nats, that rounding the weights may cause."""

CHECKED = 400
"""Number of test images, about, in the check of a card."""

_WHOSE = {
    "quickdraw": "drawn by people for Quick, Draw!",
    "mnist": "handwritten (MNIST)",
    "static-mnist": "handwritten (MNIST)",
    "doodles": "drawn by a program",
    "images": "from the user's own images",
}


def export(
    run: Run,
    out: Path,
    dataset: Dataset,
    *,
    title: str | None = None,
    importance_samples: int | None = None,
    importance_images: int | None = None,
    samples: int | None = None,
    licence: str | None = None,
    on_progress: Advance = lambda done, total, note="": None,
) -> Card:
    """Write the model of a finished run, with its model card, to a folder.

    The weights are rounded to 16-bit floats, unless that moves the bound on the test split by more
    than `MOST_ROUNDING`. The write is atomic: the folder is complete or not there.

    Args:
        run: The run to export.
        out: Folder to make; its name becomes the name of the model.
        dataset: The data of the run.
        title: What the model draws, in words; None takes the names of the categories.
        importance_samples: Number K of importance samples for each image, to estimate the
            importance-weighted bound (IWAE) too.
        importance_images: Number of test images, chosen at random, for the importance-weighted
            bound; None takes all of them.
        samples: Number of samples of each category to judge (of all, if the model is not
            class-conditional); None judges none.
        licence: Identifier of the licence of the weights; as for `readme`.
        on_progress: Called with the numbers of images measured and to measure, and a note.

    Returns:
        The model card.

    Raises:
        LimnerError: The run is not finished, its bound is not finite, or `out` cannot be written.
    """
    check_can_export(run, out)
    limit = max(_rows(dataset).values(), default=run.config.data.limit)
    config = shared(run.config, dataset.categories, limit)

    def measure(model: Draw, what: str, samples: int | None = None) -> Evaluation:
        return evaluate(
            model,
            dataset,
            num_steps=config.model.num_steps,
            binarisation=config.data.binarisation,
            importance_samples=samples,
            importance_images=None if samples is None else importance_images,
            on_progress=lambda done, total, note="": on_progress(done, total, note or what),
        )

    model = _checked_model(run, dataset)
    found = measure(model, "32-bit weights")
    rounded = jax.tree.map(lambda leaf: leaf.astype(np.float16).astype(leaf.dtype), model)
    found_rounded = measure(rounded, "16-bit weights")
    rounding = _bound(found_rounded) - _bound(found)
    rounds_well = abs(rounding) <= MOST_ROUNDING  # False also where a weight became infinite
    if rounds_well:
        model, found = rounded, found_rounded
    if not np.isfinite(_bound(found)):
        raise LimnerError(f"{run.folder} has a bound that is not finite: train it again")
    judged = None
    if samples is not None:  # before what takes hours, since not every model can be judged
        judged = judge_samples(
            model, dataset, config, each=samples, of=run.name, on_progress=on_progress
        )
    if importance_samples is not None:
        found = measure(model, f"{importance_samples} samples each", importance_samples)
    dtype = np.dtype(np.float16 if rounds_well else np.float32)
    card = Card(
        name=out.resolve().name,
        title=title or default_title(dataset),
        splits=dataset.sizes,
        rows=_rows(dataset),
        class_conditional=config.model.num_categories > 0,
        dtype=dtype.name,
        rounding=rounding if rounds_well else None,
        evaluation=found,
        check=_check(model, dataset, config),
        training=training_of(run, config),
        samples=judged,
    )
    with replacing_folder(out) as folder:
        about = {"format": "limner", "limner": version("limner"), "title": card.title}
        save_weights(model, folder / "model.safetensors", dtype, about)
        write_config(folder, config)
        write_checked(folder / "data.json", dataclasses.asdict(dataset.fingerprint()))
        _write_card(folder, card, licence)
        save_image(sheet(model, config, card.name), folder / "samples.png")
    return card


def put_samples(
    run: Run,
    dataset: Dataset,
    samples: int,
    *,
    on_progress: Advance = lambda done, total, note="": None,
) -> Judgement:
    """Judge the samples of an exported model anew, and write them onto its card.

    card.json and README.md are replaced, each by an atomic write; README.md keeps its licence. The
    weights and all other numbers stay.

    Args:
        run: The exported model.
        dataset: Its data.
        samples: Number of samples, as for `export`.
        on_progress: Called with the numbers of stages done and to do, and the stage's name.

    Returns:
        What the card now says of them.

    Raises:
        LimnerError: The folder is no exported model, it cannot be judged or not be written.
    """
    card = read_card(run.folder)
    if card is None:
        raise LimnerError(f"{run.folder} has no card.json: export it first")
    model = _checked_model(run, dataset)
    judged = judge_samples(
        model, dataset, run.config, each=samples, of=run.name, on_progress=on_progress
    )
    card, page = dataclasses.replace(card, samples=judged), run.folder / "README.md"
    licence = licence_of(page.read_text("utf-8")) if page.exists() else None
    _write_card(run.folder, card, licence)
    return judged


def _checked_model(run: Run, dataset: Dataset) -> Draw:
    """The network, whose card tells of all the categories that it tells apart."""
    if run.categories and dataset.categories != run.categories:
        raise LimnerError(
            f"{run.name} tells {len(run.categories)} categories apart, and these data have others, "
            "or another order: a card needs data of the same"
        )
    return run.load_model()


def _write_card(folder: Path, card: Card, licence: str | None) -> None:
    """Write card.json, and README.md, which tells the same."""
    write_checked(folder / "card.json", dataclasses.asdict(card))
    replace_text(folder / "README.md", readme(card, licence))


def check_can_export(run: Run, out: Path) -> None:
    """Refuse a run that is not finished or is damaged, and a folder that cannot be taken.

    Raises:
        LimnerError: The run is not finished, is an exported model, or the folder is not usable.
    """
    if (run.folder / "card.json").exists():
        raise LimnerError(f"{run.folder} has been exported already: copy the folder")
    if not run.finished:
        raise LimnerError(
            f"{run.folder} is not a finished training: resume it with "
            f"`{suggested('train --out', run.folder)}`"
        )
    run.read_sessions()  # damage is better found now than when all is measured
    if out.resolve() == Path.cwd():
        raise LimnerError(f"--out {out} is the current folder: name a folder to make")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise LimnerError(f"{out} exists already: remove it, or choose another --out")


def default_title(dataset: Dataset) -> str:
    """What a model of a data set draws, in words."""
    kinds = dataset.categories
    if dataset.name in ("mnist", "static-mnist"):
        kinds = ("digits",)
    what = f"{len(kinds)} categories" if len(kinds) > 4 else listed(kinds)
    return f"{what[0].upper()}{what[1:]}, {_WHOSE[dataset.name]}"


def _bound(evaluation: Evaluation) -> float:
    assert evaluation.bound is not None  # the noise is honest
    return evaluation.bound


def _check(model: Draw, dataset: Dataset, config: RunConfig) -> Check:
    limit = 10 * -(-CHECKED // len(dataset.sources))  # a tenth of the rows are test images
    # Not beyond what is here: elsewhere a source may have more rows. 10 are the fewest allowed.
    limit = max(10, min(limit, dataset.limit or limit, *map(len, dataset.sources)))
    found = evaluate_check(model, dataset, config, limit)
    return Check(limit=limit, images=found.images, bound=_bound(found))


def evaluate_check(model: Draw, dataset: Dataset, config: RunConfig, limit: int) -> Evaluation:
    """Evaluate the test images among the first `limit` rows of each source, for a card's check."""
    return evaluate(
        model,
        dataclasses.replace(dataset, config=dataclasses.replace(dataset.config, limit=limit)),
        num_steps=config.model.num_steps,
        binarisation=config.data.binarisation,
    )


def _rows(dataset: Dataset) -> dict[str, int]:
    if dataset.official is not None:
        return {}
    limit = dataset.limit
    return {
        source.name: len(source) if limit is None else min(limit, len(source))
        for source in dataset.sources
    }
