"""The page on free sizes: how low the bound goes when the study's sizes need not be kept."""

from collections.abc import Mapping
from pathlib import Path

from limner.experiments.experiment import HONEST, VALIDATION
from limner.experiments.markdown import (
    NOT_RUN,
    bound,
    bound_in_parts,
    cell,
    floor,
    pictures_of,
    training_seconds,
    weights,
)
from limner.experiments.results import Record
from limner.text import table


def free_sizes_page(records: Mapping[str, Record], pictures: Path) -> str:
    """The body of the page."""
    results = [result for record in records.values() for result in record.results.values()]
    train = next(iter(records.values())).row.config.train
    lines = [
        (
            record.row.label,
            f"{weights(record.row):,}",
            f"{record.row.steps:,}",
            cell(record, VALIDATION, bound),
            cell(record, HONEST, bound_in_parts),
            cell(record, HONEST, training_seconds),
        )
        for record in records.values()
    ]
    headings = (
        "sizes",
        "weights",
        "iterations",
        "validation bound",
        "test split: distortion + rate = bound",
        "seconds of training",
    )
    shown = "".join(pictures_of(record, pictures) for record in records.values())
    return (
        f"Drawings: cat, grey, with a floor of {floor(results)} nats, batch {train.batch_size}. "
        "All of it is honest. `limner reproduce table1` has what the study's sizes reach; these "
        "follow the validation bounds of `limner reproduce recipe`, where writing 8 × 8 and wider "
        "LSTMs gained. Where the weights that did best on the validation split, named in the table "
        "at the end, come long before the last iteration, training had begun to learn its drawings "
        "by heart.\n\n"
        f"{table(headings, lines)}\n"
        "## Drawings\n\n*Reconstructions* come from looking at test drawings, *samples* from noise "
        f"alone.\n\n{shown or NOT_RUN}"
    )
