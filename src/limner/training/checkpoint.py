"""Training states on disk: the latest two, and the best by a score.

Orbax writes them atomically: a checkpoint is complete or not there at all. Many processes can share
one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import jax
import orbax.checkpoint as ocp
from orbax.checkpoint.checkpoint_managers import AnyPreservationPolicy, BestN, LatestN

from limner.errors import LimnerError, reason
from limner.system.files import writing

State = TypeVar("State")
Metrics = dict[str, Any]


def open_checkpoints(folder: Path, score: Callable[[Metrics], float]) -> ocp.CheckpointManager:
    """Open the checkpoints of a folder; the caller closes them.

    It keeps the checkpoint with the lowest score, and the two latest. Training resumes from the
    older of these if the latest is damaged.

    Raises:
        LimnerError: The folder cannot be written.
    """
    best = BestN(get_metric_fn=score, reverse=True, n=1, keep_checkpoints_without_metrics=False)
    options = ocp.CheckpointManagerOptions(
        best_fn=score,
        best_mode="min",
        preservation_policy=AnyPreservationPolicy([LatestN(2), best]),
        cleanup_tmp_directories=True,
        enable_async_checkpointing=False,
    )
    with writing(folder):
        return ocp.CheckpointManager(folder.absolute(), options=options)


def save(
    checkpoints: ocp.CheckpointManager, step: int, state: Any, metrics: Metrics | None = None
) -> None:
    """Save the state after `step` updates, with its metrics if it was validated."""
    checkpoints.save(step, args=ocp.args.StandardSave(state), metrics=metrics)


def best_metrics(checkpoints: ocp.CheckpointManager) -> Metrics | None:
    """The metrics with the lowest score; None if no state was validated."""
    step = checkpoints.best_step()
    return None if step is None else checkpoints.metrics(step)


def restore_latest(checkpoints: ocp.CheckpointManager, shapes: State) -> State | None:
    """The latest state, or None if there is none yet.

    Args:
        checkpoints: The checkpoints of a run.
        shapes: Shapes of the arrays in the state, and the devices that hold them.

    Raises:
        LimnerError: The checkpoint is damaged.
    """
    step = checkpoints.latest_step()
    if step is None:
        return None
    try:
        state: Any = checkpoints.restore(step, args=ocp.args.StandardRestore(shapes))
    except jax.errors.JaxRuntimeError:
        raise  # not the file's fault
    except Exception as error:  # whatever a damaged file makes of Orbax and TensorStore
        raise LimnerError(
            f"{checkpoints.directory / str(step)} is damaged ({reason(error)}): delete that "
            "folder to resume from the checkpoint before it, or train in another --out"
        ) from None
    return state
