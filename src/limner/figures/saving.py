"""Pictures as files, written whole or not at all."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from limner.errors import LimnerError
from limner.system.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRAME_MILLISECONDS = 150


def save_picture(picture: "Image.Image | Figure", path: Path) -> None:
    """Write a picture as PNG, or a chart as PNG, PDF or SVG, after the path's suffix.

    Raises:
        LimnerError: Another suffix, or a path that cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    kinds = ("png",) if isinstance(picture, Image.Image) else ("png", "pdf", "svg")
    if kind not in kinds:
        raise LimnerError(f"cannot save as {path}: its name must end in .{' or .'.join(kinds)}")
    with replacing(path) as temporary:
        if isinstance(picture, Image.Image):
            picture.save(temporary, format=kind, optimize=True)
        else:
            picture.savefig(temporary, format=kind)


def save_gif(frames: Sequence[Image.Image], path: Path, *, hold_last_seconds: float = 2.0) -> None:
    """Write frames as a GIF, as `gif_bytes` makes it.

    Raises:
        LimnerError: No frames, a time out of range, or a path that cannot be written.
    """
    content = gif_bytes(frames, hold_last_seconds=hold_last_seconds)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def gif_bytes(frames: Sequence[Image.Image], *, hold_last_seconds: float = 2.0) -> bytes:
    """Frames as a GIF that loops for ever and rests on its last frame.

    One palette serves all frames, so nothing flickers. Equal frames that follow each other are
    stored as one, shown as long as all.

    Raises:
        LimnerError: No frames, or a time that browsers slow down (below 0.02 s) or that no one
            waits for (above 600 s).
    """
    if not frames:
        raise LimnerError("no frames: an animation needs one at least")
    if not 0.02 <= hold_last_seconds <= 600:
        raise LimnerError(
            f"a frame cannot be shown for {hold_last_seconds} seconds: give 0.02 to 600"
        )
    palette = _shared_palette(frames)
    first, *others = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    file = io.BytesIO()
    first.save(
        file,
        format="GIF",
        save_all=True,
        append_images=others,
        duration=[FRAME_MILLISECONDS] * len(others) + [round(1000 * hold_last_seconds)],
        loop=0,
    )
    return file.getvalue()


def _shared_palette(frames: Sequence[Image.Image]) -> Image.Image:
    """An image whose palette suits all frames, judged by a dozen of them."""
    some = np.linspace(0, len(frames) - 1, min(len(frames), 12)).astype(int)
    montage = np.concatenate([np.asarray(frames[n]) for n in some])
    return Image.fromarray(montage).quantize(256)
