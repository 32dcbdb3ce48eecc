"""The demo from end to end, and what it says when it is stopped."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from limner.cli.main import main
from limner.cli.terminal import in_braille
from limner.run import Run


def limner(*words: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "limner", *words]
    return subprocess.Popen(command, stdout=-1, stderr=-1, text=True, **options)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory) -> tuple[Path, str]:
    """The folder of a demo that Ctrl-C stopped while it trained, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "my demo"
    process = limner("demo", "--updates", "200", "--out", str(folder))
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "dist" in line:  # it trains
            process.send_signal(signal.SIGINT)
            break
    printed, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return folder, printed


def test_ctrl_c_stops_the_demo_at_a_checkpoint_and_says_how_to_go_on(stopped):
    folder, printed = stopped
    assert 0 < Run.open(folder).read_metrics()[-1]["update"] < 200
    last = printed.splitlines()[-1].removeprefix("to go on: ")
    assert shlex.split(last) == ["limner", "demo", "--out", str(folder), "--updates", "200"]


def test_the_first_drawings_come_before_any_training(stopped):
    folder, printed = stopped
    first = folder / "figures" / "cats.png"
    assert first.exists()
    assert printed.index(str(first)) < printed.index("stopped at step")


def test_the_demo_goes_on_where_it_stopped_and_says_what_it_reached(stopped, capsys):
    folder, _ = stopped
    before = len(Run.open(folder).read_sessions())
    main(["demo", "--updates", "200", "--out", str(folder)])
    printed, told = capsys.readouterr()
    assert [line[:6] for line in told.splitlines() if " of 4: " in line] == [
        f"{part} of 4" for part in (1, 2, 3, 4)
    ]
    assert len(Run.open(folder).read_sessions()) == before + 1
    assert "reached: a bound of" in printed
    assert " ± " in printed
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
    assert "other settings (train.updates is 200 there" in capsys.readouterr().err
    assert (folder / "config.json").read_bytes() == before


def test_a_terminal_without_braille_is_shown_paths_alone(stopped):
    folder, _ = stopped
    ascii_alone = os.environ | {"PYTHONIOENCODING": "ascii"}
    process = limner("demo", "--updates", "200", "--out", str(folder), env=ascii_alone)
    printed, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    assert "???" not in printed
    assert " +- " in printed


def test_each_dot_of_braille_is_a_pixel():
    images = np.zeros((2, 5, 4))
    images[0, 0, 0] = images[0, 3, 1] = images[1, 4, 3] = 1
    # Dots 1 and 8 of the first cell; dot 4 of the last: the standard numbers them 1 2 3 7 down the
    # left side and 4 5 6 8 down the right.
    assert in_braille(images) == "⢁⠀ ⠀⠀\n⠀⠀ ⠀⠈"


def test_no_more_images_than_fit_stand_in_a_line():
    lines = in_braille(np.zeros((9, 28, 28)), columns=80).splitlines()
    assert {len(line) for line in lines} == {5 * 14 + 4}
    assert len(lines) == 7
    assert len(in_braille(np.zeros((9, 28, 28)), columns=3).splitlines()[0]) == 14
