"""The windows' paths over all steps, as SVG.

Lengths are in pixels of the canvas, positions as in `limner.model.attention`. A line joins the
centres of a window, with a dot for each step; squares run through the centres of its outermost
filters, darker from step to step.

Axis letters: b drawing, t step, c channel, h w image.
"""

import base64
import html
import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from limner.figures.grids import READ, WRITE, Windows, window_sides
from limner.figures.layout import PAGE, TEXT, Colour, balanced_columns, hex_of
from limner.figures.saving import png_bytes

_MAT = 4
"""Width of the margin around each image, pixels."""

_LARGEST, _WIDEST_LETTER = 2.5, 0.65
"""Letters of the caption: their size in pixels, and their greatest width relative to it."""


def window_paths(
    images: Float[np.ndarray, "b c h w"],
    caption: str,
    *,
    write_windows: Windows | None,
    read_windows: Windows | None = None,
    inputs: Float[np.ndarray, "b c h w"] | None = None,
) -> str:
    """Draw the paths of the windows over faded images.

    Args:
        images: The finished drawings, intensities from 0 to 1.
        caption: The caption; it should say samples or reconstructions.
        write_windows: Writing windows, drawn in red over `images`; None draws only the images.
        read_windows: Reading windows, drawn in green over `inputs`, each before its image.
        inputs: The images that were read; they are shown only with `read_windows`.

    Returns:
        The text of an SVG file.
    """
    pages = []
    for index, image in enumerate(images):
        if read_windows is not None and inputs is not None:
            pages.append(_faded(inputs[index]) + _path(read_windows, READ, index))
        path = "" if write_windows is None else _path(write_windows, WRITE, index)
        pages.append(_faded(image) + path)
    group = len(pages) // len(images)
    columns = group * balanced_columns(len(images), group)
    height, width = (side + 2 * _MAT for side in images.shape[2:])
    whole = columns * width
    text = caption + " · green: where it reads" * (group - 1)
    text += "" if write_windows is None else " · red: where it writes"
    size = min(_LARGEST, whole / (_WIDEST_LETTER * len(text)))
    body = "".join(
        f'<svg x="{n % columns * width}" y="{2 * size + n // columns * height:.2f}"'
        f' width="{width}" height="{height}"'
        f' viewBox="{-_MAT - 0.5} {-_MAT - 0.5} {width} {height}">{page}</svg>'
        for n, page in enumerate(pages)
    )
    bottom = 2 * size + math.ceil(len(pages) / columns) * height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {bottom:.2f}" fill="none">'
        f"<title>{html.escape(caption)}</title>"
        f'<rect width="{whole}" height="{bottom:.2f}" fill="{hex_of(PAGE)}"/>'
        f'<text x="{size / 2:.2f}" y="{1.5 * size:.2f}" font-size="{size:.2f}"'
        f' font-family="sans-serif" fill="{hex_of(TEXT)}">{html.escape(text)}</text>{body}</svg>\n'
    )


def _faded(image: Float[np.ndarray, "c h w"]) -> str:
    paler = 1 - 0.4 * image if len(image) == 1 else 0.6 + 0.4 * image
    levels: UInt8[np.ndarray, "h w c"] = np.rint(255 * np.moveaxis(paler, 0, -1)).astype(np.uint8)
    pixels = Image.fromarray(levels[..., 0] if len(image) == 1 else levels)
    data = base64.b64encode(png_bytes(pixels)).decode()
    return (
        f'<image x="-.5" y="-.5" width="{pixels.width}" height="{pixels.height}"'
        f' style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'
    )


def _path(windows: Windows, colour: Colour, index: int) -> str:
    """The squares, the line and the dots of one drawing's window."""
    x, y, stride = (np.asarray(field, float)[:, index] for field in windows[:3])
    ink = hex_of(colour)
    squares = "".join(_squares(x, y, window_sides(stride, windows.grid)))
    centres = [*zip(x, y, strict=True)]
    line = " ".join(f"{a:.2f},{b:.2f}" for a, b in centres)
    dots = "".join(f'<circle cx="{a:.2f}" cy="{b:.2f}" r=".35" fill="{ink}"/>' for a, b in centres)
    return (
        f'<g stroke="{ink}" stroke-width=".15">{squares}'
        f'<polyline points="{line}" stroke-width=".25"/>{dots}</g>'
    )


def _squares(
    x: Float[np.ndarray, "t"], y: Float[np.ndarray, "t"], side: Float[np.ndarray, "t"]
) -> Iterator[str]:
    left, top, opacity = x - side / 2, y - side / 2, np.linspace(0.15, 0.6, len(x))
    for a, b, size, strength in zip(left, top, side, opacity, strict=True):
        yield (
            f'<rect x="{a:.2f}" y="{b:.2f}" width="{size:.2f}" height="{size:.2f}"'
            f' opacity="{strength:.2f}"/>'
        )
