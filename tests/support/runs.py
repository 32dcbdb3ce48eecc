"""Small runs to test with."""

import dataclasses
from pathlib import Path

import jax
import numpy as np

from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.data.dataset import open_dataset
from limner.evaluation.judgement import Estimate, Judgement, Quality, Recognised
from limner.model.draw import build_model
from limner.pretrained.export import export
from limner.pretrained.hub import read_card
from limner.run import Run
from limner.system.checksums import write_checked
from limner.training.loop import fit_run

NUM_STEPS = 4


def make_run(folder: Path, seed: int = 0, *, finished: bool = True, **sizes) -> Run:
    """A run folder with weights that draw something, though it was never trained."""
    small = ModelConfig(hidden_size=16, num_steps=NUM_STEPS, latent_size=3)
    config = RunConfig(
        model=dataclasses.replace(small, **sizes),
        data=DataConfig(name="doodles", categories=("cat",), limit=40),
        train=TrainConfig(updates=10),
    )
    run = Run.create(folder, config)
    random = np.random.default_rng(seed)
    model = jax.tree.map(
        lambda leaf: jax.numpy.asarray(random.normal(0, 0.3, leaf.shape), leaf.dtype),
        build_model(config.model, jax.random.key(seed)),
    )
    run.save_model(model)
    losses = {"distortion": 200.0, "rate": 5.0, "bound": 205.0}
    run.write_metrics([{"kind": "valid", "update": 10 if finished else 5} | losses])
    return run


def make_pair(folder: Path) -> Path:
    """A trained model that tells cats and dogs apart, exported."""
    config = RunConfig(
        model=ModelConfig(hidden_size=8, num_steps=3, latent_size=2, num_categories=2),
        data=DataConfig(categories=("cat", "dog"), limit=40),
        train=TrainConfig(updates=4, batch_size=4, validate_every=2),
    )
    run, dataset = Run.create(folder / "run", config), open_dataset(config.data)
    assert fit_run(run, dataset).finished
    export(run, folder / "pair", dataset)
    return folder / "pair"


def give_ink(folder: Path, factor: float) -> None:
    """Let the card of an exported model say what it says of samples that were judged."""
    card = read_card(folder)
    assert card is not None
    number = Estimate(value=0.5, stderr=None)
    quality = Quality(
        drawings=2,
        recognised=number,
        frechet=number,
        density=number,
        coverage=number,
        searched=2,
        distance=number,
    )
    recognised = Recognised(probabilities=number, as_ink=number, people=number)
    judged = Judgement(
        each=2,
        seed=0,
        ink=factor,
        compared_with=9,
        judge=0.9,
        samples=quality,
        as_ink=quality,
        people=quality,
        reconstructed=2,
        reconstructions=recognised,
    )
    write_checked(
        folder / "card.json", dataclasses.asdict(dataclasses.replace(card, samples=judged))
    )


def assert_same(run: Run, other: Run) -> None:
    """The same weights and metrics, bit for bit, and the same checkpoints."""
    assert run.weights.read_bytes() == other.weights.read_bytes()
    assert run.metrics.read_bytes() == other.metrics.read_bytes()
    assert checkpointed(run) == checkpointed(other)


def checkpointed(run: Run) -> list[str]:
    """The updates of a run's checkpoints."""
    return sorted(path.name for path in run.checkpoints.iterdir())
