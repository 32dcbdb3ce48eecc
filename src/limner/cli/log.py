"""`limner log`: parse, call, print."""

import sys
from contextlib import redirect_stdout
from pathlib import Path

from limner.cli.common import RunFolder, open_run
from limner.config import Tracker
from limner.errors import LimnerError


def log(
    run: RunFolder, *, to: Tracker, project: str | None = None, out: Path | None = None
) -> list[Path]:
    """Show the losses and the figures of a run in an experiment tracker.

    The losses are those of metrics.jsonl, of training and of validation, each at its update; the
    figures are the images (.png) under RUN/figures.

    Args:
        run: Run folder.
        to: tensorboard writes an event file, which replaces the one of an earlier call. wandb
            (Weights & Biases) and trackio begin a new run, as they are set up on this machine.
        project: Project for wandb or trackio; limner by default.
        out: Folder for TensorBoard; by default RUN/tensorboard.
    """
    if to == "tensorboard" and project is not None:
        raise LimnerError("--project is for wandb and trackio: leave it out, or name --out")
    if to != "tensorboard" and out is not None:
        raise LimnerError(f"--out is for tensorboard: {to} keeps its runs itself")
    there = open_run(run)
    from limner.library.trackers import replay

    folder = out or there.folder / "tensorboard"
    with redirect_stdout(sys.stderr):  # trackers print
        done = replay(there, to, project=project or "limner", folder=folder)
    print(f"logged to {to}: {done.rows:,} rows of losses, {done.figures} figures")
    return [folder] if to == "tensorboard" else []
