"""Shared fixtures: float64, a small network, and where the real drawings lie."""

import os
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import settings
from runs import make_pair, make_run

from limner.data.dataset import open_dataset
from limner.model.draw import Draw
from limner.pretrained import hub
from limner.pretrained.export import export
from limner.run import Run

REPOSITORY = Path(__file__).resolve().parents[1]
SYSTEM = REPOSITORY / "tests" / "system"

jax.config.update("jax_num_cpu_devices", 2)
# No test asks the real hub: those that have one here say so.
os.environ["HF_HUB_OFFLINE"] = "1"
# Nearly all the time goes into compiling. What is compiled is kept for the next time, small
# programs too, and found by the processes that tests start.
for setting, value in {
    "jax_compilation_cache_dir": str(REPOSITORY / ".cache" / "compiled"),
    "jax_persistent_cache_min_compile_time_secs": 0,
}.items():
    os.environ[setting.upper()] = str(value)
    jax.config.update(setting, value)
# How long an example takes depends on what is compiled for it and on who else uses the machine.
settings.register_profile("limner", deadline=None, max_examples=50)
settings.load_profile("limner")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-write",
        action="store_true",
        help="in tests/system/test_killed.py, fail at each write instead of a few; takes an hour",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes, kills them, opens browsers or runs commands is marked `system`."""
    for item in items:
        if SYSTEM in item.path.parents:
            item.add_marker(pytest.mark.system)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file's tests run in one process, so that no two compile the same and none holds it all."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


@pytest.fixture(scope="module", autouse=True)
def _forgotten_programs():
    """Drop what a module compiled, a megabyte for each program, however small."""
    yield
    jax.clear_caches()


@pytest.fixture
def float64():
    """Compute in float64 while the test runs."""
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


@pytest.fixture
def make_model():
    """Makes a small network with every weight moved away from its special first value."""

    def make(**sizes) -> Draw:
        defaults = {"height": 7, "width": 5, "latent_size": 3, "hidden_size": 8}
        defaults |= {"read_grid": 3, "write_grid": 2}
        shapes = jax.eval_shape(lambda: Draw(**(defaults | sizes), key=jax.random.key(0)))
        dtype = np.float64 if jax.config.read("jax_enable_x64") else np.float32
        random = np.random.default_rng(0)
        return jax.tree.map(
            lambda leaf: jax.numpy.asarray(random.normal(0, 0.4, leaf.shape), dtype), shapes
        )

    return make


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """A data root with official Quick, Draw! files; skips where there is none."""
    root = Path(os.environ.get("LIMNER_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (root / "quickdraw_dataset").is_dir():
        pytest.skip(f"no official drawings under {root} (set LIMNER_TEST_DATA to a data root)")
    return root


@pytest.fixture
def kitten(tmp_path) -> Run:
    """A finished run, drawn by a program's cats."""
    run = make_run(tmp_path / "runs" / "kitten")
    session = {"seconds": 12.5, "devices": 2, "device": "cpu", "machine": "Abacus 3"}
    run.add_session({"from_update": 0, "to_update": 5} | session)
    run.add_session({"from_update": 5, "to_update": 10} | session)
    return run


@pytest.fixture
def exported(kitten, tmp_path, monkeypatch) -> Path:
    """The same, as a model called kitten that came with the package; the working folder is new."""
    folder = tmp_path / "shelf" / "kitten"
    export(kitten, folder, open_dataset(kitten.config.data), title="Kittens")
    monkeypatch.setattr(hub, "SHELF", folder.parent)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


@pytest.fixture(scope="session")
def pair(tmp_path_factory) -> Path:
    """A trained model that tells cats and dogs apart, exported."""
    return make_pair(tmp_path_factory.mktemp("pair"))
