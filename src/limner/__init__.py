"""DRAW, the Deep Recurrent Attentive Writer, for sketches.

Names are imported when first used, so that `import limner` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limner.attention import Window
    from limner.config import PRESETS, RunConfig
    from limner.data.dataset import open_dataset
    from limner.errors import LimnerError
    from limner.evaluate import Evaluation
    from limner.model import Draw
    from limner.objective import Loss, draw_noise, importance_weighted_bound, log_weight, loss
    from limner.run import Run
    from limner.sample import Drawings

_HOME = {
    "Draw": "model",
    "Drawings": "sample",
    "Evaluation": "evaluate",
    "LimnerError": "errors",
    "Loss": "objective",
    "PRESETS": "config",
    "Run": "run",
    "RunConfig": "config",
    "Window": "attention",
    "draw_noise": "objective",
    "importance_weighted_bound": "objective",
    "log_weight": "objective",
    "loss": "objective",
    "open_dataset": "data.dataset",
}

__all__ = [
    "PRESETS",
    "Draw",
    "Drawings",
    "Evaluation",
    "LimnerError",
    "Loss",
    "Run",
    "RunConfig",
    "Window",
    "draw_noise",
    "importance_weighted_bound",
    "log_weight",
    "loss",
    "open_dataset",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'limner' has no attribute {name!r}")
    return getattr(import_module(f"limner.{_HOME[name]}"), name)
