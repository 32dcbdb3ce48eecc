"""What a training keeps as it goes: in a run folder, from which it can resume, or in memory."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp

from limner.data.fingerprint import Fingerprint
from limner.errors import LimnerError, Mended
from limner.model.draw import Draw
from limner.model.weights import load_weights
from limner.pretrained.lineage import record_start
from limner.run import LOSSES, Run
from limner.system.distributed import agreement, anywhere, leader_first, leads
from limner.system.journal import Row
from limner.training.checkpoint import (
    DamagedCheckpoint,
    open_checkpoints,
    restore,
    restore_latest,
    save,
)
from limner.training.state import TrainState


def score(row: Row) -> float:
    """The quantity that is lowest at the best validation."""
    return row[LOSSES[row["protocol"]][-1]]


def best_of(rows: Iterable[Row]) -> Row | None:
    """The best validation, the first of several alike."""
    return min((row for row in rows if row["kind"] == "valid"), key=score, default=None)


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
        self._rows: list[Row] = []
        self.best: Row | None = None
        """The losses of the best validation."""

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Lock the folder for one training.

        Raises:
            LimnerError: Another training holds the lock, the folder cannot be written, or it has
                weights that training would replace with no checkpoint to resume from.
        """
        run = self._run
        with agreement():
            if run.weights.exists() and not run.checkpoints.exists():
                raise LimnerError(
                    f"{run.folder} has weights but no checkpoints, so training cannot resume: "
                    "choose another --out (--train.start-from begins with these weights)"
                )
        with (
            run.locked(),
            open_checkpoints(run.checkpoints) as self._checkpoints,
        ):
            yield

    def claim(self, data: Fingerprint) -> None:
        """Record what a training begins with, its data and weights, or check that it resumes so."""
        self._run.claim(data, self._other_data)
        leader_first(lambda: record_start(self._run))

    def restore(self, shapes: TrainState) -> TrainState | None:
        """The latest whole state, if there is one; losses noted after it are forgotten.

        What the folder lost is made again from its checkpoints: rows of metrics.jsonl, and the
        weights of the best validation.

        Raises:
            LimnerError: No checkpoint is whole, or what is damaged cannot be made again.

        Warns:
            Mended: A checkpoint or the weights were damaged.
        """
        self._run.read_sessions()  # damage is better found now than when training ends
        found = restore_latest(self._checkpoints, shapes)
        if found is None:
            self._note([])
            return None
        update = int(found.state.updates)
        mended = [f"{fault}: training goes on from update {update}" for fault in found.damaged]
        mended += self._mend_rows(update, found.rows)
        mended += self._mend_weights(found.state, shapes)
        for line in mended:
            warnings.warn(line, Mended, stacklevel=2)
        return found.state

    def _note(self, rows: list[Row]) -> None:
        self._rows, self.best = rows, best_of(rows)
        self._run.write_metrics(rows)

    def _mend_rows(self, update: int, kept: list[Row] | None) -> list[str]:
        """Go on from the losses up to an update, as a checkpoint kept them; say if some are lost.

        Raises:
            LimnerError: They are damaged, and no checkpoint kept them.
        """
        try:
            rows = [row for row in self._run.read_metrics() if row["update"] <= update]
        except LimnerError:
            if kept is None:
                raise
            rows = []
        self._note(rows if kept is None else kept)
        if rows == self._rows:
            return []
        return [f"{self._run.metrics} was lost or damaged: made again up to update {update}"]

    def _mend_weights(self, state: TrainState, shapes: TrainState) -> list[str]:
        """Write the weights of the best validation again if they are lost or damaged; say so.

        Raises:
            LimnerError: The checkpoint that they are made of is damaged too.
        """
        if self.best is None or not anywhere(leads() and not self._has_weights(shapes.average)):
            return []
        step = self.best["update"]
        if step != int(state.updates):
            try:
                state = restore(self._checkpoints, step, shapes).state
            except DamagedCheckpoint as error:
                raise LimnerError(
                    f"{self._run.weights} was lost or damaged, and its checkpoint too ({error}): "
                    "copy one of them anew, or train in another --out"
                ) from None
        self._run.save_model(state.average)
        return [f"{self._run.weights} was lost or damaged: made again from update {step}"]

    def _has_weights(self, shapes: Draw) -> bool:
        try:
            load_weights(shapes, self._run.weights)
        except LimnerError:
            return False
        return True

    def add_row(self, row: Row) -> None:
        """Note losses, in metrics.jsonl."""
        self._rows.append(row)
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
            self.best = validation
        best = None if self.best is None else self.best["update"]
        save(self._checkpoints, state, self._rows, best)

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
        self._rows: list[Row] = []
        self.sessions: list[Row] = []
        """The row of the only session."""
        self.weights: Draw | None = None
        """The averaged weights of the best validation."""
        self.best: Row | None = None
        self._data: Fingerprint | None = None
        self.kept = ""

    def read_metrics(self) -> list[Row]:
        """Rows of losses, as in the metrics.jsonl of a run."""
        return self._rows

    def read_data(self) -> Fingerprint | None:
        """Fingerprint of the training data."""
        return self._data

    opened: Callable[[], Any] = staticmethod(nullcontext)

    def claim(self, data: Fingerprint) -> None:
        """Record the data."""
        self._data = data

    def restore(self, shapes: TrainState) -> TrainState | None:
        """None: a training in memory cannot resume."""
        return None

    def add_row(self, row: Row) -> None:
        """Record a row of losses."""
        self._rows.append(row)

    def add_session(self, row: Row) -> None:
        """Record the session."""
        self.sessions.append(row)

    def keep(self, state: TrainState, validation: Row | None) -> None:
        """Keep the averaged weights, if they are the first or the best so far."""
        if self.weights is None or is_better(validation, self.best):
            self.weights = jax.tree.map(jnp.copy, state.average)
            self.best = validation


Keeper = FolderKeeper | MemoryKeeper
