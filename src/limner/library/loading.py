"""Loading a trained network, for which nothing of training is imported."""

from pathlib import Path

from limner.library.trained import Trained
from limner.model.draw import Draw
from limner.pretrained import hub
from limner.run import Run
from limner.system.devices import check_devices


def load(name: str | Path, *, model: Draw | None = None) -> Trained:
    """Load a trained network.

    Args:
        name: Path of a run folder or of an exported model, name of a model that comes with the
            package, or a Hugging Face repository, "owner/name" or "owner/name@revision".
        model: A network with the same structure, if the trained one was given in Python.

    Raises:
        LimnerError: There is no such model or folder, or its weights are missing or damaged;
            or a repository cannot be fetched.

    Example:
        >>> limner.load("cat").sample(16)
    """
    return open_trained(hub.find(name), model)


def open_trained(run: Run, model: Draw | None = None) -> Trained:
    """The network of a run, and what its folder says of it.

    Args:
        run: The run.
        model: As for `load`.

    Raises:
        LimnerError: As for `load`.
    """
    check_devices()
    return Trained(run.name, run.load_model(model), run.config, run)
