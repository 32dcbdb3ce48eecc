"""`limner train`: parse, call, print."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.cli.common import open_with_progress, prepare, set_jax_up
from limner.config import RunConfig
from limner.errors import LimnerError
from limner.presets import PRESETS
from limner.system.progress import progress_bar
from limner.text import quoted

if TYPE_CHECKING:
    from limner.run import Run
    from limner.training.loop import Outcome

DEFAULT_PRESET = "doodles"

Preset = Annotated[str | None, tyro.conf.Fixed, tyro.conf.Suppress]


def train(
    config: Annotated[RunConfig, tyro.conf.arg(name="")] = PRESETS[DEFAULT_PRESET],
    *,
    preset: Preset = None,
    out: Path = Path("runs") / DEFAULT_PRESET,
    other_data: bool = False,
    distributed: bool = False,
    coordinator: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> None:
    """Train DRAW, or resume a training that stopped.

    The first word may name a preset, whose settings are then the defaults below: doodles (drawings
    made by a program, no download), demo (a small network on four kinds of doodles), quickdraw,
    sketches (one class-conditional model of 36 categories), study (the settings of the 2018
    study), mnist (the settings of the paper). The same command on the same folder resumes; so does
    `limner train --out FOLDER` alone.

    Args:
        config: The settings.
        preset: The preset that the first word named, if any.
        out: Run folder.
        other_data: Resume even if the data differ from those the run began with.
        distributed: Train together with other processes, each started with the same command. SLURM,
            Open MPI and Kubernetes supply the options below; otherwise give them.
        coordinator: HOST:PORT at which process 0 listens.
        num_processes: Number of processes.
        process_id: Number of this process, from 0.
    """
    address = (coordinator, num_processes, process_id)
    if address != (None, None, None) and not distributed:
        raise LimnerError("--coordinator, --num-processes and --process-id need --distributed")
    # With nothing but --out, a run that exists goes on with its own settings.
    nothing_asked = preset is None and config == PRESETS[DEFAULT_PRESET]
    if nothing_asked and (out / "config.json").exists():
        from limner.run import Run

        config = Run.open(out).config
    with _joined(*address) if distributed else nullcontext():
        run, outcome = train_run(out, config, other_data)
    folder = quoted(run.folder)
    if outcome.finished:
        noise = "" if config.train.protocol == "honest" else f" --protocol {config.train.protocol}"
        commands = [f"limner {verb} {folder}{noise}" for verb in ("evaluate", "sample")]
        print(f"try next: {'; '.join(commands)}; limner reconstruct {folder}{noise}")
    else:
        print(f"to resume: limner train --out {folder}")


def _training(preset: str) -> Callable[..., None]:
    """`train` with the settings of a preset as its defaults."""
    chosen = partial(train, config=PRESETS[preset], preset=preset, out=Path("runs") / preset)
    chosen.__doc__ = train.__doc__
    return chosen


PRESET_TRAININGS = {f"train {preset}": _training(preset) for preset in PRESETS}
"""The commands `train PRESET`, by these two words."""


def _joined(
    coordinator: str | None, num_processes: int | None, process_id: int | None
) -> AbstractContextManager[None]:
    set_jax_up()
    from limner.system.distributed import joined

    return joined(coordinator, num_processes, process_id)


def train_run(out: Path, config: RunConfig, other_data: bool = False) -> "tuple[Run, Outcome]":
    """Train or resume in a folder, and print how it ended."""
    prepare()
    from limner.run import LOSSES
    from limner.system.distributed import agreement, by_leader
    from limner.training.loop import fit_run
    from limner.training.state import prepared_run

    with agreement():
        dataset = open_with_progress(config.data, config.model.shape)
    run = prepared_run(out, config, dataset)
    names = LOSSES[config.train.protocol]
    with progress_bar("training") as advance:
        advance(0, None, "compiling")

        def show(progress) -> None:
            losses = [f"{name[:4]} {progress.row[name]:.1f}" for name in names[:2]]
            note = f"{' '.join(losses)}  {progress.images_per_second:,.0f} im/s"
            advance(progress.update, progress.updates, note)

        outcome = fit_run(run, dataset, show, other_data=other_data)
    if outcome.updates:
        by_leader(_save_curves)(run)
    state = "finished" if outcome.finished else "stopped"
    print(
        f"{state} at update {outcome.updates} of {config.train.updates}, "
        f"{outcome.seconds:.0f} s: {out}"
    )
    if outcome.validation:
        best = outcome.validation
        losses = ", ".join(f"{name} {best[name]:.2f}" for name in names)
        print(
            f"best on the validation split: {losses} nats ({config.train.protocol}, "
            f"update {best['update']})"
        )
    return run, outcome


def _save_curves(run: "Run") -> None:
    from limner.figures.charts import Curves

    Curves.of(run.read_metrics(), str(run.folder)).save(run.figures / "curves.png")
