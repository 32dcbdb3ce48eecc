"""Shared fixtures: float64, a small network, and where the real drawings lie."""

import os
import tempfile
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import settings

from limner.model.draw import Draw
from limner.system.devices import keep_compiled

REPOSITORY = Path(__file__).resolve().parents[1]

jax.config.update("jax_num_cpu_devices", 2)
# Many tests compile the same programs.
keep_compiled(Path(tempfile.mkdtemp(prefix="limner-compiled-")))
# How long an example takes depends on what is compiled for it and on who else uses the machine.
settings.register_profile("limner", deadline=None, max_examples=50)
settings.load_profile("limner")


@pytest.fixture
def float64():
    """Compute in float64 while the test runs."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def make_model():
    """Makes a small network with every weight moved away from its special first value."""

    def make(**sizes) -> Draw:
        defaults = {"height": 7, "width": 5, "latent_size": 3, "hidden_size": 8}
        defaults |= {"read_grid": 3, "write_grid": 2}
        model = Draw(**(defaults | sizes), key=jax.random.key(0))
        dtype = np.float64 if jax.config.read("jax_enable_x64") else np.float32
        random = np.random.default_rng(0)
        return jax.tree.map(
            lambda leaf: jax.numpy.asarray(random.normal(0, 0.4, leaf.shape), dtype), model
        )

    return make


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """A data root with official Quick, Draw! files; skips where there is none."""
    root = Path(os.environ.get("LIMNER_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (root / "quickdraw_dataset").is_dir():
        pytest.skip(f"no official drawings under {root} (set LIMNER_TEST_DATA to a data root)")
    return root
