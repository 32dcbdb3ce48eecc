"""What a visitor takes away: drawings as an animation, a strip of stills, and the windows' path.

Axis letters: t step, b picture, c channel, h w picture.
"""

import base64
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy.special import expit

from limner import figures
from limner.config import ModelConfig
from limner.figures.grids import READ, WRITE
from limner.model.attention import Window
from limner.sampling.drawings import Drawings
from limner.system.files import replacing

_MAT = 4
"""Around a page of windows, pixels."""

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

    @classmethod
    def of(
        cls,
        drawings: Drawings,
        sizes: ModelConfig,
        caption: str,
        *,
        inputs: Float[np.ndarray, "b c h w"] | None = None,
        is_way: bool = False,
    ) -> "Show":
        """What a model of these sizes drew; `inputs` are shown where it read them."""
        return cls(
            caption,
            drawings.canvases,
            write_window=drawings.write_window,
            write_grid=sizes.write_grid,
            read_window=drawings.read_window,
            read_grid=sizes.read_grid,
            inputs=None if drawings.read_window is None else inputs,
            is_way=is_way,
        )


def save_show(show: Show, folder: Path) -> list[Path]:
    """Write the strip, the animation and the windows' path.

    Raises:
        LimnerError: They cannot be written.
    """
    files = {"strip.png": png, "drawings.gif": gif, "windows.svg": svg}
    for name, render in files.items():
        content = render(show)
        with replacing(folder / name) as temporary:
            temporary.write_bytes(content)
    return [folder / name for name in files]


def gif(show: Show) -> bytes:
    """An animation, a frame a step; with the windows, where there are any."""
    if show.is_way:
        frames = [figures.image_grid(image[None], show.caption) for image in _final(show)]
        return figures.gif_bytes([*frames, *frames[-2:0:-1]], hold_last_seconds=0.15)
    write_windows = figures.Windows.of(show.write_window, show.write_grid)
    if write_windows is None:
        return figures.gif_bytes(figures.canvas_frames(show.canvases, show.caption))
    frames = figures.window_frames(
        show.canvases,
        write_windows,
        show.caption,
        read_windows=figures.Windows.of(show.read_window, show.read_grid),
        inputs=show.inputs,
    )
    return figures.gif_bytes(frames)


def png(show: Show) -> bytes:
    """A strip of stills: the steps of few pictures, the end of many, or a way from end to end."""
    num = show.canvases.shape[1]
    if show.is_way:
        picture = figures.image_grid(_final(show), show.caption, columns=min(num, 9))
    elif num > _FEW:
        picture = figures.image_grid(_final(show), show.caption)
    else:
        picture = figures.steps_grid(
            show.canvases,
            (),
            show.caption,
            write_windows=figures.Windows.of(show.write_window, show.write_grid),
        )
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def svg(show: Show) -> bytes:
    """The windows' path over the faded picture that they read or wrote, a page for each.

    A line joins the centres, with a dot for each step; the squares run through the centres of the
    outermost filters, darker from step to step. All in pixels of the canvas.
    """
    pages = []
    for place, image in enumerate(_final(show)):
        if show.read_window is not None and show.read_grid and show.inputs is not None:
            looked_at = show.inputs[place]
            pages.append(_page(looked_at, _path(show.read_window, show.read_grid, READ, place)))
        drawn = ""
        if show.write_window is not None and show.write_grid:
            drawn = _path(show.write_window, show.write_grid, WRITE, place)
        pages.append(_page(image, drawn))
    height, width = show.canvases.shape[3:]
    across, down = width + 2 * _MAT, height + 2 * _MAT
    columns = math.ceil(math.sqrt(len(pages)))
    placed = "".join(
        f'<svg x="{n % columns * across}" y="{n // columns * down}" width="{across}"'
        f' height="{down}" viewBox="{-_MAT - 0.5} {-_MAT - 0.5} {across} {down}">{page}</svg>'
        for n, page in enumerate(pages)
    )
    sides = f"{columns * across} {math.ceil(len(pages) / columns) * down}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {sides}" fill="none">'
        f"<title>{_escaped(show.caption)}</title>{placed}</svg>\n"
    ).encode()


def _page(image: Float[np.ndarray, "c h w"], marks: str) -> str:
    """A faded picture with marks over it."""
    height, width = image.shape[1:]
    paler = 1 - 0.4 * image if len(image) == 1 else 0.6 + 0.4 * image
    levels = np.rint(255 * np.moveaxis(paler, 0, -1)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels[..., 0] if len(image) == 1 else levels).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<image x="-.5" y="-.5" width="{width}" height="{height}"'
        f' style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>{marks}'
    )


def _path(window: Window, grid: int, colour: Sequence[int], place: int) -> str:
    x, y, stride, _ = (np.asarray(field)[:, place] for field in window[:4])
    side = figures.window_sides(stride, grid)
    ink = "#" + bytes(colour).hex()
    squares = "".join(
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{size:.2f}" height="{size:.2f}"'
        f' opacity="{opacity:.2f}"/>'
        for left, top, size, opacity in zip(
            x - side / 2, y - side / 2, side, np.linspace(0.15, 0.6, len(x)), strict=True
        )
    )
    centres = " ".join(f"{a:.2f},{b:.2f}" for a, b in zip(x, y, strict=True))
    dots = "".join(
        f'<circle cx="{a:.2f}" cy="{b:.2f}" r=".35" fill="{ink}"/>'
        for a, b in zip(x, y, strict=True)
    )
    return (
        f'<g stroke="{ink}" stroke-width=".15">{squares}'
        f'<polyline points="{centres}" stroke-width=".25"/>{dots}</g>'
    )


def _final(show: Show) -> Float[np.ndarray, "b c h w"]:
    """What the last canvases show, pixels from 0 to 1."""
    return expit(show.canvases[-1])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
