"""The page that shows images: tiles in rows, enlarged by a whole factor, under a caption.

Enlarging repeats pixels, so that a page shows what the model drew and nothing between. Under a
factor s, pixel p of a tile has its centre (p + 1/2) s from the tile's edge.

Axis letters: b tile, h w image.
"""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from limner.errors import LimnerError
from limner.text import in_a_line, shown

Colour = tuple[int, int, int]
Tiles = NDArray[np.uint8]  # b h w 3
Lengths = NDArray[np.float64]  # b, in pixels of the tiles
Position = tuple[int, int]  # x, y on the page, in device pixels

PAGE, MAT, TRACK = (247, 246, 242), (235, 230, 219), (222, 220, 212)
PAPER, INK = (255, 255, 255), (22, 24, 29)
TEXT, MUTED = (40, 42, 48), (112, 113, 118)

# Lengths on the page are in units: two device pixels in a still, to suit dense screens, one in a
# frame, to keep animations small.
MARGIN, GUTTER, GROUP_GAP, LINE = 20, 6, 20, 20
WIDEST, NARROWEST, LARGEST_TILE = 880, 308, 150
TEXT_SIZE, SMALL_SIZE = 14, 12


class Outlines(NamedTuple):
    """Squares over tiles: the middle of their borders, and the width of the borders."""

    name: str
    colour: Colour
    tiles: NDArray[np.intp]
    """Indices of the tiles, none of them twice."""
    centre_x: Lengths
    centre_y: Lengths
    side: Lengths
    border: Lengths


def hex_of(colour: Colour) -> str:
    """A colour as SVG and matplotlib take it."""
    return f"#{bytes(colour).hex()}"


def tiles_of(images: NDArray[np.float64]) -> Tiles:
    """Images (b, c, h, w) in 0..1 as bytes: ink on paper for one channel, colours for three."""
    colours = np.moveaxis(images, 1, -1)
    if colours.shape[-1] == 1:
        colours = (PAPER + colours * np.subtract(INK, PAPER)) / 255
    return np.rint(255 * colours).astype(np.uint8)


def interleaved(*tiles: Tiles) -> Tiles:
    """The first of each, then the second of each, and so on."""
    return np.stack(tiles, axis=1).reshape(-1, *tiles[0].shape[1:])


def compose(
    tiles: Tiles,
    caption: str,
    *,
    columns: int | None = None,
    group: int = 1,
    headings: Sequence[str] = (),
    labels: Sequence[str] = (),
    outlines: Sequence[Outlines] = (),
    progress: tuple[int, int] | None = None,
) -> Image.Image:
    """Tiles enlarged and set in reading order under a caption.

    Args:
        tiles: A whole number of groups.
        caption: Set at the top, in as many lines as it takes.
        columns: Groups in a row; None makes the page about square.
        group: Tiles that belong together, kept on one row, a little apart from the next.
        headings: One for each tile of a group, over the first row.
        labels: One for each tile, beneath it.
        outlines: Drawn over the tiles that they name. All tiles then lie on mats, and a legend
            explains the colours.
        progress: (step, steps) of an animation, shown in words and as a bar.
    """
    unit = 1 if progress else 2
    if columns is None:
        columns = balanced_columns(len(tiles) // group, group)
    if columns < 1:
        raise LimnerError(f"columns is {columns}: it must be at least 1")
    across = min(columns * group, len(tiles))
    mat = math.ceil(max(tiles.shape[1:3]) / 7) if outlines else 0
    room = min(WIDEST // across, max(LARGEST_TILE, NARROWEST // across))
    scale = max(1, unit * room // (tiles.shape[2] + 2 * mat))
    shown = tiles.repeat(scale, axis=1).repeat(scale, axis=2)
    if outlines:
        shown = _outlined(shown, outlines, mat, scale)
    height, width = shown.shape[1:3]

    def left(column: int) -> int:
        apart = column // group * (GROUP_GAP - GUTTER) if group > 1 else 0
        return column * width + unit * (MARGIN + column * GUTTER + apart)

    small = SMALL_SIZE * unit
    inner = max(left(across - 1) + width - unit * MARGIN, NARROWEST * unit)
    lines = _wrapped(caption, inner, TEXT_SIZE * unit)
    top = unit * (MARGIN + LINE * len(lines) + 6) + (2 * small if headings else 0)
    pitch = height + unit * GUTTER + (2 * small if labels else 0)
    bottom = top + math.ceil(len(tiles) / across) * pitch - unit * GUTTER
    footer = 3 * small if progress or outlines else 0
    page = Image.new("RGB", (inner + 2 * unit * MARGIN, bottom + footer + unit * MARGIN), PAGE)
    draw = ImageDraw.Draw(page)
    for n, line in enumerate(lines):
        position = (unit * MARGIN, unit * (MARGIN + LINE * n))
        draw.text(position, line, TEXT, _font(TEXT_SIZE * unit))
    corners = [(left(n % across), top + n // across * pitch) for n in range(len(shown))]
    for corner, tile in zip(corners, shown, strict=True):
        page.paste(Image.fromarray(tile), corner)
    if labels:
        positions = [(x + width // 2, y + height + small) for x, y in corners]
        _draw_names(draw, positions, labels, width, small)
    if headings:
        positions = [(x + width // 2, y - small) for x, y in corners[:across]]
        _draw_names(draw, positions, [*headings] * (across // group), width, small)
    line, right = bottom + 2 * small, unit * MARGIN + inner
    for outline in reversed(outlines):
        right = _draw_key(draw, (right, line), outline, small)
    if progress:
        _draw_progress(draw, (unit * MARGIN, line), right, progress, small)
    return page


def balanced_columns(count: int, group: int) -> int:
    """Groups in a row: a page about square, or wider if that leaves fewer gaps."""
    least = math.ceil(math.sqrt(count / group))
    return min(range(least, 2 * least + 1), key=lambda columns: (-count % columns, columns))


def _outlined(tiles: Tiles, outlines: Sequence[Outlines], mat: int, scale: int) -> Tiles:
    """Enlarged tiles on mats, with squares over both; what leaves the mat is cut off."""
    inset = slice(mat * scale, -mat * scale)
    framed: Tiles = np.empty(
        (len(tiles), *(size + 2 * mat * scale for size in tiles.shape[1:3]), 3), np.uint8
    )
    framed[:] = MAT
    framed[:, inset, inset] = tiles
    for outline in outlines:
        # Too thin could not be seen; too thick would hide what the window looks at.
        border = np.rint(np.clip(outline.border * scale, 2, 2 * scale))
        reach = (outline.side * scale + border) / 2
        x, y = ((mat + centre + 0.5) * scale for centre in (outline.centre_x, outline.centre_y))
        outer_x, inner_x = _bands(x - reach, x + reach, border, framed.shape[2])
        outer_y, inner_y = _bands(y - reach, y + reach, border, framed.shape[1])
        outer = outer_y[:, :, None] & outer_x[:, None, :]
        inner = inner_y[:, :, None] & inner_x[:, None, :]
        which, *pixels = np.nonzero(outer & ~inner)
        framed[outline.tiles[which], *pixels] = outline.colour
    return framed


def _bands(
    low: Lengths, high: Lengths, border: Lengths, size: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The positions, of `size`, from low to high; and those of them that lie in the border."""
    positions, border = np.arange(size), border[:, None]
    low, high = np.rint(low)[:, None], np.rint(high)[:, None]
    outer = (positions >= low) & (positions < high)
    return outer, (positions >= low + border) & (positions < high - border)


def _draw_key(draw: ImageDraw.ImageDraw, end: Position, outline: Outlines, size: int) -> int:
    """An entry of the legend that ends at `end`; gives where the one before it ends."""
    right, y = end
    right -= round(_font(size).getlength(outline.name))
    draw.text((right, y), outline.name, TEXT, _font(size), anchor="lm")
    side = 4 * size // 5
    right -= side + size // 2
    corner = (right, y - side // 2)
    draw.rectangle((*corner, right + side, corner[1] + side), None, outline.colour, size // 6)
    return right - size


def _draw_progress(
    draw: ImageDraw.ImageDraw, start: Position, right: int, progress: tuple[int, int], size: int
) -> None:
    """The step in words, and as a bar from there to `right`."""
    left, y = start
    step, num_steps = progress
    draw.text(start, f"t = {step} of {num_steps}", TEXT, _font(size), anchor="lm")
    # Where the longest of these texts ends, so that the bar starts there in every frame.
    left += round(_font(size).getlength(f"t = {num_steps} of {num_steps}")) + size
    for end, colour in ((right, TRACK), (left + (right - left) * step // num_steps, TEXT)):
        draw.rounded_rectangle((left, y - size // 6, end, y + size // 6), size // 6, colour)


def _draw_names(
    draw: ImageDraw.ImageDraw,
    centres: Sequence[Position],
    names: Sequence[str],
    width: int,
    size: int,
) -> None:
    """Names centred at positions, all set smaller if one is too wide, and at last cut short."""
    names = [in_a_line(name) for name in names]
    widest = max(_font(size).getlength(name) for name in names)
    font = _font(max(0.7 * size, size * min(1.0, 0.95 * width / max(widest, 1.0))))
    for centre, name in zip(centres, names, strict=True):
        kept, text = name, name
        while len(kept) > 1 and font.getlength(text) > width:
            kept = kept[:-1]
            text = f"{kept.rstrip()}…"
        draw.text(centre, text, MUTED, font, anchor="mm")


def _wrapped(text: str, width: int, size: int) -> list[str]:
    """The lines of a text; only a single word may be wider than `width`."""
    lines = [""]
    for word in checked_caption(text).split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and _font(size).getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def checked_caption(caption: str) -> str:
    """The caption as Unicode text.

    It must say something: nothing else tells samples from reconstructions.
    """
    if not caption.strip():
        raise LimnerError("the caption is empty: say what is shown, samples or reconstructions")
    return shown(caption)


@cache
def _font(size: float | int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, of which the Latin, Greek and Cyrillic letters and common signs are shipped."""
    return ImageFont.truetype(Path(__file__).with_name("dejavu-sans.ttf"), size)
