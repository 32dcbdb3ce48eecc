"""`limner models`, `export`, `outliers` and `nearest`: parse, call, return the files they wrote."""

from pathlib import Path

from limner.cli.common import (
    RunFolder,
    check_at_least_one,
    check_samples,
    open_data,
    open_run,
    refuse_idle,
)
from limner.cli.terminal import console
from limner.config import SPLITS, Order, SplitName
from limner.errors import LimnerError, require_seed
from limner.evaluation.result import check_importance
from limner.system.home import at_home
from limner.system.progress import progress_bar


def models(*, docs: Path | None = None) -> None:
    """List the pretrained models that come with the package; every command takes their names.

    Args:
        docs: Folder in which to write a page about the models, results/models.md, as well.
    """
    from rich.filesize import decimal
    from rich.table import Table

    from limner.pretrained.hub import SHELF, cards

    table = Table("name", "draws", "bound on test images", "T", "size", box=None)
    known = cards()
    for name, card in known.items():
        size = sum(path.stat().st_size for path in (SHELF / name).iterdir())
        num_steps = str(card.evaluation.num_steps)
        table.add_row(name, card.title, card.bound, num_steps, decimal(size))
    console().print(table if table.rows else "no model came with this installation")
    print(f"in {SHELF}")
    if docs is not None:
        from limner.pretrained.page import models_page
        from limner.system.files import replace_text

        path = docs / "results" / "models.md"
        replace_text(path, models_page([*known.values()], path.with_suffix("")))
        print(f"page: {path}")


def export(
    run: RunFolder,
    *,
    out: Path | None = None,
    title: str | None = None,
    importance_samples: int | None = None,
    importance_images: int | None = None,
    samples: int | None = None,
    license: str | None = None,
    push: str | None = None,
    private: bool = False,
    data_root: Path | None = None,
    other_data: bool = False,
) -> list[Path]:
    """Write the model of a finished run, with its model card, to a folder to share.

    The weights are stored as 16-bit floats, unless that changes the bound on the test split by more
    than 0.1 nats. Every command takes such a folder like a run folder. --push uploads it to the
    Hugging Face hub too, from where every command takes it as OWNER/NAME. With --samples alone, the
    samples of a model that has been exported are judged anew, and its card.json and README.md tell.

    Args:
        run: Run folder; without --out the folder of an exported model, which --push uploads as it
            is and --samples judges.
        out: Folder to make; its name becomes the name of the model.
        title: What the model draws, in words; by default the names of the categories.
        importance_samples: Number K of importance samples for each image, to put the
            importance-weighted bound (IWAE) on the card as well.
        importance_images: Number of test images, chosen at random, for the importance-weighted
            bound; all of them by default.
        samples: Number of samples of each category (of all, if the model is not class-conditional)
            to judge, for the card; it also gets the factor with which drawings are shown as ink.
        license: Identifier of the licence of the weights, such as cc-by-4.0. By default it is that
            of limner, apache-2.0, and for a model of your own images README.md names none.
        push: Hugging Face repository to upload to, OWNER/NAME; it is made if it is not there.
        private: With --push, make a new repository that only you can see.
        data_root: Data root, or path of your own images, to use instead of those in training.
        other_data: Allow data that differ from the training data of the run.
    """
    check_importance(importance_samples, importance_images)
    check_samples(samples)
    if private and push is None:
        raise LimnerError("--private needs --push: a folder on this machine is as private as it is")
    there = open_run(run)
    from limner.pretrained import repository
    from limner.pretrained.export import check_can_export, export, put_samples

    target = None if push is None else repository.check_can_push(push)
    if out is None:
        if (target is None and samples is None) or not (there.folder / "card.json").exists():
            raise LimnerError("--out is missing: name a folder to make, such as --out my-cat")
        others = {
            "--title": title,
            "--license": license,
            "--importance-samples": importance_samples,
            "--data-root": data_root if samples is None else None,
            "--other-data": other_data and samples is None,
        }
        refuse_idle("without --out", others)
        if samples is not None:
            if not (at_home(run) / "card.json").exists():
                raise LimnerError(f"{run} is a name: --samples without --out needs a folder")
            dataset = open_data(there, data_root, other_data)
            with progress_bar("judging samples") as advance:
                judged = put_samples(there, dataset, samples, on_progress=advance)
            print(f"{there.folder / 'card.json'}: {judged.title}")
        if target is not None:
            print(f"uploaded: {repository.push(there.folder, target, private=private)}")
        return []
    check_can_export(there, out)  # before data is fetched
    dataset = open_data(there, data_root, other_data)
    with progress_bar("measuring") as advance:
        advance(0, None, "compiling")
        card = export(
            there,
            out,
            dataset,
            title=title,
            importance_samples=importance_samples,
            importance_images=importance_images,
            samples=samples,
            licence=license,
            on_progress=advance,
        )
    print(f"{card.title}: {card.bound}, weights as {card.dtype}")
    if target is not None:
        print(f"uploaded: {repository.push(out, target, private=private)}")
    return sorted(out.iterdir())


def outliers(
    run: RunFolder,
    *,
    splits: tuple[SplitName, ...] = SPLITS,
    category: str | None = None,
    by: Order = "bound",
    num: int = 64,
    seed: int = 0,
    data_root: Path | None = None,
    other_data: bool = False,
    out: Path | None = None,
) -> list[Path]:
    """Find the drawings that a model finds strangest.

    Args:
        run: Run folder, name of a pretrained model, or Hugging Face repository (OWNER/NAME).
        splits: The splits whose drawings are scored.
        category: Score only drawings of this category.
        by: The score: the bound, which grows mostly with the amount of ink; or the surplus, the
            bound minus what as much ink costs on average, which finds odd shapes.
        num: Number of drawings to show; all are scored and listed.
        seed: Seed for the noise.
        data_root: Data root, or path of your own images, to use instead of those in training.
        other_data: Allow data that differ from the training data of the run.
        out: Folder for the image and the list; by default RUN/figures/outliers.
    """
    check_at_least_one("--num", num)
    check_at_least_one("the number of --splits", len(splits))
    require_seed(seed, "--seed")
    there = open_run(run)
    from limner.evaluation.outliers import levels, score
    from limner.figures.gallery import save_outliers

    config = there.config
    dataset = open_data(there, data_root, other_data)
    with progress_bar("scoring") as advance:
        advance(0, None, "compiling")
        scores = score(
            there.model_for(dataset),
            dataset,
            num_steps=config.model.num_steps,
            binarisation=config.data.binarisation,
            splits=tuple(dict.fromkeys(splits)),
            category=category,
            by=by,
            seed=seed,
            on_progress=advance,
        )
    of = f"{there.name}, {config.data.binarisation}, seed {seed}"
    strangest = levels(dataset, scores, num)
    folder = out or there.figures / "outliers"
    return save_outliers(scores, strangest, folder, of=of, by=by)


def nearest(
    run: RunFolder,
    *,
    num: int = 16,
    seed: int = 0,
    data_root: Path | None = None,
    other_data: bool = False,
    out: Path | None = None,
) -> list[Path]:
    """Look for overfitting by copying: samples beside the training drawings nearest to them.

    Args:
        run: Run folder, name of a pretrained model, or Hugging Face repository (OWNER/NAME).
        num: Number of samples.
        seed: Seed for the noise; `limner sample` gives the same samples for it.
        data_root: Data root, or path of your own images, to use instead of those in training.
        other_data: Allow data that differ from the training data of the run.
        out: Folder for the image and the distances; by default RUN/figures/nearest.
    """
    check_at_least_one("--num", num)
    require_seed(seed, "--seed")
    there = open_run(run)
    from limner.evaluation.neighbours import compare
    from limner.figures.gallery import save_nearest

    config = there.config
    dataset = open_data(there, data_root, other_data)
    with progress_bar("comparing") as advance:
        advance(0, None, "compiling")
        found = compare(
            there.model_for(dataset),
            dataset,
            num=num,
            num_steps=config.model.num_steps,
            binarisation=config.data.binarisation,
            seed=seed,
            on_progress=advance,
        )
    of = f"{there.name}, T = {config.model.num_steps}, seed {seed}"
    print(f"median squared pixel distance to the nearest of {found.trained_on:,} training drawings")
    for what, median in found.medians().items():
        print(f"  {what:34}{median:8.2f}")
    return save_nearest(found, out or there.figures / "nearest", of=of)
