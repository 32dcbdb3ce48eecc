"""The commands, given models by name and models to share."""

import dataclasses
import json
from pathlib import Path

import pytest
from commands import SMALL, fails
from PIL import Image
from runs import make_run

import limner
from limner.cli.main import main
from limner.config import DataConfig
from limner.data.dataset import open_dataset
from limner.errors import LimnerError
from limner.pretrained import hub
from limner.pretrained.export import export
from limner.pretrained.hub import read_card
from limner.run import Run, write_config


def test_a_check_says_whether_it_holds(shared_data, capsys, monkeypatch):
    monkeypatch.setenv("LIMNER_DATA", str(shared_data))
    main(["evaluate", "dog", "--check"])
    assert "over 359 images, as on the card" in capsys.readouterr().out
    card = read_card(hub.SHELF / "dog")
    assert card is not None
    assert not card.check.holds(dataclasses.replace(card.evaluation, bound=0.0))
    assert not card.check.holds(dataclasses.replace(card.evaluation, images=3))


def test_options_that_would_have_no_effect_are_refused(exported, capsys):
    said = fails(capsys, "evaluate", "dog", "--check", "--json", "--seed", 3)
    assert "leave out --json and --seed: with --check" in said
    said = fails(capsys, "export", "kitten", "--samples", 4, "--title", "Kittens")
    assert "leave out --title: without --out nothing comes of it" in said
    assert "--out is missing" in fails(capsys, "export", "kitten", "--title", "Kittens")
    said = fails(capsys, "reconstruct", "kitten", "--ink", "dark", "--category", "cat")
    assert "leave out --category and --ink: without --picture" in said
    said = fails(capsys, "reconstruct", "kitten", "--picture", "x.png", "--data-root", "here")
    assert "leave out --data-root: with --picture" in said
    said = fails(capsys, "studio", "--export", "site", "--port", 3, "--no-browser")
    assert "leave out --port and --no-browser: with --export" in said
    said = fails(capsys, "data", "show", "--to", "sheet.png", "--shape", 1, 9, 9)
    assert "leave out --shape: unless data.name is images" in said
    said = fails(capsys, "data", "fetch", "mnist", "--format", "binary")
    assert "leave out --format: for mnist" in said
    said = fails(capsys, "reproduce", "table1", "--page-only", "--rows", "cat")
    assert "leave out --rows: with --page-only" in said


def test_a_run_whose_images_moved_says_what_to_give(tmp_path, capsys):
    run = make_run(tmp_path / "run")
    data = DataConfig(name="images", path=tmp_path / "gone")
    write_config(run.folder, dataclasses.replace(run.config, data=data))
    said = fails(capsys, "evaluate", run.folder)
    assert f"{tmp_path / 'gone'} is not there: if its images moved, --data-root says where" in said


def test_a_run_without_a_card_has_no_check(kitten, capsys):
    assert "has no card to check" in fails(capsys, "evaluate", kitten.folder, "--check")


def test_training_can_begin_with_a_model_by_its_name(tmp_path, shared_data, capsys):
    options = ["--train.updates", "2", "--train.batch-size", "4", "--data.root", str(shared_data)]
    start = ["--train.start-from", "cat", "--data.limit", "100"]
    model = ["--data.categories", "cat", "--model.num-categories", "0"]
    main(["train", "sketches", *options, *start, *model, "--out", str(tmp_path / "more")])
    assert "finished at update 2 of 2" in capsys.readouterr().out
    export(
        Run.open(tmp_path / "more"),
        tmp_path / "shared",
        open_dataset(Run.open(tmp_path / "more").config.data),
    )
    card, cat = read_card(tmp_path / "shared"), read_card(hub.SHELF / "cat")
    assert card is not None
    assert cat is not None
    assert card.training.before is not None
    assert card.training.before.updates == cat.training.updates
    assert "--train.start-from cat" in card.training.command


def test_an_unfinished_run_is_not_exported(tmp_path, capsys):
    run = make_run(tmp_path / "half", finished=False)
    said = fails(capsys, "export", run.folder, "--out", tmp_path / "kitten")
    assert "not a finished training" in said
    assert not (tmp_path / "kitten").exists()


def test_an_export_replaces_nothing(kitten, tmp_path, capsys):
    (tmp_path / "kitten").mkdir()
    (tmp_path / "kitten" / "mine").write_text("mine")
    assert "exists already" in fails(capsys, "export", kitten.folder, "--out", tmp_path / "kitten")
    assert (tmp_path / "kitten" / "mine").read_text() == "mine"


def test_the_command_exports_with_importance_samples_and_an_exported_folder_is_a_run(
    kitten, tmp_path, capsys
):
    out = tmp_path / "kitten"
    importance = ["--importance-samples", "2", "--importance-images", "1"]
    main(["export", str(kitten.folder), "--out", str(out), *importance])
    assert "Cat, drawn by a program: " in capsys.readouterr().out
    facts = json.loads((out / "card.json").read_text())["evaluation"]
    assert facts["importance_samples"] == 2
    main(["evaluate", str(out), "--json"])
    assert json.loads(capsys.readouterr().out)["bound"] == facts["bound"]
    card = (out / "README.md").read_text()
    assert f"| T | {facts['num_steps']} steps |" in card
    assert "| that is | over 1 of the images, chosen at random; " in card
    assert "exported already" in fails(capsys, "export", out, "--out", tmp_path / "again")


def test_a_shared_model_of_own_images_knows_its_categories(tmp_path, monkeypatch):
    for name, shade in (("ape", 0), ("zebra", 90)):
        (tmp_path / "zoo" / name).mkdir(parents=True)
        for n in range(12):
            Image.new("L", (28, 28), shade + n).save(tmp_path / "zoo" / name / f"{n}.png")
    options = [*SMALL, "--data.name", "images", "--model.num-categories", "2"]
    main(["train", *options, "--data.path", str(tmp_path / "zoo"), "--out", str(tmp_path / "run")])
    main(["export", str(tmp_path / "run"), "--out", str(tmp_path / "shared" / "animals")])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    animals = limner.load(tmp_path / "shared" / "animals")
    assert animals.categories == ("ape", "zebra")
    assert animals.sample(2, category="zebra").drawings.categories.tolist() == [1, 1]
    assert "--data.categories ape zebra" in animals.card.training.command


def test_a_model_that_tells_categories_apart_is_evaluated_as_its_card_says(pair, capsys):
    capsys.readouterr()
    main(["evaluate", str(pair), "--json"])
    assert json.loads(capsys.readouterr().out)["bound"] == limner.load(pair).card.evaluation.bound


def test_outliers_and_neighbours_of_a_model_that_tells_categories_apart(pair, capsys):
    capsys.readouterr()
    main(["outliers", str(pair), "--category", "dog", "--splits", "test", "--num", "2"])
    main(["nearest", str(pair), "--num", "2"])
    paths = [Path(line) for line in capsys.readouterr().out.splitlines() if "figures" in line]
    assert len(paths) == 4
    assert all(path.is_file() for path in paths)


def test_a_name_stands_for_a_run_folder_and_pictures_go_to_the_working_folder(exported, capsys):
    before = {path: path.stat().st_mtime_ns for path in exported.rglob("*")}
    main(["sample", "kitten", "--num", "2"])
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {path.parent for path in paths} == {Path("limner-kitten/samples")}
    assert all(path.is_file() for path in paths)
    main(["evaluate", "kitten", "--json"])
    bound = json.loads(capsys.readouterr().out)["bound"]
    assert bound == hub.read_card(exported).evaluation.bound
    main(["reconstruct", str(exported), "--num", "2"])
    assert Path("limner-kitten/reconstructions/final.png").is_file()
    assert {path: path.stat().st_mtime_ns for path in exported.rglob("*")} == before


def test_an_unknown_name_is_answered_with_near_names(exported, capsys):
    assert "did you mean kitten?" in fails(capsys, "sample", "kiten")
    assert "there are kitten" in fails(capsys, "evaluate", "zebra")
    Path("no").mkdir()
    assert "is not a run folder" in fails(capsys, "evaluate", Path("no", "where"))
    assert "(kitten)" in fails(capsys, "studio", "zebra")


def test_curves_of_a_pretrained_model_are_refused(exported, capsys):
    assert "exported model keeps none" in fails(capsys, "curves", "kitten")


def test_models_lists_names_bounds_and_where_they_lie(exported, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    main(["models"])
    said = capsys.readouterr().out
    found = hub.read_card(exported).evaluation
    assert "Kittens" in said
    assert f"{found.bound:.2f} ± {found.stderr:.2f} nats (grey, floor {found.floor:.1f})" in said
    assert str(exported.parent) in said


def test_without_models_the_list_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(hub, "SHELF", tmp_path)
    main(["models"])
    assert "no model came" in capsys.readouterr().out
    with pytest.raises(LimnerError, match="is not a run folder"):
        limner.load("kitten")


def test_the_command_writes_the_page(exported, tmp_path, capsys):
    main(["models", "--docs", str(tmp_path / "docs")])
    assert "page: " in capsys.readouterr().out
    assert "## How kitten was made" in (tmp_path / "docs/results/models.md").read_text()
