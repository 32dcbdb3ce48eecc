"""The figures that the results pages show: the charts made for them, and the rows' own."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from limner.experiments.archive import FIGURES
from limner.experiments.results import Record
from limner.figures.charts import Curve, compared_curves, save_chart
from limner.system.provenance import seconds_until


class Shown(NamedTuple):
    """A figure on a page."""

    path: str
    """Path relative to the page."""
    alt: str
    """Description of the figure."""


def study_losses(
    records: Mapping[str, Record], folder: Path, protocol: str, quantities: Sequence[str]
) -> list[Shown]:
    """The study's figure 8: training losses on dogs, at T = 10 and T = 20.

    Args:
        records: All rows of table1, by name.
        folder: Folder to write into, beside the page.
        protocol: Name of a column of the table.
        quantities: Names of the losses in the metrics.

    Returns:
        The chart; none as long as a training has not begun.
    """
    runs = {
        name: records[f"{row}/{protocol}"].losses("train")
        for name, row in {"T = 10": "dog-t10", "T = 20": "dog"}.items()
    }
    if not all(runs.values()):
        return []
    said = {"as-published": "as published, no bound"}.get(protocol, protocol)
    charts = {
        f"{quantity} (nats)": [
            Curve(name, [row["update"] for row in rows], [row[quantity] for row in rows])
            for name, rows in runs.items()
        ]
        for quantity in quantities
    }
    caption = f"Training losses, dogs, the study's settings · {said}"
    path = folder / f"dog-losses-{protocol}.png"
    save_chart(compared_curves(charts, caption, x_label="updates"), path)
    return [Shown(f"{folder.name}/{path.name}", f"Losses over updates, {said}")]


def bound_over_seconds(records: Iterable[Record], folder: Path) -> list[Shown]:
    """The validation bound of each record over the seconds of its training; else as above."""
    curves = []
    for record in records:
        rows = record.losses("valid")
        times = [seconds_until(record.sessions, row["update"]) for row in rows]
        if rows and record.sessions:
            x = [math.nan if time is None else time for time in times]
            curves.append(Curve(record.row.label, x, [row["bound"] for row in rows]))
    if not curves:
        return []
    figure = compared_curves(
        {"validation bound (nats)": curves},
        "Grey cats, honest noise: the bound over seconds of training",
        x_label="seconds of training",
    )
    path = folder / "bound-over-seconds.png"
    save_chart(figure, path)
    return [Shown(f"{folder.name}/{path.name}", "Validation bound over seconds")]


def drawings_of(records: Iterable[Record], folder: Path) -> list[Shown]:
    """The reconstructions and samples of those records that are finished and have any."""
    return [
        Shown(
            f"{folder.name}/{record.row.name}/{file.as_posix()}",
            f"{file.parent.name.capitalize()}, {file.stem}: {record.row.label}",
        )
        for record in records
        if record.is_complete and record.row.figure_steps
        for file in FIGURES
    ]
