"""What a visitor takes away: drawings as an animation, a strip of stills, and the windows' path.

Axis letters: t step, b picture, c channel, h w picture.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from PIL import Image

from limner import figures
from limner.attention import Window
from limner.figures import Windows
from limner.figures.pictures import READ, WRITE
from limner.gallery import default_steps

_FEW = 8
"""Pictures whose steps a strip still shows; of more, it shows the last."""


class Show(NamedTuple):
    """Drawings and what to say of them; of a way between two, the places are the frames."""

    caption: str
    canvases: Float[np.ndarray, "t b c h w"]
    write_window: Window | None = None
    write_grid: int | None = None
    read_window: Window | None = None
    read_grid: int | None = None
    inputs: Float[np.ndarray, "b c h w"] | None = None
    is_way: bool = False


def gif(show: Show) -> bytes:
    """An animation, a frame a step; with the windows, where there are any."""
    write = _windows(show.write_window, show.write_grid)
    if show.is_way:
        frames = [
            figures.image_grid(image[None], show.caption) for image in _probabilities(show)[-1]
        ]
        return _gif_bytes([*frames, *frames[-2:0:-1]], hold_last_seconds=0.15)
    if write is None:
        return _gif_bytes(figures.canvas_frames(show.canvases, show.caption))
    frames = figures.window_frames(
        show.canvases,
        write,
        show.caption,
        read_windows=_windows(show.read_window, show.read_grid),
        inputs=show.inputs,
    )
    return _gif_bytes(frames)


def png(show: Show) -> bytes:
    """A strip of stills: the steps of few pictures, the end of many, or a way from end to end."""
    num_steps, num = show.canvases.shape[:2]
    if show.is_way:
        picture = figures.image_grid(_probabilities(show)[-1], show.caption, columns=min(num, 9))
    elif num > _FEW:
        picture = figures.image_grid(_probabilities(show)[-1], show.caption)
    else:
        picture = figures.steps_grid(
            show.canvases,
            default_steps(num_steps),
            show.caption,
            write_windows=_windows(show.write_window, show.write_grid),
        )
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def svg(show: Show) -> bytes:
    """The windows' path over an empty page, a page for each picture, in pixels of the canvas.

    Squares run through the centres of the outermost filters and grow darker with the steps; their
    lines are as wide as the filters. A thin line joins the centres.
    """
    num, height, width = show.canvases.shape[1], *show.canvases.shape[3:]
    columns = int(np.ceil(np.sqrt(num)))
    across, down = width + 8, height + 8
    marks = []
    for place in range(num):
        row, column = divmod(place, columns)
        paths = "".join(
            _path(window, grid, colour, place)
            for window, grid, colour in (
                (show.read_window, show.read_grid, READ),
                (show.write_window, show.write_grid, WRITE),
            )
            if window is not None and grid is not None
        )
        marks.append(
            f'<g transform="translate({4.5 + column * across} {4.5 + row * down})">'
            f'<rect x="-.5" y="-.5" width="{width}" height="{height}" stroke="#999"'
            f' stroke-width=".1"/>{paths}</g>'
        )
    sides = f"{columns * across} {-(-num // columns) * down}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {sides}" fill="none">'
        f"<title>{_escaped(show.caption)}</title>{''.join(marks)}</svg>\n"
    ).encode()


def _path(window: Window, grid: int, colour: Sequence[int], place: int) -> str:
    x, y, stride, std = (np.asarray(field)[:, place] for field in window[:4])
    side = np.maximum((grid - 1) * stride, 1)
    ink = "#" + bytes(colour).hex()
    squares = "".join(
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{size:.2f}" height="{size:.2f}"'
        f' stroke-width="{border:.2f}" opacity="{opacity:.2f}"/>'
        for left, top, size, border, opacity in zip(
            x - side / 2, y - side / 2, side, std, np.linspace(0.15, 0.7, len(x)), strict=True
        )
    )
    centres = " ".join(f"{a:.2f},{b:.2f}" for a, b in zip(x, y, strict=True))
    return f'<g stroke="{ink}">{squares}<polyline points="{centres}" stroke-width=".25"/></g>'


def _windows(window: Window | None, grid: int | None) -> Windows | None:
    return None if window is None or grid is None else Windows(*map(np.asarray, window), grid=grid)


def _probabilities(show: Show) -> Float[np.ndarray, "t b c h w"]:
    return (1 + np.tanh(show.canvases / 2)) / 2


def _gif_bytes(frames: Sequence[Image.Image], hold_last_seconds: float = 2.0) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "drawing.gif")
        figures.save_gif(frames, path, hold_last_seconds=hold_last_seconds)
        return path.read_bytes()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
