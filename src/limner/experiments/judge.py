"""How the judge of `evaluation/judge.py` is trained: on drawings of people, moved at random.

All categories are seen equally often, however many drawings each has. The weights that are kept
are an exponential moving average (EMA), at the update with the most validation drawings named
rightly. Test drawings are looked at once, at the end.

Axis letters: b image, c channel, h w image.
"""

import dataclasses
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt8

from limner.config import DataConfig
from limner.data.dataset import Dataset
from limner.data.splits import Split
from limner.evaluation.judge import Judge, JudgeCard, look
from limner.model.weights import load_weights, save_weights
from limner.presets import PRESETS
from limner.system.checksums import write_checked
from limner.system.progress import Advance
from limner.system.provenance import processor
from limner.training.augment import mirror

Image = Float[Array, "c h w"]

CATEGORIES = PRESETS["sketches"].data.categories
"""The categories that the judge learns."""

LIMIT = 3999
"""Number of first rows of each category, as for the pretrained models."""

COMMAND = "limner reproduce judge"

UPDATES, BATCH_SIZE, RATE, DECAY = 5000, 128, 3e-3, 0.998
VALIDATE_EVERY = 250

SMOOTHING = 0.1
"""Part of the probability that the targets spread over all categories (label smoothing)."""

CONFUSED = 12
"""Number of mistakes on the card, the most frequent ones."""


def judge_data(root: Path | None) -> DataConfig:
    """The settings that name the judge's data."""
    return DataConfig(name="quickdraw", categories=CATEGORIES, limit=LIMIT, root=root)


def train_judge(
    dataset: Dataset,
    out: Path,
    *,
    updates: int = UPDATES,
    seed: int = 0,
    on_progress: Advance = lambda done, total, note="": None,
) -> JudgeCard:
    """Train a judge, and write its weights and its card.

    Args:
        dataset: The drawings.
        out: Folder for judge.safetensors and judge.json.
        updates: Number of optimiser updates.
        seed: Seed for the weights, the order of drawings and their changes.
        on_progress: Called with the numbers of updates done and to do, and the validation.

    Returns:
        Its card.

    Raises:
        LimnerError: The folder cannot be written.
    """
    started, weights = time.monotonic(), out / "judge.safetensors"
    train, valid, test = (dataset.split(name) for name in ("train", "valid", "test"))
    judge = Judge(len(dataset.categories), key=jax.random.key(seed))
    optimiser = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.adamw(
            optax.warmup_cosine_decay_schedule(0, RATE, min(200, updates // 2), updates),
            weight_decay=1e-2,
        ),
    )
    state, average, best = optimiser.init(eqx.filter(judge, eqx.is_array)), judge, -1.0
    batches = _batches(train, np.random.default_rng(seed))
    for update in range(1, updates + 1):
        key = jax.random.fold_in(jax.random.key(seed), update)
        judge, state, average = _step(judge, state, average, *next(batches), key, optimiser)
        if update % VALIDATE_EVERY == 0 or update == updates:
            share = float(_named(average, valid)[1].mean())
            if share > best:
                best = share
                save_weights(eqx.filter(average, eqx.is_array), weights, np.float16)
            on_progress(update, updates, f"{share:.1%} of validation drawings")
    card = JudgeCard(
        drawings=len(train),
        valid=best,
        updates=updates,
        command=COMMAND,
        seconds=round(time.monotonic() - started, 1),
        device=processor(),
        **_tested(load_weights(judge, weights), dataset, test),
    )
    write_checked(out / "judge.json", dataclasses.asdict(card))
    return card


def _tested(judge: Judge, dataset: Dataset, test: Split) -> dict[str, Any]:
    """What a card says of the test drawings."""
    truth, right, taken = _named(judge, test)
    names = dataset.categories
    counts = np.bincount(truth, minlength=len(names))
    mistakes = Counter(zip(truth[~right].tolist(), taken[~right].tolist(), strict=True))
    shares = {pair: count / int(counts[pair[0]]) for pair, count in mistakes.items()}
    worst = sorted(shares, key=lambda pair: -shares[pair])[:CONFUSED]
    return {
        "categories": names,
        "test": float(right.mean()),
        "test_drawings": len(test),
        "by_category": {name: float(right[truth == k].mean()) for k, name in enumerate(names)},
        "confused": tuple((names[k], names[j], shares[k, j]) for k, j in worst),
    }


def _named(
    judge: Judge, split: Split
) -> tuple[Int[np.ndarray, "b"], np.ndarray, Int[np.ndarray, "b"]]:
    """The category of each drawing, whether the judge names it, and what it names."""
    indices = np.arange(len(split))
    truth = split.categories(indices)
    taken = look(judge, split.pixels(indices, "grey", ()))[0].argmax(1)
    return truth, taken == truth, taken


def _batches(
    split: Split, random: np.random.Generator
) -> Iterator[tuple[UInt8[np.ndarray, "b c h w"], Int[np.ndarray, "b"]]]:
    """Batches of drawings and their categories, each category with the same probability."""
    levels = split.levels(np.arange(len(split)))
    truth = split.categories(np.arange(len(split)))
    own = [np.flatnonzero(truth == k) for k in range(truth.max() + 1)]
    while True:
        categories = random.integers(len(own), size=BATCH_SIZE)
        yield levels[[random.choice(own[k]) for k in categories]], categories


@partial(jax.jit, static_argnames="optimiser")
def _step(judge, state, average, levels, categories, key, optimiser):
    """One update of the weights and of their average."""

    def mean_loss(judge: Judge) -> Float[Array, ""]:
        keys = jax.random.split(key, len(levels))
        images = jax.vmap(changed_at_random)(levels / jnp.float32(255), keys)
        scores = jax.vmap(judge)(images)
        targets = optax.smooth_labels(jax.nn.one_hot(categories, scores.shape[1]), SMOOTHING)
        return optax.softmax_cross_entropy(scores, targets).mean()

    gradient = jax.grad(mean_loss)(judge)
    change, state = optimiser.update(gradient, state, judge)
    judge = optax.apply_updates(judge, change)
    average = jax.tree.map(lambda old, new: DECAY * old + (1 - DECAY) * new, average, judge)
    return judge, state, average


def changed_at_random(image: Image, key: PRNGKeyArray) -> Image:
    """The image mirrored and moved at random; one in eight stays as it is."""
    stays, mirrors, moves = jax.random.split(key, 3)
    changed = moved(mirror(image, mirrors), moves)
    return jnp.where(jax.random.bernoulli(stays, 1 / 8), image, changed)


def moved(image: Image, key: PRNGKeyArray) -> Image:
    """The image turned, stretched, slanted and shifted.

    By at most 0.25 (15°), 15 % in height and in width, 0.15 and 2 pixels.
    """
    turn, slant, *others = jax.random.uniform(key, (6,), minval=-1, maxval=1)
    cos, sin = jnp.cos(turn / 4), jnp.sin(turn / 4)
    matrix = jnp.array([[cos, -sin], [sin, cos]]) @ jnp.array([[1, 0.15 * slant], [0, 1]])
    matrix *= 1 + 0.15 * jnp.stack(others[:2])
    middle = (np.array(image.shape[1:]) - 1) / 2
    here = np.indices(image.shape[1:]) - middle[:, None, None]
    there = jnp.einsum("ij,jhw->ihw", matrix, here)
    there += (middle + 2 * jnp.stack(others[2:]))[:, None, None]
    sampled = partial(jax.scipy.ndimage.map_coordinates, coordinates=list(there), order=1)
    return jax.vmap(sampled)(image)
