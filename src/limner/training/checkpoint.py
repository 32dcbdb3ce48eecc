"""Training states on disk: the latest two, and that of the best validation.

Orbax writes a checkpoint whole or not at all, and many processes can share one. To each is added
`contents.json`: the losses noted so far, and a checksum of every file. They are held against the
files before anything is restored, for Orbax takes changed numbers as they come. A checkpoint that
has none was cut off just then, or is an earlier limner's, and is taken as it is.
"""

import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import jax
import orbax.checkpoint as ocp

from limner.errors import LimnerError, reason
from limner.system.checksums import file_checksum, read_checked, write_checked
from limner.system.distributed import agreement, anywhere, leads
from limner.system.files import reading, writing
from limner.system.journal import Row
from limner.text import shown
from limner.training.state import TrainState

_CONTENTS = "contents.json"


class Restored(NamedTuple):
    """What a checkpoint holds."""

    state: TrainState
    rows: list[Row] | None
    """The losses up to it; None where they are not known."""
    damaged: list[str]
    """What is wrong with each checkpoint after it."""


class DamagedCheckpoint(LimnerError):
    """A checkpoint is not as it was written."""


def open_checkpoints(folder: Path) -> ocp.CheckpointManager:
    """The checkpoints of a folder, to be closed.

    Raises:
        LimnerError: The folder cannot be written, is a file, or has a name that is not Unicode.
    """
    if shown(folder) != str(folder):
        raise LimnerError(
            f"the path {shown(folder)} is not UTF-8: rename its folders to train there"
        )
    if folder.exists() and not folder.is_dir():
        raise LimnerError(f"{folder} is a file, not the folder of checkpoints: move it away")
    options = ocp.CheckpointManagerOptions(enable_async_checkpointing=False)
    with agreement(), writing(folder):
        if leads():
            for half in folder.glob("*.orbax-checkpoint-tmp*"):
                _remove(half)
    with writing(folder), _silent_orbax():
        return ocp.CheckpointManager(folder.absolute(), options=options)


def _remove(half: Path) -> None:
    """Remove what a save left half done, once this process' threads write no more of it."""
    for pause in (0.1, 0.4, 1.5):
        shutil.rmtree(half, ignore_errors=True)
        if not half.exists():
            return
        time.sleep(pause)
    shutil.rmtree(half)


def save(
    checkpoints: ocp.CheckpointManager,
    state: TrainState,
    rows: Sequence[Row],
    best: int | None,
) -> None:
    """Keep a state, and drop those that are no longer needed.

    Args:
        checkpoints: Of a run.
        state: The state.
        rows: The losses so far.
        best: The update of the best validation, whose state stays.

    Raises:
        LimnerError: It cannot be written, as where the disk is full.
    """
    update = int(state.updates)
    folder = _folder(checkpoints, update)
    try:
        with _silent_orbax():
            checkpoints.save(update, args=ocp.args.StandardSave(state))
    except jax.errors.JaxRuntimeError:
        raise  # not the disk's fault
    except Exception as error:  # whatever a full disk makes of Orbax and TensorStore
        raise LimnerError(
            f"{folder} cannot be written ({_reason(error)}): make room on the disk, then "
            "the same command goes on from the checkpoint before it"
        ) from error
    with agreement():
        if leads():
            write_checked(folder / _CONTENTS, {"rows": rows, "files": _checksums(folder)})
    for outdated in set(sorted(checkpoints.all_steps())[:-2]) - {best}:
        checkpoints.delete(outdated)


def restore_latest(checkpoints: ocp.CheckpointManager, shapes: TrainState) -> Restored | None:
    """The latest state that is whole, or None if there is none yet.

    Damaged ones after it are removed: what comes after it is made again.

    Args:
        checkpoints: The checkpoints of a run.
        shapes: Shapes of the arrays in the state, and the devices that hold them.

    Raises:
        LimnerError: There are checkpoints, and none is whole; or the state is of another network
            or optimiser.
    """
    damaged: list[tuple[int, str]] = []
    for update in sorted(checkpoints.all_steps(), reverse=True):
        try:
            restored = restore(checkpoints, update, shapes)
        except DamagedCheckpoint as error:
            damaged.append((update, str(error)))
            continue
        for later, _ in damaged:
            checkpoints.delete(later)
        return restored._replace(damaged=[fault for _, fault in damaged])
    if not damaged:
        return None
    raise LimnerError(
        f"{damaged[0][1]}, and no checkpoint before it is whole: delete {checkpoints.directory} "
        "to train from the beginning, or train in another --out"
    )


def restore(checkpoints: ocp.CheckpointManager, update: int, shapes: TrainState) -> Restored:
    """The state after an update.

    Raises:
        DamagedCheckpoint: It is not as it was written.
        LimnerError: The state is of another network or optimiser.
    """
    folder = _folder(checkpoints, update)
    rows = fault = None
    try:
        rows = _checked_rows(folder)
    except LimnerError as error:
        fault = str(error)
    if anywhere(fault is not None):  # so that all processes go on from the same
        raise DamagedCheckpoint(fault or f"{folder} is damaged, as another process finds it")
    try:
        with _silent_orbax():
            state: Any = checkpoints.restore(update, args=ocp.args.StandardRestore(shapes))
    except jax.errors.JaxRuntimeError:
        raise  # not the file's fault
    except Exception as error:  # whatever Orbax and TensorStore make of it
        if rows is None:
            raise DamagedCheckpoint(f"{folder} is damaged ({_reason(error)})") from None
        raise LimnerError(
            f"{folder} does not fit the network and the optimiser ({_reason(error)})"
        ) from None
    return Restored(state, rows, [])


def _folder(checkpoints: ocp.CheckpointManager, update: int) -> Path:
    return Path(checkpoints.directory) / str(update)


def _checksums(folder: Path) -> dict[str, str]:
    """The checksum of each file, by its path in the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): file_checksum(path)
        for path in files
        if path.name != _CONTENTS
    }


def _checked_rows(folder: Path) -> list[Row] | None:
    """The losses in a checkpoint, whose files are as they were written; None if it has none.

    Raises:
        LimnerError: They are not.
    """
    path = folder / _CONTENTS
    if not path.exists():
        return None
    contents = read_checked(path)
    with reading(folder):
        found = _checksums(folder)
    try:
        said, rows = contents["files"], contents["rows"]
        wrong = sorted(name for name in said if found.get(name) != said[name])
    except (KeyError, TypeError, AttributeError):
        raise LimnerError(f"{path} is damaged") from None
    if wrong:
        raise LimnerError(f"{folder} is damaged ({wrong[0]} is not as it was written)")
    return rows


def _reason(error: Exception) -> str:
    """What an error says; of TensorStore's, only what a POSIX system said."""
    code = re.search(r"os_error_code='(\d+)'", str(error))
    return os.strerror(int(code[1])) if code and os.name == "posix" else reason(error)


@contextmanager
def _silent_orbax() -> Iterator[None]:
    """Keeps Orbax and TensorStore from printing the stack trace of what is raised as well.

    Orbax logs it; TensorStore's threads, whose event loop is gone by then, raise where nobody
    catches it.
    """
    logger = logging.getLogger("absl")
    before = logger.disabled, sys.unraisablehook
    logger.disabled, sys.unraisablehook = True, lambda *_: None
    try:
        yield
    finally:
        logger.disabled, sys.unraisablehook = before
