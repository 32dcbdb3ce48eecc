"""What a trained network is given in Python: images and numbers, checked.

Axis letters: b image, c channel, h w image.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from limner.data.given import checked_pixels
from limner.errors import LimnerError, check_value

Image = Shaped[np.ndarray, "c h w"] | Shaped[np.ndarray, "h w"]
Images = Shaped[np.ndarray, "b c h w"] | Shaped[np.ndarray, "b h w"]
"""Integers are levels from 0 to 255, booleans are ink or no ink, floats are pixels from 0 to 1."""


def checked_for(shape: tuple[int, int, int], images: Any, of: str) -> Float[np.ndarray, "b c h w"]:
    """Convert images to pixels from 0 to 1, with the axes that a network takes.

    Args:
        shape: Channels, height and width that the network takes.
        images: The images; the axis of a single channel may be left out.
        of: Name of the network, for error lines.

    Raises:
        LimnerError: The shape, the range or the dtype does not fit; the line says what came.
    """
    array = checked_pixels(images)
    if array.ndim == 3 and shape[0] == 1:
        array = array[:, None]
    if array.ndim != 4 or array.shape[1:] != shape:
        raise LimnerError(
            f"{of} takes images of shape {('n', *shape)} (images, channels, height, width), "
            f"not {np.shape(images)}"
        )
    check_value(len(array) > 0, "the number of images", 0, "at least 1")
    return array


def check_sampling(num: int, temperature: float) -> None:
    """Check how many drawings are to be sampled, and at which temperature.

    Raises:
        LimnerError: One of them is out of range.
    """
    is_count = isinstance(num, int | np.integer) and num >= 1
    check_value(is_count, "num", num, "a whole number of at least 1")
    check_value(0 <= temperature < float("inf"), "temperature", temperature, "a number from 0 up")
