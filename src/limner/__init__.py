"""DRAW, the Deep Recurrent Attentive Writer, for sketches.

Names are imported when first used, so that `import limner` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limner.attention import Window
    from limner.config import RunConfig
    from limner.data.dataset import open_dataset
    from limner.errors import LimnerError
    from limner.evaluate import Evaluation
    from limner.model import Draw
    from limner.objective import Loss, draw_noise, importance_weighted_bound, log_weight, loss
    from limner.presets import PRESETS
    from limner.pretrained.card import Card
    from limner.pretrained.shelf import Trained, load
    from limner.run import Run
    from limner.sample import Drawings

_HOME = {
    "Card": "pretrained.card",
    "Draw": "model",
    "Drawings": "sample",
    "Evaluation": "evaluate",
    "LimnerError": "errors",
    "Loss": "objective",
    "PRESETS": "config",
    "Run": "run",
    "RunConfig": "config",
    "Trained": "pretrained.shelf",
    "Window": "attention",
    "draw_noise": "objective",
    "importance_weighted_bound": "objective",
    "load": "pretrained.shelf",
    "log_weight": "objective",
    "loss": "objective",
    "open_dataset": "data.dataset",
}

__all__ = [
    "PRESETS",
    "Card",
    "Draw",
    "Drawings",
    "Evaluation",
    "LimnerError",
    "Loss",
    "Run",
    "RunConfig",
    "Trained",
    "Window",
    "draw_noise",
    "importance_weighted_bound",
    "load",
    "log_weight",
    "loss",
    "open_dataset",
]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'limner' has no attribute {name!r}")
    return getattr(import_module(f"limner.{_HOME[name]}"), name)
