"""What a type checker makes of the public names, though they are imported when first used.

Pyright reads this; nothing runs it. tests/system/test_release.py has it read the built package.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=error

from typing import Any, assert_type

import jax
import numpy as np
from jaxtyping import Array, Float

import limner
from limner import Curves, Dataset, Draw, Evaluation, Loss, RunConfig, Show, Trained


def check_the_library(images: np.ndarray) -> None:
    data = limner.Dataset.from_arrays(images)
    assert_type(data, Dataset)
    assert_type(limner.PRESETS["quickdraw"], RunConfig)
    run = limner.train(data, limner.PRESETS["quickdraw"], steps=10)
    assert_type(run, Trained)
    assert_type(limner.load("cat"), Trained)
    assert_type(run.sample(16), Show)
    assert_type(run.curves(), Curves)
    assert_type(run.evaluate(data), Evaluation)
    assert_type(run.evaluate(data).bound, float | None)
    assert_type(run.model, Draw)
    assert_type(run.metrics, list[dict[str, Any]])


def check_the_network(image: Float[Array, "c h w"]) -> None:
    model = limner.Draw(height=28, width=28, latent_size=10, hidden_size=64, key=jax.random.key(0))
    noise = limner.draw_noise(jax.random.key(1), num_steps=20, latent_size=10)
    assert_type(limner.loss(model, image, noise), Loss)


def check_that_mistakes_are_found() -> None:
    limner.load(3)  # pyright: ignore[reportArgumentType]
    limner.train(steps="10")  # pyright: ignore[reportArgumentType]
    limner.draw("cat")  # pyright: ignore[reportAttributeAccessIssue]
