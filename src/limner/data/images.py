"""Your own images as drawings: files of one image, folders of them, and .npy arrays.

Every image becomes levels of one shape, 255 for ink: paper and ink are told apart as
`limner.data.background` says, and it is brought to size as `limner.data.shrink` says. An image
that does not tell its paper is taken as the others of its set are.

Nothing in a file is trusted: what is none of the formats below is not decoded, and what is too
large is refused by its header.

Axis letters: n image, c channel, h w pixel, a b pixel of the shape asked for.
"""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from limner.config import Ink
from limner.data.arrays import open_array
from limner.data.background import Inked, find_ink, flatten
from limner.data.folders import list_images
from limner.data.formats.svg import render_svg
from limner.data.shrink import fit_colours, fit_ink
from limner.data.sources import UNNAMED, Pictures, Shape, Source
from limner.data.told import COLOURS_KEPT, lean, tell
from limner.errors import LimnerError, check_names, reason
from limner.system.files import reading
from limner.system.home import at_home

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_AREA, _SIDE = 40_000_000, 20_000
"""Pixels that an image may have at most, and along a side."""
_ENOUGH = 512
"""Longer side, pixels, of which ink is told from paper at least."""
_DRAWN = 256
"""The same of an SVG, which has no noise."""
_OWN = 128
"""Longer side, pixels, of an image of no size asked for, at most: what a sheet of images shows."""


class Opened(NamedTuple):
    """A set of one's own images."""

    sources: tuple[Source, ...]
    """Their levels, a source for each category."""
    categories: tuple[str, ...]
    """The folders in the folder; UNNAMED for all that are in none."""
    note: str
    """What was found out of ink and paper, and what was passed over, for the user."""


class Seen(NamedTuple):
    """One image as a model takes it."""

    levels: UInt8[np.ndarray, "c h w"]
    """With one channel, 255 is ink."""
    note: str
    """What was taken for paper, where that is not sure; else nothing."""


def open_images(
    path: Path, shape: Shape | None = None, categories: Sequence[str] = (), ink: Ink = "auto"
) -> Opened:
    """Open a folder of images, one image, or a .npy array of images.

    Folders in the folder are categories of those names. An array is as `open_array` has it.

    Args:
        path: The folder or file.
        shape: What to bring each image to. If None, the first one's own, shrunk to 128 pixels
            along its longer side.
        categories: Only these, in this order; all, by the alphabet, if none are given.
        ink: dark or light, if it is known which the ink is.

    Raises:
        LimnerError: Nothing there, no such category, an image that cannot be read, or an array of
            another kind.
    """
    path = at_home(path)
    names = category_names(path)
    check_names(categories, names, str(path))
    if path.suffix == ".npy":
        source, note = open_array(path, shape, ink)
        return Opened((source,), names, note)
    listing = list_images(path)
    names = tuple(categories) or names
    files = [file for file in listing.files if _category(file, path) in names]
    shape = shape or own_shape(_decode(files[0], None))
    if shape[0] == 1:
        pixels, note = inked(
            lambda row: _decode(files[row], shape), [file.name for file in files], shape, ink
        )
    else:
        pixels = np.stack([_colours(_decode(file, shape), shape) for file in files])
        note = COLOURS_KEPT
    return Opened(
        tuple(_source(name, path, files, pixels) for name in names), names, note + listing.note
    )


def category_names(path: Path) -> tuple[str, ...]:
    """The categories of what `open_images` would open, by the files' paths alone.

    Raises:
        LimnerError: Nothing there.
    """
    path = at_home(path)
    if path.suffix == ".npy":
        return (UNNAMED,)
    return tuple(sorted({_category(file, path) for file in list_images(path).files}))


def read_image(path: Path, shape: Shape, ink: Ink = "auto") -> Seen:
    """Read one file of an image.

    Raises:
        LimnerError: It is not there, or cannot be read.
    """
    pixels = _decode(at_home(path), shape)
    if shape[0] != 1:
        return Seen(_colours(pixels, shape), "")
    found = find_ink(pixels, ink)
    note = "" if ink != "auto" or found.is_sure else tell([found], [path.name], "--ink")
    return Seen(fit_ink(found.levels, shape), note)


def _source(name: str, root: Path, files: Sequence[Path], pixels: np.ndarray) -> Pictures:
    rows = [row for row, file in enumerate(files) if _category(file, root) == name]
    return Pictures(name, pixels[rows], tuple(_inside(files[row], root) for row in rows))


def _category(file: Path, root: Path) -> str:
    inside = file.relative_to(root).parts if file != root else ()
    return inside[0] if len(inside) > 1 else UNNAMED


def _inside(file: Path, root: Path) -> str:
    return file.name if file == root else file.relative_to(root).as_posix()


def inked(
    decode: Callable[[int], UInt8[np.ndarray, "h w 4"]],
    names: Sequence[str],
    shape: Shape,
    ink: Ink,
    option: str = "--data.ink",
) -> tuple[UInt8[np.ndarray, "n 1 h w"], str]:
    """Levels of ink, and what was found out; who differs from most without being sure follows.

    Args:
        decode: Gives the image of a row: red, green, blue and opacity.
        names: Of the images.
        shape: What to bring each image to.
        ink: dark or light, if it is known which the ink is.
        option: What says so.
    """
    pixels = np.empty((len(names), *shape), np.uint8)

    def read(row: int, others: float) -> Inked:
        one = find_ink(decode(row), ink, others)
        pixels[row] = fit_ink(one.levels, shape)
        return one._replace(levels=pixels[row, 0])

    found = [read(row, 0.0) for row in range(len(names))]
    others = lean(found)
    for row, one in enumerate(found):
        if ink == "auto" and one.follows(others):
            found[row] = read(row, others)
    return pixels, tell(found, names, option, ink)


def _colours(pixels: UInt8[np.ndarray, "h w 4"], shape: Shape) -> UInt8[np.ndarray, "c a b"]:
    return fit_colours(flatten(pixels), shape)


def own_shape(pixels: UInt8[np.ndarray, "h w 4"]) -> Shape:
    """The shape of an image by itself: one channel if it is grey, at most 128 pixels a side."""
    flat = flatten(pixels)
    scale = min(1.0, _OWN / max(flat.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in flat.shape[:2])
    return (1 if (flat == flat[..., :1]).all() else 3), height, width


def _decode(path: Path, shape: Shape | None) -> UInt8[np.ndarray, "h w 4"]:
    """Red, green, blue and opacity, not much finer than they are needed."""
    if path.suffix.lower() == ".svg":
        with reading(path):
            data = path.read_bytes()
        return render_svg(data, str(path), max(_DRAWN, 2 * max(shape[1:]) if shape else 0))
    with reading(path):
        if path.stat().st_size == 0:
            raise LimnerError(f"cannot read {path}: it is empty")
        if not path.is_file():
            raise LimnerError(f"cannot read {path}: it is no regular file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damage that Pillow can live with
        try:
            with Image.open(path, formats=_FORMATS) as image:
                _check_size(path, *image.size)
                return decoded(image, shape)
        except LimnerError:
            raise
        except UnidentifiedImageError:
            kinds = ", ".join(_FORMATS)
            raise LimnerError(f"cannot read {path}: it is none of {kinds}, and no .svg") from None
        except Exception as error:  # Pillow's decoders raise whatever their parsing runs into
            raise LimnerError(f"cannot read {path} as an image: {reason(error)}") from None


def decoded(image: Image.Image, shape: Shape | None) -> UInt8[np.ndarray, "h w 4"]:
    """Red, green, blue and opacity of an image, not much finer than they are needed for a shape."""
    pixels = _opened(ImageOps.exif_transpose(image))
    enough = max(_ENOUGH, 16 * max(shape[1:]) if shape else 0)
    pixels.thumbnail((enough, enough), Image.Resampling.BOX, reducing_gap=None)
    return np.asarray(pixels)


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > _AREA or max(width, height) > _SIDE:
        raise LimnerError(
            f"{path} has {width} x {height} pixels: over {_AREA // 1_000_000} million, or over "
            f"{_SIDE:,} along a side, are not read"
        )


def _opened(image: Image.Image) -> Image.Image:
    """The first frame as mode RGBA."""
    if image.mode[0] in "IF":  # 16 or 32 bits, or floats: brought to 0..255 by the largest scale
        items = np.nan_to_num(np.asarray(image, np.float64))
        top = next((top for top in (1, 255, 65535) if items.max() <= top), items.max())
        image = Image.fromarray(np.clip(items * (255 / top), 0, 255).astype(np.uint8))
    return image.convert("RGBA")
