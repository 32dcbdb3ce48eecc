"""The files that a search through drawings writes: an image of what was found, and a full list.

Axis letters: b drawing, c channel, h w image.
"""

import csv
import io
import json
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from limner.config import Order
from limner.evaluation.neighbours import Comparison
from limner.evaluation.outliers import Scores
from limner.figures.grids import image_grid, neighbours_grid
from limner.figures.saving import save_image
from limner.system.files import replace_text


def save_outliers(
    scores: Scores,
    levels: UInt8[np.ndarray, "b c h w"],
    folder: Path,
    *,
    of: str,
    by: Order = "bound",
) -> list[Path]:
    """Write the strangest drawings as an image, and the scores of all drawings as a table.

    Args:
        scores: Scores of all drawings, the strangest first.
        levels: Levels of the strangest drawings, 255 for ink.
        folder: Folder to write into.
        of: The model that scored them, for the caption.
        by: The score they are sorted by.

    Returns:
        The paths of worst.png and outliers.csv.
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
    image, table = folder / "worst.png", folder / "outliers.csv"
    save_image(image_grid(levels / 255, caption, labels=labels), image)
    rows = io.StringIO()
    writer = csv.writer(rows)
    writer.writerow(["split", "category", "row", "file", *numbers])
    rounded = [[f"{value:.3f}" for value in column] for column in numbers.values()]
    columns = [scores.splits, scores.categories, scores.rows, scores.files, *rounded]
    writer.writerows(zip(*columns, strict=True))
    replace_text(table, rows.getvalue())
    return [image, table]


def save_nearest(comparison: Comparison, folder: Path, *, of: str) -> list[Path]:
    """Write samples beside the training drawings nearest to them, and the distances.

    Args:
        comparison: The samples, their neighbours and the distances.
        folder: Folder to write into.
        of: The model that drew the samples, for the caption.

    Returns:
        The paths of nearest.png and nearest.jsonl. The rows of the latter are the samples, then the
        held-out drawings.
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
    image = neighbours_grid(
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
    save_image(image, folder / "nearest.png")
    replace_text(folder / "nearest.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    return [folder / "nearest.png", folder / "nearest.jsonl"]
