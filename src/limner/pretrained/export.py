"""Exporting a finished run to a folder to share: weights at half the size, and a model card."""

import dataclasses
import shlex
from importlib.metadata import version
from pathlib import Path
from shlex import quote

import jax
import numpy as np

from limner.config import RunConfig, changed, essence
from limner.data.dataset import Dataset
from limner.errors import LimnerError
from limner.evaluation.bound import evaluate
from limner.evaluation.judgement import Judgement
from limner.evaluation.result import Evaluation
from limner.evaluation.samples import judge_samples
from limner.figures.saving import save_image
from limner.model.draw import Draw
from limner.model.weights import save_weights
from limner.presets import PRESETS
from limner.pretrained.card import Card, Check, Training
from limner.pretrained.hub import folder_of, read_card
from limner.pretrained.readme import licence_of, readme, sheet
from limner.pretrained.repository import name_of
from limner.run import Run, write_config
from limner.system.checksums import write_checked
from limner.system.files import replace_text, replacing_folder
from limner.system.progress import Advance
from limner.system.provenance import commit, machine, seconds_until
from limner.text import listed, options, shown, suggested

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
    config = _shared(run.config, dataset.categories, limit)

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
        training=_training(run, config),
        samples=judged,
    )
    with replacing_folder(out) as folder:
        about = {"format": "limner", "limner": version("limner"), "title": card.title}
        save_weights(model, folder / "model.safetensors", dtype, about)
        write_config(folder, config)
        write_checked(folder / "data.json", dataset.fingerprint().to_json())
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
    write_checked(folder / "card.json", card.to_json())
    replace_text(folder / "README.md", shown(readme(card, licence)))


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


def _shared(config: RunConfig, categories: tuple[str, ...], limit: int | None) -> RunConfig:
    """The same settings without paths of this machine.

    They also record what would otherwise come from the data: the categories of the user's own
    images, and a limit, so that they mean the same elsewhere, where a source may have more rows.
    """
    before, path = config.train.start_from, config.data.path
    changes = {
        "data.root": None,
        "data.path": path and Path(path.name),
        "data.categories": categories if config.data.name == "images" else config.data.categories,
        "data.limit": limit,
        "train.start_from": before and Path(name_of(folder_of(before))),
    }
    return changed(config, changes)


def _recorded(run: Run) -> RunConfig:
    """Such settings of a run whose data are not at hand, from what it recorded of them."""
    data, limit = run.read_data(), run.config.data.limit
    if data is None:
        return _shared(run.config, run.config.data.categories, limit)
    if limit is None and data.name == "quickdraw":
        limit = max(data.rows)
    return _shared(run.config, data.categories, limit)


def _training(run: Run, config: RunConfig) -> Training:
    sessions, rows, asked = run.read_sessions(), run.read_metrics(), run.config.train.updates
    updates = rows[-1]["update"] if rows else asked  # fewer, if other weights went on from it
    seconds = seconds_until(sessions, updates)
    devices = dict.fromkeys(map(machine, sessions))
    trained_by = dict.fromkeys(row["limner"] for row in sessions if "limner" in row)
    return Training(
        command=train_command(config),
        updates=updates,
        seconds=None if seconds is None else round(seconds, 1),
        device=listed(devices or ["an unknown machine"]),
        limner=listed(trained_by) if trained_by else None,
        commit=commit(),
        versions={name: version(name) for name in ("limner", "jax", "numpy")},
        before=_training_before(run),
    )


def _training_before(run: Run) -> Training | None:
    """How the weights that a run began with were trained, if that run is still there."""
    if run.config.train.start_from is None:
        return None
    folder = folder_of(run.config.train.start_from)
    if not (folder / "config.json").exists():
        return None
    card = read_card(folder)
    if card is not None:
        earlier, asked = card.training, card.training.updates
    else:
        run = Run.open(folder)
        earlier, asked = _training(run, _recorded(run)), run.config.train.updates
    stopped = f"  # stopped at update {earlier.updates:,}" if earlier.updates < asked else ""
    command = f"{earlier.command} --out {quote(name_of(folder))}{stopped}"
    return dataclasses.replace(earlier, command=command)


def train_command(config: RunConfig) -> str:
    """The shortest `limner train ...` command, without run folder, data root and devices."""
    commands = []
    for name, preset in PRESETS.items():
        defaults = essence(preset)
        own = {key: value for key, value in essence(config).items() if value != defaults[key]}
        commands.append(["limner", "train", name, *options(own)])
    return shlex.join(min(commands, key=len))
