"""How well a model does on images it has not seen, in nats.

Axis letters: b image, t step.
"""

import dataclasses
import math
from collections.abc import Sequence

import jax
import numpy as np
from jaxtyping import Float

from limner.config import Binarisation, Protocol, SplitName
from limner.data.dataset import Dataset
from limner.data.splits import Split
from limner.evaluation.importance import weighted_bounds
from limner.evaluation.measure import estimate, one_sample
from limner.evaluation.result import CategoryBound, Evaluation, check_importance
from limner.evaluation.unfinished import Unfinished
from limner.model.distributions import bernoulli_entropy
from limner.model.draw import Draw
from limner.model.objective import published_rate
from limner.system.progress import Advance


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
    on_progress: Advance = lambda done, total, note="": None,
) -> Evaluation:
    """Evaluate a model on a whole split.

    Importance-weighted bounds may take hours. Ctrl-C stops them, and the same evaluation goes on to
    the same number, bit for bit: what is done lies in the user's cache folder meanwhile.

    Args:
        model: The network.
        dataset: The images.
        num_steps: Number of steps, T.
        binarisation: How grey levels become targets.
        protocol: How the noise is made; only "honest" gives a bound.
        split: The split to measure.
        importance_samples: Number K of importance samples for each image, to estimate the
            importance-weighted bound (IWAE) too.
        importance_images: Number of images, chosen at random, for the importance-weighted bound;
            None takes all of them.
        seed: Seed for the noise.
        on_progress: Called with the numbers of measurements done and to do, and a note.

    Returns:
        Means over the split, in nats for each image.

    Raises:
        LimnerError: There is no such split or protocol, or the split is empty; or as for
            `check_importance`.
        Interrupted: Ctrl-C, SIGTERM or SIGHUP came during importance sampling.
    """
    check_importance(importance_samples, importance_images, protocol)
    images = dataset.split(split)
    total = len(images)
    weighed = 0 if importance_samples is None else min(importance_images or total, total)
    measurements = total + weighed * (importance_samples or 0)
    losses = estimate(
        one_sample(num_steps, protocol),
        model,
        images,
        binarisation=binarisation,
        seed=seed,
        on_progress=lambda done: on_progress(done, measurements),
    )
    floors = grey_floors(images) if binarisation == "grey" else None
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
        bits_per_dim=bound / math.log(2) / math.prod(dataset.shape),
        quantiles=bound_quantiles(losses.bound),
        by_category=_by_category(dataset.categories, images, losses.bound, floors),
    )
    if importance_samples is None:
        return found
    indices = np.random.default_rng(seed).permutation(total)[:weighed]
    settings = (importance_samples, num_steps, binarisation, split, seed, indices.tolist())

    def tell(done: int, resumed: int) -> None:
        note = f"resumed at {resumed:,} samples" if resumed else ""
        on_progress(total + done, measurements, note)

    weighted = weighted_bounds(
        model,
        images,
        num_steps=num_steps,
        num_samples=importance_samples,
        binarisation=binarisation,
        seed=seed,
        indices=indices,
        unfinished=Unfinished.of(model, dataset.fingerprint(), *settings),
        on_progress=tell,
    )
    return dataclasses.replace(
        found,
        importance_samples=importance_samples,
        importance_bound=float(weighted.mean()),
        importance_stderr=standard_error(weighted),
        importance_images=weighed,
        importance_gain=float(losses.bound[indices].mean() - weighted.mean()),
    )


def _by_category(
    names: Sequence[str],
    images: Split,
    bounds: Float[np.ndarray, "b"],
    floors: Float[np.ndarray, "b"] | None,
) -> dict[str, CategoryBound]:
    """The bound of each category that has images in the split; empty if there is only one."""
    if len(names) == 1:
        return {}
    categories = images.categories(np.arange(len(images)))
    indices = {name: np.flatnonzero(categories == k) for k, name in enumerate(names)}
    return {
        name: CategoryBound(
            images=len(own),
            bound=float(bounds[own].mean()),
            stderr=standard_error(bounds[own]),
            floor=None if floors is None else float(floors[own].mean()),
            quantiles=bound_quantiles(bounds[own]),
        )
        for name, own in indices.items()
        if len(own)
    }


def bound_quantiles(bounds: Float[np.ndarray, "b"]) -> tuple[float, ...]:
    """Quantiles of bounds at 0, 1, 2, ... 100 %, to a tenth of a nat."""
    return tuple(np.quantile(bounds.astype(float), np.linspace(0, 1, 101)).round(1).tolist())


def standard_error(values: Float[np.ndarray, "b"]) -> float | None:
    """Standard error of a mean; None if there is only one value."""
    if len(values) < 2:
        return None
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def grey_floors(images: Split) -> Float[np.ndarray, "b"]:
    """Entropy of the grey targets of each image, nats: no cross-entropy with them is lower."""
    entropies = jax.jit(jax.vmap(bernoulli_entropy))
    return np.concatenate([entropies(images.pixels(some, "grey", ())) for some in images.blocks()])
