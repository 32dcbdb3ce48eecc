"""Outlier detection: the drawings that a model finds strange, those that cost it most.

The cost is the bound on the negative log-likelihood. Most of it is the price of ink, so the
drawings with the highest bound are mainly those with most on them. The surplus is what a drawing
costs above the price of its ink, by the straight line

    bound = a + b ink + surplus

that fits all scored drawings best; those with the highest surplus are mainly odd in shape.

Axis letters: b image, c channel, h w image.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt8

from limner.config import Binarisation, Order, SplitName
from limner.data.dataset import Dataset
from limner.errors import LimnerError, check_names
from limner.evaluation.measure import Measure, estimate, one_sample
from limner.model.draw import Draw
from limner.model.objective import Loss


class Scores(NamedTuple):
    """Drawings, the strangest first, and their costs from one draw of the noise, nats."""

    splits: list[SplitName]
    categories: list[str]
    rows: Int[np.ndarray, "b"]
    """Rows in the file of their source."""
    files: list[str]
    """Files of the drawings; empty text where a drawing has no file of its own."""
    indices: Int[np.ndarray, "b"]
    """Indices in the split."""
    bound: Float[np.ndarray, "b"]
    distortion: Float[np.ndarray, "b"]
    rate: Float[np.ndarray, "b"]
    surplus: Float[np.ndarray, "b"]
    """The bound minus what as much ink costs on average."""


def score(
    model: Draw,
    dataset: Dataset,
    *,
    num_steps: int,
    binarisation: Binarisation,
    splits: Sequence[SplitName],
    category: str | None = None,
    by: Order = "bound",
    seed: int = 0,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Scores:
    """Score every drawing of some splits.

    Args:
        model: The network.
        dataset: The drawings.
        num_steps: Number of steps, T.
        binarisation: How grey levels become targets.
        splits: The splits to score, at least one.
        category: Score only drawings of this category; None scores all.
        by: The score to sort by.
        seed: Seed for the noise.
        on_progress: Called with the numbers of drawings done and to do.

    Raises:
        LimnerError: There is no such category, or a split has no drawing of it; or `by` is
            "surplus" and the images have colours.
    """
    if by == "surplus" and dataset.shape[0] > 1:
        raise LimnerError("the surplus is above the price of ink: it needs images of one channel")
    chosen = [_indices(dataset, which, category) for which in splits]
    total, done = sum(map(len, chosen)), 0
    parts = []
    for n, (which, indices) in enumerate(zip(splits, chosen, strict=True)):
        split = dataset.split(which)
        losses, ink = estimate(
            _loss_and_ink(num_steps),
            model,
            split,
            binarisation=binarisation,
            seed=seed,
            indices=indices,
            on_progress=lambda count, before=done: on_progress(before + count, total),
        )
        done += len(indices)
        parts.append(
            _Scored(
                split=np.full(len(indices), n),
                category=split.categories(indices),
                row=split.rows(indices),
                index=indices,
                loss=losses,
                ink=ink,
            )
        )
    found = jax.tree.map(lambda *arrays: np.concatenate(arrays), *parts)
    files = [
        file
        for which, indices in zip(splits, chosen, strict=True)
        for file in dataset.split(which).files(indices)
    ]
    surplus = _above_a_line(found.loss.bound, found.ink)
    order = np.argsort(-(found.loss.bound if by == "bound" else surplus), kind="stable")
    return Scores(
        splits=[splits[n] for n in found.split[order]],
        categories=[dataset.categories[category] for category in found.category[order]],
        rows=found.row[order],
        files=[files[n] for n in order],
        indices=found.index[order],
        bound=found.loss.bound[order],
        distortion=found.loss.distortion[order],
        rate=found.loss.rate[order],
        surplus=surplus[order],
    )


def _above_a_line(y: Float[np.ndarray, "b"], x: Float[np.ndarray, "b"]) -> Float[np.ndarray, "b"]:
    """The residuals of y after fitting the best straight line in x."""
    line = np.stack([np.ones_like(x), x], axis=1)
    return y - line @ np.linalg.lstsq(line, y, rcond=None)[0]


class _Scored(NamedTuple):
    """Drawings of one split, or of all."""

    split: Int[np.ndarray, "b"]
    """Index of the split, among those asked for."""
    category: Int[np.ndarray, "b"]
    row: Int[np.ndarray, "b"]
    index: Int[np.ndarray, "b"]
    loss: Loss
    ink: Float[np.ndarray, "b"]


@cache
def _loss_and_ink(num_steps: int) -> Measure:
    loss = one_sample(num_steps, "honest")

    def measure(
        model: Draw, image: Float[Array, "c h w"], key: PRNGKeyArray
    ) -> tuple[Loss, Float[Array, ""]]:
        return loss(model, image, key), image.sum()

    return measure


def levels(dataset: Dataset, scores: Scores, num: int) -> UInt8[np.ndarray, "b c h w"]:
    """The strangest drawings, as many as there are up to `num`."""
    found = [
        dataset.split(which).levels(index[None])
        for which, index in zip(scores.splits[:num], scores.indices[:num], strict=True)
    ]
    return np.concatenate(found)


def _indices(dataset: Dataset, which: SplitName, category: str | None) -> Int[np.ndarray, "b"]:
    split = dataset.split(which)
    indices = np.arange(len(split))
    if category is None:
        return indices
    check_names((category,), dataset.categories, "these data")
    found = indices[split.categories(indices) == dataset.categories.index(category)]
    if not len(found):
        raise LimnerError(f"the {which} split has no drawing of {category}: choose other --splits")
    return found
