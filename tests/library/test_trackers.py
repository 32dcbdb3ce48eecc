"""Losses and figures in trackers, read back from what these wrote."""

import io
import json
import os
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from commands import SMALL, fails
from PIL import Image

import limner
from limner.cli.main import main
from limner.errors import LimnerError
from limner.library.trackers import numbers, replay
from limner.run import Run


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Run:
    """A run with losses of training and validation, and the chart of these."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    main(["train", *SMALL, "--out", str(folder)])
    return Run.open(folder)


def expected(run: Run) -> dict[tuple[str, int], float]:
    """All numbers that a tracker is to show, by name and update."""
    return by_name(
        (f"{row['kind']}/{name}", row["update"], pytest.approx(row[name], rel=1e-6))
        for row in run.read_metrics()
        for name in ("distortion", "rate", "bound")
    )


def by_name(values) -> dict[tuple[str, int], float]:
    return {(name, update): value for name, update, value in values}


def events(folder: Path) -> list:
    """The events in a folder for TensorBoard: length, checksum, message and checksum of each."""
    from tensorboardX.proto.event_pb2 import Event

    (path,) = folder.iterdir()
    content, at, found = path.read_bytes(), 0, []
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        found.append(Event.FromString(content[at + 12 : at + 12 + length]))
        at += 16 + length
    return found


def test_tensorboard_shows_every_row_and_figure_and_a_second_time_no_more(trained, tmp_path):
    pytest.importorskip("tensorboardX", reason="the extra tensorboard is not installed")
    for _ in range(2):
        done = replay(trained, "tensorboard", folder=tmp_path)
    assert done == (4, 1)
    values = [(value, event.step) for event in events(tmp_path) for value in event.summary.value]
    seen = [(v.tag, step, v.simple_value) for v, step in values if v.HasField("simple_value")]
    assert by_name(seen) == expected(trained)
    assert len(seen) == 12
    (figure,) = [(value, step) for value, step in values if value.HasField("image")]
    assert (figure[0].tag, figure[1]) == ("figures/curves", 4)
    with (
        Image.open(io.BytesIO(figure[0].image.encoded_image_string)) as shown,
        Image.open(trained.figures / "curves.png") as there,
    ):
        assert shown.tobytes() == there.convert("RGB").tobytes()
    (text,) = [value for value, _ in values if value.tag.startswith("config")]
    assert '"hidden_size": 8' in text.tensor.string_val[0].decode()


def test_rows_come_live_as_they_are_replayed(trained, tmp_path):
    heard = []
    data = limner.open_dataset(trained.config.data)
    limner.train(data, trained.config, on_metrics=heard.append, progress=False)
    assert heard == trained.read_metrics()
    live = [(n, row["update"], v) for row in heard for n, v in numbers(row).items()]
    assert by_name(live) == expected(trained)


def test_losses_that_are_no_bound_keep_their_names(tmp_path):
    row = {"kind": "train", "update": 5, "protocol": "as-published"}
    losses = {"Lx": 200.0, "Lz": 90.0, "Lx+Lz": 290.0}
    assert numbers(row | losses) == {f"train/{name}": value for name, value in losses.items()}


def log_elsewhere(run: Run, to: str, folder: Path, **environment: str) -> str:
    """What the command prints in a process of its own, since trackers leave threads behind."""
    done = subprocess.run(
        [sys.executable, "-m", "limner", "log", str(run.folder), "--to", to, "--project", "tests"],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return done.stdout + (done.stderr if done.returncode else "")


def records(path: Path) -> list:
    """The records of a run that wandb kept: a log of blocks of 32 KiB, as LevelDB has it."""
    from wandb.proto.wandb_internal_pb2 import Record

    content, at, found, begun = path.read_bytes(), 7, [], b""
    while at < len(content):
        if (left := -at % 32768) < 7 and left:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, at)
        begun += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # a whole record, or the last part of one
            found.append(Record.FromString(begun))
            begun = b""
    return found


@pytest.mark.system
def test_wandb_keeps_every_row_and_figure_without_a_connection(trained, tmp_path):
    pytest.importorskip("wandb", reason="the extra wandb is not installed")
    said = log_elsewhere(trained, "wandb", tmp_path, WANDB_MODE="offline")
    assert said == "logged to wandb: 4 rows of losses, 1 figures\n"
    (path,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    rows = [
        {item.key or "/".join(item.nested_key): item.value_json for item in record.history.item}
        for record in records(path)
        if record.HasField("history")
    ]
    assert by_name(
        (name, int(row["_step"]), float(value))
        for row in rows
        for name, value in row.items()
        if name.startswith(("train/", "valid/"))
    ) == expected(trained)
    assert len([*tmp_path.glob("wandb/offline-run-*/files/media/images/figures/curves_*.png")]) == 1


@pytest.mark.system
def test_wandb_that_is_not_set_up_ends_in_one_line(trained, tmp_path):
    pytest.importorskip("wandb", reason="the extra wandb is not installed")
    nobody = {"WANDB_MODE": "online", "WANDB_API_KEY": "", "HOME": str(tmp_path)}
    said = log_elsewhere(trained, "wandb", tmp_path, **nobody)
    assert said.splitlines()[-1].startswith("limner: wandb refuses (No API key configured.")


@pytest.mark.system
def test_trackio_keeps_every_row_and_figure(trained, tmp_path):
    pytest.importorskip("trackio", reason="trackio needs an older Pillow than constraints.txt has")
    said = log_elsewhere(trained, "trackio", tmp_path, TRACKIO_DIR=str(tmp_path / "kept"))
    assert said == "logged to trackio: 4 rows of losses, 1 figures\n"
    with sqlite3.connect(tmp_path / "kept" / "tests.db") as kept:
        asked = kept.execute("SELECT step, metrics FROM metrics")
        rows = [(step, json.loads(text)) for step, text in asked]
    assert by_name(
        (name, step, value)
        for step, row in rows
        for name, value in row.items()
        if name.startswith(("train/", "valid/"))
    ) == expected(trained)
    assert len([*tmp_path.glob("kept/media/**/*.png")]) == 1


def test_a_tracker_that_is_missing_is_said(trained, monkeypatch):
    for to, module in (("tensorboard", "tensorboardX"), ("wandb", "wandb"), ("trackio", "trackio")):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(LimnerError, match=rf"--to {to} needs .* pip install '\.\[{to}\]'"):
            replay(trained, to)


def test_a_tracker_whose_connection_breaks_is_finished_too(trained, monkeypatch):
    def breaks(*args, **options):
        raise ConnectionError("no route")

    finished = []
    there = SimpleNamespace(init=dict, log=breaks, finish=lambda: finished.append(True))
    monkeypatch.setitem(sys.modules, "wandb", there)
    with pytest.raises(LimnerError, match=r"wandb refuses .no route.: is it set up here"):
        replay(trained, "wandb")
    assert finished == [True]


def test_the_command_says_what_it_logged_and_refuses_what_makes_no_sense(
    trained, exported, tmp_path, capsys
):
    pytest.importorskip("tensorboardX", reason="the extra tensorboard is not installed")
    out = tmp_path / "events"
    capsys.readouterr()
    main(["log", str(trained.folder), "--to", "tensorboard", "--out", str(out)])
    assert capsys.readouterr().out == f"logged to tensorboard: 4 rows of losses, 1 figures\n{out}\n"
    assert "kitten has no losses to log" in fails(capsys, "log", "kitten", "--to", "tensorboard")
    folder = trained.folder
    said = fails(capsys, "log", folder, "--to", "tensorboard", "--project", "mine")
    assert "--project is for wandb and trackio" in said
    assert "--out is for tensorboard" in fails(capsys, "log", folder, "--to", "wandb", "--out", out)
    assert "--to" in fails(capsys, "log", folder)
    (out / "file").touch()
    said = fails(capsys, "log", folder, "--to", "tensorboard", "--out", out / "file")
    assert "cannot be written" in said
