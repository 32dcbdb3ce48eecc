"""Small runs to test with, made without training."""

import dataclasses
from pathlib import Path

import jax
import numpy as np

from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.model.draw import build_model
from limner.run import Run

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
