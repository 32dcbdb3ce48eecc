"""Arrays given in Python: checks, and conversion to pixels from 0 to 1 or levels from 0 to 255.

Axis letters: n row, c channel, h w image.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int64, UInt8

from limner.errors import LimnerError, reason

FEWEST = 10
"""Smallest number of images, so that each split has one."""


def as_array(given: Any, what: str) -> np.ndarray:
    """What was given as an array of NumPy.

    Args:
        given: An array, or what can be made one, such as a tensor or a list.
        what: What it is, for error lines.

    Raises:
        LimnerError: Its parts differ in shape, entries are masked, or NumPy cannot read it.
    """
    if np.ma.is_masked(given):
        raise LimnerError(f"{what} have masked entries: fill them first, such as with .filled(0)")
    try:
        return np.asarray(given)
    except (ValueError, TypeError, RuntimeError) as error:
        raise LimnerError(f"{what} cannot become an array of NumPy: {reason(error)}") from None


def checked_pixels(images: Any) -> Float[np.ndarray, "..."]:
    """Convert images to pixels from 0 to 1, 1 for ink.

    Args:
        images: Integers are levels from 0 to 255, booleans are ink or no ink, floats are pixels.

    Raises:
        LimnerError: The range or the dtype does not fit; the line says what came.
    """
    array = as_array(images, "images")
    kind = array.dtype.kind
    if kind not in "buif":
        raise LimnerError(f"images are {array.dtype}: give numbers, uint8 or from 0 to 1")
    if not array.size or kind == "b":
        return array.astype(np.float32)
    if not np.isfinite(array).all():
        raise LimnerError("images hold values that are not finite (NaN or infinity)")
    low, high = array.min(), array.max()
    if kind == "f":
        if low < 0 or high > 1:
            raise LimnerError(
                f"images are {array.dtype} from {low:g} to {high:g}: pixels are from 0 to 1, so "
                "divide levels by 255 or give them as uint8"
            )
        return array.astype(np.float32)
    if low < 0 or high > 255:
        raise LimnerError(f"images are {array.dtype} from {low} to {high}: levels are 0 to 255")
    if high == 1:
        raise LimnerError(
            f"images are {array.dtype} from {low} to 1, where ink is 255: give booleans for ink or "
            "no ink, or multiply by 255"
        )
    return array / np.float32(255)


def checked_images(images: Any) -> UInt8[np.ndarray, "n c h w"]:
    """Convert the images of a data set to levels, 255 for ink.

    Raises:
        LimnerError: The shape, the range or the dtype does not fit, or there are too few; the line
            says what came.
    """
    array = as_array(images, "images")
    if array.dtype == object and array.ndim == 1:
        raise LimnerError(f"images are {len(array)} objects: give one array, np.stack(images)")
    if array.ndim == 3:
        array = array[:, None]
    if array.ndim != 4 or array.shape[1] not in (1, 3) or 0 in array.shape:
        hint = "; channels come before height" if array.shape[-1:] in ((1,), (3,)) else ""
        raise LimnerError(
            f"images have shape {np.shape(images)}: it must be (n, h, w), or (n, c, h, w) with 1 "
            f"or 3 channels{hint}"
        )
    if len(array) < FEWEST:
        raise LimnerError(
            f"there are {len(array)} images: it takes at least {FEWEST}, 8 to train, 1 to validate "
            "and 1 to test"
        )
    return np.rint(checked_pixels(array) * np.float32(255)).astype(np.uint8)


def checked_labels(
    labels: Any, count: int
) -> tuple[tuple[str, ...], Int64[np.ndarray, "n"] | None]:
    """The sorted names of the categories, and their index for each image; empty without labels.

    Raises:
        LimnerError: There is not one number or name for each image.
    """
    if labels is None:
        return (), None
    array = as_array(labels, "labels")
    if array.dtype == object:  # as pandas keeps names and categories
        array = np.array(array.tolist())
    if array.dtype.kind == "f" and (array == np.rint(array)).all():
        array = array.astype(np.int64)
    if array.shape != (count,) or array.dtype.kind not in "iuUb":
        raise LimnerError(
            f"labels are {array.dtype} of shape {array.shape}: there are {count} images, so give "
            f"{count} whole numbers or names, none of them missing"
        )
    values, indices = np.unique(array, return_inverse=True)
    return tuple(map(str, values)), indices.astype(np.int64)
