"""The results pages, made from what is kept of their runs alone, and their index."""

from collections.abc import Callable, Mapping
from pathlib import Path

from limner.experiments.archive import gather
from limner.experiments.catalogue import EXPERIMENTS
from limner.experiments.experiment import Experiment, ExperimentName
from limner.experiments.markdown import preamble, provenance
from limner.experiments.page_baselines import baselines_page
from limner.experiments.page_free_sizes import free_sizes_page
from limner.experiments.page_recipe import recipe_page
from limner.experiments.page_table1 import table1_page
from limner.experiments.page_time_to_bound import time_to_bound_page
from limner.experiments.results import Record
from limner.system.files import replace_text

_BODIES: dict[ExperimentName, Callable[[Mapping[str, Record], Path], str]] = {
    "table1": table1_page,
    "recipe": recipe_page,
    "free-sizes": free_sizes_page,
    "time-to-bound": time_to_bound_page,
    "baselines": baselines_page,
}

_KEPT = """\
The folder beside a page, of its name, holds what was measured in a form for programs: for each
row its settings (`config.json`), its measurements and how they came about (`evaluation-*.json`),
and of a row that is trained, its losses by iteration (`metrics.jsonl`) and its seconds and devices
(`sessions.jsonl`). A row that is run again takes the place of the one that was kept; the others
stay. Where a default has been given another name since, `config.json` has the name of today.
"""

_WORDS = """\
## What the words mean

- **Bound**: distortion + rate, an upper bound on a drawing's negative log-likelihood, in nats;
  lower is better. *Distortion* is −log p(drawing given the last canvas), *rate* the KL of the
  posterior from the prior over all T steps. One draw of the noise for each drawing; **±** is
  the standard error over the drawings measured.
- **Honest**: noise of its own at every step, and the KL as it is. Only this gives a bound.
- **As published**: the protocol of the 2018 study, one noise vector a drawing for all steps,
  and Lz with its constant, T (Z − 1)/2 above the KL. Its Lx and Lz stand beside the numbers
  that the study published and bound nothing.
- **Grey**: targets are levels/255. The distortion is then a cross-entropy, which has a floor
  above 0, the targets' own entropy, and it is no likelihood. A grey number comes with its
  floor.
- **Static**, **dynamic**, **threshold**: targets are 0 or 1: each pixel drawn once and for all
  with its level as its probability, drawn anew at every visit, or cut at one half. These give
  likelihoods, each of its own kind of data.
- Numbers of different data or different targets are not to be compared, also where a table has
  both.
- **The study**: a student's course project of 2018, DRAW on Quick, Draw! in TensorFlow 1.
- *Not run*, *stopped at iteration n*, *not measured yet*: there is no number. Every number on a
  page but those of the study itself was measured, and the table at its end says with which code, on
  what, and after how long a training. A row takes what drawings lie under the data root, and that
  table says how many: with more of them the same command gives other numbers.
"""


def write_page(experiment: Experiment, folder: Path, docs: Path) -> Path:
    """Write an experiment's page, what is kept of its runs beside it, and the index.

    Args:
        experiment: Which; rows that were not run, and are not kept from before, show as such.
        folder: Of its runs.
        docs: Folder for results.md, and results/ with the pages and what is kept.

    Returns:
        The page.

    Raises:
        LimnerError: A run with other settings lies in a row's folder, or its files are damaged.
    """
    path = docs / "results" / f"{experiment.name}.md"
    kept = path.with_suffix("")
    records = gather(experiment, folder, kept)
    body = _BODIES[experiment.kind](records, kept)
    parts = (
        preamble(experiment, records.values()),
        body.rstrip() + "\n",
        f"## Where each number comes from\n\n{provenance(records.values())}",
    )
    replace_text(path, "\n".join(parts))
    replace_text(docs / "results.md", index(docs))
    return path


def index(docs: Path) -> str:
    """The page above the pages: which there are, and what their words mean."""
    lines = []
    for kind, experiment in EXPERIMENTS.items():
        has_page = (docs / "results" / f"{kind}.md").exists()
        title = f"[{experiment.title}](results/{kind}.md)" if has_page else experiment.title
        lines.append(f"- {title}{'' if has_page else ' (not run)'}: {experiment.question}\n")
        if (docs / "results" / f"{kind}-quick.md").exists():
            lines.append(f"  - [a quick run](results/{kind}-quick.md), which means nothing\n")
    if (docs / "results" / "models.md").exists():
        lines.append(
            "- [Models that come with the package](results/models.md): What they reach, also for "
            "each category, and how they were made.\n"
        )
    return (
        "# Results\n\nEach page is written by `limner reproduce`, from what it ran; that on the "
        f"models by `limner models --docs docs`.\n\n{''.join(lines)}\n{_KEPT}\n{_WORDS}"
    )
