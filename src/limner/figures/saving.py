"""Figures as files; writes are atomic."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from limner.errors import LimnerError
from limner.system.files import replacing
from limner.text import listed

FRAME_MILLISECONDS = 150


def save_by_suffix(path: str | Path, makers: Mapping[str, Callable[[], bytes]]) -> None:
    """Write a file in the format that its suffix names.

    Args:
        path: File to write.
        makers: For each suffix (".png") a function that makes the bytes; only one is called.

    Raises:
        LimnerError: The suffix is not one of these, or the path cannot be written.
    """
    path = Path(path)
    make = makers.get(path.suffix.lower())
    if make is None:
        endings = listed(makers, "or")
        raise LimnerError(f"cannot save as {path}: its name must end in {endings}")
    content = make()
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def save_image(image: Image.Image, path: str | Path) -> None:
    """Write an image as PNG.

    Raises:
        LimnerError: The suffix is not .png, or the path cannot be written.
    """
    save_by_suffix(path, {".png": lambda: png_bytes(image)})


def png_bytes(image: Image.Image) -> bytes:
    """An image as a PNG file."""
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True)
    return file.getvalue()


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays by name as a compressed .npz file, which holds no pickles."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def gif_bytes(frames: Sequence[Image.Image], *, hold_last_seconds: float = 2.0) -> bytes:
    """Frames as a GIF that loops for ever and rests on its last frame.

    One palette serves all frames, so nothing flickers. Equal frames that follow each other are
    stored as one, shown as long as all.

    Raises:
        LimnerError: There are no frames, or the time is one that browsers slow down (below 0.02 s)
            or that nobody waits for (above 600 s).
    """
    if not frames:
        raise LimnerError("there are no frames: an animation needs at least one")
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
