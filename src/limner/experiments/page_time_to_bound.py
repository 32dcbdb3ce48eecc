"""The page on speed: seconds of training to a bound."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from limner.experiments.catalogue import BOUNDS
from limner.experiments.experiment import HONEST
from limner.experiments.markdown import bound, cell, chart, floor, seconds
from limner.experiments.results import Record, seconds_until
from limner.figures import Curve, compared_curves
from limner.text import table

HOW = (
    "Every so often training measures its weights on the whole validation split and writes a "
    "checkpoint. A mark counts as passed at the first such measurement below it. The seconds are "
    "those of training as a whole, compiling, validating and writing checkpoints among them, "
    "shared out evenly over the iterations of each session; iterations of a session that was "
    "killed, and left no time on record, count as much as the others. Where the rate of learning "
    "falls to the end, a shorter training passes marks sooner. In brackets: the iteration.\n"
)


def time_to_bound_page(records: Mapping[str, Record], pictures: Path) -> str:
    """The body of the page."""
    lines = [
        (
            record.row.label,
            *(_passed(record, mark) for mark in BOUNDS),
            _best(record),
            cell(record, HONEST, bound),
            f"{seconds(seconds_until(record.sessions, record.steps))} ({record.steps:,})",
        )
        for record in records.values()
    ]
    headings = (
        "setting",
        *(f"below {mark}" for mark in BOUNDS),
        "best validation bound",
        "test bound",
        "all of training",
    )
    results = [result for record in records.values() for result in record.results.values()]
    row = next(iter(records.values())).row
    return (
        f"Drawings: {', '.join(row.config.data.categories)}, grey, with a floor of "
        f"{floor(results)} nats; T = {row.config.model.num_steps}, batch "
        f"{row.config.train.batch_size}, the validation split measured every "
        f"{row.config.train.validate_every} iterations. All of it is honest. Seconds until the "
        f"validation bound passes a mark:\n\n{table(headings, lines)}\n{HOW}\n"
        f"{_chart(records, pictures)}"
    )


def validations(record: Record) -> list[dict[str, Any]]:
    """The rows of its metrics on the validation split."""
    return [row for row in record.metrics if row["kind"] == "valid"]


def passing_step(record: Record, mark: int) -> int | None:
    """The first iteration whose validation bound lies below a mark."""
    return next((row["update"] for row in validations(record) if row["bound"] < mark), None)


def _passed(record: Record, mark: int) -> str:
    step = passing_step(record, mark)
    if step is None:
        return "not passed" if record.is_complete else f"*{record.status}*"
    return f"{seconds(seconds_until(record.sessions, step))} ({step:,})"


def _best(record: Record) -> str:
    rows = validations(record)
    if not rows:
        return f"*{record.status}*"
    best = min(rows, key=lambda row: row["bound"])
    return f"{best['bound']:.1f} ({best['update']:,})"


def _chart(records: Mapping[str, Record], pictures: Path) -> str:
    curves = []
    for record in records.values():
        rows = validations(record)
        times = [seconds_until(record.sessions, row["update"]) for row in rows]
        if rows and record.sessions:
            x = [math.nan if time is None else time for time in times]
            curves.append(Curve(record.row.label, x, [row["bound"] for row in rows]))
    if not curves:
        return ""
    figure = compared_curves(
        {"validation bound (nats)": curves},
        "Grey cats, honest noise: the bound over seconds of training",
        x_label="seconds of training",
    )
    return chart(figure, pictures, "bound-over-seconds.png", "Validation bound over seconds")
