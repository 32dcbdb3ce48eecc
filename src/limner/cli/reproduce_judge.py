"""`limner reproduce judge`: parse, call, return the files."""

from pathlib import Path

from limner.system.progress import progress_bar


def reproduce_judge(*, data_root: Path | None = None, out: Path = Path("runs/judge")) -> list[Path]:
    """Train the judge of samples: a convolutional network that names what is drawn.

    It comes with the package; `limner evaluate NAME --samples N` uses it. This makes it again, in
    some minutes on one core.

    Args:
        data_root: Data root; by default $LIMNER_DATA, or else the user's cache folder.
        out: Folder for its weights and its card.
    """
    from limner.cli.common import open_with_progress, prepare

    prepare()
    from limner.experiments.judge import judge_data, train_judge

    dataset = open_with_progress(judge_data(data_root))
    with progress_bar("training") as advance:
        card = train_judge(dataset, out, on_progress=advance)
    print(f"of {card.test_drawings:,} test drawings {card.test:.1%} are named rightly")
    return sorted(out.iterdir())
