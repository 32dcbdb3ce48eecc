"""The files that a look at a model leaves: stills, animations, canvases as numbers, loss curves.

Samples and reconstructions go to folders of their own, and each picture's caption says which it is.

Axis letters: t step, b picture, c channel, h w picture.
"""

import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, UInt8

from limner import figures
from limner.config import Order, Protocol
from limner.errors import LimnerError
from limner.evaluation.neighbours import Comparison
from limner.evaluation.outliers import Scores
from limner.figures import Windows
from limner.sampling.drawings import Drawings
from limner.system.files import replace_rows, replacing

ANIMATED = 16
"""How many pictures an animation shows; more would be too small to follow."""


NOISE: dict[Protocol, str] = {
    "honest": "new noise at every step",
    "as-published": "one noise vector for all steps",
}
"""What captions call the noise of each protocol."""


def save_samples(
    drawings: Drawings,
    folder: Path,
    *,
    of: str,
    write_grid: int | None,
    show_steps: Sequence[int] = (),
    names: Sequence[str] = (),
) -> list[Path]:
    """Write what samples look like.

    Args:
        drawings: From the prior.
        folder: Where to.
        of: What drew them, for the captions.
        write_grid: N of the writing window, if there is one.
        show_steps: Time steps to show, from 1; five by default.
        names: Of the categories, to say under each final image which it was drawn as; none says
            nothing.

    Returns:
        The files: final images, chosen steps, animation, animation with windows (where there is
        attention), canvases.

    Raises:
        LimnerError: A step is not among those drawn.
    """
    caption = f"Samples from the prior · {of}"
    final = drawings.probabilities[-1]
    animated = _animated(drawings)
    write_windows = Windows.of(animated.write_window, write_grid)
    drawn_as = drawings.categories if names else None
    labels = [] if drawn_as is None else [names[k] for k in drawn_as]
    pictures = {"final.png": figures.image_grid(final, caption, labels=labels)}
    animations = {}
    if write_windows is not None:
        animations["windows.gif"] = figures.window_frames(
            animated.canvases, write_windows, f"{caption} · red: where it writes"
        )
    return _save(drawings, folder, caption, show_steps, pictures, animations)


def save_reconstructions(
    drawings: Drawings,
    images: Float[np.ndarray, "b c h w"],
    folder: Path,
    *,
    of: str,
    read_grid: int | None,
    write_grid: int | None,
    show_steps: Sequence[int] = (),
) -> list[Path]:
    """Write what reconstructions of `images` look like; otherwise as `save_samples`.

    Args:
        drawings: From the posterior.
        images: What was looked at, pixels from 0 to 1.
        folder: Where to.
        of: What drew them, for the captions.
        read_grid: N of the reading window, if there is one.
        write_grid: N of the writing window, if there is one.
        show_steps: Time steps to show, from 1; five by default.
    """
    caption = f"Reconstructions from the posterior · {of}"
    final = drawings.probabilities[-1]
    pictures = {"final.png": figures.comparison_grid(images, final, caption)}
    animations = {}
    animated = _animated(drawings)
    read_windows = Windows.of(animated.read_window, read_grid)
    write_windows = Windows.of(animated.write_window, write_grid)
    if read_windows is not None and write_windows is not None:
        animations["windows.gif"] = figures.window_frames(
            animated.canvases,
            write_windows,
            f"{caption} · green: where it reads · red: where it writes",
            read_windows=read_windows,
            inputs=images[:ANIMATED],
        )
    return _save(drawings, folder, caption, show_steps, pictures, animations)


def save_curves(rows: Sequence[dict[str, Any]], path: Path, *, of: str) -> Path:
    """Write a run's losses over its steps.

    Raises:
        LimnerError: There are no rows.
    """
    if not rows:
        raise LimnerError(f"{of} has no losses yet: train it for some steps first")
    if rows[0]["protocol"] == "as-published":
        rows = [row | {"distortion": row["Lx"], "rate": row["Lz"]} for row in rows]
        figure = figures.loss_curves(
            rows,
            f"{of} · as published: one noise vector for all steps, so no bound",
            distortion_label="Lx as published (nats)",
            rate_label="Lz as published (nats)",
        )
    else:
        figure = figures.loss_curves(rows, of)
    figures.save_picture(figure, path)
    return path


def save_outliers(
    scores: Scores,
    levels: UInt8[np.ndarray, "b c h w"],
    folder: Path,
    *,
    of: str,
    by: Order = "bound",
) -> list[Path]:
    """Write the strangest drawings as a picture, and the scores of all.

    Args:
        scores: Of all, from the strangest on.
        levels: The strangest, 255 is ink.
        folder: Where to.
        of: What scored them, for the caption.
        by: What they are sorted by.

    Returns:
        worst.png and outliers.csv.
    """
    numbers = {name: getattr(scores, name) for name in ("bound", "distortion", "rate", "surplus")}
    shown = zip(scores.categories, scores.rows, numbers[by], strict=True)
    labels = [f"{name} {row}: {value:.0f}" for name, row, value in islice(shown, len(levels))]
    meaning = {
        "bound": "bound",
        "surplus": "surplus (the bound above what as much ink costs on average)",
    }
    caption = (
        f"The {len(levels)} of {len(scores.rows):,} drawings with the highest {by} · {of} · under "
        f"each: category, row, {meaning[by]} in nats from one draw of the noise"
    )
    picture, table = folder / "worst.png", folder / "outliers.csv"
    figures.save_picture(figures.image_grid(levels / 255, caption, labels=labels), picture)
    with replacing(table) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["split", "category", "row", "file", *numbers])
        rounded = [[f"{value:.3f}" for value in column] for column in numbers.values()]
        columns = [scores.splits, scores.categories, scores.rows, scores.files, *rounded]
        writer.writerows(zip(*columns, strict=True))
    return [picture, table]


def save_nearest(comparison: Comparison, folder: Path, *, of: str) -> list[Path]:
    """Write samples beside the training drawings nearest to them, and the distances.

    Args:
        comparison: What was found.
        folder: Where to.
        of: What drew the samples, for the caption.

    Returns:
        nearest.png and nearest.jsonl, whose rows are the samples, then the held-out drawings.
    """
    caption = (
        "Samples from the prior, and the training drawings nearest to each by squared pixel "
        f"distance, of {comparison.trained_on:,} · {of} · median distance to the nearest: "
        + ", ".join(f"{what} {median:.1f}" for what, median in comparison.medians().items())
    )
    found = [
        [
            {"category": category, "row": row}
            | ({"file": file} if file else {})
            | {"distance": round(distance, 3)}
            for category, row, file, distance in zip(*each, strict=True)
        ]
        for each in zip(
            comparison.categories,
            comparison.rows.tolist(),
            comparison.files,
            comparison.distances.tolist(),
            strict=True,
        )
    ]
    picture = figures.neighbours_grid(
        comparison.samples,
        comparison.neighbours,
        caption,
        labels=[[f"{one['category']}: {one['distance']:.1f}" for one in row] for row in found],
        heading="sample",
    )
    rows = [{"sample": n, "nearest": row} for n, row in enumerate(found)]
    held_out = zip(comparison.held_out.tolist(), comparison.reconstructed.tolist(), strict=True)
    rows += [
        {"held_out": n, "distance": round(itself, 3), "reconstruction_distance": round(redrawn, 3)}
        for n, (itself, redrawn) in enumerate(held_out)
    ]
    figures.save_picture(picture, folder / "nearest.png")
    replace_rows(folder / "nearest.jsonl", rows)
    return [folder / "nearest.png", folder / "nearest.jsonl"]


def _save(
    drawings: Drawings,
    folder: Path,
    caption: str,
    show_steps: Sequence[int],
    pictures: dict[str, Any],
    animations: dict[str, Any],
) -> list[Path]:
    canvases = _animated(drawings).canvases
    pictures["steps.png"] = figures.steps_grid(canvases, show_steps, caption)
    animations["canvases.gif"] = figures.canvas_frames(canvases, caption)
    for name, picture in pictures.items():
        figures.save_picture(picture, folder / name)
    for name, frames in animations.items():
        figures.save_gif(frames, folder / name)
    numbers = folder / "canvases.npz"
    with replacing(numbers) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **_numbers(drawings))
    return [*(folder / name for name in [*pictures, *animations]), numbers]


def _animated(drawings: Drawings) -> Drawings:
    """The pictures that an animation shows."""
    few = drawings._replace(categories=None)
    return jax.tree.map(lambda array: array[:, :ANIMATED], few)


def _numbers(drawings: Drawings) -> dict[str, np.ndarray]:
    """Canvases as steps x images x height x width (x channels before height, if several)."""
    canvases = drawings.canvases
    arrays = {
        "canvases": canvases[:, :, 0] if canvases.shape[2] == 1 else canvases,
        "latents": drawings.latents,
    }
    if drawings.categories is not None:
        arrays["categories"] = drawings.categories
    for name, window in [("read", drawings.read_window), ("write", drawings.write_window)]:
        if window is not None:
            arrays |= {f"{name}_{part}": value for part, value in window._asdict().items()}
    return arrays
