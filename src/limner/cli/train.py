"""`limner train`: parse, call, print."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.cli.common import open_data, prepare
from limner.cli.progress import progress_bar
from limner.config import RunConfig, changed
from limner.errors import LimnerError, near
from limner.presets import PRESETS
from limner.text import suggested

if TYPE_CHECKING:
    from limner.run import Run

DEFAULT_PRESET = "doodles"


def train(arguments: list[str]) -> None:
    """Parse `train [PRESET] [options]`, where the preset gives the defaults, and train."""
    names_preset = bool(arguments) and not arguments[0].startswith("-")
    preset = arguments.pop(0) if names_preset else DEFAULT_PRESET
    if preset not in PRESETS:
        raise LimnerError(f"there is no preset {preset!r}{near(preset, PRESETS)}")

    def command(
        config: Annotated[RunConfig, tyro.conf.arg(name="")] = PRESETS[preset],
        *,
        out: Path = Path("runs") / preset,
        distributed: bool = False,
        coordinator: str | None = None,
        num_processes: int | None = None,
        process_id: int | None = None,
    ) -> None:
        """Train DRAW, or go on where a training stopped.

        The first word may name a preset, whose settings are the defaults below: doodles (embedded
        drawings, nothing to fetch), quickdraw, sketches (22 categories, told apart), study (the
        settings of the 2018 study), mnist (those of the paper). The same command on the same folder
        resumes, and so does --out alone.

        Args:
            config: The settings.
            out: Run folder.
            distributed: Train with other processes that were given the same command; what SLURM,
                MPI or Kubernetes does not tell is told by the options below.
            coordinator: HOST:PORT where process 0 listens.
            num_processes: How many processes there are.
            process_id: Which of them this is, from 0.
        """
        place = (coordinator, num_processes, process_id)
        if place != (None, None, None) and not distributed:
            raise LimnerError("--coordinator, --num-processes and --process-id need --distributed")
        # With nothing but --out, a run that exists goes on with its own settings.
        nothing_asked = not names_preset and config == PRESETS[DEFAULT_PRESET]
        if nothing_asked and (out / "config.json").exists():
            from limner.run import Run

            config = Run.open(out).config
        with _joined(*place) if distributed else nullcontext():
            train_run(out, config)

    tyro.cli(command, args=arguments, prog="limner train")


def _joined(
    coordinator: str | None, num_processes: int | None, process_id: int | None
) -> AbstractContextManager[None]:
    prepare()
    from limner.system.distributed import joined

    return joined(coordinator, num_processes, process_id)


def train_run(out: Path, config: RunConfig) -> "Run":
    """Train, or go on training, in a folder, and say how it ended."""
    prepare()
    from limner.figures.gallery import save_curves
    from limner.pretrained.hub import folder_of
    from limner.run import LOSSES, Run
    from limner.system.distributed import agreement, by_leader
    from limner.training.loop import train
    from limner.training.state import check_fits, check_start

    if (named := config.train.start_from) is not None:
        config = changed(config, {"train.start_from": folder_of(named)})
    with agreement():
        dataset = open_data(config)
        check_fits(config, dataset)
        if not (out / "config.json").exists():
            check_start(config)
    run = Run.create(out, config)
    names = LOSSES[config.train.protocol]
    with progress_bar("training") as advance:
        advance(0, config.train.updates, "compiling")

        def show(progress) -> None:
            losses = [f"{name[:4]} {progress.row[name]:.1f}" for name in names[:2]]
            note = f"{' '.join(losses)}  {progress.images_per_second:,.0f} im/s"
            advance(progress.step, progress.steps, note)

        outcome = train(run, dataset, show)
    if outcome.step:
        by_leader(save_curves)(run.read_metrics(), run.figures / "curves.png", of=str(out))
    state = "finished" if outcome.finished else "stopped"
    print(
        f"{state} at step {outcome.step} of {config.train.updates}, {outcome.seconds:.0f} s: {out}"
    )
    if outcome.validation:
        best = outcome.validation
        losses = ", ".join(f"{name} {best[name]:.2f}" for name in names)
        print(
            f"best on the validation split: {losses} nats ({config.train.protocol}, "
            f"step {best['update']})"
        )
    if outcome.finished:
        protocol = config.train.protocol
        noise = () if protocol == "honest" else ("--protocol", protocol)
        print(
            "try next: "
            + "; ".join(
                suggested(command, out, *noise) for command in ("evaluate", "sample", "reconstruct")
            )
        )
    else:
        print(f"to go on: {suggested('train --out', out)}")
    return run
