"""What the pages are put together from: tables, numbers in words, where a number came from."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import jax

from limner.config import Binarisation
from limner.evaluation.bound import Evaluation
from limner.experiments.archive import PICTURES
from limner.experiments.experiment import Experiment, Measurement, Row
from limner.experiments.results import Record, Result
from limner.figures import save_chart
from limner.model.draw import build_model
from limner.text import rounded, table

_SECONDS = (
    "Seconds are by the wall clock and of whatever else the machine did, so those of two rows "
    "compare only roughly.\n"
)

NOT_RUN = "*Not run.*\n\n"
"""In the place of pictures that there are none of."""

TARGETS: dict[Binarisation, str] = {
    "grey": "grey levels",
    "threshold": "cut at one half",
    "static": "drawn once",
    "dynamic": "drawn anew at each visit",
}


def cell(record: Record, measurement: Measurement, show: Callable[[Result], str]) -> str:
    """What a measurement shows, or else how far its row has come."""
    result = record.results.get(measurement)
    return f"*{record.status}*" if result is None else show(result)


def bound(result: Result) -> str:
    """The bound with its standard error."""
    return f"**{nats(result.evaluation.bound)}**{_plus_minus(result.evaluation)}"


def bound_in_parts(result: Result) -> str:
    """Distortion, rate, and the bound that is their sum, with its standard error."""
    one = result.evaluation
    return f"{nats(one.distortion)} + {nats(one.rate)} = {bound(result)}"


def published_losses(result: Result) -> str:
    """What the study would have reported."""
    return f"{result.evaluation.Lx:.2f} / {result.evaluation.Lz:.2f}"


def floor(results: Iterable[Result]) -> str:
    """The floor of the test split's grey targets, which some results share."""
    tests = (one.evaluation for one in results if one.evaluation.split == "test")
    return next((nats(one.floor) for one in tests), "–")


def nats(value: float | None) -> str:
    """A number of nats."""
    return rounded(value, 1)


def seconds(value: float | None) -> str:
    """A time of training."""
    return "–" if value is None else f"{value:,.0f}"


def training_seconds(result: Result) -> str:
    """How long its row was trained."""
    return seconds(result.training_seconds)


def weights(row: Row) -> int:
    """How many numbers training finds; none where nothing is trained."""
    if not row.steps:
        return 0
    shapes = jax.eval_shape(partial(build_model, row.config.model), jax.random.key(0))
    return sum(leaf.size for leaf in jax.tree.leaves(shapes))


def provenance(records: Iterable[Record]) -> str:
    """Where each number comes from, a line for each measurement."""
    lines = [
        (
            f"`{record.row.name}`",
            f"{result.train_images:,}",
            f"{result.evaluation.images:,} ({result.evaluation.split})",
            TARGETS[result.evaluation.binarisation],
            nats(result.evaluation.floor),
            record.row.config.train.protocol if record.row.steps else "–",
            result.evaluation.protocol,
            "–" if result.weights_step is None else f"{result.weights_step:,} of {result.steps:,}",
            training_seconds(result),
            result.machine,
            f"{result.limner}; JAX {result.jax}",
            f"`{result.command}`",
        )
        for record in records
        for result in record.results.values()
    ]
    if not lines:
        return "Nothing has been measured yet.\n"
    headings = (
        "run",
        "training drawings",
        "measured on",
        "targets",
        "floor",
        "trained",
        "measured",
        "weights of iteration",
        "seconds of training",
        "machine",
        "measured by",
        "command",
    )
    return f"{table(headings, lines)}\n{_SECONDS}"


def preamble(experiment: Experiment, records: Iterable[Record]) -> str:
    """The heading, what the page is about, how it was made, and a warning if it means nothing."""
    records = [*records]
    done = sum(record.is_complete for record in records)
    warning = (
        "> **A QUICK RUN: EVERY ROW WAS TRAINED FOR "
        f"{experiment.rows[-1].steps:,} ITERATIONS. THESE NUMBERS ONLY SHOW THAT THE MACHINERY "
        "WORKS.**\n\n"
        if experiment.quick
        else ""
    )
    return (
        f"# {experiment.title}\n\n{warning}{experiment.question}\n\n"
        f"Made by `{experiment.command}`; {done} of {len(records)} runs are done. What the words "
        "mean stands in [the index](../results.md). Numbers are nats a drawing.\n"
    )


def chart(figure, folder: Path, name: str, alt: str) -> str:
    """Save a chart in the folder beside the page, and show it."""
    save_chart(figure, folder / name)
    return picture(folder, Path(name), alt)


def picture(folder: Path, name: Path, alt: str) -> str:
    """Show a picture of the folder beside the page."""
    return f"![{alt}]({(folder.name / name).as_posix()})\n\n"


def pictures_of(record: Record, folder: Path) -> str:
    """Show the reconstructions and the samples of a finished row that has pictures."""
    if not (record.is_complete and record.row.picture_steps):
        return ""
    return "".join(
        picture(
            folder, record.row.name / file, f"{kind.capitalize()}, {file.stem}: {record.row.label}"
        )
        for kind, files in PICTURES.items()
        for file in files
    )


def _plus_minus(one: Evaluation) -> str:
    return "" if one.stderr is None else f" ± {one.stderr:.1f}"
