"""Which models the studio shows."""

import itertools
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from limner.errors import LimnerError, Notice
from limner.pretrained.hub import find, names
from limner.pretrained.repository import repository_of
from limner.run import Run


def find_models(paths: Sequence[Path], beneath: Path = Path("runs")) -> dict[str, Run]:
    """The runs to show, each under a name of its own; the first is the one a visitor meets.

    Runs that the page cannot show (without weights, or of a network that was given in Python) are
    left out, unless they are named.

    Args:
        paths: Run folders, names of pretrained models, and folders of runs; if there are none,
            the runs in `beneath`.
        beneath: Where `limner train` leaves its runs. The finished ones are taken, newest first; if
            there are none, the pretrained models.

    Raises:
        LimnerError: There is no run to show at a path, or none at all.

    Warns:
        Notice: A run in a folder of runs cannot be read.
    """
    runs = [run for path in paths for run in _runs_at(path)] or _default_runs(beneath)
    named: dict[str, Run] = {}
    for run in runs:
        name, copies = run.name, itertools.count(2)
        while name in named:
            name = f"{run.name}-{next(copies)}"
        named[name] = run
    return named


def _default_runs(beneath: Path) -> list[Run]:
    finished = _runs_in(beneath, lambda run: run.finished)
    finished.sort(key=lambda run: run.weights.stat().st_mtime, reverse=True)
    runs = finished or [find(Path(name)) for name in names()]
    if not runs:
        raise LimnerError(
            f"there is no finished run under {beneath}: make one in some minutes with "
            "`limner demo`, or name a run folder"
        )
    return runs


def _runs_at(path: Path) -> list[Run]:
    if (path / "config.json").exists() or str(path) in names() or repository_of(path):
        return [find(path)]
    runs = _runs_in(path)
    if not runs:
        known = f" ({', '.join(names())})" if names() else ""
        raise LimnerError(
            f"{path} is neither a run folder nor a folder of runs with weights, nor the name of a "
            f"pretrained model{known}"
        )
    return runs


def _runs_in(folder: Path, wanted: Callable[[Run], bool] = lambda run: True) -> list[Run]:
    """The wanted runs in a folder that can be shown; those that cannot be read are named."""
    runs = []
    for path in sorted(folder.glob("*/config.json")):
        try:
            run = Run.open(path.parent)
            shown = run.weights.exists() and run.config.model.network is None and wanted(run)
        except LimnerError as error:
            warnings.warn(f"left out: {error}", Notice, stacklevel=2)
            continue
        if shown:
            runs.append(run)
    return runs
