"""Which drawings a model finds strange: those that cost it most.

The cost is the bound on the negative log-likelihood. Most of it is the price of ink, so the
drawings with the highest bound are mainly those with most on them. The surplus is what a drawing
costs above the price of its ink, by the straight line

    bound = a + b ink + surplus

that fits all scored drawings best; those with the highest surplus are mainly odd in shape.

Axis letters: b picture, c channel, h w picture.
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
    """Drawings from the strangest on, and what they cost from one draw of the noise, nats."""

    splits: list[SplitName]
    categories: list[str]
    rows: Int[np.ndarray, "b"]
    """In the source's file."""
    files: list[str]
    """Of the drawings that have one of their own; else nothing."""
    places: Int[np.ndarray, "b"]
    """In the split."""
    bound: Float[np.ndarray, "b"]
    distortion: Float[np.ndarray, "b"]
    rate: Float[np.ndarray, "b"]
    surplus: Float[np.ndarray, "b"]
    """The bound above what as much ink costs on average."""


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
        num_steps: T.
        binarisation: What the targets are.
        splits: Which splits, at least one.
        category: Only these drawings; all if None.
        by: What to sort by.
        seed: Of the noise.
        on_progress: Called with drawings done and to do.

    Raises:
        LimnerError: There is no such category, or a split has none of its drawings; or the surplus
            is wanted of colours, whose ink is not told.
    """
    if by == "surplus" and dataset.shape[0] > 1:
        raise LimnerError("the surplus is over the price of ink, which colours do not tell")
    chosen = [_places(dataset, which, category) for which in splits]
    total, done = sum(map(len, chosen)), 0
    parts = []
    for n, (which, places) in enumerate(zip(splits, chosen, strict=True)):
        split = dataset.split(which)
        losses, ink = estimate(
            _loss_and_ink(num_steps),
            model,
            split,
            binarisation=binarisation,
            seed=seed,
            places=places,
            on_progress=lambda count, before=done: on_progress(before + count, total),
        )
        done += len(places)
        parts.append(
            _Scored(
                split=np.full(len(places), n),
                category=split.categories(places),
                row=split.rows(places),
                place=places,
                loss=losses,
                ink=ink,
            )
        )
    found = jax.tree.map(lambda *arrays: np.concatenate(arrays), *parts)
    files = [
        file
        for which, places in zip(splits, chosen, strict=True)
        for file in dataset.split(which).files(places)
    ]
    surplus = _above_a_line(found.loss.bound, found.ink)
    order = np.argsort(-(found.loss.bound if by == "bound" else surplus), kind="stable")
    return Scores(
        splits=[splits[n] for n in found.split[order]],
        categories=[dataset.categories[category] for category in found.category[order]],
        rows=found.row[order],
        files=[files[n] for n in order],
        places=found.place[order],
        bound=found.loss.bound[order],
        distortion=found.loss.distortion[order],
        rate=found.loss.rate[order],
        surplus=surplus[order],
    )


def _above_a_line(y: Float[np.ndarray, "b"], x: Float[np.ndarray, "b"]) -> Float[np.ndarray, "b"]:
    """What is left of y above the straight line in x that fits best."""
    line = np.stack([np.ones_like(x), x], axis=1)
    return y - line @ np.linalg.lstsq(line, y, rcond=None)[0]


class _Scored(NamedTuple):
    """Drawings of one split, or of all."""

    split: Int[np.ndarray, "b"]
    """Which of the splits asked for."""
    category: Int[np.ndarray, "b"]
    row: Int[np.ndarray, "b"]
    place: Int[np.ndarray, "b"]
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
        dataset.split(which).levels(place[None])
        for which, place in zip(scores.splits[:num], scores.places[:num], strict=True)
    ]
    return np.concatenate(found)


def _places(dataset: Dataset, which: SplitName, category: str | None) -> Int[np.ndarray, "b"]:
    split = dataset.split(which)
    places = np.arange(len(split))
    if category is None:
        return places
    check_names((category,), dataset.categories, "these data")
    found = places[split.categories(places) == dataset.categories.index(category)]
    if not len(found):
        raise LimnerError(f"there is no drawing of {category} for {which}: choose other --splits")
    return found
