"""The public names of limner, and the modules that they are in.

A function's name is never a module's, or importing the module would take its place.
"""

from .config import (
    DataConfig as DataConfig,
    ModelConfig as ModelConfig,
    RunConfig as RunConfig,
    TrainConfig as TrainConfig,
    changed as changed,
)
from .data.dataset import Dataset as Dataset, open_dataset as open_dataset
from .errors import LimnerError as LimnerError
from .evaluation.judgement import Judgement as Judgement
from .evaluation.result import Evaluation as Evaluation
from .figures.charts import Curves as Curves
from .figures.grids import image_grid as image_grid
from .figures.media import Show as Show
from .library.loading import load as load
from .library.trained import Trained as Trained
from .library.training import train as train
from .model.attention import Window as Window
from .model.cells import Cell as Cell
from .model.draw import Draw as Draw
from .model.objective import (
    Loss as Loss,
    draw_noise as draw_noise,
    importance_weighted_bound as importance_weighted_bound,
    log_weight as log_weight,
    loss as loss,
)
from .model.read_write import Read as Read, Write as Write
from .presets import PRESETS as PRESETS
from .pretrained.card import Card as Card
from .run import Run as Run
from .sampling.drawings import Drawings as Drawings
