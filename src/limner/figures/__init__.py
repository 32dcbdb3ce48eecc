"""Figures of drawings, of the windows that drew them, and of how a training went.

`Show` holds drawings and shows them, `Curves` a run's losses. The functions take arrays and give a
Pillow image, a list of them (the frames of an animation) or a matplotlib figure. Samples, drawn
from the prior, and reconstructions, drawn from the posterior, look alike, so every figure carries a
caption that says what it shows.
"""

from limner.figures.charts import Curve, Curves, compared_curves, save_chart
from limner.figures.grids import (
    Windows,
    canvas_frames,
    comparison_grid,
    image_grid,
    neighbours_grid,
    steps_grid,
    window_frames,
)
from limner.figures.media import Show
from limner.figures.saving import gif_bytes, save_image

__all__ = [
    "Curve",
    "Curves",
    "Show",
    "Windows",
    "canvas_frames",
    "compared_curves",
    "comparison_grid",
    "gif_bytes",
    "image_grid",
    "neighbours_grid",
    "save_chart",
    "save_image",
    "steps_grid",
    "window_frames",
]
