"""What a trained network is given in Python: images and numbers, checked.

Axis letters: b image, c channel, h w image.
"""

from numbers import Real
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped

from limner.data.given import as_array, checked_pixels
from limner.errors import LimnerError, check_count, check_value

Image = Shaped[np.ndarray, "c h w"] | Shaped[np.ndarray, "h w"]
Images = Shaped[np.ndarray, "b c h w"] | Shaped[np.ndarray, "b h w"]
"""Integers are levels from 0 to 255, booleans are ink or no ink, floats are pixels from 0 to 1."""


def check_kind(what: str, given: object, kind: type, such_as: str) -> None:
    """Check that an argument is of a type, or None.

    Raises:
        LimnerError: It is of another; the line says of which, and how to make the right one.
    """
    if not isinstance(given, kind | None):
        name = type(given).__name__
        raise LimnerError(f"{what} is {name}: it must be a {kind.__name__}, such as {such_as}")


def checked_for(shape: tuple[int, int, int], images: Any, of: str) -> Float[np.ndarray, "b c h w"]:
    """Convert images to pixels from 0 to 1, with the axes that a network takes.

    Args:
        shape: Channels, height and width that the network takes.
        images: The images; the axis of a single channel may be left out.
        of: Name of the network, for error lines.

    Raises:
        LimnerError: The shape, the range or the dtype does not fit; the line says what came.
    """
    array = as_array(images, "images")
    if array.shape[1:] not in _shapes(shape):
        channels, height, width = shape
        raise LimnerError(
            f"{of} takes images of shape (n, {channels}, {height}, {width}) (images, channels, "
            f"height, width), not {array.shape}"
        )
    check_value(len(array) > 0, "the number of images", 0, "at least 1")
    return checked_pixels(array.reshape(len(array), *shape))


def checked_one(shape: tuple[int, int, int], image: Any, of: str) -> Float[np.ndarray, "c h w"]:
    """Convert one image likewise."""
    array = as_array(image, "the image")
    if array.shape not in _shapes(shape):
        raise LimnerError(
            f"{of} takes one image of shape {shape} (channels, height, width), not {array.shape}"
        )
    return checked_pixels(array.reshape(shape))


def _shapes(shape: tuple[int, int, int]) -> set[tuple[int, ...]]:
    """The shapes that an image may have: the axis of a single channel may be left out."""
    return {shape, shape[1:]} if shape[0] == 1 else {shape}


def checked_mask(mask: Any, shape: tuple[int, ...]) -> Bool[np.ndarray, "h w"]:
    """Check a mask of an image's pixels.

    Raises:
        LimnerError: It has another shape, or is not of booleans.
    """
    array = as_array(mask, "known")
    if array.dtype != bool or array.shape != shape:
        raise LimnerError(
            f"known is {array.dtype} of shape {array.shape}: give booleans of shape {shape}, one "
            "for each pixel (height, width)"
        )
    return array


def check_sampling(num: int, temperature: float) -> None:
    """Check how many drawings are to be sampled, and at which temperature.

    Raises:
        LimnerError: One of them is out of range.
    """
    check_count(num, "num")
    is_number = isinstance(temperature, Real) and 0 <= temperature < np.inf
    check_value(is_number, "temperature", temperature, "a number from 0 up")
