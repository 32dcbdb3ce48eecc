"""A run folder is found whole or refused by name."""

import dataclasses
import json
import os
from pathlib import Path

import jax
import numpy as np
import pytest
import safetensors.numpy

from limner.config import DataConfig, ModelConfig, RunConfig, changed
from limner.errors import LimnerError
from limner.model.draw import build_model
from limner.run import Run
from limner.system.files import replacing
from limner.text import suggested
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


def test_where_the_data_lie_may_change(tmp_path):
    here = RunConfig(data=DataConfig(name="quickdraw", root=Path("/here")))
    moved = changed(here, {"data.root": Path("/elsewhere")})
    Run.create(tmp_path, here)
    assert Run.create(tmp_path, moved).config == moved


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
        run.add_metrics({"kind": "train", "update": step})
    with run.metrics.open("a") as file:
        file.write('{"kind": "train", "update": 4, "bou')  # the power went
    assert [row["update"] for row in run.read_metrics()] == [1, 2, 3]
    run.write_metrics(row for row in run.read_metrics() if row["update"] < 3)
    assert [json.loads(line)["update"] for line in run.metrics.read_text().splitlines()] == [1, 2]


def session(first: int, last: int, seconds: float = 1.0) -> dict:
    work = {"from_update": first, "to_update": last, "seconds": seconds}
    return work | {"devices": 1, "device": "cpu", "machine": "Abacus 3"}


def test_a_session_comes_after_one_whose_row_was_cut_short(run):
    run.add_session(session(0, 5))
    with run.sessions.open("a") as file:
        file.write('{"from_upd')
    run.add_session(session(5, 9))
    assert run.read_sessions() == [session(0, 5), session(5, 9)]


ROWS = [{"kind": "train", "update": step, "bound": 300.25 / step} for step in (1, 2, 3, 4)]


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_row_that_is_missing_is_noticed(run, lost):
    run.write_metrics(ROWS)
    lines = run.metrics.read_text().splitlines(keepends=True)
    run.metrics.write_text("".join(lines[:lost] + lines[lost + 1 :]))
    with pytest.raises(LimnerError, match=f"damaged: row {lost + 1}.*limner train --out"):
        run.read_metrics()


def test_rows_that_are_added_are_those_that_are_written_at_once(run):
    for row in ROWS:
        run.add_metrics(row)
    added = run.metrics.read_bytes()
    run.write_metrics(ROWS)
    assert run.metrics.read_bytes() == added


def test_rows_without_checksums_are_taken_as_they_are(run):
    run.metrics.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert run.read_metrics() == ROWS


@pytest.mark.parametrize("line", ["[]", "{", '{"kind": "train"}', "[" * 100_000, "1" * 5_000])
def test_rows_that_are_none_are_one_line(run, line):
    run.metrics.write_text(f"{line}\n")
    with pytest.raises(LimnerError, match="damaged: row 1") as caught:
        run.read_metrics()
    assert "\n" not in str(caught.value)


def test_settings_that_were_changed_by_hand_are_refused(run):
    path = run.folder / "config.json"
    path.write_text(path.read_text().replace('"num_steps": 3', '"num_steps": 4'))
    with pytest.raises(LimnerError, match=r"config.json is damaged or was edited"):
        Run.open(run.folder)


def test_weights_with_a_changed_number_are_refused(run):
    run.save_model(build_model(SMALL.model, jax.random.key(4)))
    content = bytearray(run.weights.read_bytes())
    content[-1] ^= 1
    run.weights.write_bytes(content)
    with pytest.raises(LimnerError, match=r"model.safetensors is damaged"):
        run.load_model()


def test_weights_of_another_program_are_taken_as_they_are(run):
    model = build_model(SMALL.model, jax.random.key(4))
    run.save_model(model)
    safetensors.numpy.save_file(safetensors.numpy.load_file(run.weights), run.weights)
    for a, b in zip(jax.tree.leaves(model), jax.tree.leaves(run.load_model()), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_killed_writers_left_is_swept_by_the_next(tmp_path):
    path = tmp_path / "file"
    with replacing(path) as temporary:
        temporary.write_text("whole")
    mine = temporary.name  # .file.MACHINE.PROCESS.LETTERS.tmp
    machine, process, letters = mine.removeprefix(".file.").removesuffix(".tmp").split(".")
    assert process == str(os.getpid())
    far = f"{int(machine, 16) ^ 1:08x}"

    def left(*parts: object, name: str = "file") -> Path:
        return tmp_path / f".{'.'.join(map(str, (name, *parts)))}.tmp"

    nobody = 4194305  # no process has so high a number
    stale = [left(machine, nobody, letters), left(machine, process, "0" * 8)]
    kept = [
        left(machine, os.getppid(), letters),
        left(machine, nobody, letters, name="other"),
        left(far, process, "0" * 8),  # another container's, where the number is another process
        left(far, nobody, letters),
        left("notes"),
    ]
    old = left(far, nobody, "1" * 8)
    for one in (*stale, *kept, old):
        one.write_text("half")
    os.utime(old, (0, 0))
    folder = left(machine, nobody + 1, letters)
    folder.mkdir()
    with replacing(path) as temporary:
        temporary.write_text("whole")
    assert {*tmp_path.iterdir()} == {path, *kept}


def test_checkpoints_in_a_file_are_one_line(run):
    run.checkpoints.write_text("")
    with pytest.raises(LimnerError, match="is a file, not the folder of checkpoints"):
        open_checkpoints(run.checkpoints)


@pytest.mark.skipif(os.name == "nt", reason="on Windows a folder's mode stops nobody")
@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
def test_a_run_folder_that_is_read_only_is_one_line(run):
    run.add_metrics({"kind": "train", "update": 1})
    run.metrics.chmod(0o444)
    run.folder.chmod(0o555)
    try:
        for attempt in (
            lambda: run.locked().__enter__(),
            lambda: run.add_metrics({"update": 2}),
            lambda: run.add_session(session(0, 1)),
            lambda: open_checkpoints(run.checkpoints),
        ):
            with pytest.raises(LimnerError, match="cannot be written"):
                attempt()
    finally:
        run.folder.chmod(0o755)


def test_a_configuration_that_is_no_text_is_refused(run):
    (run.folder / "config.json").write_bytes(b"\xff\xfe")
    with pytest.raises(LimnerError, match=r"cannot read .*config\.json"):
        Run.open(run.folder)


def test_a_run_remembers_its_data_by_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for setting, name in {"path": "images", "root": "quickdraw"}.items():
        config = RunConfig(data=DataConfig(name=name, **{setting: Path("set")}))
        Run.create(name, config)
        assert getattr(Run.open(name).config.data, setting) == tmp_path / "set"
        Run.create(name, config)  # the same settings still


def test_a_configuration_with_a_byte_order_mark_is_read(tmp_path):
    Run.create(tmp_path, RunConfig())
    path = tmp_path / "config.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert Run.open(tmp_path).config == RunConfig()


@pytest.mark.parametrize(
    ("system", "expected"),
    [("posix", "limner train --out 'C:\\a b'"), ("nt", 'limner train --out "C:\\a b"')],
)
def test_a_suggested_command_is_quoted_as_its_shell_reads_it(system, expected, monkeypatch):
    monkeypatch.setattr(os, "name", system)
    assert suggested("train --out", "C:\\a b") == expected
    assert suggested("train --out", "runs/cat") == "limner train --out runs/cat"
    if system == "nt":
        assert suggested("train --out", "C:\\runs\\cat") == "limner train --out C:\\runs\\cat"


def test_a_suggested_command_quotes_what_needs_it(tmp_path):
    folder = tmp_path / "my run"
    with pytest.raises(LimnerError, match=f"limner train --out '{folder}'"):
        Run.open(folder)
