"""Map-style data sets of other libraries as drawings: Hugging Face's, torchvision's, any alike.

Such a data set has a length and gives an image, with its label if there is one, for an index. No
library is imported for it. Ink and paper are told as `limner.data.background` says: if a look at
some images shows that all are ink on paper already, or all the other way round, they are taken so,
as rows of an array are; else each is treated by itself, as a file is.

Axis letters: n image, c channel, h w pixel, a b pixel of the shape asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, get_args

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image

from limner.config import Ink
from limner.data.arrays import common_treatment, looked_at
from limner.data.background import find_ink, flatten
from limner.data.given import FEWEST, checked_labels, checked_pixels
from limner.data.images import decoded, inked, own_shape
from limner.data.shrink import fit_colours, fit_ink
from limner.data.sources import Shape
from limner.data.told import COLOURS_KEPT, lean, tell
from limner.errors import LimnerError, check_choice, reason

_IMAGE, _LABEL = ("image", "img"), "label"
"""Keys of an item that is a dictionary."""
_CHANNELS = (1, 3, 4)

Decode = Callable[[int], UInt8[np.ndarray, "h w 4"]]


class Items(NamedTuple):
    """What a data set of another library holds."""

    levels: UInt8[np.ndarray, "n c a b"]
    """With one channel, 255 is ink."""
    categories: tuple[str, ...]
    """Names of the categories; none without labels."""
    indices: Int64[np.ndarray, "n"] | None
    """The category of each image."""
    note: str
    """What was found out of ink and paper."""


def read_items(items: Any, shape: Shape | None = None, ink: Ink = "auto") -> Items:
    """Read all items of a data set; the arguments and errors are those of `Dataset.from_items`."""
    check_choice("ink", ink, get_args(Ink))
    if shape is not None and not (len(shape) == 3 and shape[0] in (1, 3) and min(shape) >= 1):
        raise LimnerError(f"shape is {shape}: it must be channels (1 or 3), height and width")
    count = _count(items)
    labels: list[Any] = [None] * count

    def decode(row: int) -> UInt8[np.ndarray, "h w 4"]:
        try:
            image, labels[row] = _image_and_label(items[row])
            return decoded(_as_image(image), shape)
        except LimnerError as error:
            raise LimnerError(f"item {row}: {error}") from None
        except Exception as error:  # whatever another library and its decoders run into
            raise LimnerError(f"item {row} cannot be read ({reason(error)})") from error

    shape = shape or own_shape(decode(0))
    if shape[0] == 1:
        levels, note = _ink_levels(decode, count, shape, ink)
    else:
        levels = np.stack([fit_colours(flatten(decode(row)), shape) for row in range(count)])
        note = COLOURS_KEPT
    return Items(levels, *_categories(items, labels), note)


def _count(items: Any) -> int:
    if isinstance(items, Mapping):
        names = ", ".join(map(repr, list(items)[:4]))
        raise LimnerError(f"items is a dictionary of {names}: give one of these, as items[name]")
    if not (hasattr(items, "__len__") and hasattr(items, "__getitem__")):
        raise LimnerError(
            f"items is {type(items).__name__}, without a length and an index: load it whole, not "
            "as a stream, or make a list of its items"
        )
    if len(items) < FEWEST:
        raise LimnerError(
            f"there are {len(items)} items: it takes at least {FEWEST}, 8 to train, 1 to validate "
            "and 1 to test"
        )
    return len(items)


def _image_and_label(item: Any) -> tuple[Any, Any]:
    if isinstance(item, Mapping):
        for key in _IMAGE:
            if key in item:
                return item[key], item.get(_LABEL)
        raise LimnerError(
            f"it has the keys {', '.join(map(str, item))}: name the images image, and labels label"
        )
    if isinstance(item, tuple | list) and len(item) == 2:
        return item[0], item[1]
    raise LimnerError(
        f"it is {type(item).__name__}: give pairs (image, label), or dictionaries with an image"
    )


def _as_image(given: Any) -> Image.Image:
    """An image of Pillow's from one, or from an array."""
    if isinstance(given, Image.Image):
        return given
    array = np.asarray(given)
    if array.dtype.kind not in "buif":
        raise LimnerError(f"its image is {type(given).__name__}: give a PIL image or an array")
    match array.shape:
        case (_, _):
            array = array[..., None]
        case (_, _, channels) if channels in _CHANNELS:
            pass
        case (1 | 3, _, _):
            array = np.moveaxis(array, 0, -1)
        case shape:
            raise LimnerError(
                f"its image has shape {shape}: it must be (h, w), (h, w, 1, 3 or 4) or "
                "(1 or 3, h, w)"
            )
    if not array.size:
        raise LimnerError(f"its image has shape {np.shape(given)}, which holds no pixel")
    levels = np.rint(checked_pixels(array) * np.float32(255)).astype(np.uint8)
    return Image.fromarray(levels[..., 0] if levels.shape[2] == 1 else levels)


def _ink_levels(
    decode: Decode, count: int, shape: Shape, ink: Ink
) -> tuple[UInt8[np.ndarray, "n 1 a b"], str]:
    """Levels of ink, and what was found out."""
    rows = looked_at(count).tolist()
    seen = [decode(row) for row in rows]
    grey = [levels for one in seen if (levels := _grey(one)) is not None]
    found = [find_ink(one, ink) for one in seen] if len(grey) == len(seen) else []
    treatment = common_treatment(found, grey) if found else "each"
    if treatment == "each":
        return inked(decode, [f"item {row}" for row in range(count)], shape, ink, "ink")
    levels, others = np.empty((count, *shape), np.uint8), lean(found)
    for row in range(count):
        pixels = decode(row)
        one = _grey(pixels)
        if one is None:
            one = find_ink(pixels, ink, others).levels
        elif treatment == "inverted":
            one = 255 - one
        levels[row] = fit_ink(one, shape)
    return levels, tell(found, [f"item {row}" for row in rows], "ink", ink)


def _grey(pixels: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w"] | None:
    """The levels of an image without colours and transparency; None for any other."""
    is_grey = (pixels[..., :3] == pixels[..., :1]).all() and (pixels[..., 3] == 255).all()
    return pixels[..., 0] if is_grey else None


def _categories(
    items: Any, labels: Sequence[Any]
) -> tuple[tuple[str, ...], Int64[np.ndarray, "n"] | None]:
    """Names of the categories, and their index for each item; empty without labels."""
    if all(label is None for label in labels):
        return (), None
    found = [label.item() if hasattr(label, "item") else label for label in labels]
    for row, label in enumerate(found):
        if not isinstance(label, int | str):
            what = "none" if label is None else f"{type(label).__name__} {label!r}"
            raise LimnerError(f"item {row}: its label is {what[:60]}: give a number or a name")
    names = _names(items)
    if not names or not all(isinstance(label, int) for label in found):
        if len({type(label) for label in found}) > 1:
            raise LimnerError("labels are numbers and names: give all as the one or the other")
        return checked_labels(found, len(found))
    for row, label in enumerate(found):
        if not 0 <= label < len(names):
            raise LimnerError(f"item {row}: its label is {label}, and there are {len(names)} names")
    return names, np.array(found, np.int64)


def _names(items: Any) -> tuple[str, ...]:
    """The names that a data set has for its labels, or the one that it is a part of."""
    features = getattr(items, "features", None)
    if isinstance(features, Mapping):
        return tuple(getattr(features.get(_LABEL), "names", None) or ())
    whole = getattr(items, "dataset", None)  # as torch.utils.data.Subset has it
    return tuple(map(str, getattr(items, "classes", None) or getattr(whole, "classes", None) or ()))
