"""Which models there are, and what can be asked of one.

A model's functions take rows and pad them to one of few numbers, so that each is compiled for few
shapes; models of equal sizes share what is compiled.

Axis letters: b picture, c channel, h w picture.
"""

import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, UInt8, UInt32

from limner.config import RunConfig
from limner.data import binarise
from limner.data.dataset import category_names
from limner.errors import LimnerError
from limner.model.distributions import bernoulli_entropy
from limner.model.draw import Draw, Step
from limner.model.objective import Loss, loss_of_inference
from limner.pretrained.hub import find, names
from limner.pretrained.repository import repository_of
from limner.run import Run, model_categories
from limner.sampling.completion import complete
from limner.sampling.drawings import Drawings, collect, generate, noises
from limner.sampling.interpolation import interpolate
from limner.studio.batching import MOST_ROWS

MOST_SAMPLES = 36
MOST_COMPLETIONS = 8
MOST_PLACES = 33
MOST_STEPS = 64
"""Of samples; a model trained for more draws up to its own number."""


class Reconstructions(NamedTuple):
    """Pictures drawn from looks at them, and what they cost; on a first axis of pictures."""

    steps: Step
    losses: Loss
    floor: Float[Array, "*b"]
    """The pictures' own entropy, nats: 0 of ink and paper. No distortion is below it."""


@dataclass(eq=False)
class StudioModel:
    """A network and its run."""

    name: str
    run: Run
    network: Draw = field(repr=False)
    category: str | None = None
    """What it draws, of a network that tells categories apart."""
    test_bounds: Float[np.ndarray, "b"] = field(default_factory=lambda: np.zeros(0))
    """Of some test drawings, in ascending order, once they are known."""

    @property
    def config(self) -> RunConfig:
        """How it was made."""
        return self.run.config

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """What it draws; unknown of pictures of one's own that are not here."""
        if self.category is not None:
            return (self.category,)
        with suppress(LimnerError):
            return category_names(self.config.data)
        return ()

    @property
    def num_steps(self) -> int:
        """T of its training."""
        return self.config.model.num_steps

    @property
    def most_steps(self) -> int:
        """T that samples may have."""
        return max(MOST_STEPS, self.num_steps)

    @property
    def draws(self) -> bool:
        """Whether strokes can be drawn for it: its pictures are squares of ink."""
        channels, height, width = self.network.shape
        return channels == 1 and height == width

    def targets(self, levels: UInt8[np.ndarray, "*b c h w"]) -> Float[np.ndarray, "*b c h w"]:
        """Grey levels as this model is given them: cut at one half if it knows ink or none."""
        return binarise.pixels(levels, self.config.data.binarisation)

    def reconstruct(
        self, images: Float[np.ndarray, "b c h w"], seeds: UInt32[np.ndarray, "b"]
    ) -> Reconstructions:
        """Draw pictures from looks at them, each by its seed, as `sample.reconstruct` draws one."""
        count = 1 if len(images) == 1 else MOST_ROWS
        padded = (np.resize(rows, (count, *rows.shape[1:])) for rows in (images, seeds))
        drawn = _reconstruct(self.network, *padded, num_steps=self.num_steps)
        return jax.tree.map(lambda leaf: np.asarray(leaf)[: len(images)], drawn)

    def sample(self, num: int, num_steps: int, seed: int, temperature: float) -> Drawings:
        """Draw from the prior what `sample.sample` draws.

        Drawing more, for longer, and cutting the rest off changes nothing of the first.
        """
        latent_size = self.network.latent_size
        most = self.num_steps if num_steps <= self.num_steps else self.most_steps
        noise = np.zeros((MOST_SAMPLES, most, latent_size), np.float32)
        asked = _noises(np.uint32(seed), MOST_SAMPLES, num_steps, latent_size)
        noise[:, :num_steps] = temperature * np.asarray(asked)
        drawings = collect(generate(self.network, noise))
        return jax.tree.map(lambda leaf: leaf[:num_steps, :num], drawings)

    def complete(
        self, image: Float[np.ndarray, "c h w"], num: int, seed: int, temperature: float
    ) -> Drawings:
        """Finish a drawing in several ways; the first are the same however many there are."""
        drawings = complete(
            self.network,
            image,
            num=MOST_COMPLETIONS,
            num_steps=self.num_steps,
            seed=seed,
            temperature=temperature,
        )
        return jax.tree.map(lambda leaf: leaf[:, :num], drawings)

    def interpolate(
        self, first: Float[np.ndarray, "c h w"], second: Float[np.ndarray, "c h w"], num: int
    ) -> Drawings:
        """Draw the way from one picture to another."""
        places = np.ones(MOST_PLACES, np.float32)
        places[:num] = np.linspace(0, 1, num)
        drawings = interpolate(self.network, first, second, places=places, num_steps=self.num_steps)
        return jax.tree.map(lambda leaf: leaf[:, :num], drawings)

    def percentile(self, bound: float) -> float | None:
        """Percent of test drawings with a lower bound; None before those are known."""
        if not len(self.test_bounds):
            return None
        return 100 * float(np.searchsorted(self.test_bounds, bound)) / len(self.test_bounds)


@partial(jax.jit, static_argnames="num_steps")
def _reconstruct(
    model: Draw,
    images: Float[Array, "b c h w"],
    seeds: UInt32[Array, "b"],
    *,
    num_steps: int,
) -> Reconstructions:
    def one(image: Float[Array, "c h w"], seed: UInt32[Array, ""]) -> Reconstructions:
        noise = noises(seed, 1, num_steps, model.latent_size)[0]
        final, steps = model.infer(image, noise)
        losses = loss_of_inference(final, steps, image)
        return Reconstructions(steps, losses, bernoulli_entropy(image))

    return jax.vmap(one)(images, seeds)


_noises = jax.jit(noises, static_argnums=(1, 2, 3))


def find_models(places: Sequence[Path], beneath: Path = Path("runs")) -> dict[str, Run]:
    """The runs to serve, by name; the first is the one a visitor meets.

    Args:
        places: Run folders, names of pretrained models, and folders of runs; if there are none,
            those of `beneath`.
        beneath: Where `limner train` leaves its runs: of these the finished ones, newest first; if
            there are none, the pretrained models.

    Raises:
        LimnerError: A place holds no run with weights, or there is none at all.
    """
    runs = [run for place in places for run in _runs_at(place)] or _runs_to_meet(beneath)
    named: dict[str, Run] = {}
    for run in runs:
        folder = name = run.name
        copies = itertools.count(2)
        while name in named:
            name = f"{folder}-{next(copies)}"
        named[name] = run
    return named


def load_models(runs: dict[str, Run]) -> dict[str, StudioModel]:
    """The runs with their weights in memory; one that tells categories apart is a model of each."""
    models = {}
    for name, run in runs.items():
        network = run.load_model()
        kinds = model_categories(run.config)
        if not kinds:
            models[name] = StudioModel(name, run, network)
        for place, kind in enumerate(kinds):
            whole = f"{name}/{kind}"
            models[whole] = StudioModel(whole, run, network.of(place), kind)
    return models


def _runs_to_meet(beneath: Path) -> list[Run]:
    finished = [run for run in _runs_in(beneath) if run.finished]
    finished.sort(key=lambda run: run.weights.stat().st_mtime, reverse=True)
    runs = finished or [find(Path(name)) for name in names()]
    if not runs:
        raise LimnerError(
            f"there is no finished run under {beneath}: make one in some minutes with "
            "`limner demo`, or name a run folder"
        )
    return runs


def _runs_at(place: Path) -> list[Run]:
    if (place / "config.json").exists() or str(place) in names() or repository_of(place):
        return [find(place)]
    runs = [run for run in _runs_in(place) if run.weights.exists()]
    if not runs:
        shelf = f" ({', '.join(names())})" if names() else ""
        raise LimnerError(
            f"{place} is neither a run folder nor a folder of runs with weights, nor the name of a "
            f"pretrained model{shelf}"
        )
    return runs


def _runs_in(folder: Path) -> list[Run]:
    return [Run.open(path.parent) for path in sorted(folder.glob("*/config.json"))]
