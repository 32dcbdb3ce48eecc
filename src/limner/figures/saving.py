"""Pictures as files, written whole or not at all."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from limner.errors import LimnerError
from limner.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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


def save_gif(
    frames: Sequence[Image.Image],
    path: Path,
    *,
    seconds_per_frame: float = 0.15,
    hold_last_seconds: float = 2.0,
) -> None:
    """Write frames as a GIF that loops for ever and rests on its last frame.

    One palette serves all frames, so nothing flickers. A GIF counts time in hundredths of a
    second, and browsers slow down what is shown for less than two of them. Equal frames that
    follow each other are stored as one, shown as long as all.

    Raises:
        LimnerError: No frames, a time out of range, or a path that cannot be written.
    """
    if not frames:
        raise LimnerError("no frames: an animation needs one at least")
    for seconds in (seconds_per_frame, hold_last_seconds):
        if not 0.02 <= seconds <= 600:
            raise LimnerError(f"a frame cannot be shown for {seconds} seconds: give 0.02 to 600")
    palette = _shared_palette(frames)
    first, *others = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    seconds = [seconds_per_frame] * len(others) + [hold_last_seconds]
    with replacing(path) as temporary:
        first.save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=others,
            duration=[10 * round(100 * each) for each in seconds],
            loop=0,
        )


def _shared_palette(frames: Sequence[Image.Image]) -> Image.Image:
    """An image whose palette suits all frames, judged by a dozen of them."""
    some = np.linspace(0, len(frames) - 1, min(len(frames), 12)).astype(int)
    montage = np.concatenate([np.asarray(frames[n]) for n in some])
    return Image.fromarray(montage).quantize(256)
