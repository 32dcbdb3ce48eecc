"""The page on baselines: one table for each kind of data, as likelihoods of two do not compare."""

from collections.abc import Mapping
from pathlib import Path

from limner.experiments.experiment import HONEST
from limner.experiments.markdown import (
    TARGETS,
    bound_in_parts,
    cell,
    floor,
    training_seconds,
    weights,
)
from limner.experiments.results import Record
from limner.text import table


def baselines_page(records: Mapping[str, Record], pictures: Path) -> str:
    """The body of the page."""
    text = (
        "As many iterations for each says how fast it learns, not where it ends: "
        "through a small window learning starts late. What `limner models` lists was trained for "
        "longer.\n\n"
    )
    for kind in dict.fromkeys(map(_data, records.values())):
        rows = [record for record in records.values() if _data(record) == kind]
        text += f"## {kind}\n\n{_about(rows)}\n{_table(rows)}\n"
    return text


def _data(record: Record) -> str:
    data = record.row.config.data
    categories = ", ".join(data.categories)
    return f"{data.name}{f': {categories}' if categories else ''}, {TARGETS[data.binarisation]}"


def _about(records: list[Record]) -> str:
    results = [result for record in records for result in record.results.values()]
    is_grey = records[0].row.config.data.binarisation == "grey"
    what = (
        f"Grey targets: cross-entropies, with a floor of {floor(results)} nats."
        if is_grey
        else "Binary targets: true likelihoods, which grey cross-entropies do not compare with."
    )
    steps = max(record.row.steps for record in records)
    return f"{what} {steps:,} iterations for each model that is trained.\n"


def _table(records: list[Record]) -> str:
    lines = [
        (
            record.row.label,
            f"{count:,}" if (count := weights(record.row)) else "–",
            cell(record, HONEST, bound_in_parts),
            cell(record, HONEST, training_seconds),
        )
        for record in records
    ]
    return table(
        ("model", "weights", "test split: distortion + rate = bound", "seconds of training"),
        lines,
    )
