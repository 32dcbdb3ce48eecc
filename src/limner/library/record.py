"""What a training leaves behind besides its weights."""

from typing import Any, Protocol, runtime_checkable

from limner.data.fingerprint import Fingerprint


@runtime_checkable
class Record(Protocol):
    """A run folder, or its like in memory."""

    def read_metrics(self) -> list[dict[str, Any]]:
        """The losses, one dictionary for each row of metrics.jsonl."""
        ...

    def read_data(self) -> Fingerprint | None:
        """Fingerprint of the training data, if known."""
        ...
