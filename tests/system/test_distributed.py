"""Two processes over loopback train as one does, stop together, and end when one is lost."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pytest

from limner.cli.main import main
from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.data.dataset import open_dataset
from limner.errors import LimnerError
from limner.run import Run
from limner.system.devices import data_mesh, own_part
from limner.system.distributed import agreement, anywhere, joined, leader_first, leads
from limner.training.loop import fit_run

TINY = RunConfig(
    model=ModelConfig(hidden_size=8, num_steps=2, latent_size=2, read_grid=2, write_grid=2),
    data=DataConfig(categories=("cat", "dog"), limit=60, binarisation="dynamic"),
    train=TrainConfig(
        updates=100,
        batch_size=8,
        validate_every=50,
        warmup_updates=50,
        learning_rate=1e-3,
        devices=1,
    ),
)
TOGETHER = 2
"""Processes of a training."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """Where all processes keep compiled programs."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def dataset():
    return open_dataset(TINY.data)


@pytest.fixture(scope="module")
def alone(tmp_path_factory, dataset) -> Run:
    """A run that one process made without a break."""
    run = Run.create(tmp_path_factory.mktemp("runs") / "alone", TINY)
    assert fit_run(run, dataset).finished
    return run


@pytest.fixture
def start(cache):
    """Starts a `limner train` with some options; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str | Path, **variables: str) -> subprocess.Popen[str]:
        kept = {name: v for name, v in os.environ.items() if not name.lower().endswith("_proxy")}
        process = subprocess.Popen(
            [sys.executable, "-m", "limner", "train", *options],
            env=kept | {"XDG_CACHE_HOME": str(cache)} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def start_pair(start):
    """Starts both processes of a training, each told who it is."""

    def start_pair(out: Path, *more: tuple[str, ...]) -> list[subprocess.Popen[str]]:
        address = ("--coordinator", f"127.0.0.1:{free_port()}", "--num-processes", str(TOGETHER))
        who = [("--process-id", str(i)) for i in range(TOGETHER)]
        more = more or ((),) * TOGETHER
        return [
            start("--out", out, "--distributed", *address, *who[i], *more[i])
            for i in range(TOGETHER)
        ]

    return start_pair


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def ends(process: subprocess.Popen[str], within_seconds: float = 120) -> tuple[int, str, list[str]]:
    """Exit code, stdout, and the lines of stderr that are ours."""
    out, err = process.communicate(timeout=within_seconds)
    return process.returncode, out, [line for line in err.split("\n") if line.startswith("limner:")]


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def assert_close(run: Run, other: Run) -> None:
    """The same rows, once each, with the same losses but for the order of sums."""
    rows, others = run.read_metrics(), other.read_metrics()
    assert [(row["kind"], row["update"]) for row in rows] == [
        (row["kind"], row["update"]) for row in others
    ]
    losses = [[(row["distortion"], row["rate"]) for row in some] for some in (rows, others)]
    np.testing.assert_allclose(*losses, rtol=1e-3, atol=1e-3)
    for a, b in zip(*(jax.tree.leaves(one.load_model()) for one in (run, other)), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)


def checkpoints(run: Run) -> list[int]:
    return sorted(int(path.name) for path in run.checkpoints.iterdir())


def sessions(run: Run) -> list[str]:
    return (run.folder / "sessions.jsonl").read_text().splitlines()


def test_one_that_is_told_to_stop_stops_both_and_one_alone_ends_what_two_began(
    alone, tmp_path, dataset, start_pair
):
    run = Run.create(tmp_path / "stopped", TINY)
    leader, other = start_pair(run.folder)
    wait_until(lambda: len(run.read_metrics()) >= 1)
    other.send_signal(signal.SIGTERM)
    code, out, errors = ends(leader)
    assert (code, errors) == (0, [])
    assert "stopped at update" in out
    code, out, errors = ends(other)
    assert (code, errors) == (0, [])
    assert "step" not in out
    stop = run.read_metrics()[-1]["update"]
    assert stop < TINY.train.updates
    assert checkpoints(run)[-1] == stop
    assert [f'"to_update": {stop}' in row for row in sessions(run)] == [True]

    assert fit_run(run, dataset).finished
    assert_close(run, alone)


def test_two_end_what_one_began(alone, tmp_path, dataset, start_pair):
    run = Run.create(tmp_path / "begun", TINY)

    def stop(progress):
        if progress.update >= 20:
            signal.raise_signal(signal.SIGINT)

    begun = fit_run(run, dataset, stop)
    assert 20 <= begun.updates < TINY.train.updates
    for process in start_pair(run.folder):
        assert ends(process)[0] == 0
    assert_close(run, alone)
    assert checkpoints(run) == checkpoints(alone)
    assert ['"processes": 2' in row for row in sessions(run)] == [False, True]
    assert (run.figures / "curves.png").exists()
    assert not [path for path in run.folder.rglob("*") if ".tmp" in path.name]


def test_when_process_0_is_killed_the_other_ends_and_says_why(tmp_path, start):
    run = Run.create(tmp_path / "killed", TINY)
    slurm = {"SLURM_JOB_ID": "1", "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": "2"}
    slurm["JAX_COORDINATOR_PORT"] = str(free_port())
    leader, other = (
        start("--out", run.folder, "--distributed", SLURM_PROCID=i, SLURM_LOCALID=i, **slurm)
        for i in "01"
    )
    wait_until(lambda: len(run.read_metrics()) >= 1)
    leader.kill()
    code, _, errors = ends(other, within_seconds=60)
    # Where JAX's service hears of it before the computation does, it aborts in words of its own.
    assert (code == 2 and len(errors) == 1) or code == -signal.SIGABRT
    assert all("another ended" in line for line in errors)


def test_what_is_wrong_in_one_ends_both(tmp_path, start_pair):
    run = Run.create(tmp_path / "differs", TINY)
    leader, other = start_pair(run.folder, (), ("--train.updates", "7"))
    code, _, errors = ends(other)
    assert code == 2
    assert ["holds a run with other settings" in line for line in errors] == [True]
    code, _, errors = ends(leader)
    assert code == 2
    assert ["process 1: " in line for line in errors] == [True]


def test_without_a_launcher_the_address_is_asked_for(tmp_path, start):
    code, _, errors = ends(start("--out", tmp_path / "none", "--distributed"))
    assert code == 2
    assert ["give --coordinator HOST:PORT" in line for line in errors] == [True]


def test_options_that_need_others_are_refused(capsys):
    for options, said in (
        (["--process-id", "1"], "need --distributed"),
        (["--distributed", "--coordinator", "here", "--process-id", "1"], "must be HOST:PORT"),
        (["--distributed", "--num-processes", "2", "--process-id", "2"], "below --num-processes"),
    ):
        with pytest.raises(SystemExit) as caught:
            main(["train", *options])
        assert caught.value.code == 2
        assert said in capsys.readouterr().err


def test_an_address_that_is_taken_or_silent_is_named():
    with socket.create_server(("", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(LimnerError, match="cannot listen on port"), joined(address, 2, 0):
            pass
    with (
        pytest.raises(LimnerError, match="does not answer at"),
        joined(address, 2, 1, patience_seconds=0),
    ):
        pass


def test_one_process_leads_and_agrees_with_itself():
    assert leads()
    assert leader_first(lambda: 5) == 5
    assert [anywhere(flag) for flag in (False, True)] == [False, True]
    assert own_part(12) == slice(0, 12)
    assert data_mesh(12, 1).devices.tolist() == jax.devices()[:1]
    with pytest.raises(LimnerError, match=r"^as it was$"), agreement():
        raise LimnerError("as it was")
