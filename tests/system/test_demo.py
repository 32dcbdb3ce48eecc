"""The demo from end to end, and what it says when it is stopped."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from limner.cli.main import main
from limner.run import Run


def start(folder: Path, **variables: str) -> subprocess.Popen:
    """A demo with few updates, in a process of its own."""
    command = [sys.executable, "-m", "limner", "demo", "--updates", "100", "--out", str(folder)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env=os.environ | variables
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory) -> tuple[Path, str]:
    """The folder of a demo that Ctrl-C stopped while it trained, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "my demo"
    process = start(folder)
    while process.poll() is None and not (folder / "metrics.jsonl").exists():
        time.sleep(0.02)
    while process.poll() is None and not (folder / "metrics.jsonl").stat().st_size:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    return folder, printed


def test_ctrl_c_stops_the_demo_at_a_checkpoint_and_says_how_to_go_on(stopped):
    folder, printed = stopped
    assert 0 < Run.open(folder).read_metrics()[-1]["update"] < 100
    last = printed.splitlines()[-1].removeprefix("to resume: ")
    assert shlex.split(last) == ["limner", "demo", "--out", str(folder), "--updates", "100"]


def test_the_first_drawings_come_before_any_training(stopped):
    folder, printed = stopped
    first = folder / "figures" / "cats.png"
    assert first.exists()
    assert printed.index(str(first)) < printed.index("stopped at update")


def test_the_demo_goes_on_where_it_stopped_and_says_what_it_reached(stopped):
    folder, _ = stopped
    before = len(Run.open(folder).read_sessions())
    process = start(folder, PYTHONIOENCODING="ascii")  # a terminal that has no Braille
    printed, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    parts = [line[:6] for line in told.splitlines() if " of 4: " in line]
    assert parts == ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]
    assert len(Run.open(folder).read_sessions()) == before + 1
    assert re.search(r"reached: a bound of [\d.]+ \+- [\d.]+ nats", printed)
    assert "???" not in printed
    paths = [Path(line.strip()) for line in printed.splitlines() if line.startswith(f"  {folder}")]
    assert folder / "figures" / "samples" / "final.png" in paths
    assert all(path.exists() for path in paths)
    suggested = [line for line in printed.splitlines() if line.startswith("  limner ")]
    assert shlex.split(suggested[0], comments=True)[:3] == ["limner", "sample", str(folder)]


def test_the_demo_leaves_a_run_of_another_kind_as_it_is(stopped, capsys):
    folder, _ = stopped
    before = (folder / "config.json").read_bytes()
    with pytest.raises(SystemExit):
        main(["demo", "--out", str(folder)])
    assert "other settings (train.updates is 100 there" in capsys.readouterr().err
    assert (folder / "config.json").read_bytes() == before
