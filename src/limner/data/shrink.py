"""Images brought to a model's size, with lines that are still seen there.

Averaging areas turns a line of 2 pixels on a page of 800 into a grey that is hardly ink. So what
is thinner than a pen is drawn anew along its middle with that pen: 1.47 pixels of the model's
wide, as the ink of Quick, Draw! is at 28 x 28. What is wider keeps its shape, and an image that
is not shrunk keeps its levels.

Axis letters: h w image, a b brought to another size, c channel.
"""

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from scipy.ndimage import distance_transform_edt, maximum_filter

from limner.data.sources import Shape

PEN = 1.47
"""Width of the thinnest line, pixels of the model's."""
_FINER = 8
"""Pixels to a pixel of the model's, at which a pen is drawn."""
_INK = 96
"""Level from which a pixel is part of a line."""


def fit_ink(levels: UInt8[np.ndarray, "h w"], shape: Shape) -> UInt8[np.ndarray, "c a b"]:
    """Ink brought to a shape: shrunk by areas, no line thinner than a pen, in the middle."""
    _, height, width = shape
    scale = min(height / levels.shape[0], width / levels.shape[1])
    if scale < 1:
        levels = _penned(levels, scale)
    return np.broadcast_to(_centred(Image.fromarray(levels), shape, 0)[None], shape)


def fit_colours(colours: UInt8[np.ndarray, "h w 3"], shape: Shape) -> UInt8[np.ndarray, "c a b"]:
    """Colours brought to a shape, in the middle of what their border mostly is."""
    border = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]])
    paper = tuple(np.median(border, axis=0).astype(int).tolist())
    return _centred(Image.fromarray(colours), shape, paper).transpose(2, 0, 1)


def _centred(
    image: Image.Image, shape: Shape, paper: int | tuple[int, ...]
) -> UInt8[np.ndarray, "a b *c"]:
    _, height, width = shape
    if image.size == (width, height):
        return np.asarray(image)
    scale = min(height / image.height, width / image.width)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    page = Image.new(image.mode, (width, height), paper)
    shrunk = image.resize(size, Image.Resampling.BOX)
    page.paste(shrunk, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.asarray(page)


def _penned(levels: UInt8[np.ndarray, "h w"], scale: float) -> UInt8[np.ndarray, "a b"]:
    """The same with thin lines drawn by the pen; as it is where there are none."""
    radius = PEN / scale / 2
    if _thin(levels, radius) is None:
        return levels
    finer = max(1, round(_FINER * scale))
    if finer > 1:
        levels = levels.repeat(finer, 0).repeat(finer, 1)
        radius *= finer
    line = _thin(levels, radius)
    if line is None:
        return levels
    distance, (rows, columns) = distance_transform_edt(~line, return_indices=True)
    strength = maximum_filter(levels, size=3)[rows, columns]
    drawn = np.clip(radius + 0.5 - np.asarray(distance), 0, 1) * strength
    return np.maximum(levels, np.rint(drawn).astype(np.uint8))


def _thin(levels: UInt8[np.ndarray, "h w"], radius: float):
    """The middle of what is thinner than a pen of a radius, pixels; None if there is nothing."""
    ink = levels >= _INK
    if not ink.any():
        return None
    inside = np.asarray(distance_transform_edt(np.pad(ink, 1)))[1:-1, 1:-1]
    # Half a pixel more than a line's half width, as distances are to the middle of a pixel.
    line = ink & (inside < radius) & (inside >= maximum_filter(inside, size=3))
    return line if line.any() else None
