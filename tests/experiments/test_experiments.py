"""Experiments: that they go on where they stopped, and that pages show what is in files."""

import dataclasses
import hashlib
import json
import math
import os
import re
import shlex
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from data_writers import quickdraw_root

from limner.cli.main import main
from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig, changed
from limner.data.dataset import Dataset, open_dataset
from limner.data.export import export
from limner.errors import LimnerError
from limner.evaluation.result import Evaluation
from limner.experiments.catalogue import EXPERIMENTS
from limner.experiments.experiment import (
    AS_PUBLISHED,
    HONEST,
    Experiment,
    Measurement,
    Row,
    quickly,
)
from limner.experiments.lines import Compared, Line, Seeds
from limner.experiments.page import write_page
from limner.experiments.results import Record, Result, read_run
from limner.experiments.runner import run_rows
from limner.run import Run, write_config
from limner.system.provenance import seconds_until

DOCS = Path(__file__).parents[2] / "docs"

TINY = RunConfig(
    model=ModelConfig(hidden_size=4, num_steps=2, latent_size=2, read_grid=2, write_grid=2),
    data=DataConfig(categories=("cat",), limit=40),
    train=TrainConfig(updates=40, batch_size=4, validate_every=20, protocol="as-published"),
)
DRAWN = Row(
    name="cat/as-published",
    label="DRAW, as published",
    config=TINY,
    measurements=(AS_PUBLISHED, HONEST),
    figure_steps=(1, 2),
)
PLAIN = Row(name="cat/draw", label="DRAW", config=TINY)
MEAN = Row(name="cat/mean-image", label="mean image", config=TINY, predictor="mean-image")
EXPERIMENT = Experiment(kind="baselines", rows=(DRAWN, MEAN))


@pytest.fixture(scope="module")
def datasets() -> dict[DataConfig, Dataset]:
    return {TINY.data: open_dataset(TINY.data)}


def run(folder: Path, datasets, *rows: Row, on_progress=lambda position: None):
    return run_rows(rows, folder, datasets, command="limner reproduce x", on_progress=on_progress)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, datasets) -> Path:
    """Both rows of the experiment, run from start to end."""
    folder = tmp_path_factory.mktemp("finished")
    assert run(folder, datasets, DRAWN, MEAN) == (False, {})
    return folder


def snapshot(folder: Path) -> dict[Path, tuple[bytes, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns) for path in files
    }


def evaluation(folder: Path, row: Row, measurement: Measurement = HONEST) -> dict:
    return json.loads((folder / row.name / measurement.file).read_text())["evaluation"]


def test_a_finished_row_leaves_its_numbers_and_their_origin(finished):
    result = Result.read(finished / DRAWN.name / HONEST.file)
    assert result is not None
    assert (result.train_images, result.evaluation.images) == (32, 4)
    assert result.updates == 40
    assert result.weights_update in (20, 40)
    assert result.training_seconds is not None
    assert result.training_seconds > 0
    assert result.limner.startswith("0.")
    assert result.command == "limner reproduce x --rows cat/as-published"
    assert evaluation(finished, DRAWN, AS_PUBLISHED)["bound"] is None
    assert evaluation(finished, DRAWN)["bound"] > 0
    for kind in ("samples", "reconstructions"):
        assert (finished / DRAWN.name / "figures" / kind / "steps.png").exists()


def test_what_is_done_is_not_done_again(finished, datasets):
    before = snapshot(finished)
    told = []
    assert run(finished, datasets, DRAWN, MEAN, on_progress=told.append) == (False, {})
    assert told == []
    assert snapshot(finished) == before


def test_an_experiment_cut_off_between_rows_goes_on_with_the_next(finished, tmp_path, datasets):
    shutil.copytree(finished / DRAWN.name, tmp_path / DRAWN.name)
    before = snapshot(tmp_path)
    run(tmp_path, datasets, DRAWN, MEAN)
    after = snapshot(tmp_path)
    assert before.items() <= after.items()
    assert evaluation(tmp_path, MEAN) == evaluation(finished, MEAN)


def test_a_row_killed_in_training_ends_as_if_it_had_not_been(finished, tmp_path, datasets):
    class Killed(Exception):
        pass

    def kill(position) -> None:
        if position.done == 20:
            raise Killed

    with pytest.raises(Killed):
        run(tmp_path, datasets, PLAIN, on_progress=kill)
    assert read_run(PLAIN, tmp_path / PLAIN.name).status == "stopped at update 20"
    told = []
    assert run(tmp_path, datasets, PLAIN, on_progress=told.append) == (False, {})
    assert told[0].done == 20
    assert {position.total for position in told} == {40}
    assert evaluation(tmp_path, PLAIN) == evaluation(finished, DRAWN)


def test_an_interrupted_call_stops_at_a_checkpoint_and_says_so(tmp_path, datasets):
    def interrupt(position) -> None:
        if position.done == 20:
            os.kill(os.getpid(), signal.SIGINT)

    assert run(tmp_path, datasets, PLAIN, MEAN, on_progress=interrupt).interrupted
    assert not (tmp_path / MEAN.name).exists()
    assert read_run(PLAIN, tmp_path / PLAIN.name).updates == 20


def test_a_row_that_fails_does_not_keep_the_others_back(tmp_path, datasets):
    wide = dataclasses.replace(PLAIN, name="wide", config=changed(TINY, {"model.width": 30}))
    ran = run(tmp_path, datasets, wide, MEAN)
    assert not ran.interrupted
    assert "30" in ran.failures["wide"]
    assert read_run(MEAN, tmp_path / MEAN.name).is_complete


@pytest.fixture(scope="module")
def cited(tmp_path_factory) -> tuple[Row, dict[DataConfig, Dataset], Path]:
    """A row of binary drawings with an importance-weighted bound, its data and its folder."""
    config = changed(TINY, {"data.binarisation": "static", "train.protocol": "honest"})
    row = dataclasses.replace(PLAIN, config=config, importance_samples=40)
    data = {config.data: open_dataset(config.data)}
    folder = tmp_path_factory.mktemp("cited")
    assert run(folder, data, row) == (False, {})
    return row, data, folder


def test_a_result_names_its_targets_by_the_digest_of_what_export_writes(cited, tmp_path):
    row, data, folder = cited
    result = Result.read(folder / row.name / HONEST.file)
    assert result is not None
    export(data[row.config.data], tmp_path, "npz", "static")
    images = np.load(tmp_path / "doodles.npz")["test"]
    assert {*np.unique(images)} == {0, 255}
    assert result.digest == hashlib.sha256(images.tobytes()).hexdigest()


def test_a_row_interrupted_while_measuring_ends_with_the_same_numbers(cited, tmp_path):
    row, data, folder = cited

    def interrupt(position) -> None:
        if "measuring, 68 of 164" in position.note:  # 16 of 40 samples of each image
            os.kill(os.getpid(), signal.SIGINT)

    assert run(tmp_path, data, row, on_progress=interrupt).interrupted
    assert not read_run(row, tmp_path / row.name).is_complete
    assert run(tmp_path, data, row) == (False, {})
    found = evaluation(folder, row)
    assert evaluation(tmp_path, row) == found
    assert found["importance_samples"] == 40


def test_a_run_with_other_settings_is_never_taken_for_a_row(finished):
    other = dataclasses.replace(DRAWN, config=changed(TINY, {"model.hidden_size": 9}))
    with pytest.raises(LimnerError, match=r"model\.hidden_size is 4 there, and 9 here"):
        read_run(other, finished / DRAWN.name)


def test_a_damaged_result_is_named(finished, tmp_path):
    path = tmp_path / HONEST.file
    text = (finished / DRAWN.name / HONEST.file).read_text()
    for damaged in (text[:-20], "[]", "{}", text.replace('"bound"', '"bund"')):
        path.write_text(damaged)
        with pytest.raises(LimnerError, match=rf"{path.name}.*: delete it and run again"):
            Result.read(path)
    assert Result.read(tmp_path / "none.json") is None


def test_seconds_are_shared_out_over_the_updates_of_a_session():
    sessions = [
        {"from_update": 0, "to_update": 100, "seconds": 50.0},
        {"from_update": 100, "to_update": 200, "seconds": 10.0},
    ]
    assert seconds_until(sessions, 200) == pytest.approx(60)
    assert seconds_until(sessions, 50) == pytest.approx(25)
    assert seconds_until(sessions, 150) == pytest.approx(55)
    assert seconds_until([], 10) is None


def test_updates_without_seconds_on_record_count_as_the_others():
    sessions = [{"from_update": 100, "to_update": 200, "seconds": 30.0}]  # the first was killed
    assert seconds_until(sessions, 200) == pytest.approx(60)
    assert seconds_until(sessions, 50) is None


def test_marks_are_passed_at_the_first_validation_below_them():
    bounds = [285 - 6.5 * n for n in range(6)] + [241]  # 252.5 at 600 updates, then worse
    record = Record(
        PLAIN,
        metrics=[
            {"kind": kind, "update": 100 * n, "bound": bound - (kind == "train") * 100}
            for n, bound in enumerate([*bounds, 249], start=1)
            for kind in ("train", "valid")
        ],
        sessions=[{"from_update": 0, "to_update": 800, "seconds": 1600.0}],
    )
    line = Line(record, record)
    assert line.below == {
        260: "1,000 (500)",
        250: "1,400 (700)",
        240: "*not measured yet*",
        230: "*not measured yet*",
    }
    assert line.best == {"kind": "valid", "update": 700, "bound": 241}


def test_a_page_has_the_numbers_of_the_runs_and_keeps_their_files(finished, tmp_path):
    page = write_page(EXPERIMENT, finished, tmp_path)
    assert "2 of 2 runs are done" in page.read_text()
    for row in EXPERIMENT.rows:
        one = evaluation(finished, row)
        shown = f"{one['distortion']:.1f} + {one['rate']:.1f} = **{one['bound']:.1f}** ± "
        assert f"{shown}{one['stderr']:.1f} |" in page.read_text()
        assert f"floor of {one['floor']:.1f} nats" in page.read_text()
    kept = page.with_suffix("")
    files = {str(path) for path in snapshot(kept / DRAWN.name)}
    assert {path for path in files if "figures" not in path} == {
        "config.json",
        "evaluation-as-published-test.json",
        "evaluation-honest-test.json",
        "metrics.jsonl",
        "sessions.jsonl",
    }
    assert {path for path in files if "figures" in path} == {
        f"figures/{kind}/{view}.png"
        for kind in ("samples", "reconstructions")
        for view in ("steps", "final")
    }
    assert write_page(EXPERIMENT, tmp_path / "none", tmp_path).read_text() == page.read_text()


def test_the_binary_page_says_how_to_have_its_data_and_gives_weighted_bounds(cited, tmp_path):
    row, _, folder = cited
    page = write_page(Experiment(kind="binary", rows=(row,)), folder, tmp_path).read_text()
    result = Result.read(folder / row.name / HONEST.file)
    assert result is not None
    assert f"| cat | 40 | 32 | 4 | `{result.digest}` |" in page
    one = result.evaluation
    assert f"| **{one.importance_bound:.1f}** ± {one.importance_stderr:.1f} |" in page
    (command,) = re.findall("    limner (data export .*)", page)
    main(shlex.split(command.replace("FOLDER", str(tmp_path))))
    images = np.load(tmp_path / "doodles.npz")["test"]
    assert result.digest == hashlib.sha256(images.tobytes()).hexdigest()


def test_a_row_that_is_judged_shows_what_the_judge_recognises(datasets, tmp_path):
    config = changed(TINY, {"data.limit": 80, "train.protocol": "honest"})
    row = dataclasses.replace(PLAIN, config=config, samples=3)
    data = {config.data: open_dataset(config.data)}
    assert run(tmp_path, data, row) == (False, {})
    page = write_page(Experiment(kind="binarisation", rows=(row,)), tmp_path, tmp_path / "docs")
    result = Result.read(tmp_path / row.name / HONEST.file)
    assert result is not None
    assert result.judgement is not None
    assert result.judgement.each == 3
    assert f"| DRAW | {result.judgement.samples.recognised.percent} |" in page.read_text()
    plain = dataclasses.replace(row, samples=None)
    assert run(tmp_path / "plain", data, plain) == (False, {})
    page = write_page(Experiment(kind="binarisation", rows=(plain,)), tmp_path / "plain", tmp_path)
    assert "| *not judged* |" in page.read_text()


def bounded(bound: float) -> Line:
    """A row with a test bound."""
    evaluation = Evaluation(
        data="quickdraw",
        categories=("cat",),
        split="test",
        images=4,
        binarisation="grey",
        protocol="honest",
        num_steps=2,
        distortion=bound - 10,
        rate=10.0,
        rate_per_step=(4.0, 6.0),
        bound=bound,
    )
    result = Result(
        evaluation=evaluation,
        train_images=32,
        updates=40,
        weights_update=40,
        training_seconds=1.0,
        machine="a machine",
        jax="0",
        limner="0",
        command="limner reproduce seeds",
    )
    record = Record(PLAIN, {HONEST: result})
    return Line(record, record)


def test_a_gain_over_seeds_has_the_error_of_two_means():
    ours, theirs = (Seeds([*map(bounded, bounds)]) for bounds in ((1.0, 2.0, 3.0), (5.0, 7.0, 9.0)))
    assert (ours.mean, ours.spread, theirs.mean, theirs.spread) == (2, 1, 7, 2)
    compared = Compared("one", ours, theirs)
    assert compared.gain == 5
    assert compared.error == pytest.approx(math.sqrt((1 + 4) / 3))


def test_what_is_kept_says_nothing_of_where_the_data_lay(finished, tmp_path):
    people = changed(TINY, {"data.name": "quickdraw"})
    experiment = dataclasses.replace(EXPERIMENT, rows=(dataclasses.replace(MEAN, config=people),))
    shutil.copytree(finished, tmp_path / "runs")
    there = changed(people, {"data.root": tmp_path / "somewhere"})
    write_config(tmp_path / "runs" / MEAN.name, there)
    kept = write_page(experiment, tmp_path / "runs", tmp_path).with_suffix("")
    assert "somewhere" not in (kept / MEAN.name / "config.json").read_text()


def test_a_row_run_again_replaces_the_one_that_was_kept(finished, tmp_path):
    page = write_page(EXPERIMENT, finished, tmp_path)
    before = page.read_text()
    old = Result.read(finished / MEAN.name / HONEST.file)
    assert old is not None
    numbers = dataclasses.replace(old.evaluation, distortion=1077.1, bound=1077.1)
    again = Run.create(tmp_path / "again" / MEAN.name, TINY)
    dataclasses.replace(old, evaluation=numbers).write(again.folder / HONEST.file)
    (page.with_suffix("") / MEAN.name / "metrics.jsonl").write_text("")
    after = write_page(EXPERIMENT, tmp_path / "again", tmp_path).read_text()
    assert "2 of 2 runs are done" in after
    assert "1077.1 + 0.0 = **1077.1**" in after
    assert after.replace("1077.1", f"{old.evaluation.bound:.1f}") == before  # the other row stays
    assert not (page.with_suffix("") / MEAN.name / "metrics.jsonl").exists()


def test_what_was_kept_with_other_settings_is_not_the_rows(finished, tmp_path):
    write_page(EXPERIMENT, finished, tmp_path)
    other = dataclasses.replace(MEAN, config=changed(TINY, {"data.limit": 41}))
    experiment = dataclasses.replace(EXPERIMENT, rows=(DRAWN, other))
    page = write_page(experiment, tmp_path / "none", tmp_path).read_text()
    assert "1 of 2 runs are done" in page
    assert "| mean image | – | – | *not run* | *not run* |" in page


PUBLISHED = [kind for kind in EXPERIMENTS if (DOCS / "results" / f"{kind}.md").exists()]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """Docs with each page written anew from what is kept beside it."""
    docs = tmp_path_factory.mktemp("written") / "docs"
    shutil.copytree(DOCS, docs)
    for kind in PUBLISHED:
        write_page(EXPERIMENTS[kind], docs / "none", docs)
    return docs


@pytest.mark.parametrize("kind", PUBLISHED)
def test_the_pages_of_the_repository_say_what_is_kept(kind, written):
    page = Path("results") / f"{kind}.md"
    assert (written / page).read_text() == (DOCS / page).read_text()
    assert (written / "results.md").read_text() == (DOCS / "results.md").read_text()
    for link in re.findall(r"\]\(([^)]+)\)", (DOCS / page).read_text()):
        assert (DOCS / page.parent / link).exists(), link


@pytest.mark.parametrize("kind", PUBLISHED)
def test_every_number_that_is_kept_stands_on_its_page(kind, written):
    page = (written / "results" / f"{kind}.md").read_text()
    found = sorted((written / "results" / kind).rglob("evaluation-*.json"))
    assert len(found) == sum(len(row.measurements) for row in EXPERIMENTS[kind].rows)
    for file in found:
        result = json.loads(file.read_text())
        one = result["evaluation"]
        assert f"| `{result['command']}` |" in page
        if one["protocol"] == "as-published":
            assert f"| {one['Lx']:.2f} / {one['Lz']:.2f} |" in page
        elif kind != "time-to-bound" or one["split"] == "test":
            assert f"**{one['bound']:.1f}** ± {one['stderr']:.1f} |" in page
    assert page.count("; JAX ") == len(found)
    assert "*not run*" not in page


def test_retired_rows_stay_on_their_page_and_are_marked(written):
    page = (written / "results" / "recipe.md").read_text()
    assert page.count("*no longer in limner* |") == 2
    for name in ("layer-norm", "jitter"):
        with pytest.raises(LimnerError, match=r"config\.json"):
            Run.open(written / "results" / "recipe" / name)


def test_a_retired_row_is_not_read_from_runs(tmp_path):
    for name in ("layer-norm", "jitter"):
        shutil.copytree(DOCS / "results" / "recipe" / name, tmp_path / "runs" / name)
    page = write_page(EXPERIMENTS["recipe"], tmp_path / "runs", tmp_path / "docs").read_text()
    assert "0 of 24 runs are done" in page


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_rows_that_were_not_run_are_shown_as_such(kind, tmp_path, capsys):
    main(["reproduce", kind, "--page-only", "--out", f"{tmp_path}/runs", "--docs", str(tmp_path)])
    assert capsys.readouterr().out == f"page: {tmp_path}/results/{kind}.md\n"
    page = (tmp_path / "results" / f"{kind}.md").read_text()
    assert f"0 of {len(EXPERIMENTS[kind].rows)} runs are done" in page
    assert page.count("*not run*") >= len(EXPERIMENTS[kind].rows)
    assert not re.search(r"\*\*\d", page)
    assert not (tmp_path / "runs").exists()  # looking makes nothing


def test_a_quick_page_says_loudly_that_it_means_nothing(tmp_path):
    page = write_page(quickly(EXPERIMENTS["recipe"]), tmp_path / "runs", tmp_path)
    assert page.name == "recipe-quick.md"
    assert "**A QUICK RUN: EVERY ROW WAS TRAINED FOR 100 UPDATES." in page.read_text()
    index = (tmp_path / "results.md").read_text()
    assert "recipe-quick.md" in index
    assert "recipe.md" not in index
    assert index.count("(not run)") == len(EXPERIMENTS)


def test_the_index_says_what_the_words_mean():
    index = (DOCS / "results.md").read_text()
    for word in ("Honest", "As published", "Grey", "Static", "dynamic", "threshold", "Bound"):
        assert f"**{word}**" in index


def test_a_command_runs_rows_once_and_leaves_out_what_lacks_data(tmp_path, capsys):
    root, out = quickdraw_root(tmp_path / "data", cat=40), tmp_path / "runs"
    command = ["reproduce", "baselines", "--quick", "--rows", "*/mean-image"]
    command += ["--data-root", str(root), "--out", str(out)]
    main(command)
    said = capsys.readouterr()
    page = out / "docs" / "results" / "baselines-quick.md"
    assert said.out == f"page: {page}\nruns: {out}\n"
    assert "mnist/mean-image: left out" in said.err
    assert "1 of 8 runs are done" in page.read_text()
    before = snapshot(out / "cat")
    main(command)
    assert snapshot(out / "cat") == before


def test_help_names_the_experiments(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["reproduce", "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    for kind in EXPERIMENTS:
        assert kind in said
