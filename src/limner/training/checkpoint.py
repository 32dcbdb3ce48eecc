"""Training states on disk: the latest two, and the best by a score.

Written by Orbax: a checkpoint is there whole or not at all, and many processes can share one.
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
    """The checkpoints of a folder, to be closed; of those with metrics the least score is kept.

    The latest but one is kept too, to go on from if the latest is damaged.

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
    """Keep the state after a step, with its metrics if it was validated."""
    checkpoints.save(step, args=ocp.args.StandardSave(state), metrics=metrics)


def best_metrics(checkpoints: ocp.CheckpointManager) -> Metrics | None:
    """The metrics of least score, if any state was validated."""
    step = checkpoints.best_step()
    return None if step is None else checkpoints.metrics(step)


def restore_latest(checkpoints: ocp.CheckpointManager, shapes: State) -> State | None:
    """The latest state, or None if there is none yet.

    Args:
        checkpoints: Of a run.
        shapes: Of the state's arrays, and where they shall lie.

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
            "folder to go on from the checkpoint before it, or train in another --out"
        ) from None
    return state
