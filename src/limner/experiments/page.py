"""Writing the results pages and their index, from what is kept of their runs alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from limner.experiments.archive import gather
from limner.experiments.catalogue import BINARY, COLUMNS, COMPARISONS, EXPERIMENTS, PUBLISHED
from limner.experiments.charts import bound_over_seconds, drawings_of, study_losses
from limner.experiments.experiment import Experiment, ExperimentName
from limner.experiments.lines import Compared, Line, Seeds, Source, StudyLine, floor
from limner.experiments.template import fill, paragraphs
from limner.system.files import replace_text

T = TypeVar("T")


def write_page(experiment: Experiment, runs: Path, docs: Path) -> Path:
    """Write an experiment's page, what is kept of its runs beside it, and the index.

    Args:
        experiment: The experiment; rows without results are shown as not run.
        runs: Folder of its runs.
        docs: Folder for results.md, and for results/ with the pages and the kept results.

    Returns:
        The path of the page.

    Raises:
        LimnerError: The folder of a row holds a run with other settings, or its files are damaged.
    """
    path = docs / "results" / f"{experiment.name}.md"
    kept = path.with_suffix("")
    records = gather(experiment, runs, kept)
    first = next(iter(records.values()))
    lines = {name: Line(record, first) for name, record in records.items()}
    fields = {
        "experiment": experiment,
        "config": first.row.config,
        "floor": floor([*records.values()]),
        "total": len(records),
        "done": sum(record.is_complete for record in records.values()),
        "row": [*lines.values()],
        "source": [
            Source(line, result)
            for line in lines.values()
            for result in line.record.results.values()
        ],
        **_own_fields(experiment.kind, lines, kept),
    }
    made = fill("made", fields)
    if experiment.quick:
        made = f"{fill('quick', fields)}\n\n{made}"
    page = fill(experiment.kind, fields | {"made": made, "sources": fill("sources", fields)})
    replace_text(path, f"{page}\n")
    replace_text(docs / "results.md", index(docs))
    return path


def index(docs: Path) -> str:
    """The index page: a list of the pages, and the meaning of their words."""
    pages = []
    for kind in EXPERIMENTS:
        heading, question, *_ = paragraphs(kind)
        title, question = heading.removeprefix("# "), question.replace("\n", " ")
        has_page = (docs / "results" / f"{kind}.md").exists()
        shown = f"[{title}](results/{kind}.md)" if has_page else f"{title} (not run)"
        pages.append(f"- {shown}: {question}")
        if (docs / "results" / f"{kind}-quick.md").exists():
            pages.append(f"  - [a quick run](results/{kind}-quick.md), which means nothing")
    if (docs / "results" / "models.md").exists():
        pages.append(
            "- [Models that come with the package](results/models.md): What they reach, also for "
            "each category, and how they were made."
        )
    return fill("index", {"pages": "\n".join(pages)}) + "\n"


def _own_fields(kind: ExperimentName, lines: Mapping[str, Line], folder: Path) -> dict[str, list]:
    """The fields that only one of the pages has."""
    records = {name: line.record for name, line in lines.items()}
    match kind:
        case "table1":
            return {
                "line": [
                    StudyLine(row, *(lines[f"{row.name}/{column}"] for column in COLUMNS))
                    for row in PUBLISHED
                ],
                "as_published": study_losses(records, folder, "as-published", ("Lx", "Lz")),
                "honest": study_losses(records, folder, "honest", ("distortion", "rate")),
                **{row.name: drawings_of(_under(row.name, records), folder) for row in PUBLISHED},
            }
        case "seeds":
            return {
                "pair": [
                    Compared(
                        one.label, *(Seeds(_under(name, lines)) for name in (one.ours, one.theirs))
                    )
                    for one in COMPARISONS
                ]
            }
        case "free-sizes":
            return {"drawing": drawings_of(records.values(), folder)}
        case "time-to-bound":
            return {"chart": bound_over_seconds(records.values(), folder)}
        case "baselines":
            return {data: _under(data, lines) for data in ("cat", "mnist")}
        case "binary":
            sets = {name: _under(name, lines) for name in BINARY}
            return {**sets, "data": [models[0] for models in sets.values() if models]}
    return {}


def _under(part: str, rows: Mapping[str, T]) -> list[T]:
    """The rows whose names begin with `part`."""
    return [row for name, row in rows.items() if name.startswith(f"{part}/")]
