"""What a training keeps as it goes: in a run folder, from which it can resume, or in memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp

from limner.data.fingerprint import Fingerprint
from limner.model.draw import Draw
from limner.run import LOSSES, Run
from limner.training.checkpoint import best_metrics, open_checkpoints, restore_latest, save
from limner.training.state import TrainState

Row = dict[str, Any]


def score(row: Row) -> float:
    """The quantity that is lowest at the best validation."""
    return row[LOSSES[row["protocol"]][-1]]


def is_better(row: Row | None, best: Row | None) -> bool:
    """Whether a validation is the best so far."""
    return row is not None and (best is None or score(row) < score(best))


class FolderKeeper:
    """Keeps a training in its run folder."""

    def __init__(self, run: Run, other_data: bool = False):
        """Keep a training in `run`; `other_data` allows data other than those it began with."""
        self._run = run
        self._other_data = other_data
        self._checkpoints: ocp.CheckpointManager

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Lock the folder for one training.

        Raises:
            LimnerError: Another training holds the lock, or the folder cannot be written.
        """
        with (
            self._run.locked(),
            open_checkpoints(self._run.checkpoints, score) as self._checkpoints,
        ):
            yield

    def claim(self, data: Fingerprint) -> None:
        """Record the data of a training that begins, or check those of one that resumes."""
        self._run.claim(data, self._other_data)

    def restore(self, shapes: TrainState) -> TrainState | None:
        """The latest state, if there is one; losses recorded after it are removed."""
        state = restore_latest(self._checkpoints, shapes)
        made = 0 if state is None else int(state.updates)
        self._run.write_metrics(row for row in self._run.read_metrics() if row["update"] <= made)
        return state

    def add_row(self, row: Row) -> None:
        """Add a row of losses to metrics.jsonl."""
        self._run.add_metrics(row)

    def add_session(self, row: Row) -> None:
        """Add a row to sessions.jsonl: how long a session of training took, and on what machine."""
        self._run.add_session(row)

    def keep(self, state: TrainState, validation: Row | None) -> None:
        """Save a state as a checkpoint, and its averaged weights if this is the best validation.

        The weights are written first: a run that is killed between the two writes both again.
        """
        if is_better(validation, self.best):
            self._run.save_model(state.average)
        save(self._checkpoints, int(state.updates), state, metrics=validation)

    @property
    def best(self) -> Row | None:
        """The losses of the best validation."""
        return best_metrics(self._checkpoints)

    @property
    def kept(self) -> str:
        """The state from which training can resume after a failure, for error lines."""
        latest = self._checkpoints.latest_step()
        return (
            ""
            if latest is None
            else f"the state of update {latest} is kept in {self._run.checkpoints}"
        )


class MemoryKeeper:
    """Keeps a training in memory: nothing is written, and the training cannot resume."""

    def __init__(self):
        self.rows: list[Row] = []
        """Rows of losses, as in the metrics.jsonl of a run."""
        self.sessions: list[Row] = []
        """The row of the only session."""
        self.weights: Draw | None = None
        """The averaged weights of the best validation."""
        self.best: Row | None = None
        self.data: Fingerprint | None = None
        """Fingerprint of the training data."""
        self.kept = ""

    opened: Callable[[], Any] = staticmethod(nullcontext)

    def claim(self, data: Fingerprint) -> None:
        """Record the data."""
        self.data = data

    def restore(self, shapes: TrainState) -> TrainState | None:
        """None: a training in memory cannot resume."""
        return None

    def add_row(self, row: Row) -> None:
        """Record a row of losses."""
        self.rows.append(row)

    def add_session(self, row: Row) -> None:
        """Record the session."""
        self.sessions.append(row)

    def keep(self, state: TrainState, validation: Row | None) -> None:
        """Keep the averaged weights, if they are the first or the best so far."""
        if self.weights is None or is_better(validation, self.best):
            self.weights = jax.tree.map(jnp.copy, state.average)
            self.best = validation


Keeper = FolderKeeper | MemoryKeeper
