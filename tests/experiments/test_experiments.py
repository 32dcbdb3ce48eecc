"""Experiments: what they are, that they go on where they stopped, and that pages show files."""

import dataclasses
import itertools
import json
import math
import os
import re
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from limner.cli.main import main
from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig, changed
from limner.data.dataset import Dataset, open_dataset
from limner.errors import LimnerError
from limner.evaluation.bound import Evaluation
from limner.evaluation.mean_image import evaluate_mean_image
from limner.experiments.archive import PICTURES
from limner.experiments.catalogue import CHANGES, EXPERIMENTS, PUBLISHED
from limner.experiments.experiment import (
    AS_PUBLISHED,
    HONEST,
    Experiment,
    Measurement,
    Row,
    quickly,
)
from limner.experiments.pages import write_page
from limner.experiments.results import Result, read_record, seconds_until
from limner.experiments.runner import run_rows
from limner.presets import PRESETS
from limner.run import LOSSES, Run
from limner.sampling.drawings import sample

TINY = RunConfig(
    model=ModelConfig(hidden_size=8, num_steps=3, latent_size=2, read_grid=2, write_grid=2),
    data=DataConfig(categories=("cat",), limit=40),
    train=TrainConfig(updates=40, batch_size=4, validate_every=20, warmup_updates=4),
)
ROWS = (
    Row(
        name="cat/as-published",
        label="DRAW, as published",
        config=changed(TINY, {"train.protocol": "as-published"}),
        measurements=(AS_PUBLISHED, HONEST),
        picture_steps=(1, 3),
    ),
    Row(name="cat/draw", label="DRAW", config=TINY),
    Row(name="cat/mean-image", label="mean image", config=TINY, predictor="mean-image"),
)
EXPERIMENT = Experiment(kind="baselines", title="Tiny", question="Does it work?", rows=ROWS)


@pytest.fixture(scope="module")
def datasets() -> dict[DataConfig, Dataset]:
    return {TINY.data: open_dataset(TINY.data)}


def run(folder: Path, datasets, rows=ROWS, on_progress=lambda position: None):
    return run_rows(rows, folder, datasets, command="limner reproduce x", on_progress=on_progress)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, datasets) -> Path:
    """All rows, run from start to end."""
    folder = tmp_path_factory.mktemp("finished")
    assert run(folder, datasets) == (False, {})
    return folder


def snapshot(folder: Path) -> dict[Path, tuple[bytes, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns) for path in files
    }


def evaluation(folder: Path, row: str, measurement: Measurement) -> dict:
    return json.loads((folder / row / measurement.file).read_text())["evaluation"]


def test_table1_is_the_studys_table():
    table = [
        # categories, Lx, Lz, read, write, z, T, batch
        (("cat",), 146.50, 92.22, 5, 5, 10, 20, 64),
        (("cat",), 166.69, 91.58, 5, 5, 10, 20, 100),
        (("dog",), 171.14, 92.42, 5, 5, 10, 10, 100),
        (("dog",), 158.91, 91.22, 5, 5, 10, 20, 100),
        (("cat", "dog"), 181.98, 91.82, 2, 5, 10, 20, 100),
        (("cat", "dog"), 141.93, 91.56, 5, 5, 10, 20, 100),
    ]
    configs = {row.name: row.config for row in EXPERIMENTS["table1"].rows}
    assert len(configs) == 3 * len(table)
    for (categories, Lx, Lz, read, write, z, steps, batch), row in zip(
        table, PUBLISHED, strict=True
    ):
        assert (row.Lx, row.Lz) == (Lx, Lz)
        columns = [
            configs[f"{row.name}/{column}"] for column in ("as-published", "honest", "recipe")
        ]
        for config in columns:
            assert config.data.name == "quickdraw"
            assert config.data.binarisation == "grey"
            assert config.data.categories == categories
            assert config.data.limit == 80_000
            assert config.train.updates == 10_000
            assert config.train.batch_size == batch
            model = config.model
            assert (model.read_grid, model.write_grid) == (read, write)
            assert (model.latent_size, model.num_steps, model.hidden_size) == (z, steps, 256)
        published, honest, recipe = columns
        assert published.train == dataclasses.replace(
            PRESETS["study"].train, batch_size=batch, updates=10_000
        )
        assert (published.train.optimiser, published.train.learning_rate) == ("rmsprop", 1e-3)
        assert (published.train.clipping, published.train.clip_norm) == ("per-variable", 5)
        assert published.train.protocol == "as-published"
        assert not published.model.learned_start
        assert honest == changed(published, {"train.protocol": "honest"})
        assert recipe.train == dataclasses.replace(
            PRESETS["quickdraw"].train, batch_size=batch, updates=10_000
        )


def test_the_canvases_shown_are_at_the_studys_time_steps():
    shown = {row.name: row.shown for row in PUBLISHED if row.shown}
    assert shown == {"cat": (4, 7, 9), "dog": (4, 8, 15, 20), "mix": (7, 9, 15, 20)}


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_rows_have_names_of_their_own(kind):
    rows = EXPERIMENTS[kind].rows
    assert len({row.name for row in rows}) == len(rows)
    assert len({(row.config, row.predictor) for row in rows}) == len(rows)


def test_a_row_of_the_recipe_differs_from_it_in_what_it_says_alone():
    def flat(config: RunConfig) -> dict:
        nested = dataclasses.asdict(config)
        return {f"{part}.{key}": nested[part][key] for part in nested for key in nested[part]}

    rows = {row.name: flat(row.config) for row in EXPERIMENTS["recipe"].rows}
    for name, (_, changes) in CHANGES.items():
        row, recipe = rows[name], rows["recipe"]
        assert {key for key in row if row[key] != recipe[key]} == set(changes)


def test_a_quick_experiment_trains_for_less_in_a_place_of_its_own():
    for experiment in EXPERIMENTS.values():
        quick = quickly(experiment)
        assert quick.name != experiment.name
        assert all(row.steps <= 100 for row in quick.rows)
        assert [row.name for row in quick.rows] == [row.name for row in experiment.rows]


def test_rows_are_chosen_by_name_by_first_part_or_by_pattern():
    experiment = EXPERIMENTS["table1"]

    def names(*patterns: str) -> list[str]:
        return [row.name for row in experiment.chosen(patterns)]

    assert names("dog/honest") == ["dog/honest"]
    assert names("dog") == ["dog/as-published", "dog/honest", "dog/recipe"]
    assert len(names("*/honest")) == 6
    assert len(names()) == 18
    with pytest.raises(LimnerError, match=r"no row 'horse'.*cat-b64/as-published"):
        names("horse")


def test_a_finished_row_leaves_its_numbers_and_how_they_came_about(finished):
    result = Result.read(finished / "cat" / "draw" / HONEST.file)
    assert result is not None
    assert (result.train_images, result.evaluation.images) == (32, 4)
    assert result.steps == 40
    assert result.weights_step in (20, 40)
    assert result.training_seconds is not None
    assert result.training_seconds > 0
    assert result.limner.startswith("0.")
    assert result.command == "limner reproduce x --rows cat/draw"
    published = evaluation(finished, "cat/as-published", AS_PUBLISHED)
    assert published["bound"] is None
    assert evaluation(finished, "cat/as-published", HONEST)["bound"] > 0
    for kind in ("samples", "reconstructions"):
        assert (finished / "cat" / "as-published" / "figures" / kind / "steps.png").exists()


def test_what_is_done_is_not_done_again(finished, datasets):
    before = snapshot(finished)
    told = []
    assert run(finished, datasets, on_progress=told.append) == (False, {})
    assert told == []
    assert snapshot(finished) == before


def test_an_experiment_cut_off_between_rows_goes_on_with_the_next(finished, tmp_path, datasets):
    run(tmp_path, datasets, ROWS[1:2])
    before = snapshot(tmp_path / "cat" / "draw")
    run(tmp_path, datasets, ROWS[1:])
    assert snapshot(tmp_path / "cat" / "draw") == before
    row = "cat/mean-image"
    assert evaluation(tmp_path, row, HONEST) == evaluation(finished, row, HONEST)


def test_a_row_killed_in_training_ends_as_if_it_had_not_been(finished, tmp_path, datasets):
    class Killed(Exception):
        pass

    def kill(position) -> None:
        if position.done == 20:
            raise Killed

    with pytest.raises(Killed):
        run(tmp_path, datasets, ROWS[1:2], on_progress=kill)
    record = read_record(tmp_path, ROWS[1])
    assert record.status == "stopped at iteration 20"
    first = []
    assert run(tmp_path, datasets, ROWS[1:2], on_progress=first.append) == (False, {})
    assert first[0].done == 20
    assert {position.total for position in first} == {40}
    assert evaluation(tmp_path, "cat/draw", HONEST) == evaluation(finished, "cat/draw", HONEST)


def test_an_interrupted_call_stops_at_a_checkpoint_and_says_so(tmp_path, datasets):
    def interrupt(position) -> None:
        if position.done == 20:
            os.kill(os.getpid(), signal.SIGINT)

    ran = run(tmp_path, datasets, ROWS[1:], on_progress=interrupt)
    assert ran.interrupted
    assert not (tmp_path / "cat" / "mean-image").exists()
    assert read_record(tmp_path, ROWS[1]).steps == 20


def test_a_row_that_fails_does_not_keep_the_others_back(tmp_path, datasets):
    wide = dataclasses.replace(ROWS[1], name="wide", config=changed(TINY, {"model.width": 30}))
    ran = run(tmp_path, datasets, (wide, ROWS[2]))
    assert not ran.interrupted
    assert "30" in ran.failures["wide"]
    assert read_record(tmp_path, ROWS[2]).is_complete


def test_a_run_with_other_settings_is_never_taken_for_a_row(finished):
    other = dataclasses.replace(ROWS[1], config=changed(TINY, {"model.hidden_size": 9}))
    with pytest.raises(LimnerError, match=r"model\.hidden_size is 8 there, here 9"):
        read_record(finished, other)


def test_a_damaged_result_is_named(finished, tmp_path):
    path = tmp_path / HONEST.file
    text = (finished / "cat" / "draw" / HONEST.file).read_text()
    for damaged in (text[:-20], "[]", "{}", text.replace('"bound"', '"bund"')):
        path.write_text(damaged)
        with pytest.raises(LimnerError, match=rf"{path.name} is no result"):
            Result.read(path)
    assert Result.read(tmp_path / "none.json") is None


def test_the_page_has_the_numbers_of_the_files(finished, tmp_path):
    page = write_page(EXPERIMENT, finished, tmp_path).read_text()
    assert "3 of 3 runs are done" in page
    for row in ROWS:
        one = evaluation(finished, row.name, HONEST)
        assert f"**{one['bound']:.1f}** ± {one['stderr']:.1f}" in page
        assert f"{one['distortion']:.1f} + {one['rate']:.1f} = " in page
        assert f"floor of {one['floor']:.1f} nats" in page
    assert (tmp_path / "results.md").exists()


def test_the_mean_image_has_no_rate_and_the_bound_of_its_pixels(datasets):
    dataset = datasets[TINY.data]
    got = evaluate_mean_image(dataset, binarisation="grey", split="test")
    train, test = (
        np.stack([dataset.split(which).levels(np.array([i]))[0] for i in range(count)]) / 255
        for which, count in (("train", 32), ("test", 4))
    )
    expected = []
    for image in test.reshape(4, 784):
        pixels = zip(image, train.reshape(32, 784).sum(0), strict=True)
        means = [(x, (ink + 0.5) / 33) for x, ink in pixels]
        expected.append(-sum(x * math.log(m) + (1 - x) * math.log(1 - m) for x, m in means))
    assert got.bound == pytest.approx(np.mean(expected))
    assert got.stderr == pytest.approx(np.std(expected, ddof=1) / 2)
    assert got.rate == 0
    assert got.excess == pytest.approx(got.bound - got.floor)


def test_the_mean_cat_scores_what_was_measured_before(shared_data):
    data = DataConfig(name="quickdraw", categories=("cat",), root=shared_data)
    dataset = open_dataset(data, fetch=False)
    got = evaluate_mean_image(dataset, binarisation="grey", split="train")
    assert got.bound == pytest.approx(316.8, abs=2)


def test_seconds_are_shared_out_over_the_steps_of_a_session():
    sessions = [
        {"from_update": 0, "to_update": 100, "seconds": 50.0},
        {"from_update": 100, "to_update": 200, "seconds": 10.0},
    ]
    assert seconds_until(sessions, 200) == pytest.approx(60)
    assert seconds_until(sessions, 50) == pytest.approx(25)
    assert seconds_until(sessions, 150) == pytest.approx(55)
    assert seconds_until([], 10) is None


def test_steps_without_seconds_on_record_count_as_the_others():
    sessions = [{"from_update": 100, "to_update": 200, "seconds": 30.0}]  # the first was killed
    assert seconds_until(sessions, 200) == pytest.approx(60)
    assert seconds_until(sessions, 50) is None


def test_noise_as_published_is_the_same_at_all_steps_of_a_sample(make_model):
    model = make_model()
    latents = sample(model, num=3, num_steps=4, seed=0, protocol="as-published").latents
    assert np.all(latents == latents[:1])
    honest = sample(model, num=3, num_steps=4, seed=0).latents
    assert not np.any(honest[1:] == honest[:1])


def made_up(row: Row, measurement: Measurement, number: int) -> Result:
    """A result whose numbers no other has."""
    bounds = measurement.protocol == "honest"
    distortion, rate = 1000 + number + 0.1, number + 0.2
    is_grey = row.config.data.binarisation == "grey"
    return Result(
        evaluation=Evaluation(
            data=row.config.data.name,
            categories=row.config.data.categories,
            split=measurement.split,
            images=4,
            binarisation=row.config.data.binarisation,
            protocol=measurement.protocol,
            num_steps=row.config.model.num_steps,
            distortion=distortion,
            rate=rate,
            rate_per_step=(rate,),
            bound=distortion + rate if bounds else None,
            stderr=2.5 if bounds else None,
            floor=93.7 if is_grey else None,
            excess=None,
            bits_per_dim=None,
            Lx=None if bounds else distortion,
            Lz=None if bounds else rate + 90,
        ),
        train_images=32,
        steps=row.steps,
        weights_step=row.steps,
        training_seconds=100.0 + number,
        machine="2 cores",
        jax="0.8",
        limner="0.1.0",
        command=f"limner --rows {row.name}",
    )


def fill(folder: Path, experiment: Experiment) -> dict[str, list[Result]]:
    """A folder of results for all rows of an experiment."""
    results = {}
    for number, row in enumerate(experiment.rows):
        there = Run.create(folder / row.name, row.config)
        names = LOSSES[row.config.train.protocol]
        steps = np.linspace(0, row.steps, 11)[1:].astype(int).tolist() if row.steps else []
        there.write_metrics(
            {"kind": kind, "update": step, "protocol": row.config.train.protocol}
            | dict(zip(names, (280.0 - place, 5.0, 285.0 - 6.5 * place), strict=True))
            for place, step in enumerate(steps)
            for kind in ("train", "valid")
        )
        if steps:
            session = {"from_update": 0, "to_update": row.steps, "seconds": 1000.0}
            there.add_session(session | {"devices": 2, "device": "cpu"})
        results[row.name] = [
            made_up(row, one, 3 * number + place) for place, one in enumerate(row.measurements)
        ]
        for measurement, result in zip(row.measurements, results[row.name], strict=True):
            (there.folder / measurement.file).write_text(result.to_json())
        for name in itertools.chain(*PICTURES.values()) if row.picture_steps else ():
            (there.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (there.folder / name).write_bytes(row.name.encode())
    return results


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_every_page_is_built_from_a_folder_of_results(kind, tmp_path):
    experiment = EXPERIMENTS[kind]
    results = fill(tmp_path / "runs", experiment)
    path = write_page(experiment, tmp_path / "runs", tmp_path / "docs")
    page = path.read_text()
    assert "*not run*" not in page
    for row in experiment.rows:
        for result in results[row.name]:
            assert result.command in page
            one = result.evaluation
            if one.bound is not None and (kind != "time-to-bound" or one.split == "test"):
                assert f"**{one.bound:.1f}** ± 2.5" in page
            elif one.Lx is not None:
                assert f"{one.Lx:.2f} / {one.Lz:.2f}" in page
    for link in re.findall(r"\]\(([^)]+)\)", page):
        assert (path.parent / link).exists(), link
    lines = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in lines)
    assert "\n\n\n" not in page
    assert f"results/{kind}.md" in (tmp_path / "docs" / "results.md").read_text()


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_rows_that_were_not_run_are_shown_as_such(kind, tmp_path, capsys):
    main(["reproduce", kind, "--page-only", "--out", f"{tmp_path}/runs", "--docs", str(tmp_path)])
    assert capsys.readouterr().out == f"page: {tmp_path}/results/{kind}.md\n"
    page = (tmp_path / "results" / f"{kind}.md").read_text()
    assert f"0 of {len(EXPERIMENTS[kind].rows)} runs are done" in page
    assert page.count("*not run*") >= len(EXPERIMENTS[kind].rows)
    assert not re.search(r"\*\*\d", page)
    assert not (tmp_path / "runs").exists()  # looking makes nothing


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_a_page_can_be_made_anew_from_what_is_kept_beside_it(kind, tmp_path):
    experiment = EXPERIMENTS[kind]
    fill(tmp_path / "runs", experiment)
    page = write_page(experiment, tmp_path / "runs", tmp_path)
    first, kept = page.read_text(), snapshot(page.with_suffix(""))
    assert write_page(experiment, tmp_path / "none", tmp_path).read_text() == first
    charts = {name for name in kept if len(name.parts) == 1}
    assert {name: kept[name] for name in kept.keys() - charts} == {
        name: file for name, file in snapshot(page.with_suffix("")).items() if name not in charts
    }


def test_what_is_kept_has_no_weights_and_says_nothing_of_where_the_data_lay(tmp_path):
    somewhere = changed(ROWS[1].config, {"data.root": tmp_path / "somewhere"})
    row = dataclasses.replace(ROWS[1], config=somewhere)
    experiment = dataclasses.replace(EXPERIMENT, rows=(row,))
    fill(tmp_path / "runs", experiment)
    (tmp_path / "runs" / row.name / "model.safetensors").write_bytes(b"")
    write_page(dataclasses.replace(EXPERIMENT, rows=ROWS), tmp_path / "runs", tmp_path)
    kept = tmp_path / "results" / "baselines" / row.name
    assert {path.name for path in kept.iterdir()} == {
        "config.json",
        HONEST.file,
        "metrics.jsonl",
        "sessions.jsonl",
    }
    assert "somewhere" not in (kept / "config.json").read_text()


def test_a_row_run_again_takes_the_place_of_the_one_that_was_kept(tmp_path):
    fill(tmp_path / "first", EXPERIMENT)
    write_page(EXPERIMENT, tmp_path / "first", tmp_path)
    again = Run.create(tmp_path / "second" / ROWS[1].name, ROWS[1].config)
    (again.folder / HONEST.file).write_text(made_up(ROWS[1], HONEST, 77).to_json())
    page = write_page(EXPERIMENT, tmp_path / "second", tmp_path).read_text()
    assert "3 of 3 runs are done" in page
    assert "1077.1 + 77.2" in page  # the new one
    assert "1006.1 + 6.2" in page  # a row that was only kept
    kept = tmp_path / "results" / "baselines" / ROWS[1].name
    assert not (kept / "metrics.jsonl").exists()  # nothing of the one before


def test_what_was_kept_with_other_settings_is_not_the_rows(tmp_path):
    fill(tmp_path / "runs", EXPERIMENT)
    write_page(EXPERIMENT, tmp_path / "runs", tmp_path)
    other = dataclasses.replace(ROWS[1], config=changed(TINY, {"model.hidden_size": 9}))
    experiment = dataclasses.replace(EXPERIMENT, rows=(ROWS[0], other, ROWS[2]))
    page = write_page(experiment, tmp_path / "none", tmp_path).read_text()
    assert "2 of 3 runs are done" in page
    assert "*not run*" in page


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_the_pages_that_come_with_the_package_say_what_is_kept(kind, tmp_path):
    docs = Path(__file__).parents[2] / "docs"
    page = docs / "results" / f"{kind}.md"
    if not page.exists():
        pytest.skip(f"{kind} was not run yet")
    shutil.copytree(docs, tmp_path / "docs")
    assert write_page(EXPERIMENTS[kind], tmp_path / "none", tmp_path / "docs").read_text() == (
        page.read_text()
    )
    assert (tmp_path / "docs" / "results.md").read_text() == (docs / "results.md").read_text()


def test_marks_are_passed_at_the_first_validation_below_them(tmp_path):
    experiment = EXPERIMENTS["time-to-bound"]
    fill(tmp_path / "runs", experiment)
    page = write_page(experiment, tmp_path / "runs", tmp_path).read_text()
    (line,) = [line for line in page.splitlines() if line.startswith("| limner's recipe |")]
    # Validated each tenth of 10,000 iterations and 1,000 seconds, at 285 less 6.5 at a time.
    assert "| 500 (5,000) | 700 (7,000) | 800 (8,000) | 1,000 (10,000) |" in line
    assert "| 226.5 (10,000) |" in line


def test_a_quick_page_says_loudly_that_it_means_nothing(tmp_path):
    quick = quickly(EXPERIMENTS["recipe"])
    path = write_page(quick, tmp_path / "runs", tmp_path)
    assert path.name == "recipe-quick.md"
    assert "**A QUICK RUN" in path.read_text()
    index = (tmp_path / "results.md").read_text()
    assert "recipe-quick.md" in index
    assert "recipe.md" not in index


def test_the_index_says_what_the_words_mean(tmp_path):
    write_page(EXPERIMENTS["recipe"], tmp_path / "runs", tmp_path)
    index = (tmp_path / "results.md").read_text()
    for word in ("Honest", "As published", "Grey", "Static", "dynamic", "threshold", "Bound"):
        assert f"**{word}**" in index
    assert index.count("(not run)") == len(EXPERIMENTS) - 1


def test_rows_whose_drawings_are_not_found_are_left_out(tmp_path, capsys):
    out = tmp_path / "runs"
    where = ["--out", str(out), "--data-root", str(tmp_path / "none")]
    main(["reproduce", "baselines", "--quick", "--rows", "mnist", *where])
    said = capsys.readouterr()
    assert "mnist/draw: left out" in said.err
    assert f"runs: {out}" in said.out
    assert "*not run*" in (out / "docs" / "results" / "baselines-quick.md").read_text()


def test_help_names_the_experiments(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["reproduce", "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    for kind in EXPERIMENTS:
        assert kind in said


def test_a_command_runs_rows_and_runs_them_once(tmp_path, capsys, monkeypatch):
    experiment = dataclasses.replace(EXPERIMENT, rows=ROWS[2:])
    monkeypatch.setattr(
        "limner.experiments.catalogue.EXPERIMENTS", {**EXPERIMENTS, "baselines": experiment}
    )
    command = ["reproduce", "baselines", "--out", f"{tmp_path}/runs", "--docs", str(tmp_path)]
    main(command)
    page = tmp_path / "results" / "baselines.md"
    assert capsys.readouterr().out == f"page: {page}\nruns: {tmp_path}/runs\n"
    assert "1 of 1 runs are done" in page.read_text()
    before = snapshot(tmp_path / "runs")
    main(command)
    assert snapshot(tmp_path / "runs") == before
