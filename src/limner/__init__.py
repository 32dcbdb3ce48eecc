"""DRAW, the Deep Recurrent Attentive Writer, for sketches.

Names are imported when first used, so that `import limner` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig, changed
    from limner.data.dataset import Dataset, open_dataset
    from limner.errors import LimnerError
    from limner.evaluation.bound import Evaluation
    from limner.evaluation.judgement import Judgement
    from limner.figures.charts import Curves
    from limner.figures.grids import image_grid
    from limner.figures.media import Show
    from limner.library.loading import load
    from limner.library.trained import Trained
    from limner.library.training import train
    from limner.model.attention import Window
    from limner.model.cells import Cell
    from limner.model.draw import Draw
    from limner.model.objective import (
        Loss,
        draw_noise,
        importance_weighted_bound,
        log_weight,
        loss,
    )
    from limner.model.read_write import Read, Write
    from limner.presets import PRESETS
    from limner.pretrained.card import Card
    from limner.run import Run
    from limner.sampling.drawings import Drawings

_HOME = {
    "Card": "pretrained.card",
    "Cell": "model.cells",
    "Curves": "figures.charts",
    "DataConfig": "config",
    "Dataset": "data.dataset",
    "Draw": "model.draw",
    "Drawings": "sampling.drawings",
    "Evaluation": "evaluation.bound",
    "Judgement": "evaluation.judgement",
    "LimnerError": "errors",
    "Loss": "model.objective",
    "ModelConfig": "config",
    "PRESETS": "presets",
    "Read": "model.read_write",
    "Run": "run",
    "RunConfig": "config",
    "Show": "figures.media",
    "TrainConfig": "config",
    "Trained": "library.trained",
    "Window": "model.attention",
    "Write": "model.read_write",
    "changed": "config",
    "draw_noise": "model.objective",
    "image_grid": "figures.grids",
    "importance_weighted_bound": "model.objective",
    "load": "library.loading",
    "log_weight": "model.objective",
    "loss": "model.objective",
    "open_dataset": "data.dataset",
    "train": "library.training",
}
"""Where each public name lives. A function's name is never a module's, or importing the module
would take its place."""

__all__ = [
    "PRESETS",
    "Card",
    "Cell",
    "Curves",
    "DataConfig",
    "Dataset",
    "Draw",
    "Drawings",
    "Evaluation",
    "Judgement",
    "LimnerError",
    "Loss",
    "ModelConfig",
    "Read",
    "Run",
    "RunConfig",
    "Show",
    "TrainConfig",
    "Trained",
    "Window",
    "Write",
    "changed",
    "draw_noise",
    "image_grid",
    "importance_weighted_bound",
    "load",
    "log_weight",
    "loss",
    "open_dataset",
    "train",
]


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # a type checker would take it that every name is there

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module 'limner' has no attribute {name!r}")
        return getattr(import_module(f"limner.{_HOME[name]}"), name)
