"""Your own pictures as drawings: PNG, JPEG, SVG, folders of them, and .npy arrays.

Every picture becomes levels of one shape: it is shrunk by averaging areas so that it fits, keeps
its proportions, and lies in the middle of paper of its own colour. With one channel 255 is ink, so
dark lines on light paper are inverted: a picture's paper is what its border mostly is. If nine in
ten pictures of a set agree, all are taken as they are; else each as it is itself.

Nothing in a file is trusted: what is not PNG, JPEG or SVG is not decoded, and one of over 40
million pixels is refused by its header.

Axis letters: n picture, c channel, h w picture.
"""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageOps

from limner.data.arrays import open_array
from limner.data.background import COLOURS_KEPT, fit, is_light, majority
from limner.data.formats.svg import render_svg
from limner.data.sources import Pictures, Shape, Source
from limner.errors import LimnerError, check_names, reason
from limner.system.files import reading

_SUFFIXES = (".png", ".jpg", ".jpeg", ".svg")
_PIXEL_LIMIT = 40_000_000
_AGREEMENT = 0.9


class Opened(NamedTuple):
    """A set of one's own pictures."""

    sources: tuple[Source, ...]
    """Their levels, a source for each category."""
    categories: tuple[str, ...]
    """The folders in the folder, or one for all."""
    note: str
    """What was found out of ink and paper, for the user."""


def open_images(path: Path, shape: Shape | None = None, categories: Sequence[str] = ()) -> Opened:
    """Open a folder of pictures, one picture, or a .npy array of pictures.

    Pictures in folders of the folder are categories of those names. An array is as `array_file`
    has it.

    Args:
        path: The folder or file.
        shape: What to bring each picture to; the first one's own if None.
        categories: Only these, in this order; all, by the alphabet, if none are given.

    Raises:
        LimnerError: Nothing there, no such category, a picture that cannot be read, or an array of
            another kind.
    """
    if path.suffix == ".npy":
        names = category_names(path)
        check_names(categories, names, str(path))
        source, note = open_array(path, shape)
        return Opened((source,), names, note)
    files = _files(path)
    names = _names(files, path)
    check_names(categories, names, str(path))
    names = tuple(categories) or names
    files = [file for file in files if _category(file, path) in names]
    shape = shape or _own_shape(_decode(files[0], None))
    pixels = np.stack([fit(_decode(file, shape), shape) for file in files])
    pixels, note = _as_ink(pixels)
    of_each = np.array([_category(file, path) for file in files])
    sources = tuple(Pictures(name, pixels[of_each == name]) for name in names)
    return Opened(sources, names, note)


def category_names(path: Path) -> tuple[str, ...]:
    """The categories of what `open_images` would open, by the files' places alone.

    Raises:
        LimnerError: Nothing there.
    """
    if path.suffix == ".npy":
        return (path.stem,)
    return _names(_files(path), path)


def _names(files: Sequence[Path], root: Path) -> tuple[str, ...]:
    return tuple(sorted({_category(file, root) for file in files}))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES)
        if not files:
            raise LimnerError(f"{path} holds no picture: they end in {', '.join(_SUFFIXES)}")
        return files
    if not path.exists():
        raise LimnerError(
            f"{path} is not there: give a folder of pictures, a picture or a .npy file"
        )
    return [path]


def read_picture(path: Path, shape: Shape) -> UInt8[np.ndarray, "c h w"]:
    """Read one PNG, JPEG or SVG as levels; with one channel, 255 is ink.

    Raises:
        LimnerError: It is not there, or cannot be read.
    """
    return _as_ink(fit(_decode(path, shape), shape)[None])[0][0]


def _category(file: Path, root: Path) -> str:
    inside = file.relative_to(root).parts if file != root else ()
    return inside[0] if len(inside) > 1 else root.absolute().stem


def _decode(path: Path, shape: Shape | None) -> Image.Image:
    """A picture as mode L or RGB, on opaque paper."""
    with reading(path):
        data = path.read_bytes()
    if path.suffix.lower() == ".svg":
        picture = Image.fromarray(render_svg(data, str(path), max(shape[1:]) if shape else None))
        return _on_paper(picture)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damage that Pillow can live with
        try:
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
                if picture.width * picture.height > _PIXEL_LIMIT:
                    raise LimnerError(
                        f"{path} has {picture.width} x {picture.height} pixels: "
                        f"over {_PIXEL_LIMIT // 1_000_000} million are not read"
                    )
                return _on_paper(ImageOps.exif_transpose(picture))
        except LimnerError:
            raise
        except Exception as error:  # Pillow's decoders raise whatever their parsing runs into
            raise LimnerError(f"cannot read {path} as PNG or JPEG: {reason(error)}") from None


def _on_paper(picture: Image.Image) -> Image.Image:
    """Without transparency: dark ink is laid on white, light ink on black."""
    if picture.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    opacity = np.asarray(picture.getchannel("A"), np.float64)
    ink = np.asarray(picture.convert("RGB").convert("L"), np.float64)
    is_dark = np.average(ink, weights=opacity) < 128 if opacity.any() else True
    paper = Image.new("RGBA", picture.size, "white" if is_dark else "black")
    return Image.alpha_composite(paper, picture).convert("RGB")


def _own_shape(picture: Image.Image) -> Shape:
    pixels = np.asarray(picture.convert("RGB"))
    is_grey = (pixels == pixels[..., :1]).all()
    return (1 if is_grey else 3), picture.height, picture.width


def _as_ink(
    pixels: UInt8[np.ndarray, "n c h w"],
) -> tuple[UInt8[np.ndarray, "n c h w"], str]:
    """Levels where 255 is ink, and what was found out."""
    if pixels.shape[1] != 1:
        return pixels, COLOURS_KEPT
    inverted, note = _inverted(pixels[:, 0])
    return np.where(inverted[:, None, None, None], 255 - pixels, pixels), note


def _inverted(pixels: UInt8[np.ndarray, "n h w"]) -> tuple[Bool[np.ndarray, "n"], str]:
    """Which pictures are to be inverted, and that in words."""
    light = is_light(pixels)
    inverted, note = majority(light, "pictures")
    if (light == inverted).mean() >= _AGREEMENT:
        return np.full(len(light), inverted), note
    return light, f"of {len(light)} pictures, {light.sum()} are dark on light: those inverted"
