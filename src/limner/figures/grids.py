"""Pages of images: grids, comparisons, and a canvas step by step.

Windows are drawn as in the paper's figure 1: a rectangle through the centres of the outermost
filters, with a border as wide as the filters (one standard deviation). Positions count canvas
pixels from 0 at pixel centres, as in `limner.model.attention`.

Axis letters: b image, t step, c channel (1 or 3), h w image.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from scipy.special import expit

from limner.errors import LimnerError
from limner.figures.layout import Colour, Outlines, compose, interleaved, tiles_of

if TYPE_CHECKING:
    from limner.model.attention import Window

# Shapes are checked by the functions themselves, which take any array, JAX's too.
Images = Annotated[ArrayLike, "b c h w, intensities in 0..1"]
Canvases = Annotated[ArrayLike, "t b c h w, logits"]
Sets = Annotated[ArrayLike, "b n c h w, intensities in 0..1"]
Trajectories = Annotated[ArrayLike, "t b"]

READ, WRITE = (0, 158, 96), (226, 48, 44)


class Windows(NamedTuple):
    """The windows of every step and every image; lengths in canvas pixels."""

    centre_x: Trajectories
    centre_y: Trajectories
    stride: Trajectories
    std: Trajectories
    intensity: Trajectories
    grid: int

    @classmethod
    def of(cls, window: "Window | None", grid: int | None) -> "Windows | None":
        """The windows of a network's steps; None if there is no attention."""
        return None if window is None or grid is None else cls(*window, grid=grid)


def window_sides(stride: ArrayLike, grid: int) -> NDArray[np.float64]:
    """Sides of the squares through the centres of the outermost filters, in pixels.

    A single filter, or filters that lie almost on one spot, get a side of one pixel.
    """
    return np.maximum((grid - 1) * np.asarray(stride, dtype=float), 1)


def image_grid(
    images: Images,
    caption: str,
    *,
    labels: Sequence[object] = (),
    columns: int | None = None,
) -> Image.Image:
    """Images side by side, in reading order.

    Args:
        images: One channel is ink on paper; three channels are colours.
        caption: The caption; it should say samples or reconstructions.
        labels: A label under each image, such as its category.
        columns: Number of images in a row; None makes the page about square.

    Raises:
        LimnerError: The array has another shape or values outside 0..1, the number of labels is not
            the number of images, or the caption is empty.
    """
    tiles = tiles_of(_intensities(images))
    return compose(tiles, caption, columns=columns, labels=_checked_labels(labels, len(tiles)))


def comparison_grid(
    originals: Images, reconstructions: Images, caption: str, *, labels: Sequence[object] = ()
) -> Image.Image:
    """Each image beside its reconstruction.

    Args:
        originals: The images that were read.
        reconstructions: The reconstruction of each original.
        caption: The caption.
        labels: A label under each original.

    Raises:
        LimnerError: The shapes are wrong or differ, values are outside 0..1, the number of labels
            is not the number of originals, or the caption is empty.
    """
    left, right = _intensities(originals), _intensities(reconstructions)
    if left.shape != right.shape:
        raise LimnerError(f"originals {left.shape} and reconstructions {right.shape} must match")
    tiles = interleaved(tiles_of(left), tiles_of(right))
    names = [name for label in _checked_labels(labels, len(left)) for name in (label, "")]
    return compose(tiles, caption, group=2, headings=("original", "reconstruction"), labels=names)


def neighbours_grid(
    images: Images,
    neighbours: Sets,
    caption: str,
    *,
    labels: Sequence[Sequence[object]],
    heading: str,
) -> Image.Image:
    """Each image beside others that are similar to it, the most similar first.

    Args:
        images: Images with one channel or three.
        neighbours: The neighbours of each image, on a second axis.
        caption: The caption.
        labels: For each image, the labels under its neighbours.
        heading: Heading over the images.

    Raises:
        LimnerError: The shapes differ, values are outside 0..1, or the caption is empty.
    """
    left, right = _intensities(images), np.asarray(neighbours)
    num = right.shape[1]
    if right.shape != (len(left), num, *left.shape[1:]) or num == 0:
        raise LimnerError(f"images {left.shape} do not go with neighbours {right.shape}")
    tiles = [tiles_of(_intensities(right[:, n])) for n in range(num)]
    return compose(
        interleaved(tiles_of(left), *tiles),
        caption,
        group=1 + num,
        headings=[heading, "nearest", *["next"] * (num - 1)],
        labels=[str(label) for row in labels for label in ("", *row)],
    )


def steps_grid(
    canvases: Canvases,
    steps: Sequence[int],
    caption: str,
    *,
    originals: Images | None = None,
    write_windows: Windows | None = None,
) -> Image.Image:
    """How each drawing was made: a row of its canvases at some steps.

    With many drawings there are two or more such rows side by side.

    Args:
        canvases: The canvas after every step.
        steps: Steps to show, counted from 1. Empty: five, evenly spaced up to the last, or all if
            there are fewer.
        caption: The caption; it should say samples or reconstructions.
        originals: For reconstructions, the images that were read; each begins its row.
        write_windows: Writing windows, drawn in red, each over the canvas of its step.

    Raises:
        LimnerError: A step is outside 1..t, the shapes differ, or the caption is empty.

    Source: the paper's figure 1.
    """
    shown = _shown(canvases)
    steps = steps or sorted({max(1, round(len(shown) * part / 5)) for part in range(1, 6)})
    if not all(1 <= step <= len(shown) for step in steps):
        raise LimnerError(f"steps {list(steps)}: they must be from 1 to {len(shown)}")
    at = [step - 1 for step in steps]
    first = [] if originals is None else [tiles_of(_beside(originals, shown))]
    tiles = interleaved(*first, *(tiles_of(images) for images in shown[at]))
    group = len(first) + len(steps)
    outlines = []
    if write_windows is not None:
        windows = _checked_windows("write", write_windows, shown.shape[:2])[:, at]
        over = np.arange(len(tiles)).reshape(-1, group)[:, len(first) :]
        outlines.append(_outlines("write", WRITE, windows, write_windows.grid, over))
    return compose(
        tiles,
        caption,
        group=group,
        headings=[*["original"] * len(first), *(f"t = {step}" for step in steps)],
        outlines=outlines,
    )


def canvas_frames(canvases: Canvases, caption: str) -> list[Image.Image]:
    """An animation of canvases side by side, one frame for each step, with a bar for the step.

    Raises:
        LimnerError: The array has another shape, or the caption is empty.
    """
    shown = _shown(canvases)
    return [
        compose(tiles_of(images), caption, progress=(step, len(shown)))
        for step, images in enumerate(shown, start=1)
    ]


def window_frames(
    canvases: Canvases,
    write_windows: Windows,
    caption: str,
    *,
    read_windows: Windows | None = None,
    inputs: Images | None = None,
) -> list[Image.Image]:
    """An animation of canvases and the windows that write on them, one frame for each step.

    A margin around every canvas shows windows that leave it.

    Args:
        canvases: The canvas after every step.
        write_windows: Writing windows, drawn in red over the canvases.
        caption: The caption; it should say samples or reconstructions.
        read_windows: For reconstructions, the reading windows, drawn in green over `inputs`, each
            beside its canvas.
        inputs: The images that are read at every step.

    Raises:
        LimnerError: The shapes differ, a window is not finite, only one of `read_windows` and
            `inputs` is given, or the caption is empty.
    """
    shown = _shown(canvases)
    if (read_windows is None) != (inputs is None):
        raise LimnerError("read_windows and inputs go together: give both, or neither for samples")
    layers = [("write", WRITE, write_windows)]
    beside = []
    if read_windows is not None and inputs is not None:
        layers.insert(0, ("read", READ, read_windows))
        beside.append(tiles_of(_beside(inputs, shown)))
    over = np.arange(len(layers) * shown.shape[1]).reshape(-1, len(layers))
    fields = [_checked_windows(name, windows, shown.shape[:2]) for name, _, windows in layers]
    return [
        compose(
            interleaved(*beside, tiles_of(shown[t])),
            caption,
            group=len(layers),
            outlines=[
                _outlines(name, colour, field[:, [t]], windows.grid, over[:, [n]])
                for n, ((name, colour, windows), field) in enumerate(
                    zip(layers, fields, strict=True)
                )
            ],
            progress=(t + 1, len(shown)),
        )
        for t in range(len(shown))
    ]


def _intensities(images: Images) -> NDArray[np.float64]:
    array = np.asarray(images, dtype=float)
    if array.ndim != 4 or array.shape[1] not in (1, 3) or 0 in array.shape:
        raise LimnerError(
            f"images must have shape (images, 1 or 3 channels, height, width), not {array.shape}"
        )
    if not ((array >= 0) & (array <= 1)).all():
        raise LimnerError("images must lie in 0..1: divide bytes by 255, take logits' sigmoid")
    return array


def _beside(inputs: Images, shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """The images that were read; they must fit the canvases that are shown."""
    read = _intensities(inputs)
    if read.shape != shown.shape[1:]:
        raise LimnerError(f"inputs {read.shape} must match the canvases' {shown.shape[1:]}")
    return read


def _shown(canvases: Canvases) -> NDArray[np.float64]:
    """The intensities of canvases of logits."""
    logits = np.asarray(canvases, dtype=float)
    if logits.ndim != 5 or logits.shape[2] not in (1, 3) or 0 in logits.shape:
        raise LimnerError(
            "canvases must have shape (steps, images, 1 or 3 channels, height, width), "
            f"not {logits.shape}"
        )
    if np.isnan(logits).any():
        raise LimnerError("canvases hold values that are not numbers: has training diverged?")
    return expit(logits)


def _checked_labels(labels: Sequence[object], num: int) -> list[str]:
    if len(labels) not in (0, num):
        raise LimnerError(f"{num} images but {len(labels)} labels: give each image one")
    return [str(label) for label in labels]


def _checked_windows(name: str, windows: Windows, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Centres, stride and std as one array (4, t, b); intensity is not drawn."""
    fields = [np.asarray(field, dtype=float) for field in windows[:4]]
    for field_name, field in zip(Windows._fields, fields, strict=False):
        if field.shape != shape:
            raise LimnerError(
                f"{name} windows' {field_name} must have shape (steps, images) = {shape}, "
                f"not {field.shape}"
            )
        if not np.isfinite(field).all():
            raise LimnerError(f"{name} windows' {field_name} is not finite: has training diverged?")
    if windows.grid < 1:
        raise LimnerError(f"{name} windows' grid is {windows.grid}: it must be 1 or more")
    return np.stack(fields)


def _outlines(
    name: str,
    colour: Colour,
    fields: NDArray[np.float64],
    grid: int,
    tiles: NDArray[np.intp],
) -> Outlines:
    """The squares of windows (4, t, b) over tiles (b, t)."""
    x, y, stride, std = fields.transpose(0, 2, 1).reshape(4, -1)
    return Outlines(name, colour, tiles.ravel(), x, y, window_sides(stride, grid), std)
