"""`limner evaluate`: parse, call, print."""

import dataclasses
from collections.abc import Iterable, Sequence
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from limner.cli.common import (
    RunFolder,
    check_samples,
    load_trained,
    open_data,
    open_run,
    refuse_idle,
)
from limner.cli.terminal import console
from limner.config import Protocol
from limner.errors import LimnerError, require_seed
from limner.evaluation.result import check_importance
from limner.text import in_a_line

if TYPE_CHECKING:
    from limner.evaluation.judgement import Judgement
    from limner.evaluation.result import Evaluation
    from limner.run import Run


def evaluate(
    run: RunFolder,
    *,
    json: bool = False,
    protocol: Protocol = "honest",
    importance_samples: int | None = None,
    importance_images: int | None = None,
    samples: int | None = None,
    data_root: Path | None = None,
    other_data: bool = False,
    seed: int = 0,
    check: bool = False,
) -> None:
    """Measure the bound (the negative ELBO) on the whole test split.

    Importance-weighted bounds of many images take hours. Ctrl-C stops them, and the same command
    resumes where it stopped; with other settings, weights or data it begins anew.

    Args:
        run: Run folder, name of a pretrained model, or Hugging Face repository (OWNER/NAME).
        json: Print one JSON object instead of a table.
        protocol: The noise. honest gives a bound; as-published gives what the 2018 study reported.
        importance_samples: Number K of importance samples for each image, to estimate the
            importance-weighted bound (IWAE) as well.
        importance_images: Number of test images, chosen at random, for the importance-weighted
            bound; all of them by default.
        samples: Number of samples of each category (of all, if the model is not class-conditional),
            to measure as well how often a convolutional network recognises them, and how alike
            they and test drawings are (Fréchet distance, density and coverage). For 36 categories
            and 40 samples of each this takes about half a minute on one core.
        data_root: Data root, or path of your own images, to use instead of those in training.
        other_data: Allow data that differ from the training data of the run.
        seed: Seed for the noise.
        check: Test this installation instead: measure the bound on a few images, in seconds, and
            compare it with the one on the model's card.
    """
    if check:
        others = {
            "--json": json,
            "--protocol": protocol != "honest",
            "--importance-samples": importance_samples,
            "--importance-images": importance_images,
            "--samples": samples,
            "--other-data": other_data,
            "--seed": seed,
        }
        refuse_idle("with --check", others)
        _check(open_run(run), data_root)
        return
    require_seed(seed, "--seed")
    check_importance(importance_samples, importance_images, protocol)
    check_samples(samples)
    model = load_trained(run)
    data = open_data(model.run, data_root, other_data)
    # Judged first, since a model that the judge does not know is refused at once.
    judged = None
    if samples is not None:
        judged = model.judge(samples, data=data, seed=seed, other_data=True)
    evaluation = model.evaluate(
        data,
        protocol=protocol,
        importance_samples=importance_samples,
        importance_images=importance_images,
        seed=seed,
        other_data=True,  # compared when they were opened
    )
    if json:
        found = dataclasses.asdict(evaluation)
        print(dumps(found if judged is None else found | {"samples": dataclasses.asdict(judged)}))
        return
    _print_evaluation(f"{run} · {evaluation.images:,} test images", evaluation)
    if judged is not None:
        _print_judgement(judged)


def _check(run: "Run", data_root: Path | None) -> None:
    from limner.pretrained.export import evaluate_check
    from limner.pretrained.hub import read_card

    card = read_card(run.folder)
    if card is None:
        raise LimnerError(f"{run.name} has no card to check: only exported models have one")
    dataset = open_data(run, data_root, other_data=True)  # the check itself finds out
    found = evaluate_check(run.model_for(dataset), dataset, run.config, card.check.limit)
    measured = f"{found.bound:.3f} nats over {found.images:,} images"
    if not card.check.holds(found):
        raise LimnerError(
            f"the bound is {measured}, but on the card it is {card.check.bound:.3f} over "
            f"{card.check.images:,}: the data differ, or this installation computes differently"
        )
    print(f"the bound is {measured}, as on the card")


def _print_evaluation(title: str, evaluation: "Evaluation") -> None:
    from limner.evaluation.result import CATEGORY_FACTS

    _print_rows(title, (), evaluation.facts())
    if evaluation.by_category:
        _print_rows("each category by itself", CATEGORY_FACTS, evaluation.category_facts())


def _print_judgement(judged: "Judgement") -> None:
    _print_rows(judged.title, judged.headings, judged.facts())
    if judged.by_category:
        _print_rows("recognised, %", judged.headings, judged.category_facts())


def _print_rows(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", show_header=bool(headings), box=None)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left")
    for row in rows:
        table.add_row(*map(in_a_line, row))
    console().print(table)
