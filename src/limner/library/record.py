"""What a training leaves behind besides its weights."""

from typing import Any, Protocol, runtime_checkable

from limner.data.fingerprint import Fingerprint
from limner.errors import LimnerError
from limner.model.draw import Draw
from limner.pretrained.lineage import record_start
from limner.run import Run


@runtime_checkable
class Record(Protocol):
    """A run folder, or its like in memory."""

    def read_metrics(self) -> list[dict[str, Any]]:
        """The losses, one dictionary for each row of metrics.jsonl."""
        ...

    def read_data(self) -> Fingerprint | None:
        """Fingerprint of the training data, if known."""
        ...


def write_record(run: Run, record: Record, model: Draw) -> None:
    """Write weights and what their training left behind into a run folder.

    Raises:
        LimnerError: The folder holds another run, is in use, or cannot be written.
    """
    rows, data = record.read_metrics(), record.read_data()
    with run.locked():
        if run.weights.exists() and run.read_metrics() != rows:
            raise LimnerError(f"{run.folder} holds another run: choose another folder")
        if data is not None:
            run.claim(data)
        if isinstance(record, Run) and (before := record.read_before()) is not None:
            run.write_before(before)
        record_start(run)
        run.save_model(model)
        run.write_metrics(rows)
