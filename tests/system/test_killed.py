"""A training whose writes fail goes on as if nothing had been: killed at a write, or a full disk.

`pytest tests/system/test_killed.py --every-write` tries each write, which takes an hour; otherwise
a few are tried.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from data_writers import SIMPLIFIED, ndjson
from runs import assert_same

from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.run import Run

FAILING = Path(__file__).parents[1] / "support" / "failing_writes.py"
TINY = RunConfig(
    model=ModelConfig(hidden_size=12, num_steps=3, latent_size=2, read_grid=2, write_grid=3),
    data=DataConfig(categories=("cat", "dog"), limit=60),
    train=TrainConfig(
        updates=40, batch_size=8, validate_every=20, warmup_updates=5, learning_rate=5e-3
    ),
)
FEW = 3
RASTERISING = """
import sys, time
from pathlib import Path
from limner.data.rasterise_file import rasterise_file

def wait(done):
    print(done, flush=True)
    time.sleep(600)

rasterise_file(Path(sys.argv[1]), Path(sys.argv[2]), workers=2, on_progress=wait)
"""


def train(folder: Path, how: str = "killed", number: int = 0) -> subprocess.CompletedProcess:
    """Train the run in a folder; its writes fail as `failing_writes.py` says."""
    command = [FAILING, how, str(number), folder, "train", "--out", folder]
    return subprocess.run([sys.executable, *command], capture_output=True, text=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Run, int]:
    """A run that nothing happened to, and its number of writes."""
    run = Run.create(tmp_path_factory.mktemp("whole") / "run", TINY)
    done = train(run.folder)
    assert done.returncode == 0
    return run, int(done.stdout.split()[-1])


@pytest.mark.parametrize("how", ["killed", "full"])
def test_a_training_whose_writes_fail_resumes_to_the_same_weights(whole, how, tmp_path, request):
    sound, count = whole
    every = request.config.getoption("every_write")
    tried = (
        range(1, count + 1) if every else [round(count * part / FEW) for part in (0.2, 1.4, 2.7)]
    )
    for number in tried:
        run = Run.create(tmp_path / str(number), TINY)
        failed = train(run.folder, how, number)
        if how == "killed":
            assert failed.returncode == -signal.SIGKILL, number
        elif failed.stdout.split()[-2] == "0":  # from there on, it only removes
            assert failed.returncode == 0, (number, failed.stderr)
        else:
            assert failed.returncode == 2, (number, failed.stderr)
            line = failed.stderr.splitlines()[-1]
            assert line.startswith("limner: "), (number, failed.stderr)
            assert os.strerror(28) in line
            assert "Traceback" not in failed.stderr
        resumed = train(run.folder)
        assert resumed.returncode == 0, (number, resumed.stderr)
        assert_same(sound, run)
        shutil.rmtree(run.folder)


def test_the_processes_of_a_killed_command_end_with_it(tmp_path):
    source, target = tmp_path / "cat.ndjson", tmp_path / "cat.npy"
    source.write_bytes(ndjson(SIMPLIFIED))
    command = [sys.executable, "-c", RASTERISING, source, target]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"3\n"
        parent.kill()
        parent.communicate(timeout=60)  # until the last process that can write has closed it
    assert not target.exists()
