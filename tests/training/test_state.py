"""Where training starts, and what it is allowed to start on."""

import dataclasses
import shutil
import signal
import warnings
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.data.dataset import open_dataset
from limner.errors import LimnerError
from limner.presets import PRESETS
from limner.pretrained.hub import find
from limner.run import Run, model_categories
from limner.training.loop import fit_run
from limner.training.state import check_fits, check_start, initial_model

TINY = RunConfig(
    model=ModelConfig(hidden_size=8, num_steps=2, latent_size=2, read_grid=2, write_grid=2),
    data=DataConfig(categories=("cat", "dog", "house"), limit=40),
    train=TrainConfig(updates=4, batch_size=4, validate_every=4, warmup_updates=0),
)


def changed(part: str, **values) -> RunConfig:
    return dataclasses.replace(TINY, **{part: dataclasses.replace(getattr(TINY, part), **values)})


@pytest.fixture(scope="module")
def dataset():
    return open_dataset(TINY.data)


@pytest.fixture(scope="module")
def short(tmp_path_factory, dataset) -> Run:
    run = Run.create(tmp_path_factory.mktemp("runs") / "short", TINY)
    fit_run(run, dataset)
    return run


def test_the_first_canvas_shows_the_mean_training_image(dataset):
    split = dataset.split("train")
    mean = split.levels(np.arange(len(split))).mean(0) / 255
    canvas = np.asarray(initial_model(TINY, dataset).start.canvas)
    np.testing.assert_allclose(1 / (1 + np.exp(-canvas)), mean.clip(0.01, 0.99), rtol=1e-4)


def test_each_category_begins_with_the_mean_of_its_own_images(dataset):
    model = initial_model(changed("model", num_categories=3), dataset)
    split = dataset.split("train")
    places = np.arange(len(split))
    for k in range(3):
        own = split.levels(places[split.categories(places) == k]).mean(0) / 255
        canvas = np.asarray(model.of(k).start.canvas)
        np.testing.assert_allclose(1 / (1 + np.exp(-canvas)), own.clip(0.01, 0.99), rtol=1e-4)


def test_training_goes_on_from_another_runs_weights_at_another_number_of_steps(
    short, dataset, tmp_path
):
    config = changed("train", start_from=short.folder)
    longer = dataclasses.replace(
        config, model=dataclasses.replace(config.model, num_steps=5, initial_std=3.0)
    )
    model = initial_model(longer, dataset)
    np.testing.assert_array_equal(model.encoder.weight, short.load_model().encoder.weight)
    run = Run.create(tmp_path / "longer", longer)
    assert fit_run(run, dataset).finished
    assert Run.open(run.folder).config == longer
    assert run.read_before()["updates"] == short.config.train.updates
    assert run.read_before()["command"].endswith(f"--out {short.folder.name}")
    assert short.read_before() is None


def test_a_run_goes_on_although_the_run_that_it_began_with_is_gone(short, dataset, tmp_path):
    lost = tmp_path / "lost"
    shutil.copytree(short.folder, lost)
    config = changed("train", start_from=lost, updates=40, validate_every=20)
    run = Run.create(tmp_path / "later", config)
    assert fit_run(run, dataset, lambda progress: signal.raise_signal(signal.SIGINT)).updates == 20
    shutil.rmtree(lost)
    assert fit_run(run, dataset).finished


@pytest.fixture(scope="module")
def conditional(tmp_path_factory, dataset) -> Run:
    config = changed("model", num_categories=3)
    run = Run.create(tmp_path_factory.mktemp("runs") / "conditional", config)
    fit_run(run, dataset)
    return run


def started(other: Run, *names: str, apart: bool):
    """The first network, and what is said, of a run on these categories."""
    config = RunConfig(
        model=dataclasses.replace(TINY.model, num_categories=len(names) if apart else 0),
        data=dataclasses.replace(TINY.data, categories=names),
        train=dataclasses.replace(TINY.train, start_from=other.folder),
    )
    data = open_dataset(config.data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_start(config, data)
    return initial_model(config, data), "".join(str(each.message) for each in caught)


def drawn(model) -> np.ndarray:
    return np.asarray(model.generate(jnp.ones((2, 2)))[0].canvas)


def test_a_category_of_a_class_conditional_model_is_found_by_its_name(conditional):
    whole = conditional.load_model()
    only, said = started(conditional, "dog", apart=False)
    np.testing.assert_array_equal(drawn(only), drawn(whole.of(1)))
    assert said == ""
    two, said = started(conditional, "house", "cat", apart=True)
    np.testing.assert_array_equal(drawn(two.of(0)), drawn(whole.of(2)))
    np.testing.assert_array_equal(drawn(two.of(1)), drawn(whole.of(0)))
    assert said == ""


def test_a_new_category_begins_as_the_mean_of_all_and_is_named(conditional):
    own = conditional.load_model().categories
    model, said = started(conditional, "cat", "fish", "face", apart=True)
    np.testing.assert_allclose(model.categories.decoder[0], own.decoder[0])
    for new in (1, 2):
        np.testing.assert_allclose(model.categories.decoder[new], own.decoder.mean(0), atol=1e-7)
        np.testing.assert_allclose(model.categories.canvas[new], own.canvas.mean(0), atol=1e-6)
    assert said == (
        f"fish and face are new to {conditional.name}: training begins there with the mean "
        "of all 3 categories"
    )


def test_a_model_without_categories_begins_as_the_mean_of_those_of_its_data(conditional):
    whole = conditional.load_model()
    mix, _ = started(conditional, "cat", "dog", apart=False)
    bias = whole.encoder.bias + whole.categories.encoder[:2].mean(0)
    np.testing.assert_allclose(mix.encoder.bias, bias, atol=1e-7)
    canvas = whole.start.canvas + whole.categories.canvas[:2].mean(0)
    np.testing.assert_allclose(mix.start.canvas, canvas, atol=1e-6)
    assert mix.categories is None


def test_categories_of_a_model_that_had_none_begin_alike(short):
    model, said = started(short, "cat", "fish", apart=True)
    for k in (0, 1):
        np.testing.assert_array_equal(drawn(model.of(k)), drawn(short.load_model()))
    assert said == ""


def test_weights_are_found_by_the_name_of_a_pretrained_model(dataset):
    named = dataclasses.replace(PRESETS["sketches"].train, start_from=Path("sketches"))
    model = dataclasses.replace(PRESETS["sketches"].model, num_categories=3)
    config = RunConfig(model=model, data=TINY.data, train=named)
    begun = initial_model(config, dataset)
    shipped = find("sketches")
    house = shipped.load_model().of(model_categories(shipped.config).index("house"))
    noise = jnp.ones((2, model.latent_size))
    np.testing.assert_array_equal(
        begun.of(2).generate(noise)[0].canvas, house.generate(noise)[0].canvas
    )
    wrong = dataclasses.replace(named, start_from=Path("sketchs"))
    with pytest.raises(LimnerError, match="nor a pretrained model: did you mean sketches"):
        initial_model(dataclasses.replace(config, train=wrong), dataset)


def test_weights_of_another_model_are_refused_by_the_name_of_what_differs(short, dataset):
    config = changed("train", start_from=short.folder)
    other = dataclasses.replace(config, model=dataclasses.replace(config.model, latent_size=3))
    with pytest.raises(LimnerError, match=r"other sizes: give --model.latent-size 2 beside"):
        initial_model(other, dataset)


def test_a_model_that_tells_other_categories_apart_than_the_data_has_is_refused(dataset):
    with pytest.raises(LimnerError, match=r"--model\.num-categories 3"):
        check_fits(changed("model", num_categories=2), dataset)
    with pytest.raises(LimnerError, match=r"model.num_categories is 1"):
        ModelConfig(num_categories=1)
    with pytest.raises(LimnerError, match="learned start"):
        ModelConfig(num_categories=2, learned_start=False)


@pytest.mark.parametrize(
    "settings",
    [
        {"rematerialise": True},
        {"precision": "tensorfloat32"},
        {"precision": "bfloat16"},
    ],
)
def test_what_trades_time_memory_and_precision_hardly_moves_the_losses(
    short, dataset, tmp_path, settings
):
    run = Run.create(tmp_path / "other", changed("train", **settings))
    fit_run(run, dataset)
    for row, other in zip(short.read_metrics(), run.read_metrics(), strict=True):
        assert other["bound"] == pytest.approx(row["bound"], rel=1e-2)


def test_augmented_training_sees_other_pictures_and_validates_on_the_same(short, dataset, tmp_path):
    run = Run.create(tmp_path / "more", changed("train", augment="mirror"))
    fit_run(run, dataset)
    assert run.read_metrics()[0]["bound"] != short.read_metrics()[0]["bound"]
    assert run.read_metrics()[-1]["bound"] == pytest.approx(
        short.read_metrics()[-1]["bound"], rel=0.05
    )
