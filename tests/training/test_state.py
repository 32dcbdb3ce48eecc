"""Where training starts, and what it is allowed to start on."""

import dataclasses
import shutil
import signal

import numpy as np
import pytest

from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.data.dataset import open_dataset
from limner.errors import LimnerError
from limner.run import Run
from limner.training.loop import fit_run
from limner.training.state import check_fits, initial_model

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


def test_a_run_goes_on_although_the_run_that_it_began_with_is_gone(short, dataset, tmp_path):
    lost = tmp_path / "lost"
    shutil.copytree(short.folder, lost)
    config = changed("train", start_from=lost, updates=40, validate_every=20)
    run = Run.create(tmp_path / "later", config)
    assert fit_run(run, dataset, lambda progress: signal.raise_signal(signal.SIGINT)).updates == 20
    shutil.rmtree(lost)
    assert fit_run(run, dataset).finished


def test_weights_of_another_model_are_refused_by_the_name_of_what_differs(short, dataset):
    config = changed("train", start_from=short.folder)
    other = dataclasses.replace(config, model=dataclasses.replace(config.model, latent_size=3))
    with pytest.raises(LimnerError, match=r"latent_size 2, this run 3: only model.num_steps"):
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
