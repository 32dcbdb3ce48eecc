"""Pictures of drawings, of the windows that drew them, and of how the training went.

Everything here takes arrays and gives back a picture: a Pillow image, a list of them (the frames
of an animation) or a matplotlib figure. Samples, drawn from the prior, and reconstructions, drawn
from the posterior, look alike, so every picture carries a caption that says what it shows.
"""

from limner.figures.charts import Curve, compared_curves, loss_curves
from limner.figures.grids import (
    Windows,
    canvas_frames,
    comparison_grid,
    image_grid,
    neighbours_grid,
    steps_grid,
    window_frames,
    window_sides,
)
from limner.figures.saving import gif_bytes, save_gif, save_picture

__all__ = [
    "Curve",
    "Windows",
    "canvas_frames",
    "compared_curves",
    "comparison_grid",
    "gif_bytes",
    "image_grid",
    "loss_curves",
    "neighbours_grid",
    "save_gif",
    "save_picture",
    "steps_grid",
    "window_frames",
    "window_sides",
]
