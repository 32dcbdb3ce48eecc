"""`limner models` and `limner export`: parse, call, print."""

from pathlib import Path

from limner.session import RunFolder, check_at_least_one, open_data, open_run
from limner.terminal import progress_bar


def models() -> None:
    """List the models that come with the package."""
    from rich.console import Console
    from rich.filesize import decimal
    from rich.table import Table

    from limner.pretrained.shelf import SHELF, names, read_card

    table = Table("name", "draws", "bound on test pictures", "T", "size", box=None)
    for name in names():
        card = read_card(SHELF / name)
        assert card is not None  # that is what makes it a model
        size = sum(path.stat().st_size for path in (SHELF / name).iterdir())
        num_steps = str(card.evaluation.num_steps)
        table.add_row(name, card.title, card.bound, num_steps, decimal(size))
    console = Console()
    console.print(table if table.rows else "no model came with this installation")
    console.print(f"in {SHELF}", highlight=False, soft_wrap=True)


def export(
    run: RunFolder,
    *,
    out: Path,
    title: str | None = None,
    importance_samples: int | None = None,
    data_root: Path | None = None,
) -> None:
    """Write a finished run's model and its card to a folder to share.

    The weights are stored as 16-bit floats if that leaves the bound on the test split as it is.
    Every command takes such a folder as it takes a run.

    Args:
        run: Run folder.
        out: Folder to make; its name is the model's.
        title: What it draws, if the categories do not say it well.
        importance_samples: K, to estimate the importance-weighted bound for the card as well.
        data_root: Where the drawings lie, if not where they were in training.
    """
    check_at_least_one("--importance-samples", importance_samples)
    there = open_run(run)
    from limner.pretrained.export import check_can_export, export

    check_can_export(there, out)  # before data is fetched
    dataset = open_data(there.config, data_root)
    with progress_bar("measuring") as advance:
        advance(0, None, "compiling")
        card = export(
            there,
            out,
            dataset,
            title=title,
            importance_samples=importance_samples,
            on_progress=advance,
        )
    print(f"{card.title}: {card.bound}, weights as {card.dtype}")
    for path in sorted(out.iterdir()):
        print(path)
