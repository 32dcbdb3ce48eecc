"""DRAW, the Deep Recurrent Attentive Writer, for sketches.

Names are imported when first used, so that `import limner` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limner.config import RunConfig
    from limner.data.dataset import open_dataset
    from limner.errors import LimnerError
    from limner.evaluation.bound import Evaluation
    from limner.model.attention import Window
    from limner.model.draw import Draw
    from limner.model.objective import Loss, draw_noise, importance_weighted_bound, log_weight, loss
    from limner.presets import PRESETS
    from limner.pretrained.card import Card
    from limner.pretrained.hub import Trained, load
    from limner.run import Run
    from limner.sampling.drawings import Drawings

_HOME = {
    "Card": "pretrained.card",
    "Draw": "model.draw",
    "Drawings": "sampling.drawings",
    "Evaluation": "evaluation.bound",
    "LimnerError": "errors",
    "Loss": "model.objective",
    "PRESETS": "presets",
    "Run": "run",
    "RunConfig": "config",
    "Trained": "pretrained.hub",
    "Window": "model.attention",
    "draw_noise": "model.objective",
    "importance_weighted_bound": "model.objective",
    "load": "pretrained.hub",
    "log_weight": "model.objective",
    "loss": "model.objective",
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
