"""`limner models`, `export`, `outliers` and `nearest`: parse, call, give the files they wrote."""

from pathlib import Path

from limner.cli.common import RunFolder, check_at_least_one, check_importance, open_data, open_run
from limner.config import SPLITS, Order, SplitName, require_seed
from limner.system.progress import progress_bar


def models(*, docs: Path | None = None) -> None:
    """List the models that come with the package, which every command takes by name.

    Args:
        docs: Write the page on them, results/models.md, into this folder as well.
    """
    from rich.console import Console
    from rich.filesize import decimal
    from rich.table import Table

    from limner.pretrained.hub import SHELF, cards
    from limner.pretrained.page import models_page
    from limner.system.files import replace_text

    table = Table("name", "draws", "bound on test pictures", "T", "size", box=None)
    known = cards()
    for name, card in known.items():
        size = sum(path.stat().st_size for path in (SHELF / name).iterdir())
        num_steps = str(card.evaluation.num_steps)
        table.add_row(name, card.title, card.bound, num_steps, decimal(size))
    console = Console()
    console.print(table if table.rows else "no model came with this installation")
    console.print(f"in {SHELF}", highlight=False, soft_wrap=True)
    if docs is not None:
        path = docs / "results" / "models.md"
        replace_text(path, models_page([*known.values()], path.with_suffix("")))
        print(f"page: {path}")


def export(
    run: RunFolder,
    *,
    out: Path,
    title: str | None = None,
    importance_samples: int | None = None,
    importance_images: int | None = None,
    data_root: Path | None = None,
    other_data: bool = False,
) -> list[Path]:
    """Write a finished run's model and its card to a folder to share.

    The weights are stored as 16-bit floats if that leaves the bound on the test split as it is.
    Every command takes such a folder as it takes a run.

    Args:
        run: Run folder.
        out: Folder to make; its name is the model's.
        title: What it draws, if the categories do not say it well.
        importance_samples: K, to estimate the importance-weighted bound for the card as well.
        importance_images: Take that over so many test images, chosen by chance, if not over all.
        data_root: Where the drawings lie, if not where they were in training: a data root, or
            your own images.
        other_data: Allow other data than those the run was trained on.
    """
    check_importance(importance_samples, importance_images)
    there = open_run(run)
    from limner.pretrained.export import check_can_export, export

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
            on_progress=advance,
        )
    print(f"{card.title}: {card.bound}, weights as {card.dtype}")
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
        run: Run folder, or the name of a pretrained model.
        splits: Which drawings to score.
        category: Only these.
        by: What makes one strange: its bound, which is mostly the price of its ink, or the surplus
            above that price, which finds odd shapes.
        num: How many to show; all are scored and listed.
        seed: Of the noise.
        data_root: Where the drawings lie, if not where they were in training: a data root, or
            your own images.
        other_data: Allow other data than those the run was trained on.
        out: Folder for the picture and the list, if not RUN/figures/outliers.
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
            there.load_model(),
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
    """See whether a model copies: samples beside the training drawings nearest to them.

    Args:
        run: Run folder, or the name of a pretrained model.
        num: How many samples.
        seed: Of the noise; the samples are those of `limner sample`.
        data_root: Where the drawings lie, if not where they were in training: a data root, or
            your own images.
        other_data: Allow other data than those the run was trained on.
        out: Folder for the picture and the distances, if not RUN/figures/nearest.
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
            there.load_model(),
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
