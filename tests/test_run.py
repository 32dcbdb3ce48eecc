"""A run folder is found whole or refused by name."""

import dataclasses
import json
import os
from pathlib import Path

import jax
import numpy as np
import pytest

from limner.config import DataConfig, ModelConfig, RunConfig
from limner.errors import LimnerError
from limner.model.draw import build_model
from limner.run import Run
from limner.system.files import replacing
from limner.training.checkpoint import open_checkpoints

SMALL = RunConfig(model=ModelConfig(hidden_size=8, num_steps=3, latent_size=2))


@pytest.fixture
def run(tmp_path) -> Run:
    return Run.create(tmp_path / "run", SMALL)


def test_weights_come_back_as_they_were(run):
    model = build_model(SMALL.model, jax.random.key(4))
    run.save_model(model)
    back = Run.open(run.folder).load_model()
    assert jax.tree.structure(back) == jax.tree.structure(model)
    for a, b in zip(jax.tree.leaves(model), jax.tree.leaves(back), strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_temporary_file_is_left(run):
    run.save_model(build_model(SMALL.model, jax.random.key(4)))
    assert {path.name for path in run.folder.iterdir()} == {"config.json", "model.safetensors"}


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def fail_halfway():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_settings_open_the_run_and_others_are_refused_by_name(run):
    assert Run.create(run.folder, SMALL).config == SMALL
    other = dataclasses.replace(SMALL, model=dataclasses.replace(SMALL.model, num_steps=4))
    with pytest.raises(LimnerError, match=r"model.num_steps is 3 there, and 4 here"):
        Run.create(run.folder, other)
    assert Run.open(run.folder).config == SMALL


def test_where_the_data_lie_may_change(run):
    moved = dataclasses.replace(SMALL, data=DataConfig(root=Path("/elsewhere")))
    assert Run.create(run.folder, moved).config == moved


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(LimnerError, match="is not a run folder"):
        Run.open(tmp_path)


def test_a_run_without_weights_says_how_to_get_them(run):
    with pytest.raises(LimnerError, match="has no weights yet"):
        run.load_model()


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_truncated_weights_file_is_refused(run, keep):
    run.save_model(build_model(SMALL.model, jax.random.key(4)))
    run.weights.write_bytes(run.weights.read_bytes()[:keep])
    with pytest.raises(LimnerError, match=r"model.safetensors cannot be read"):
        run.load_model()


def test_weights_of_other_sizes_are_refused_by_name(run):
    wider = dataclasses.replace(SMALL.model, latent_size=3)
    run.save_model(build_model(wider, jax.random.key(4)))
    with pytest.raises(LimnerError, match=r"does not fit.*weight"):
        run.load_model()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LimnerError, match="cannot be written"):
        Run.create(tmp_path / "file" / "run", SMALL)


def test_two_trainings_cannot_hold_one_folder(run):
    with (
        run.locked(),
        pytest.raises(LimnerError, match="in use by another training"),
        Run.open(run.folder).locked(),
    ):
        pass


def test_metrics_are_rows_of_json(run):
    assert run.read_metrics() == []
    for step in (1, 2, 3):
        run.add_metrics({"update": step})
    with run.metrics.open("a") as file:
        file.write('{"update": 4, "bou')  # the power went
    assert [row["update"] for row in run.read_metrics()] == [1, 2, 3]
    run.write_metrics(row for row in run.read_metrics() if row["update"] < 3)
    assert [json.loads(line)["update"] for line in run.metrics.read_text().splitlines()] == [1, 2]


def test_a_session_comes_after_one_whose_row_was_cut_short(run):
    run.add_session({"seconds": 1})
    with run.sessions.open("a") as file:
        file.write('{"seco')
    run.add_session({"seconds": 2})
    assert [row["seconds"] for row in run.read_sessions()] == [1, 2]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_run_folder_that_is_read_only_is_one_line(run):
    run.add_metrics({"update": 1})
    run.metrics.chmod(0o444)
    run.folder.chmod(0o555)
    try:
        for attempt in (
            lambda: run.locked().__enter__(),
            lambda: run.add_metrics({"update": 2}),
            lambda: run.add_session({"seconds": 1}),
            lambda: open_checkpoints(run.checkpoints, lambda metrics: 0.0),
        ):
            with pytest.raises(LimnerError, match="cannot be written"):
                attempt()
    finally:
        run.folder.chmod(0o755)


def test_a_configuration_that_is_no_text_is_no_run(run):
    (run.folder / "config.json").write_bytes(b"\xff\xfe")
    with pytest.raises(LimnerError, match="not a run folder"):
        Run.open(run.folder)


def test_a_run_remembers_its_data_by_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = RunConfig(data=DataConfig(name="images", path=Path("set"), root=Path("root")))
    Run.create("run", config)
    kept = Run.open("run").config.data
    assert (kept.path, kept.root) == (tmp_path / "set", tmp_path / "root")
    Run.create("run", config)  # the same settings still


def test_a_configuration_with_a_byte_order_mark_is_read(tmp_path):
    Run.create(tmp_path, RunConfig())
    path = tmp_path / "config.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert Run.open(tmp_path).config == RunConfig()


def test_a_suggested_command_quotes_what_needs_it(tmp_path):
    folder = tmp_path / "my run"
    with pytest.raises(LimnerError, match=f"limner train --out '{folder}'"):
        Run.open(folder)
