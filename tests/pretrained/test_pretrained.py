"""Models by name: what the package ships, and how such a model comes about."""

import dataclasses
import json
import os
import shlex
from pathlib import Path

import equinox as eqx
import httpx
import jax
import numpy as np
import pytest
import tyro
from commands import SMALL, fails
from PIL import Image
from studio_process import make_run, running_studio

import limner
from limner.cli.main import main
from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.data.dataset import open_dataset
from limner.errors import LimnerError
from limner.evaluation.bound import evaluate
from limner.presets import PRESETS
from limner.pretrained import hub
from limner.pretrained.card import Card
from limner.pretrained.export import evaluate_check, export, train_command
from limner.pretrained.hub import read_card
from limner.pretrained.page import models_page
from limner.run import Run
from limner.sampling.drawings import sample
from limner.studio.models import find_models, load_models
from limner.system.files import replacing_folder

FILES = {"README.md", "card.json", "config.json", "model.safetensors"}
MOST_BYTES = 40_000_000
"""Of all that is shipped, so that the package stays quick to install."""


@pytest.mark.parametrize("name", hub.names())
def test_a_shipped_model_is_whole_and_draws(name):
    assert {path.name for path in (hub.SHELF / name).iterdir()} == FILES
    trained = limner.load(name)
    drawings = trained.sample(2)
    assert drawings.canvases.shape[0] == trained.config.model.num_steps
    assert np.isfinite(drawings.canvases).all()
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(trained.model))


@pytest.mark.parametrize("name", hub.names())
def test_a_shipped_models_card_agrees_with_its_configuration(name):
    trained = limner.load(name)
    card, config = trained.card, trained.config
    assert card is not None
    found = card.evaluation
    assert card.name == name
    assert found.num_steps == config.model.num_steps
    assert found.binarisation == config.data.binarisation
    assert found.data == config.data.name
    assert found.categories[: len(config.data.categories)] == config.data.categories
    assert found.protocol == "honest"
    assert found.bound == pytest.approx(found.distortion + found.rate)
    assert found.images == card.splits["test"]
    assert card.training.updates == config.train.updates
    assert card.training.command == train_command(config)
    assert config.data.root is None
    assert (hub.SHELF / name / "README.md").read_text() == card.to_markdown()


@pytest.mark.parametrize("name", hub.names())
def test_a_shipped_models_bound_is_the_one_on_its_card(name, shared_data):
    trained = limner.load(name)
    data = dataclasses.replace(trained.config.data, root=shared_data)
    dataset = open_dataset(data, fetch=False)
    check = trained.card.check
    found = evaluate_check(trained.model, dataset, trained.config, check.limit)
    assert found.images == check.images
    assert found.bound == pytest.approx(check.bound, abs=0.05)
    assert check.holds(found)


def test_a_check_says_whether_it_holds(shared_data, capsys, monkeypatch):
    monkeypatch.setenv("LIMNER_DATA", str(shared_data))
    main(["evaluate", "dog", "--check"])
    assert "over 359 pictures, as on the card" in capsys.readouterr().out
    card = read_card(hub.SHELF / "dog")
    assert card is not None
    assert not card.check.holds(dataclasses.replace(card.evaluation, bound=0.0))
    assert not card.check.holds(dataclasses.replace(card.evaluation, images=3))


def test_a_run_without_a_card_has_no_check(run, capsys):
    assert "has no card to check" in fails(capsys, "evaluate", run.folder, "--check")


def test_pictures_that_a_network_cannot_take_are_refused():
    trained = limner.load("cat")
    with pytest.raises(LimnerError, match=r"\(1, 28, 28\), not \(2, 1, 14, 14\)"):
        trained.reconstruct(np.zeros((2, 1, 14, 14)))
    with pytest.raises(LimnerError, match="divide levels by 255"):
        trained.reconstruct(np.full((1, 1, 28, 28), 255.0))


def test_training_can_begin_with_a_model_by_its_name(tmp_path, shared_data, capsys):
    options = ["--train.updates", "2", "--train.batch-size", "4", "--data.root", str(shared_data)]
    start = ["--train.start-from", "cat", "--data.limit", "100"]
    main(["train", "quickdraw", *options, *start, "--out", str(tmp_path / "more")])
    assert "finished at step 2 of 2" in capsys.readouterr().out
    export(
        Run.open(tmp_path / "more"),
        tmp_path / "shared",
        open_dataset(Run.open(tmp_path / "more").config.data),
    )
    card, cat = read_card(tmp_path / "shared"), read_card(hub.SHELF / "cat")
    assert card is not None
    assert cat is not None
    assert card.training.before is not None
    assert card.training.before.updates == cat.training.updates == 10_000
    assert "--train.start-from cat" in card.training.command


def test_the_package_tells_what_it_has():
    assert {"load", "open_dataset", "PRESETS"} <= set(dir(limner))


def test_what_is_shipped_is_small():
    files = [path for path in hub.SHELF.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


@pytest.fixture
def run(tmp_path) -> Run:
    """A finished run, drawn by a program's cats."""
    run = make_run(tmp_path / "runs" / "kitten")
    session = {"seconds": 12.5, "devices": 2, "device": "cpu", "machine": "Abacus 3"}
    run.add_session(session)
    run.add_session(session)
    return run


@pytest.fixture
def exported(run, tmp_path, monkeypatch) -> Path:
    """The same, as a model called kitten that came with the package; the working folder is new."""
    folder = tmp_path / "shelf" / "kitten"
    export(run, folder, open_dataset(run.config.data), title="Kittens")
    monkeypatch.setattr(hub, "SHELF", folder.parent)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


def test_an_exported_folder_holds_the_rounded_weights_and_a_card_of_these(run, exported):
    assert {path.name for path in exported.iterdir()} == FILES
    exact, stored = run.load_model(), Run.open(exported).load_model()
    for one, other in zip(jax.tree.leaves(exact), jax.tree.leaves(stored), strict=True):
        assert other.dtype == np.float32
        np.testing.assert_array_equal(np.asarray(one, np.float16), np.asarray(other))
    size = (exported / "model.safetensors").stat().st_size
    assert size < 0.6 * run.weights.stat().st_size
    card = hub.read_card(exported)
    config = run.config
    found, before = (
        evaluate(
            model,
            open_dataset(config.data),
            num_steps=config.model.num_steps,
            binarisation=config.data.binarisation,
        )
        for model in (stored, exact)
    )
    assert card.evaluation == found
    assert card.rounding == pytest.approx(found.bound - before.bound)
    assert card.title == "Kittens"
    assert card.splits == {"train": 32, "valid": 4, "test": 4}
    assert card.rows == {"cat": 40}
    assert card.training.seconds == 25.0
    assert card.training.device == "2 cores of Abacus 3"


def test_where_the_data_lay_is_not_shared(run, tmp_path):
    elsewhere = dataclasses.replace(run.config.data, root=tmp_path / "private")
    there = dataclasses.replace(run, config=dataclasses.replace(run.config, data=elsewhere))
    export(there, tmp_path / "kitten", open_dataset(elsewhere))
    for path in (tmp_path / "kitten").glob("*.*"):
        assert str(tmp_path).encode() not in path.read_bytes()


def test_weights_that_16_bits_cannot_hold_stay_as_they_are(run, tmp_path):
    model = run.load_model()
    huge = model.encoder.weight.at[0, 0].set(1e6)  # above the greatest of 16 bits
    run.save_model(eqx.tree_at(lambda model: model.encoder.weight, model, huge))
    card = export(run, tmp_path / "kitten", open_dataset(run.config.data))
    assert card.dtype == "float32"
    assert card.rounding is None
    assert np.isfinite(card.evaluation.bound)
    assert Run.open(tmp_path / "kitten").load_model().encoder.weight.max() == 1e6


def test_an_unfinished_run_is_not_exported(tmp_path, capsys):
    run = make_run(tmp_path / "half", finished=False)
    said = fails(capsys, "export", run.folder, "--out", tmp_path / "kitten")
    assert "not a finished training" in said
    assert not (tmp_path / "kitten").exists()


def test_an_export_replaces_nothing(run, tmp_path, capsys):
    (tmp_path / "kitten").mkdir()
    (tmp_path / "kitten" / "mine").write_text("mine")
    assert "is there already" in fails(capsys, "export", run.folder, "--out", tmp_path / "kitten")
    assert (tmp_path / "kitten" / "mine").read_text() == "mine"


def test_an_export_cut_short_leaves_nothing(tmp_path):
    def fill_halfway():
        with replacing_folder(tmp_path / "kitten") as folder:
            (folder / "config.json").write_text("{")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fill_halfway()
    assert list(tmp_path.iterdir()) == []


def test_the_command_exports_with_importance_samples_and_an_exported_folder_is_a_run(
    run, tmp_path, capsys
):
    out = tmp_path / "kitten"
    importance = ["--importance-samples", "2", "--importance-images", "1"]
    main(["export", str(run.folder), "--out", str(out), *importance])
    assert "Cat, drawn by a program: " in capsys.readouterr().out
    facts = json.loads((out / "card.json").read_text())["evaluation"]
    assert facts["importance_samples"] == 2
    main(["evaluate", str(out), "--json"])
    assert json.loads(capsys.readouterr().out)["bound"] == facts["bound"]
    card = (out / "README.md").read_text()
    assert f"| T | {facts['num_steps']} steps |" in card
    assert "| that is | over 1 of the pictures, chosen by chance; " in card
    assert "exported already" in fails(capsys, "export", out, "--out", tmp_path / "again")


@pytest.mark.parametrize(
    "config",
    [
        *PRESETS.values(),
        RunConfig(
            model=ModelConfig(read_grid=None, learned_start=False, hidden_size=7),
            data=DataConfig(name="quickdraw", categories=("alarm clock", "cat"), limit=50),
            train=TrainConfig(learning_rate=1.5e-3, ema_decay=0.0, protocol="as-published"),
        ),
        dataclasses.replace(PRESETS["quickdraw"], data=DataConfig(name="quickdraw")),
    ],
)
def test_the_command_on_a_card_asks_for_the_same_settings(config):
    limner_, train, preset, *options = shlex.split(train_command(config))
    assert (limner_, train) == ("limner", "train")
    assert tyro.cli(RunConfig, args=options, default=PRESETS[preset]) == config


def test_a_card_comes_back_as_it_was_and_an_unknown_key_is_named(exported):
    text = (exported / "card.json").read_text()
    assert Card.from_json(text).to_json() == text
    with pytest.raises(LimnerError, match=r"card\.json.*colour"):
        Card.from_json(json.dumps(json.loads(text) | {"colour": 1}), origin="card.json")


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Path:
    """A trained model that tells cats and dogs apart, exported."""
    folder = tmp_path_factory.mktemp("pair")
    options = [*SMALL, "--model.num-categories", "2", "--data.categories", "cat", "dog"]
    main(["train", *options, "--out", str(folder / "run")])
    main(["export", str(folder / "run"), "--out", str(folder / "pair")])
    return folder / "pair"


def test_a_model_that_tells_categories_apart_is_exported_and_draws_the_one_it_is_asked_for(
    pair, capsys
):
    capsys.readouterr()
    trained = limner.load(pair)
    assert trained.card.class_conditional
    assert "given each picture's category" in (pair / "README.md").read_text()
    assert trained.categories == ("cat", "dog")
    dogs = trained.sample(3, category="dog")
    expected = sample(trained.model.of(1), num=3, num_steps=3, seed=0)
    np.testing.assert_allclose(dogs.canvases, expected.canvases, rtol=1e-5, atol=1e-5)
    images = dogs.probabilities[-1]
    assert trained.reconstruct(images, category="dog").categories.tolist() == [1, 1, 1]
    with pytest.raises(LimnerError, match=r"say which .* category='cat'"):
        trained.reconstruct(images)
    with pytest.raises(LimnerError, match="no category of pair: did you mean dog"):
        trained.sample(1, category="dogg")
    main(["evaluate", str(pair), "--json"])
    assert json.loads(capsys.readouterr().out)["bound"] == trained.card.evaluation.bound


def test_a_shared_model_of_ones_own_pictures_knows_its_categories_where_these_are_not(
    tmp_path, monkeypatch
):
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
    assert animals.sample(2, category="zebra").categories.tolist() == [1, 1]
    assert "--data.categories ape zebra" in animals.card.training.command


def test_outliers_and_neighbours_of_a_model_that_tells_categories_apart(pair, capsys):
    capsys.readouterr()
    main(["outliers", str(pair), "--category", "dog", "--splits", "test", "--num", "2"])
    main(["nearest", str(pair), "--num", "2"])
    paths = [Path(line) for line in capsys.readouterr().out.splitlines() if "figures" in line]
    assert len(paths) == 4
    assert all(path.is_file() for path in paths)


def test_the_studio_serves_a_model_of_each_category_told_apart(pair):
    served = load_models(find_models((pair,)))
    assert list(served) == ["pair/cat", "pair/dog"]
    whole = limner.load(pair)
    for kind, model in served.items():
        drawn = whole.sample(2, category=kind.split("/")[1])
        np.testing.assert_allclose(
            model.sample(2, 3, 0, 1.0).canvases, drawn.canvases, rtol=1e-5, atol=1e-5
        )
    with running_studio(pair) as address:
        cards = httpx.get(f"{address}/api/v1/models").json()["models"]
    assert [card["categories"] for card in cards] == [["cat"], ["dog"]]
    assert cards[0]["test_drawings"] == 4  # those of cats alone


def test_a_card_says_what_came_before_a_training_that_went_on_from_other_weights(run, tmp_path):
    train = dataclasses.replace(run.config.train, start_from=run.folder, seed=1)
    later = Run.create(tmp_path / "later", dataclasses.replace(run.config, train=train))
    later.save_model(run.load_model())
    later.write_metrics(run.read_metrics())
    card = export(later, tmp_path / "kitten", open_dataset(run.config.data))
    now, before = card.training.lineage
    assert "--train.start-from kitten" in now.command
    assert before.command.endswith("--out kitten")
    assert before.seconds == 25.0
    assert limner.load(tmp_path / "kitten").card == card
    for path in (tmp_path / "kitten").glob("*.*"):
        assert str(tmp_path).encode() not in path.read_bytes()


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


def test_a_folder_wins_over_a_name_if_it_is_a_run(exported):
    Path("kitten").mkdir()
    assert hub.find(Path("kitten")).folder == exported
    make_run(Path("kitten"))
    assert hub.find(Path("kitten")).folder == Path("kitten")


def test_an_unknown_name_is_answered_with_near_names(exported, capsys):
    assert "did you mean kitten?" in fails(capsys, "sample", "kiten")
    assert "there are kitten" in fails(capsys, "evaluate", "zebra")
    assert "is not a run folder" in fails(capsys, "evaluate", Path("no", "where"))
    assert "(kitten)" in fails(capsys, "studio", "zebra")


def test_curves_of_a_pretrained_model_are_refused(exported, capsys):
    assert "keeps no losses" in fails(capsys, "curves", "kitten")


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


def test_the_studio_serves_models_by_name_and_by_default_those_that_came(exported, tmp_path):
    assert list(find_models((Path("kitten"),))) == ["kitten"]
    assert list(find_models((), beneath=tmp_path / "none")) == ["kitten"]
    make_run(tmp_path / "own" / "mine")
    assert list(find_models((), beneath=tmp_path / "own")) == ["mine"]


def test_load_gives_what_draws(run, exported):
    trained = limner.load("kitten")
    assert trained.name == "kitten"
    assert trained.config.model == run.config.model
    np.testing.assert_array_equal(
        trained.sample(3, seed=5).canvases,
        limner.load(os.fspath(exported)).sample(3, seed=5).canvases,
    )
    images = trained.sample(2).probabilities[-1]
    assert trained.reconstruct(images).canvases.shape == (4, 2, 1, 28, 28)
    assert trained.reconstruct(images, num_steps=5).canvases.shape == (5, 2, 1, 28, 28)
    assert limner.load(run.folder).card is None


def test_the_page_sets_each_category_beside_the_model_of_it_alone(pair, tmp_path):
    both = read_card(pair)
    assert both is not None
    found = both.evaluation
    cat = found.by_category["cat"]
    kitten = dataclasses.replace(
        both,
        name="kitten",
        class_conditional=False,
        evaluation=dataclasses.replace(
            found, categories=("cat",), images=cat.images, bound=123.25, by_category={}
        ),
    )
    (tmp_path / "curves").mkdir()
    (tmp_path / "curves" / "kitten-curves.png").touch()
    page = models_page([both, kitten], tmp_path / "curves")
    row = next(line for line in page.splitlines() if line.startswith(f"| cat | {cat.images} |"))
    assert f"{cat.bound:.2f}" in row
    assert row.endswith(f"| 123.25 ± {found.stderr:.2f} (kitten) |")
    assert next(line for line in page.splitlines() if line.startswith("| dog |")).endswith("| – |")
    assert "(curves/kitten-curves.png)" in page


def test_the_page_in_the_docs_is_of_what_is_shipped():
    path = Path(__file__).parents[2] / "docs" / "results" / "models.md"
    assert path.read_text() == models_page([*hub.cards().values()], path.with_suffix(""))


def test_the_command_writes_the_page(exported, tmp_path, capsys):
    main(["models", "--docs", str(tmp_path / "docs")])
    assert "page: " in capsys.readouterr().out
    assert "## How kitten was made" in (tmp_path / "docs/results/models.md").read_text()
