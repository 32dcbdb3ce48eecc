"""A damaged run folder gives what it gave before, or one line; never other numbers in silence.

Each file of a small run is truncated, and bits of it are flipped at positions drawn from a seed.
Then the run is loaded, and resumed up to the state that training goes on from.
"""

import shutil
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import limner
from limner.cli.main import main
from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.data.dataset import Dataset, open_dataset
from limner.errors import LimnerError, Mended
from limner.run import Run
from limner.system.devices import data_mesh, replicated_shapes
from limner.training.keeper import FolderKeeper
from limner.training.loop import fit_run
from limner.training.optimiser import make_optimiser
from limner.training.state import state_shapes

TINY = RunConfig(
    model=ModelConfig(hidden_size=4, num_steps=2, latent_size=2, read_grid=2, write_grid=2),
    data=DataConfig(categories=("cat",), limit=40),
    train=TrainConfig(updates=6, batch_size=4, validate_every=2),
)
FILES = ("config.json", "data.json", "metrics.jsonl", "sessions.jsonl", "model.safetensors")
FLIPS = 8
"""Bits flipped in each file, one at a time; of a checkpoint's files, which are many, fewer."""

Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return open_dataset(TINY.data)


@pytest.fixture(scope="module")
def sound(tmp_path_factory, dataset) -> Run:
    """A finished run with two sessions."""
    run = Run.create(tmp_path_factory.mktemp("damage") / "sound", TINY)

    class Cut(Exception):
        pass

    def cut(progress):
        raise Cut

    with pytest.raises(Cut):
        fit_run(run, dataset, cut)
    assert fit_run(run, dataset).finished
    run.add_session(run.read_sessions()[0] | {"from_update": 0, "to_update": 2})
    return run


@pytest.fixture(scope="module")
def expected(sound, dataset, tmp_path_factory) -> dict[int, Any]:
    """What resuming gives from the last checkpoint, and from the one before it."""
    folder = tmp_path_factory.mktemp("expected") / "run"
    shutil.copytree(sound.folder, folder)
    last = resumed(folder, dataset)
    shutil.rmtree(folder / "checkpoints" / "6")
    return {6: last, 4: resumed(folder, dataset)}


def damages(size: int, seed: int, flips: int) -> Iterator[tuple[str, Damage]]:
    """Ways to damage a file of a size, each with what it is called."""
    random = np.random.default_rng(seed)

    def flip(at: int, bit: int) -> Damage:
        def do(path: Path) -> None:
            content = bytearray(path.read_bytes())
            content[at] ^= 1 << bit
            path.write_bytes(content)

        return do

    def truncate(to: int) -> Damage:
        return lambda path: path.write_bytes(path.read_bytes()[:to]) and None

    for at, bit in random.integers((size, 8), size=(flips, 2)):
        yield f"bit {bit} of byte {at}", flip(at, bit)
    for to in {0, int(random.integers(size)), size - 1}:
        yield f"cut to {to} bytes", truncate(to)


def loaded(folder: Path) -> tuple[bool, list, list, tuple]:
    """What a run's folder gives: whether it is finished, its rows, and all else."""
    run = Run.open(folder)
    trained = limner.load(folder)
    weights = [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(trained.model)]
    others = run.config, trained.data, trained.card, weights
    return run.finished, trained.metrics, run.read_sessions(), others


def resumed(folder: Path, dataset: Dataset) -> tuple:
    """What training goes on from: the update, the state, the rows and the weights."""
    run = Run.open(folder)
    keeper = FolderKeeper(run)
    mesh = data_mesh(TINY.train.batch_size, TINY.train.devices)
    shapes = replicated_shapes(state_shapes(TINY, make_optimiser(TINY.train)), mesh)
    with keeper.opened():
        keeper.claim(dataset.fingerprint())
        state = keeper.restore(shapes)
    assert state is not None
    leaves = [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(state)]
    return int(state.updates), leaves, run.metrics.read_bytes(), run.weights.read_bytes()


def found_by(read: Callable[[], tuple]) -> tuple | None:
    """What is read; None where it is refused in one line."""
    try:
        return read()
    except LimnerError as error:
        line = str(error)
    assert "\n" not in line
    assert len(line) < 600
    return None


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_run_is_loaded_as_it_was_or_refused(sound, tmp_path, name):
    before = loaded(sound.folder)
    size = (sound.folder / name).stat().st_size
    for number, (what, damage) in enumerate(damages(size, FILES.index(name), FLIPS)):
        folder = tmp_path / str(number)
        shutil.copytree(sound.folder, folder, ignore=lambda *_: ["checkpoints"])
        damage(folder / name)
        if (found := found_by(partial(loaded, folder))) is None:
            continue
        finished, metrics, sessions, others = found
        assert others == before[3], what
        # Whole rows may be missing at the end, as while training: then it is not finished.
        assert metrics == before[1][: len(metrics)], what
        assert finished == (metrics == before[1]), what
        assert sessions == before[2][: len(sessions)], what
        assert "bit" not in what or len(sessions) == len(before[2]), what


@pytest.mark.parametrize("name", ["config.json", "card.json", "model.safetensors"])
def test_a_damaged_model_is_loaded_as_it_was_or_refused(exported, tmp_path, name):
    before = loaded(exported)
    content = (exported / name).read_bytes()
    for what, damage in damages(len(content), 0, 2 * FLIPS):
        damage(exported / name)
        assert found_by(partial(loaded, exported)) in (None, before), what
        (exported / name).write_bytes(content)


def checkpoint_files(run: Run) -> list[str]:
    last = run.checkpoints / "6"
    files = sorted(path for path in last.rglob("*") if path.is_file())
    return [path.relative_to(run.folder).as_posix() for path in files]


def test_a_damaged_run_is_resumed_as_it_was_or_refused(sound, expected, dataset, tmp_path):
    fell_back = 0
    names = [*FILES, *checkpoint_files(sound)]
    for seed, name in enumerate(names):
        size = (sound.folder / name).stat().st_size
        for number, (what, damage) in enumerate(damages(size, seed, 1 + (name in FILES))):
            folder = tmp_path / f"{seed}-{number}"
            shutil.copytree(sound.folder, folder)
            damage(folder / name)
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                found = found_by(partial(resumed, folder, dataset))
            if found is None:
                assert name in FILES, what  # a damaged checkpoint has one before it
                continue
            assert found == expected[found[0]], f"{name}: {what}"
            assert all(issubclass(one.category, Mended) for one in said)
            assert said or found[0] == 6, f"{name}: {what}"
            fell_back += found[0] != 6
    assert fell_back > 20


def test_a_run_that_fell_back_ends_as_it_would_have(sound, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(sound.folder, folder)
    largest = max(
        (path for path in (folder / "checkpoints" / "6").rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )
    size = largest.stat().st_size
    for _, damage in damages(size, 0, 1):
        damage(largest)
    run = Run.open(folder)
    main(["train", "--out", str(folder)])
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("limner: ")]
    assert len(said) == 1
    assert said[0].endswith("training goes on from update 4")
    assert run.finished
    assert run.weights.read_bytes() == sound.weights.read_bytes()
    assert run.metrics.read_bytes() == sound.metrics.read_bytes()
