"""The page on limner's recipe: what each part is worth."""

from collections.abc import Mapping
from pathlib import Path

from limner.experiments.experiment import HONEST, VALIDATION
from limner.experiments.markdown import bound, cell, floor, nats, training_seconds
from limner.experiments.results import Record, Result
from limner.text import table


def recipe_page(records: Mapping[str, Record], pictures: Path) -> str:
    """The body of the page."""
    recipe = records["recipe"]
    data, train, model = recipe.row.config.data, recipe.row.config.train, recipe.row.config.model
    base = recipe.results.get(HONEST)

    def difference(result: Result) -> str:
        if base is None or base.evaluation.bound is None or result.evaluation.bound is None:
            return "–"
        # Adding 0 makes a rounded -0.0 a plain one.
        return f"{round(result.evaluation.bound - base.evaluation.bound, 1) + 0:+.1f}"

    lines = [
        (
            record.row.label,
            cell(record, VALIDATION, bound),
            cell(record, HONEST, bound),
            cell(record, HONEST, lambda result: nats(result.evaluation.distortion)),
            cell(record, HONEST, lambda result: nats(result.evaluation.rate)),
            cell(record, HONEST, difference),
            cell(record, HONEST, training_seconds),
        )
        for record in records.values()
    ]
    headings = (
        "what is changed",
        "validation bound",
        "test bound",
        "distortion",
        "rate",
        "test bound less the first row's",
        "seconds of training",
    )
    return (
        f"Drawings: {', '.join(data.categories)}, grey, with a floor of "
        f"{floor(recipe.results.values())} nats. Each row is the recipe as it was (T = "
        f"{model.num_steps}, {model.latent_size} latents, LSTMs of {model.hidden_size}, reading "
        f"and writing {model.read_grid} × {model.write_grid}, filters {model.initial_std:g} pixels "
        f"wide at first, batch {train.batch_size}, {train.updates:,} iterations) with one thing "
        "changed, or that and the seed. The row named in bold is how the recipe has been since: of "
        "what keeps the study's sizes, nothing else gained as much on the validation split.\n\n"
        "All of it is honest. ± is the standard error over drawings, which are the same in all "
        "rows, so a difference is surer than its two numbers. It says nothing of another seed: "
        "what a seed alone moves is seen in the rows that change it, and what another row gains "
        "or loses by less than that is no finding. Weights are chosen on the validation split, so "
        "its bound is a little better than it should be.\n\n"
        f"{table(headings, lines)}"
    )
