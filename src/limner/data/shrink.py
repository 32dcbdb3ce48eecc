"""Images brought to a model's size, with lines that are still seen there.

Averaging areas turns a line of 2 pixels on a page of 800 into a grey that is hardly ink. So what
is thinner than a pen is drawn anew along its middle with that pen: 1.47 pixels of the model's
wide, as the ink of Quick, Draw! is at 28 x 28. What is wider keeps its shape, and an image that
is not shrunk keeps its levels.

Axis letters: h w image, a b brought to another size, c channel.
"""

from functools import lru_cache

import numpy as np
import scipy  # whose parts are imported when they are used
from jaxtyping import Bool, Float, UInt8

from limner.data.sources import Shape

PEN = 1.47
"""Width of the thinnest line, pixels of the model's."""
_FINER = 8
"""Pixels to a pixel of the model's, at which a pen is drawn."""
_FINEST = 512
"""Longer side, pixels, that an image is made finer to."""
_INK = 96
"""Level from which a pixel is part of a line."""


def fit_ink(levels: UInt8[np.ndarray, "h w"], shape: Shape) -> UInt8[np.ndarray, "c a b"]:
    """Ink brought to a shape: shrunk by areas, no line thinner than the pen, in the middle."""
    scale = min(shape[1] / levels.shape[0], shape[2] / levels.shape[1])
    if scale < 1:
        levels = _penned(levels, scale)
    page = np.zeros((1, *shape[1:]), np.uint8)
    return np.broadcast_to(_put(page, levels[None]), shape)


def fit_colours(colours: UInt8[np.ndarray, "h w 3"], shape: Shape) -> UInt8[np.ndarray, "c a b"]:
    """Colours brought to a shape, in the middle of what their border mostly is."""
    border = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]])
    page = np.empty(shape, np.uint8)
    page[:] = np.median(border, axis=0)[:, None, None]
    return _put(page, colours.transpose(2, 0, 1))


def _put(
    page: UInt8[np.ndarray, "c a b"], image: UInt8[np.ndarray, "c h w"]
) -> UInt8[np.ndarray, "c a b"]:
    """The page with an image in its middle, as large as fits."""
    (_, height, width), (_, h, w) = page.shape, image.shape
    if (h, w) == (height, width):
        return image
    scale = min(height / h, width / w)
    new_h, new_w = max(1, round(h * scale)), max(1, round(w * scale))
    fitted = _overlaps(h, new_h) @ image.astype(np.float32) @ _overlaps(w, new_w).T
    top, left = (height - new_h) // 2, (width - new_w) // 2
    page[:, top : top + new_h, left : left + new_w] = np.rint(fitted)
    return page


@lru_cache(64)
def _overlaps(old: int, new: int) -> Float[np.ndarray, "new old"]:
    """What part of each new pixel each old one covers, along an axis."""
    ends = np.arange(new + 1) * (old / new)
    starts = np.arange(old)
    covered = np.minimum(ends[1:, None], starts + 1) - np.maximum(ends[:-1, None], starts)
    return (np.clip(covered, 0, None) * (new / old)).astype(np.float32)


def _penned(levels: UInt8[np.ndarray, "h w"], scale: float) -> UInt8[np.ndarray, "a b"]:
    """The same, as it is or finer, with thin lines drawn by the pen."""
    radius = PEN / scale / 2
    if not _thin(levels, radius).any():
        return levels
    finer = max(1, round(min(_FINER * scale, _FINEST / max(levels.shape))))
    levels = levels.repeat(finer, 0).repeat(finer, 1)
    radius *= finer
    line = _thin(levels, radius)
    if not line.any():
        return levels
    distance = np.empty(levels.shape)
    nearest = np.empty((2, *levels.shape), np.int32)
    scipy.ndimage.distance_transform_edt(
        ~line, distances=distance, indices=nearest, return_indices=True
    )
    strength = scipy.ndimage.maximum_filter(levels, size=3)[tuple(nearest)]
    drawn = np.clip(radius + 0.5 - distance, 0, 1) * strength
    return np.maximum(levels, np.rint(drawn).astype(np.uint8))


def _thin(levels: UInt8[np.ndarray, "h w"], radius: float) -> Bool[np.ndarray, "h w"]:
    """The middle of what is thinner than a pen of a radius, pixels."""
    ink = np.pad(levels >= _INK, 1)
    inside = np.empty(ink.shape)
    scipy.ndimage.distance_transform_edt(ink, distances=inside)
    # To the middle of the next pixel of paper, which is half a pixel beyond the edge.
    line = ink & (inside - 0.5 < radius) & (inside >= scipy.ndimage.maximum_filter(inside, size=3))
    return line[1:-1, 1:-1]
