"""`limner evaluate`: parse, call, print."""

import dataclasses
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from limner.cli.common import RunFolder, check_importance, open_data, open_run
from limner.config import Protocol, require_seed
from limner.errors import LimnerError
from limner.system.progress import progress_bar

if TYPE_CHECKING:
    from limner.evaluation.bound import Evaluation
    from limner.run import Run


def evaluate(
    run: RunFolder,
    *,
    json: bool = False,
    protocol: Protocol = "honest",
    importance_samples: int | None = None,
    importance_images: int | None = None,
    data_root: Path | None = None,
    other_data: bool = False,
    seed: int = 0,
    check: bool = False,
) -> None:
    """Measure the bound on the whole test split.

    Args:
        run: Run folder, or the name of a pretrained model.
        json: Print one JSON object instead of a table.
        protocol: Noise: honest gives a bound; as-published gives what the study reported.
        importance_samples: K, to estimate the importance-weighted bound as well.
        importance_images: Take that over so many test images, chosen by chance, if not over all.
        data_root: Where the drawings lie, if not where they were in training: a data root, or
            your own images.
        other_data: Allow other data than those the run was trained on.
        seed: Of the noise.
        check: Instead, of a model with a card, measure in seconds what the card has to check an
            installation by.
    """
    if check:
        _check(open_run(run), data_root)
        return
    require_seed(seed, "--seed")
    check_importance(importance_samples, importance_images, protocol)
    evaluation = evaluate_run(
        open_run(run), protocol, importance_samples, importance_images, data_root, other_data, seed
    )
    if json:
        print(dumps(dataclasses.asdict(evaluation)))
    else:
        print_table(f"{run} · {evaluation.images:,} test images", evaluation)


def evaluate_run(
    run: "Run",
    protocol: Protocol = "honest",
    importance_samples: int | None = None,
    importance_images: int | None = None,
    data_root: Path | None = None,
    other_data: bool = False,
    seed: int = 0,
) -> "Evaluation":
    """Measure a run on its whole test split."""
    from limner.evaluation.bound import evaluate

    dataset = open_data(run, data_root, other_data)
    with progress_bar("evaluating") as advance:
        advance(0, None, "compiling")
        return evaluate(
            run.load_model(),
            dataset,
            num_steps=run.config.model.num_steps,
            binarisation=run.config.data.binarisation,
            protocol=protocol,
            importance_samples=importance_samples,
            importance_images=importance_images,
            seed=seed,
            on_progress=advance,
        )


def _check(run: "Run", data_root: Path | None) -> None:
    from limner.pretrained.export import evaluate_check
    from limner.pretrained.hub import read_card

    card = read_card(run.folder)
    if card is None:
        raise LimnerError(f"{run.name} has no card to check: only models that were exported have")
    dataset = open_data(run, data_root)
    found = evaluate_check(run.load_model(), dataset, run.config, card.check.limit)
    measured = f"{found.bound:.3f} nats over {found.images:,} pictures"
    if not card.check.holds(found):
        raise LimnerError(
            f"the bound is {measured}, on the card {card.check.bound:.3f} over "
            f"{card.check.images:,}: these are other data, or something computes otherwise here"
        )
    print(f"the bound is {measured}, as on the card")


def print_table(title: str, evaluation: "Evaluation") -> None:
    """The facts of an evaluation that are known, one a row."""
    table = Table(title=title, title_justify="left", show_header=False, box=None)
    for fact in evaluation.facts():
        table.add_row(*fact)
    Console().print(table)
    if evaluation.by_category:
        _print_categories(evaluation)


def _print_categories(evaluation: "Evaluation") -> None:
    from limner.evaluation.bound import CATEGORY_FACTS

    table = Table(title="each category by itself", title_justify="left", box=None)
    for column in CATEGORY_FACTS:
        table.add_column(column, justify="left" if column == "category" else "right")
    for fact in evaluation.category_facts():
        table.add_row(*fact)
    Console().print(table)
