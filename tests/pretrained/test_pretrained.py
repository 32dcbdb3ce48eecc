"""Models by name: what the package ships, and how such a model comes about."""

import dataclasses
import json
import os
import shlex
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest
import tyro
from data_writers import quickdraw_root
from PIL import Image
from runs import make_run

import limner
from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig, changed
from limner.data.dataset import open_dataset
from limner.errors import LimnerError, Notice
from limner.evaluation.bound import evaluate
from limner.presets import PRESETS
from limner.pretrained import hub
from limner.pretrained.card import Card, Training
from limner.pretrained.export import evaluate_check, export
from limner.pretrained.hub import read_card
from limner.pretrained.lineage import record_start, train_command
from limner.pretrained.page import models_page
from limner.pretrained.readme import readme
from limner.pretrained.repository import FILES
from limner.run import Run
from limner.sampling.drawings import sample
from limner.system.files import replacing_folder

MOST_BYTES = 40_000_000
"""Of all that is shipped, so that the package stays quick to install."""


@pytest.mark.parametrize("name", hub.names())
def test_a_shipped_model_is_whole_and_draws(name):
    assert {path.name for path in (hub.SHELF / name).iterdir()} == {*FILES}
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
    assert (hub.SHELF / name / "README.md").read_text() == readme(card)


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


def test_images_that_a_network_cannot_take_are_refused():
    trained = limner.load("cat")
    with pytest.raises(LimnerError, match=r"1, 28, 28\) .*, not \(2, 1, 14, 14\)"):
        trained.reconstruct(np.zeros((2, 1, 14, 14)))
    with pytest.raises(LimnerError, match="divide levels by 255"):
        trained.reconstruct(np.full((1, 1, 28, 28), 255.0))


def test_the_package_tells_what_it_has():
    assert {"load", "open_dataset", "PRESETS"} <= set(dir(limner))


def test_what_is_shipped_is_small():
    files = [path for path in hub.SHELF.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_an_exported_folder_holds_the_rounded_weights_and_a_card_of_these(kitten, exported):
    assert {path.name for path in exported.iterdir()} == {*FILES}
    exact, stored = kitten.load_model(), Run.open(exported).load_model()
    for one, other in zip(jax.tree.leaves(exact), jax.tree.leaves(stored), strict=True):
        assert other.dtype == np.float32
        np.testing.assert_array_equal(np.asarray(one, np.float16), np.asarray(other))
    size = (exported / "model.safetensors").stat().st_size
    assert size < 0.6 * kitten.weights.stat().st_size
    card = hub.read_card(exported)
    config = kitten.config
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


def test_where_the_data_lay_is_not_shared(kitten, tmp_path):
    root = quickdraw_root(tmp_path / "private", cat=40)
    elsewhere = DataConfig(name="quickdraw", root=root)
    there = dataclasses.replace(kitten, config=dataclasses.replace(kitten.config, data=elsewhere))
    export(there, tmp_path / "kitten", open_dataset(elsewhere))
    for path in (tmp_path / "kitten").glob("*.*"):
        assert str(tmp_path).encode() not in path.read_bytes()


def test_weights_that_16_bits_cannot_hold_stay_as_they_are(kitten, tmp_path):
    model = kitten.load_model()
    huge = model.encoder.weight.at[0, 0].set(1e6)  # above the greatest of 16 bits
    kitten.save_model(eqx.tree_at(lambda model: model.encoder.weight, model, huge))
    card = export(kitten, tmp_path / "kitten", open_dataset(kitten.config.data))
    assert card.dtype == "float32"
    assert card.rounding is None
    assert np.isfinite(card.evaluation.bound)
    assert Run.open(tmp_path / "kitten").load_model().encoder.weight.max() == 1e6


def test_an_export_cut_short_leaves_nothing(tmp_path):
    def fill_halfway():
        with replacing_folder(tmp_path / "kitten") as folder:
            (folder / "config.json").write_text("{")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fill_halfway()
    assert list(tmp_path.iterdir()) == []


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
    card = hub.read_card(exported)
    fields = json.loads((exported / "card.json").read_text())
    del fields["checksum"]
    assert Card.from_fields(fields) == card
    with pytest.raises(LimnerError, match=r"card\.json.*colour"):
        Card.from_fields(fields | {"colour": 1}, origin="card.json")


def test_a_model_that_tells_categories_apart_is_exported_and_draws_the_one_it_is_asked_for(pair):
    trained = limner.load(pair)
    assert trained.card.class_conditional
    assert "given the category of each image" in (pair / "README.md").read_text()
    assert trained.categories == ("cat", "dog")
    dogs = trained.sample(3, category="dog")
    expected = sample(trained.model.of(1), num=3, num_steps=3, seed=0)
    np.testing.assert_allclose(dogs.canvases, expected.canvases, rtol=1e-5, atol=1e-5)
    images = dogs.probabilities[-1]
    assert trained.reconstruct(images, category="dog").drawings.categories.tolist() == [1, 1, 1]
    seen = trained.reconstruct(images).drawings.categories
    assert [trained.categories[index] for index in seen] == trained.classify(images)
    with pytest.raises(LimnerError, match="not a category of pair: did you mean dog"):
        trained.sample(1, category="dogg")


def test_data_of_other_categories_are_no_data_for_a_model_that_tells_its_own_apart(pair, tmp_path):
    run = Run.open(pair.parent / "run")
    turned = open_dataset(DataConfig(categories=("dog", "cat"), limit=40))
    with pytest.raises(LimnerError, match="run tells 2 categories apart, and these data have othe"):
        export(run, tmp_path / "turned", turned)
    assert not (tmp_path / "turned").exists()
    with pytest.raises(LimnerError, match="others, or another order: train on them in another"):
        run.claim(turned.fingerprint(), other_data=True)
    dogs = open_dataset(DataConfig(categories=("dog",), limit=40))
    alone, of_dogs = run.model_for(dogs).of(0), run.load_model().of(1)
    np.testing.assert_array_equal(alone.start.canvas, of_dogs.start.canvas)
    np.testing.assert_array_equal(alone.decoder.bias, of_dogs.decoder.bias)


def test_a_card_says_what_came_before_a_training_that_went_on_from_other_weights(kitten, tmp_path):
    train = dataclasses.replace(kitten.config.train, start_from=kitten.folder, seed=1)
    later = Run.create(tmp_path / "later", dataclasses.replace(kitten.config, train=train))
    record_start(later)
    later.save_model(kitten.load_model())
    later.write_metrics(kitten.read_metrics())
    kitten.sessions.unlink()  # what becomes of that run afterwards is not its lineage
    card = export(later, tmp_path / "kitten", open_dataset(kitten.config.data))
    now, before = card.training.lineage
    assert "--train.start-from kitten" in now.command
    assert before.command.endswith("--out kitten")
    assert before.seconds == 25.0
    assert limner.load(tmp_path / "kitten").card == card
    for path in (tmp_path / "kitten").glob("*.*"):
        assert str(tmp_path).encode() not in path.read_bytes()


def test_commands_to_repeat_trainings_that_had_one_folders_name_have_folders_of_their_own():
    def trained(command: str, before: Training | None = None) -> Training:
        known = {"updates": 1, "seconds": None, "device": "", "commit": None, "versions": {}}
        return Training(command=command, before=before, limner=None, **known)

    first = trained("limner train quickdraw --out sketches  # stopped at update 9")
    again = "limner train sketches --train.start-from sketches --train.seed 3"
    last = trained(again, trained(f"{again} --out sketches", first))
    assert last.commands.splitlines() == [
        "limner train quickdraw --out sketches-1  # stopped at update 9",
        "limner train sketches --train.start-from sketches-1 --train.seed 3 --out sketches-2",
        "limner train sketches --train.start-from sketches-2 --train.seed 3",
    ]


def test_an_exported_model_that_is_measured_on_other_data_says_so(exported):
    trained = limner.load(exported)
    other = open_dataset(DataConfig(categories=("dog",), limit=40))
    with pytest.warns(Notice, match="kitten was trained on other data .*card are not of these"):
        trained.evaluate(other)
    assert trained.evaluate(other, other_data=True).images == 4


def test_a_card_tells_the_data_of_a_training_before_it_as_that_had_them(kitten, tmp_path):
    before = Run.create(tmp_path / "before", changed(kitten.config, {"data.limit": 60}))
    before.save_model(kitten.load_model())
    before.claim(open_dataset(before.config.data).fingerprint())
    changes = {"train.start_from": before.folder, "data.categories": ("dog",), "data.limit": 20}
    later = Run.create(tmp_path / "later", changed(kitten.config, changes))
    record_start(later)
    later.save_model(kitten.load_model())
    later.write_metrics(kitten.read_metrics())
    card = export(later, tmp_path / "kitten", open_dataset(later.config.data))
    assert "--data.limit 20" in card.training.command
    assert "--data.limit 60" in card.training.before.command
    assert "dog" not in card.training.before.command


def test_a_model_of_few_images_of_a_category_can_be_exported(kitten, tmp_path):
    for name, count in {"many": 20, "few": 5}.items():
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(count):
            image = np.zeros((28, 28), np.uint8)
            image[number] = 255
            Image.fromarray(image).save(tmp_path / "own" / name / f"{number}.png")
    data = DataConfig(name="images", path=tmp_path / "own")
    run = Run.create(tmp_path / "run", dataclasses.replace(kitten.config, data=data))
    run.save_model(kitten.load_model())
    run.write_metrics(kitten.read_metrics())
    card = export(run, tmp_path / "few", open_dataset(data, run.config.model.shape))
    assert (card.check.limit, card.check.images) == (10, 1)


def test_a_card_says_where_a_training_before_it_was_stopped(kitten, tmp_path):
    longer = dataclasses.replace(kitten.config.train, updates=1_000)
    begun = Run.create(tmp_path / "begun", dataclasses.replace(kitten.config, train=longer))
    begun.save_model(kitten.load_model())
    begun.write_metrics(kitten.read_metrics())
    train = dataclasses.replace(kitten.config.train, start_from=begun.folder)
    later = Run.create(tmp_path / "later", dataclasses.replace(kitten.config, train=train))
    record_start(later)
    later.save_model(kitten.load_model())
    later.write_metrics(kitten.read_metrics())
    card = export(later, tmp_path / "kitten", open_dataset(kitten.config.data))
    assert card.training.updates == 10
    assert card.training.before.updates == 10
    assert card.training.before.command.endswith("--out begun  # stopped at update 10")


def test_a_card_does_not_say_how_long_training_took_where_that_is_not_known(kitten, tmp_path):
    kitten.sessions.unlink()
    card = export(kitten, tmp_path / "out", open_dataset(kitten.config.data))
    assert card.training.seconds is None
    assert card.training.effort == "10 updates on an unknown machine"
    assert limner.load(tmp_path / "out").card == card


def test_damaged_sessions_are_refused_before_anything_is_measured(kitten, tmp_path):
    text = kitten.sessions.read_text()
    kitten.sessions.write_text(text.replace("12.5", "92.5", 1))
    dataset = open_dataset(kitten.config.data)
    with pytest.raises(LimnerError, match=r"sessions.jsonl is damaged: row 1"):
        export(kitten, tmp_path / "out", dataset, on_progress=lambda *_: pytest.fail("measured"))


def test_a_folder_wins_over_a_name_if_it_is_a_run(exported):
    Path("kitten").mkdir()
    assert hub.find(Path("kitten")).folder == exported
    make_run(Path("kitten"))
    assert hub.find(Path("kitten")).folder == Path("kitten")


def test_load_gives_what_draws(kitten, exported):
    trained = limner.load("kitten")
    assert trained.name == "kitten"
    assert trained.config.model == kitten.config.model
    np.testing.assert_array_equal(
        trained.sample(3, seed=5).canvases,
        limner.load(os.fspath(exported)).sample(3, seed=5).canvases,
    )
    images = trained.sample(2).probabilities[-1]
    assert trained.reconstruct(images).canvases.shape == (4, 2, 1, 28, 28)
    assert trained.reconstruct(images, num_steps=5).canvases.shape == (5, 2, 1, 28, 28)
    assert limner.load(kitten.folder).card is None


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
