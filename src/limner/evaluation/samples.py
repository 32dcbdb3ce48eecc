"""How good samples are, beside the bound: are they recognised, are they like people's drawings.

All is measured of samples as probabilities, of the same samples as ink, and of validation drawings,
which show how well drawings of people do. The factor of ink is chosen by reconstructions of
validation drawings: among `INK_FACTORS` the one with which the judge names most of them rightly,
or the smallest of several. No test drawing has a say in it.

Axis letters: b drawing, k category, f feature, c channel, h w image.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit

from limner.config import RunConfig
from limner.data.dataset import Dataset
from limner.data.splits import Split, evenly
from limner.errors import LimnerError
from limner.evaluation.bound import standard_error
from limner.evaluation.judge import load_judge, look
from limner.evaluation.judgement import Estimate, Judgement, Quality, Recognised
from limner.evaluation.likeness import (
    NEIGHBOURS,
    bootstrap_error,
    coverage,
    density,
    frechet_distance,
    neighbourhoods,
)
from limner.evaluation.neighbours import nearest
from limner.model.draw import Draw
from limner.sampling.drawings import generate, noises, reconstruct
from limner.system.progress import Advance

INK_FACTORS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
"""The factors on the logits of which one is chosen to show drawings as ink."""

RECONSTRUCTED = 500
"""Number of validation drawings, at most, that are reconstructed, with noise of seed 0."""

SEARCHED = 256
"""Number of drawings whose nearest training drawings are searched."""

SHAPE = (1, 28, 28)
"""Channels, height and width of what the judge sees."""

STAGES = 4
"""Number of stages of `judge_samples`."""


def judge_samples(
    model: Draw,
    dataset: Dataset,
    config: RunConfig,
    *,
    each: int,
    seed: int = 0,
    ink: float | None = None,
    of: str = "the model",
    on_progress: Advance = lambda done, total, note="": None,
) -> Judgement:
    """Measure how good samples are; nothing is chosen by test drawings.

    A sample of a class-conditional model is recognised if the judge takes it for the category that
    was asked for; of any other model, if the judge takes it for any category of the data. A
    reconstruction is recognised if the judge takes it for the category of its drawing.

    Args:
        model: The network.
        dataset: Its data.
        config: The settings of its run.
        each: Number of samples of each category; of all, if the model is not class-conditional.
        seed: Seed for the noise of samples.
        ink: Factor on the logits for ink. None takes the one of `INK_FACTORS` with which most
            reconstructions are recognised.
        of: Name of the model, for error lines.
        on_progress: Called with the numbers of stages done and to do, and the stage's name.

    Raises:
        LimnerError: The judge does not know a category, the images have another size, or there are
            too few samples, test drawings or validation drawings.
    """
    if each < 2:
        raise LimnerError(f"samples is {each}: it must be at least 2, or no spread is known")
    num_steps, binarisation = config.model.num_steps, config.data.binarisation
    once = (0,)  # the visit at which dynamic binarisation draws
    judge, card = load_judge()
    if dataset.shape != SHAPE:
        raise LimnerError(f"{of} cannot be judged: the judge sees {SHAPE}, not {dataset.shape}")
    known = np.array(card.indices(dataset.categories, of))
    asked = _Asked(known, apart=model.categories is not None)
    test, valid, train = (dataset.split(name) for name in ("test", "valid", "train"))
    compared, shown = asked.choose(test, None), asked.choose(valid, each)
    redrawn = _Asked(known, apart=True).choose(valid, max(1, RECONSTRUCTED // len(known)))
    if len(redrawn) == 0:
        raise LimnerError(f"{of} cannot be judged: a category has no validation drawings")
    if len(compared) <= NEIGHBOURS:
        raise LimnerError(
            f"samples are compared with more than {NEIGHBOURS} test drawings, and there are "
            f"{len(compared)}"
        )

    on_progress(0, STAGES, "reconstructing validation drawings")
    truth, originals = valid.categories(redrawn), valid.pixels(redrawn, binarisation, once)
    canvases = reconstruct(model, originals, num_steps=num_steps, seed=0, categories=truth)

    def named(images: Float[np.ndarray, "b 1 28 28"]) -> Estimate:
        return _mean((look(judge, images)[0].argmax(1) == known[truth]).astype(float))

    by_factor = {
        factor: named(_pixels(canvases.canvases[-1], factor))
        for factor in {1.0, *(INK_FACTORS if ink is None else (ink,))}
    }
    if ink is None:
        ink = max(INK_FACTORS, key=lambda factor: by_factor[factor].value)  # the first of several

    on_progress(1, STAGES, "drawing samples")
    canvases = _sample(model, asked.groups, each, num_steps, seed)
    sets = {
        "samples": (_pixels(canvases, 1.0), np.arange(len(canvases)) // each),
        "as_ink": (_pixels(canvases, ink), np.arange(len(canvases)) // each),
        "people": (valid.pixels(shown, binarisation, once), asked.of(valid.categories(shown))),
    }
    on_progress(2, STAGES, "judging")
    real = look(judge, test.pixels(compared, binarisation, once))[1]
    seen = {name: look(judge, images) for name, (images, _) in sets.items()}
    hits = {name: asked.recognised(seen[name][0], own) for name, (_, own) in sets.items()}
    on_progress(3, STAGES, "searching training drawings")
    some = [images[evenly(len(images), SEARCHED)] for images, _ in sets.values()]
    found = nearest(np.concatenate(some), train, num=1, binarisation=binarisation).distances[:, 0]
    distances = dict(zip(sets, np.split(found, np.cumsum([*map(len, some)])[:-1]), strict=True))
    on_progress(STAGES, STAGES, "")
    by_category = {}
    if asked.apart:
        for group, name in enumerate(dataset.categories):
            shares = [_mean(hits[kind][own == group]) for kind, (_, own) in sets.items()]
            by_category[name] = Recognised(*shares)
    return Judgement(
        each=each,
        seed=seed,
        ink=ink,
        compared_with=len(compared),
        judge=card.test,
        reconstructed=len(redrawn),
        reconstructions=Recognised(by_factor[1.0], by_factor[ink], named(originals)),
        by_category=by_category,
        **{name: _quality(hits[name], seen[name][1], real, distances[name]) for name in sets},
    )


@dataclass(frozen=True)
class _Asked:
    """What samples were asked to be. A group is a category, or all if they are not told apart."""

    known: Int[np.ndarray, "k"]
    """Index, for the judge, of each category of the data."""
    apart: bool
    """Whether the model tells categories apart."""

    @property
    def groups(self) -> int:
        return len(self.known) if self.apart else 1

    def of(self, categories: Int[np.ndarray, "b"]) -> Int[np.ndarray, "b"]:
        """The group of each drawing."""
        return categories if self.apart else np.zeros_like(categories)

    def choose(self, split: Split, most: int | None) -> Int[np.ndarray, "b"]:
        """As many drawings of each group as the smallest has, or fewer; evenly over the split."""
        groups = self.of(split.categories(np.arange(len(split))))
        own = [np.flatnonzero(groups == group) for group in range(self.groups)]
        count = min(map(len, own)) if most is None else min(most, *map(len, own))
        return np.concatenate([indices[evenly(len(indices), count)] for indices in own])

    def recognised(
        self, scores: Float[np.ndarray, "b _"], groups: Int[np.ndarray, "b"]
    ) -> Float[np.ndarray, "b"]:
        """1 for each drawing that the judge takes for what was asked for, else 0."""
        taken = scores.argmax(1)
        right = taken == self.known[groups] if self.apart else np.isin(taken, self.known)
        return right.astype(float)


def _sample(
    model: Draw, groups: int, each: int, num_steps: int, seed: int
) -> Float[np.ndarray, "b c h w"]:
    """The last canvases of samples, `each` of every group in turn, with noise of their own."""
    noise = noises(seed, groups * each, num_steps, model.latent_size)
    parts = [
        generate(model, noise[group * each :][:each], np.full(each, group)).canvas[:, -1]
        for group in range(groups)
    ]
    return np.concatenate(parts)


def _pixels(canvases: Float[np.ndarray, "b c h w"], factor: float) -> Float[np.ndarray, "b c h w"]:
    return expit(np.float32(factor) * canvases)


def _mean(values: Float[np.ndarray, "b"]) -> Estimate:
    return Estimate(value=float(values.mean()), stderr=standard_error(values))


def _quality(
    hits: Float[np.ndarray, "b"],
    features: Float[np.ndarray, "b f"],
    real: Float[np.ndarray, "n f"],
    distances: Float[np.ndarray, "m"],
) -> Quality:
    def estimate(statistic: Callable[..., float], *sets: np.ndarray) -> Estimate:
        return Estimate(value=float(statistic(*sets)), stderr=bootstrap_error(statistic, *sets))

    near = neighbourhoods(real, features)
    return Quality(
        drawings=len(hits),
        recognised=_mean(hits),
        frechet=estimate(frechet_distance, real, features),
        density=_mean(density(near)),
        coverage=_mean(coverage(near)),
        searched=len(distances),
        distance=estimate(np.median, distances),
    )
