"""A training that is killed goes on as if it had not been."""

import signal
import subprocess
import sys
import time

from runs import assert_same

from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.run import Run

TINY = RunConfig(
    model=ModelConfig(hidden_size=12, num_steps=3, latent_size=2, read_grid=2, write_grid=3),
    data=DataConfig(categories=("cat", "dog"), limit=60),
    train=TrainConfig(
        updates=200, batch_size=8, validate_every=40, warmup_updates=5, learning_rate=5e-3
    ),
)


def test_a_killed_process_resumes_to_the_same_weights(tmp_path):
    runs = [Run.create(tmp_path / name, TINY) for name in ("whole", "killed")]

    def start(run: Run) -> subprocess.Popen:
        command = [sys.executable, "-m", "limner", "train", "--out", run.folder]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    assert start(runs[0]).wait() == 0
    process = start(runs[1])
    deadline = time.monotonic() + 120
    while len(runs[1].read_metrics()) < 6 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert runs[1].read_metrics()[-1]["update"] < 200
    assert start(runs[1]).wait() == 0
    assert_same(*runs)
