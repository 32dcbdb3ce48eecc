"""Drawings that show themselves: as images, as an animation, as the windows' paths, as numbers.

Axis letters: t step, b drawing, c channel, h w image, z latent.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float
from PIL import Image

from limner.errors import LimnerError
from limner.figures.captions import MEANING, Kind
from limner.figures.grids import (
    Windows,
    canvas_frames,
    comparison_grid,
    image_grid,
    steps_grid,
    window_frames,
)
from limner.figures.layout import checked_caption
from limner.figures.paths import window_paths
from limner.figures.saving import gif_bytes, npz_bytes, png_bytes, save_by_suffix, save_image
from limner.sampling.drawings import Drawings

FOLLOWED = 16
"""Number of drawings that can be shown step by step; more would be too small."""

INK_FACTOR = 4.0
"""The factor on the logits of ink, for a model whose card has none."""

LARGE = 4
"""Number of drawings that are shown large enough for windows to be drawn on them."""


@dataclass(frozen=True, eq=False)
class Show:
    """Drawings and their caption. In a notebook a `Show` shows itself.

    Samples, reconstructions, completions and interpolations look alike, so every figure carries a
    caption that says which they are.

    Raises:
        LimnerError: There are no `inputs` for reconstructions, or inputs for another kind.

    Example:
        >>> show = limner.load("cat").sample(16, seed=1)
        >>> show.save("cats.gif")
        >>> show.probabilities[-1].shape  # the finished drawings, (b, c, h, w)
        (16, 1, 28, 28)
    """

    kind: Kind
    """The kind of drawings."""
    drawings: Drawings = field(repr=False)
    """Everything that can be seen of the drawings, as arrays."""
    detail: str
    """What drew them, and with which settings; the end of the caption."""
    read_grid: int | None = None
    """N of the N x N reading window; None if there is none."""
    write_grid: int | None = None
    """N of the N x N writing window; None if there is none."""
    inputs: Float[np.ndarray, "b c h w"] | None = field(default=None, repr=False)
    """The images that were reconstructed, pixels from 0 to 1; only for reconstructions."""
    labels: Sequence[str] = field(default=(), repr=False)
    """A label under each drawing, such as its category; empty for no labels."""
    ink_factor: float | None = None
    """The factor on the logits of ink that the model's card gives."""
    sharpness: float = 1.0
    """The factor on the logits of what is shown: 1 for probabilities, any other for ink."""

    def __post_init__(self) -> None:
        if (self.inputs is None) == (self.kind == "reconstructions"):
            raise LimnerError(
                f"{self.kind} {'lack' if self.inputs is None else 'have no'} inputs: those are the "
                "images that reconstructions are of"
            )

    @property
    def caption(self) -> str:
        """The kind of drawings, whether they are shown as ink, and what drew them."""
        shown = "" if self.sharpness == 1 else f"as ink, logits × {self.sharpness:g} · "
        return checked_caption(f"{MEANING[self.kind]} · {shown}{self.detail}")

    def ink(self, factor: float | None = None) -> "Show":
        """The same drawings as ink: logits times a factor, so that few pixels are left grey.

        This is only a way to show them; bounds are of the probabilities.

        Args:
            factor: Factor on the logits of `drawings`. None takes the one on the model's card, with
                which its drawings are recognised most often; or 4, if there is none.

        Returns:
            The drawings, with a caption that says so.

        Raises:
            LimnerError: The factor is not a number above 0.

        Example:
            >>> limner.load("cat").sample(16).ink().save("cats.png")
        """
        factor = (self.ink_factor or INK_FACTOR) if factor is None else factor
        if not 0 < factor < float("inf"):
            raise LimnerError(f"factor is {factor}: it must be a number above 0")
        return dataclasses.replace(self, sharpness=float(factor))

    @property
    def canvases(self) -> Float[np.ndarray, "t b c h w"]:
        """The canvas after every step, logits; times the factor if they are shown as ink."""
        logits = self.drawings.canvases
        return logits if self.sharpness == 1 else logits * np.float32(self.sharpness)

    @property
    def probabilities(self) -> Float[np.ndarray, "t b c h w"]:
        """Probability of ink in each pixel after every step; the last are the finished drawings.

        Those shown as ink are sharpened, and no longer the model's probabilities.
        """
        return self.drawings._replace(canvases=self.canvases).probabilities

    @property
    def latents(self) -> Float[np.ndarray, "t b z"]:
        """The latents of every step."""
        return self.drawings.latents

    def save(self, path: str | Path) -> None:
        """Write the drawings in the format that the suffix of the path names.

        Args:
            path: File to write. .png: the image that a notebook shows. .gif: an animation, step by
                step, with the windows if there are any. .svg: the paths of the windows. .npz: the
                numbers.

        Raises:
            LimnerError: The suffix is none of these, or the path cannot be written.
        """
        save_by_suffix(path, self._makers)

    def save_all(self, folder: str | Path, *, show_steps: Sequence[int] = ()) -> list[Path]:
        """Write the drawings in all formats.

        Args:
            folder: Folder to write into.
            show_steps: Steps that steps.png shows, counted from 1; five by default.

        Returns:
            The paths of final.png (the finished drawings), steps.png (the canvas at some steps),
            drawings.gif, windows.svg (if there are windows) and drawings.npz.

        Raises:
            LimnerError: There is no such step, or the folder cannot be written.
        """
        folder = Path(folder)
        stills = {"final.png": self.final(), "steps.png": self.steps(show_steps)}
        for name, still in stills.items():
            save_image(still, folder / name)
        has_windows = self._read_windows is not None or self._write_windows is not None
        others = ["drawings.gif", *["windows.svg"] * has_windows, "drawings.npz"]
        for name in others:
            self.save(folder / name)
        return [folder / name for name in (*stills, *others)]

    def render(self, suffix: str) -> bytes:
        """The bytes of the file that `save` writes for a suffix such as ".gif"."""
        return self._makers[suffix]()

    def final(self) -> Image.Image:
        """The finished drawings; each reconstruction is beside its original."""
        images = self.probabilities[-1]
        if self.inputs is not None:
            return comparison_grid(self.inputs, images, self.caption, labels=self.labels)
        columns = min(len(images), 9) if self.kind == "interpolation" else None
        return image_grid(images, self.caption, labels=self.labels, columns=columns)

    def steps(self, show_steps: Sequence[int] = ()) -> Image.Image:
        """The canvas of each drawing at some steps.

        Up to four drawings are shown with their writing windows. Of more than 16 drawings, 16 are
        shown.

        Args:
            show_steps: Steps to show, counted from 1; five by default.

        Raises:
            LimnerError: There is no such step.
        """
        some = self._followed()
        return steps_grid(
            some.canvases,
            show_steps,
            some.caption,
            originals=some.inputs,
            write_windows=some._write_windows if self.canvases.shape[1] <= LARGE else None,
        )

    def _repr_png_(self) -> bytes:
        """The steps of a single drawing, or the finished drawings if there are several."""
        single = self.canvases.shape[1] == 1
        return png_bytes(self.steps() if single else self.final())

    @property
    def _makers(self) -> dict[str, Callable[[], bytes]]:
        return {
            ".png": self._repr_png_,
            ".gif": self._gif,
            ".svg": self._svg,
            ".npz": self._npz,
        }

    def _gif(self) -> bytes:
        if self.kind == "interpolation":
            frames = [image_grid(image[None], self.caption) for image in self.probabilities[-1]]
            return gif_bytes([*frames, *frames[-2:0:-1]], hold_last_seconds=0.15)
        some = self._followed()
        if some._write_windows is None:
            return gif_bytes(canvas_frames(some.canvases, some.caption))
        frames = window_frames(
            some.canvases,
            some._write_windows,
            some.caption,
            read_windows=some._read_windows,
            inputs=None if some._read_windows is None else some.inputs,
        )
        return gif_bytes(frames)

    def _svg(self) -> bytes:
        return window_paths(
            self.probabilities[-1],
            self.caption,
            write_windows=self._write_windows,
            read_windows=self._read_windows,
            inputs=self.inputs,
        ).encode()

    def _npz(self) -> bytes:
        """All arrays, without the axis of a single channel, and the caption."""
        arrays: dict[str, np.ndarray] = {
            "caption": np.array(self.caption),
            "canvases": _without_single_channel(self.canvases),
            "latents": self.latents,
        }
        if self.inputs is not None:
            arrays["inputs"] = _without_single_channel(np.asarray(self.inputs))
        if self.drawings.categories is not None:
            arrays["categories"] = self.drawings.categories
        windows = {"read": self.drawings.read_window, "write": self.drawings.write_window}
        for name, window in windows.items():
            if window is not None:
                arrays |= {f"{name}_{part}": value for part, value in window._asdict().items()}
        return npz_bytes(arrays)

    @property
    def _read_windows(self) -> Windows | None:
        """The reading windows, if the images that were read are known."""
        if self.inputs is None:
            return None
        return Windows.of(self.drawings.read_window, self.read_grid)

    @property
    def _write_windows(self) -> Windows | None:
        return Windows.of(self.drawings.write_window, self.write_grid)

    def _followed(self) -> "Show":
        """At most `FOLLOWED` drawings: the first ones, or evenly chosen along an interpolation."""
        num = self.canvases.shape[1]
        if num <= FOLLOWED:
            return self
        is_way = self.kind == "interpolation"
        chosen = np.rint(np.linspace(0, num - 1 if is_way else FOLLOWED - 1, FOLLOWED)).astype(int)
        # Categories have no axis of steps, and nothing here shows them.
        drawings = self.drawings._replace(categories=None)
        return dataclasses.replace(
            self,
            drawings=jax.tree.map(lambda array: array[:, chosen], drawings),
            detail=f"{self.detail} · {'' if is_way else 'the first '}{FOLLOWED} of {num}",
            inputs=None if self.inputs is None else self.inputs[chosen],
            labels=(),
        )


def _without_single_channel(images: np.ndarray) -> np.ndarray:
    """Images (..., c, h, w) as (..., h, w) if they have one channel."""
    return images[..., 0, :, :] if images.shape[-3] == 1 else images
