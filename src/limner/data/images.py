"""Your own pictures as drawings: PNG, JPEG, SVG, folders of them, and .npy arrays.

Every picture becomes levels of one shape: it is shrunk by averaging areas so that it fits, keeps
its proportions, and lies in the middle of paper of its own colour. With one channel 255 is ink, so
dark lines on light paper are inverted: a picture's paper is what its border mostly is. If nine in
ten pictures of a set agree, all are taken as they are; else each as it is itself.

Nothing in a file is trusted: what is not PNG, JPEG or SVG is not decoded, and one of over 40
million pixels is refused by its header.

Axes: n b pictures, c channel, h w image.
"""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, Shaped, UInt8
from PIL import Image, ImageOps

from limner.data.npy import Rows, open_rows
from limner.data.sources import Pictures, Source
from limner.data.svg import render_svg
from limner.errors import LimnerError, reason
from limner.files import reading

Shape = tuple[int, int, int]
"""Channels (1 or 3), height, width."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".svg")
_PIXEL_LIMIT = 40_000_000
_AGREEMENT = 0.9
_SAMPLE = 1_000


class Opened(NamedTuple):
    """A set of one's own pictures."""

    sources: tuple[Source, ...]
    """Their levels, a source for each category."""
    names: tuple[str, ...]
    """The categories: the folders in the folder, or one for all."""
    note: str
    """What was found out of ink and paper, for the user."""


def open_images(path: Path, shape: Shape | None = None) -> Opened:
    """Open a folder of pictures, one picture, or a .npy array of pictures.

    Pictures in folders of the folder are categories of those names. An array is (n, h, w),
    (n, h, w, c) or (n, side * side), whole numbers 0..255, or 0 and 1, or fractions 0..1; it is
    left on the disk, and read when asked for.

    Args:
        path: the folder or file.
        shape: what to bring each picture to; the first one's own if None.

    Raises:
        LimnerError: nothing there, a picture that cannot be read, or an array of another kind.
    """
    if path.suffix == ".npy":
        return _open_array(path, shape)
    files = _files(path)
    shape = shape or _own_shape(_decode(files[0], None))
    pixels = np.stack([_fit(_decode(file, shape), shape) for file in files])
    pixels, note = _as_ink(pixels)
    of_each = np.array([_category(file, path) for file in files])
    names = category_names(path)
    sources = tuple(Pictures(name, pixels[of_each == name]) for name in names)
    return Opened(sources, names, note)


def category_names(path: Path) -> tuple[str, ...]:
    """The categories of what `open_images` would open, by the files' places alone.

    Raises:
        LimnerError: nothing there.
    """
    if path.suffix == ".npy":
        return (path.stem,)
    return tuple(sorted({_category(file, path) for file in _files(path)}))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
        if not files:
            raise LimnerError(f"{path} holds no picture: they end in {', '.join(SUFFIXES)}")
        return files
    if not path.exists():
        raise LimnerError(
            f"{path} is not there: give a folder of pictures, a picture or a .npy file"
        )
    return [path]


def read_picture(path: Path, shape: Shape) -> UInt8[np.ndarray, "c h w"]:
    """Read one PNG, JPEG or SVG as levels; with one channel, 255 is ink.

    Raises:
        LimnerError: it is not there, or cannot be read.
    """
    return _as_ink(_fit(_decode(path, shape), shape)[None])[0][0]


def _category(file: Path, root: Path) -> str:
    inside = file.relative_to(root).parts if file != root else ()
    return inside[0] if len(inside) > 1 else root.stem


# --- one picture ----------------------------------------------------------------------------


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


def _fit(picture: Image.Image, shape: Shape) -> UInt8[np.ndarray, "c h w"]:
    channels, height, width = shape
    picture = picture.convert("L" if channels == 1 else "RGB")
    if picture.size != (width, height):
        pixels = np.asarray(picture).reshape(picture.height, picture.width, channels)
        paper = tuple(np.median(_border(pixels), axis=0).astype(int).tolist())
        scale = min(height / picture.height, width / picture.width)
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        shrunk = picture.resize(size, Image.Resampling.BOX)
        picture = Image.new(picture.mode, (width, height), paper)
        picture.paste(shrunk, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.asarray(picture).reshape(height, width, channels).transpose(2, 0, 1)


def _border(pixels: Shaped[np.ndarray, "h w *c"]) -> Shaped[np.ndarray, "n *c"]:
    """The outermost pixels, once each but the corners."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


# --- ink and paper --------------------------------------------------------------------------


def _as_ink(
    pixels: UInt8[np.ndarray, "n c h w"],
) -> tuple[UInt8[np.ndarray, "n c h w"], str]:
    """Levels where 255 is ink, and what was found out."""
    if pixels.shape[1] != 1:
        return pixels, "colours are kept as they are"
    inverted, note = _inverted(pixels[:, 0])
    return np.where(inverted[:, None, None, None], 255 - pixels, pixels), note


def _inverted(pixels: UInt8[np.ndarray, "n h w"]) -> tuple[Bool[np.ndarray, "n"], str]:
    """Which pictures are to be inverted, and that in words."""
    light = np.array([np.median(_border(picture)) >= 128 for picture in pixels])
    share = light.mean()
    if share >= _AGREEMENT or share <= 1 - _AGREEMENT:
        verdict = "dark on light: all inverted" if share > 0.5 else "light on dark: none inverted"
        agreeing = max(light.sum(), (~light).sum())
        return np.full(len(light), share > 0.5), f"{agreeing} of {len(light)} are {verdict}"
    return light, f"{light.sum()} of {len(light)} are dark on light: those inverted"


# --- arrays ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ArrayFile:
    """Pictures in a .npy file, a source of drawings that reads what it is asked for."""

    name: str
    """The file's name, without its suffix."""
    file: Rows
    """What is on the disk."""
    picture: tuple[int, int, int]
    """Height, width and channels there."""
    scale: int
    """What an item of 1 stands for: 255, or 1 where items are levels."""
    inverted: bool
    """Whether 255 is paper there."""
    shape: Shape
    """Channels, height and width here."""

    def __len__(self) -> int:
        return len(self.file)

    def levels(self, rows: Int64[np.ndarray, "b"]) -> UInt8[np.ndarray, "b c h w"]:
        """Levels of some pictures; with one channel, 255 is ink.

        Raises:
            LimnerError: an item is outside 0..255, or 0..1 for fractions.
        """
        pixels = _levels(self.file, rows, self.scale).reshape(len(rows), *self.picture)
        height, width, channels = self.picture
        if (channels, height, width) == self.shape:
            fitted = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        else:
            pictures = pixels if channels == 3 else pixels[..., 0]
            fitted = np.stack([_fit(Image.fromarray(one), self.shape) for one in pictures])
        return 255 - fitted if self.inverted else fitted


def _open_array(path: Path, shape: Shape | None) -> Opened:
    file = open_rows(path)
    picture = _picture_shape(file.header.shape[1:], path)
    height, width, channels = picture
    shape = shape or (channels, height, width)
    rows = np.unique(np.linspace(0, len(file) - 1, min(len(file), _SAMPLE)).astype(np.int64))
    scale = 255
    if file.header.dtype.kind in "iu":
        scale = 1 if file.read(rows).max() > 1 else 255
    source = ArrayFile(path.stem, file, picture, scale, False, shape)
    note = "colours are kept as they are"
    if shape[0] == 1:
        sample = source.levels(rows)[:, 0]
        light = sum(bool(np.median(_border(one)) >= 128) for one in sample)
        inverted = 2 * light > len(sample)
        verdict = "dark on light: all inverted" if inverted else "light on dark: none inverted"
        agreeing = max(light, len(sample) - light)
        note = f"of {len(sample)} looked at, {agreeing} are {verdict}"
        source = replace(source, inverted=inverted)
    return Opened((source,), (path.stem,), note)


def _picture_shape(sizes: Sequence[int], path: Path) -> tuple[int, int, int]:
    match tuple(sizes):
        case (pixels,) if isqrt(pixels) ** 2 == pixels:
            return isqrt(pixels), isqrt(pixels), 1
        case (height, width):
            return height, width, 1
        case (height, width, (1 | 3) as channels):
            return height, width, channels
    raise LimnerError(f"{path} holds rows {tuple(sizes)}: they must be (h, w) or (h, w, 1 or 3)")


def _levels(file: Rows, rows: Int64[np.ndarray, "b"], scale: int) -> UInt8[np.ndarray, "b ..."]:
    items = file.read(rows)
    if items.dtype == np.uint8 and scale == 1:
        return items
    top = 255 / scale
    if len(items) and not (items.min() >= 0 and items.max() <= top):
        raise LimnerError(f"{file.path} holds items outside 0..{top:g}, or that are no numbers")
    return np.rint(items * np.float64(scale)).astype(np.uint8)
