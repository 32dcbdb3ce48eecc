"""How well a model does on pictures it has not seen, in nats; each number says what it means.

Axis letters: b picture, t step.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import jax
import numpy as np
from jaxtyping import Float

from limner.config import Binarisation, Protocol, SplitName
from limner.data.dataset import Dataset
from limner.data.splits import Split
from limner.errors import LimnerError
from limner.evaluation.measure import estimate, importance_weighted, one_sample
from limner.model.distributions import bernoulli_entropy
from limner.model.draw import Draw
from limner.model.objective import published_rate
from limner.text import html_table, rounded


@dataclass(frozen=True, kw_only=True)
class CategoryBound:
    """The bound over a category's pictures alone, nats a picture."""

    images: int
    """How many."""
    bound: float
    """distortion + rate."""
    stderr: float | None
    """Its standard error."""
    floor: float | None
    """Of grey targets, their entropy."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Means over a split, nats a picture.

    Under the as-published protocol nothing is a bound: `bound`, `stderr` and `excess` are None, and
    `Lx` and `Lz` are what the study would have reported.
    """

    data: str
    """The data set."""
    categories: tuple[str, ...]
    """Its categories."""
    split: SplitName
    """Which pictures."""
    images: int
    """How many."""
    binarisation: Binarisation
    """What the targets are."""
    protocol: Protocol
    """How the noise was made."""
    num_steps: int
    """T."""
    distortion: float
    """-log p(image given the last canvas); of grey targets, their cross-entropy."""
    rate: float
    """KL of the posterior from the prior."""
    rate_per_step: tuple[float, ...]
    """The rate of each step."""
    floor: float | None = None
    """Of grey targets, the entropy that no model can go below."""
    bound: float | None = None
    """distortion + rate, from one draw of the noise for each picture."""
    stderr: float | None = None
    """Standard error of the bound, over the pictures."""
    excess: float | None = None
    """Of grey targets, the bound less the floor."""
    bits_per_dim: float | None = None
    """The bound in bits, for each pixel and channel."""
    by_category: dict[str, CategoryBound] = field(default_factory=dict)
    """Of several categories, each by itself."""
    importance_samples: int | None = None
    """K."""
    importance_bound: float | None = None
    """The bound from K importance samples."""
    importance_stderr: float | None = None
    """Its standard error, over its pictures."""
    importance_images: int | None = None
    """Over how many pictures of the split it was taken."""
    importance_gain: float | None = None
    """By how much it is below the bound of the same pictures."""
    Lx: float | None = None
    """The study's name for the distortion, under its protocol."""
    Lz: float | None = None
    """The rate with the study's constant, under its protocol."""

    def facts(self) -> list[tuple[str, str]]:
        """What is known of all categories together: the name of each number, and the number."""
        names = [one.name for one in dataclasses.fields(self) if one.name != "by_category"]
        known = [(name, getattr(self, name)) for name in names]
        return [
            (name.replace("_", " "), _said(value)) for name, value in known if value is not None
        ]

    def category_facts(self) -> list[tuple[str, ...]]:
        """What is known of each category by itself, in the order of `CATEGORY_FACTS`."""
        return [
            (
                name,
                f"{of.images:,}",
                *(rounded(each, 2) for each in (of.bound, of.stderr, of.floor)),
            )
            for name, of in self.by_category.items()
        ]

    def _repr_html_(self) -> str:
        whole = html_table(self.facts())
        if not self.by_category:
            return whole
        return whole + html_table(self.category_facts(), CATEGORY_FACTS)


CATEGORY_FACTS = ("category", "images", "bound", "stderr", "floor")
"""Headings of a table of each category by itself."""


def _said(value: object) -> str:
    match value:
        case float():
            return f"{value:.3f}"
        case [float(), *_]:
            return " ".join(f"{each:.2f}" for each in value)
        case [*_]:
            return ", ".join(value)
    return str(value)


def evaluate(
    model: Draw,
    dataset: Dataset,
    *,
    num_steps: int,
    binarisation: Binarisation,
    protocol: Protocol = "honest",
    split: SplitName = "test",
    importance_samples: int | None = None,
    importance_images: int | None = None,
    seed: int = 0,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """Evaluate a model on a whole split.

    Args:
        model: The network.
        dataset: The pictures.
        num_steps: T.
        binarisation: What the targets are.
        protocol: How the noise is made.
        split: Which pictures.
        importance_samples: K, to estimate the importance-weighted bound too.
        importance_images: Take that over so many pictures, chosen by chance; None for all.
        seed: Of the noise.
        on_progress: Called with measurements done and to do.

    Raises:
        LimnerError: An importance-weighted bound is wanted of what is no bound.
    """
    if importance_samples is not None and protocol != "honest":
        raise LimnerError(f"importance samples give a bound, and {protocol} bounds nothing")
    pictures = dataset.split(split)
    total = len(pictures)
    weighed = 0 if importance_samples is None else min(importance_images or total, total)
    losses = estimate(
        one_sample(num_steps, protocol),
        model,
        pictures,
        binarisation=binarisation,
        seed=seed,
        on_progress=lambda done: on_progress(done, total + weighed),
    )
    floors = grey_floors(pictures) if binarisation == "grey" else None
    found = Evaluation(
        data=dataset.name,
        categories=dataset.categories,
        split=split,
        images=total,
        binarisation=binarisation,
        protocol=protocol,
        num_steps=num_steps,
        distortion=float(losses.distortion.mean()),
        rate=float(losses.rate.mean()),
        rate_per_step=tuple(losses.rate_per_step.mean(0).tolist()),
        floor=None if floors is None else float(floors.mean()),
    )
    if protocol == "as-published":
        Lz = published_rate(found.rate, num_steps, model.latent_size)
        return dataclasses.replace(found, Lx=found.distortion, Lz=Lz)
    bound = found.distortion + found.rate
    found = dataclasses.replace(
        found,
        bound=bound,
        stderr=standard_error(losses.bound),
        excess=None if found.floor is None else bound - found.floor,
        bits_per_dim=bound / np.log(2) / np.prod(dataset.shape),
        by_category=_by_category(dataset.categories, pictures, losses.bound, floors),
    )
    if importance_samples is None:
        return found
    places = np.random.default_rng(seed).permutation(total)[:weighed]
    weighted = estimate(
        importance_weighted(num_steps, importance_samples),
        model,
        pictures,
        binarisation=binarisation,
        seed=seed,
        places=places,
        on_progress=lambda done: on_progress(total + done, total + weighed),
    )
    return dataclasses.replace(
        found,
        importance_samples=importance_samples,
        importance_bound=float(weighted.mean()),
        importance_stderr=standard_error(weighted),
        importance_images=weighed,
        importance_gain=float(losses.bound[places].mean() - weighted.mean()),
    )


def _by_category(
    names: Sequence[str],
    pictures: Split,
    bounds: Float[np.ndarray, "b"],
    floors: Float[np.ndarray, "b"] | None,
) -> dict[str, CategoryBound]:
    """Those of several categories that have pictures in the split; none of a single one."""
    if len(names) == 1:
        return {}
    categories = pictures.categories(np.arange(len(pictures)))
    places = {name: np.flatnonzero(categories == k) for k, name in enumerate(names)}
    return {
        name: CategoryBound(
            images=len(own),
            bound=float(bounds[own].mean()),
            stderr=standard_error(bounds[own]),
            floor=None if floors is None else float(floors[own].mean()),
        )
        for name, own in places.items()
        if len(own)
    }


def standard_error(values: Float[np.ndarray, "b"]) -> float | None:
    """Standard error of a mean; unknown from a single value."""
    if len(values) < 2:
        return None
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def grey_floors(pictures: Split) -> Float[np.ndarray, "b"]:
    """Entropy of each picture's grey targets, nats: no cross-entropy against them is lower."""
    chunks = np.array_split(np.arange(len(pictures)), len(pictures) // 1024 + 1)
    entropies = jax.jit(jax.vmap(bernoulli_entropy))
    parts = [entropies(pictures.levels(chunk) / np.float32(255)) for chunk in chunks]
    return np.concatenate(parts)
