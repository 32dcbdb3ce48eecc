"""The library as a notebook uses it: arrays in, one noun for a trained network, results out."""

import dataclasses
import signal
import subprocess
import sys

import equinox as eqx
import jax
import numpy as np
import optax
import pytest

import limner
from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.data.given import checked_images
from limner.errors import Interrupted, LimnerError

TINY = RunConfig(
    model=ModelConfig(
        height=8, width=8, hidden_size=8, num_steps=3, latent_size=2, read_grid=2, write_grid=3
    ),
    train=TrainConfig(updates=40, batch_size=8, validate_every=20, warmup_updates=5),
)


def some_images(count=60, seed=0, shape=(8, 8)):
    """Bars, standing or lying: 255 for ink."""
    random = np.random.default_rng(seed)
    images = np.zeros((count, *shape), np.uint8)
    for image in images:
        image[random.integers(shape[0])] = 255
    images[::2] = np.swapaxes(images[::2], 1, 2) if shape[0] == shape[1] else images[::2]
    return images


@pytest.fixture(scope="module")
def images():
    return some_images()


@pytest.fixture(scope="module")
def data(images):
    return limner.Dataset.from_arrays(images)


@pytest.fixture(scope="module")
def run(data):
    """Trained in memory."""
    return limner.train(data, TINY, progress=False)


@pytest.fixture(scope="module")
def folder(data, tmp_path_factory):
    """The same, in a folder."""
    folder = tmp_path_factory.mktemp("runs") / "bars"
    limner.train(data, TINY, out=folder, progress=False)
    return folder


def assert_same_weights(one, other):
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(a, b)


def test_memory_and_a_folder_give_the_same_network(run, folder):
    loaded = limner.load(folder)
    assert type(loaded) is type(run) is limner.Trained
    assert_same_weights(run.model, loaded.model)
    assert list(run.metrics) == list(loaded.metrics)
    assert run.data == loaded.data
    assert run.config == loaded.config


def test_a_network_that_was_saved_comes_back(run, tmp_path):
    path = run.save(tmp_path / "saved")
    loaded = limner.load(path)
    assert_same_weights(run.model, loaded.model)
    assert list(loaded.metrics) == list(run.metrics)
    assert loaded.data == run.data


def test_saving_again_is_allowed_and_saving_over_another_run_is_not(run, tmp_path):
    path = run.save(tmp_path / "saved")
    run.save(path)
    before = {file: file.read_bytes() for file in path.iterdir()}
    other = limner.train(limner.Dataset.from_arrays(some_images(seed=5)), TINY, progress=False)
    with pytest.raises(LimnerError, match="holds another run"):
        other.save(path)
    assert {file: file.read_bytes() for file in path.iterdir()} == before


def interrupt(row) -> None:
    if (row["kind"], row["update"]) == ("train", 20):
        signal.raise_signal(signal.SIGINT)


def test_an_interrupted_training_is_not_taken_for_a_whole_one(data, folder, tmp_path):
    with pytest.raises(Interrupted, match=r"at update 20 of 40: nothing is kept without out="):
        limner.train(data, TINY, on_metrics=interrupt, progress=False)
    options = {"out": tmp_path / "bars", "progress": False}
    with pytest.raises(Interrupted, match=r"at update 20 of 40: the same call resumes"):
        limner.train(data, TINY, on_metrics=interrupt, **options)
    assert_same_weights(limner.train(data, TINY, **options).model, limner.load(folder).model)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"importance_samples": 0},
            "importance_samples is 0: it must be a whole number of at least 1",
        ),
        ({"importance_samples": 2, "importance_images": -1}, "importance_images is -1"),
        ({"importance_images": 3}, "importance_images needs importance_samples"),
        ({"importance_samples": 2, "protocol": "as-published"}, "as-published bounds nothing"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(run, data, arguments, said):
    with pytest.raises(LimnerError, match=said):
        run.evaluate(data, **arguments)


def test_what_means_nothing_is_refused_in_a_line_without_a_type_checker():
    # In a process of its own, since these tests check all types as they run.
    program = """
import limner, numpy as np, optax
from limner.errors import LimnerError
cat, data = limner.load("cat"), limner.open_dataset(limner.DataConfig(categories=("cat",)))
image = np.zeros((28, 28))
for attempt in (
    lambda: cat.evaluate(data, split="tset"),
    lambda: cat.evaluate(data, protocol="as_published"),
    lambda: cat.sample(2.5),
    lambda: cat.sample(2, seed=-1),
    lambda: cat.sample(2, seed=None),
    lambda: cat.sample(2, num_steps=2.5),
    lambda: cat.sample(2, temperature="hot"),
    lambda: cat.evaluate(data, seed=-1),
    lambda: cat.evaluate(data, importance_samples=2.5),
    lambda: cat.evaluate([[0.0]]),
    lambda: cat.interpolate(image, image, 2.5),
    lambda: cat.complete([image, image]),
    lambda: cat.complete(image, known=image),
    lambda: cat.curves(),
    lambda: cat.reconstruct([[0.0] * 28] * 28),
    lambda: cat.reconstruct([]),
    lambda: limner.train([[0.0]]),
    lambda: limner.train(data, "quickdraw"),
    lambda: limner.train(data, optimiser=optax.adam),
    lambda: limner.train(data, model=cat),
    lambda: limner.changed(limner.PRESETS["quickdraw"], {"train.update": 2}),
    lambda: limner.changed(limner.PRESETS["quickdraw"], {"updates": 2}),
):
    try:
        attempt()
    except LimnerError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "split is 'tset': it must be one of train, valid, test",
        "protocol is 'as_published': it must be one of honest, as-published",
        "num is 2.5: it must be a whole number of at least 1",
        "seed is -1: it must be a whole number from 0 to 4294967295",
        "seed is None: it must be a whole number from 0 to 4294967295",
        "num_steps is 2.5: it must be a whole number of at least 1",
        "temperature is 'hot': it must be a number from 0 up",
        "seed is -1: it must be a whole number from 0 to 4294967295",
        "importance_samples is 2.5: it must be a whole number of at least 1",
        "data is list: it must be a Dataset, such as limner.Dataset.from_arrays(images)",
        "num is 2.5: it must be a whole number of at least 2",
        "cat takes one image of shape (1, 28, 28) (channels, height, width), not (2, 28, 28)",
        "known is float64 of shape (28, 28): give booleans of shape (28, 28), one for each pixel "
        "(height, width)",
        "cat has no losses: a run has them after its first updates, and an exported model keeps "
        "none",
        "cat takes images of shape (n, 1, 28, 28) (images, channels, height, width), not (28, 28)",
        "cat takes images of shape (n, 1, 28, 28) (images, channels, height, width), not (0,)",
        "data is list: it must be a Dataset, such as limner.Dataset.from_arrays(images)",
        "config is str: it must be a RunConfig, such as limner.PRESETS['quickdraw']",
        "optimiser is function: it must be a GradientTransformation, such as optax.adam(1e-3)",
        "model is Trained: it must be a Draw, such as limner.load('cat').model",
        "train.update is no setting: did you mean train.updates or train.warmup_updates or "
        "train.optimiser?",
        "updates is no setting: did you mean train.updates or train.warmup_updates or data.name?",
    ], done.stderr


def test_what_cannot_be_trained_leaves_no_folder(tmp_path):
    wide = limner.Dataset.from_arrays(some_images(shape=(8, 10)))
    with pytest.raises(LimnerError, match="has images of"):
        limner.train(wide, TINY, out=tmp_path / "runs", progress=False)
    assert not (tmp_path / "runs").exists()


def test_results_show_themselves_and_save_themselves(run, images, tmp_path):
    begun = images[0] / 255
    shows = [
        run.sample(4, seed=1),
        run.reconstruct(images[:3] / 255),
        run.complete(begun, 2),
        run.interpolate(images[0] / 255, images[1] / 255, 3),
    ]
    for number, show in enumerate(shows):
        assert show._repr_png_().startswith(b"\x89PNG")
        show.save(tmp_path / f"{number}.gif")
        assert (tmp_path / f"{number}.gif").read_bytes().startswith(b"GIF8")
    assert shows[0].probabilities.shape == (3, 4, 1, 8, 8)
    assert run.curves()._repr_png_().startswith(b"\x89PNG")
    assert run.curves().valid.updates.tolist() == [20, 40]


def test_a_run_on_arrays_says_so_and_is_measured_on_them_alone(run, folder, data, images):
    assert run.config.data.name == "arrays"
    found = run.evaluate(data)
    assert found.data == "arrays"
    assert found.images == 6
    assert found._repr_html_().startswith("<table")
    others = limner.Dataset.from_arrays(some_images(seed=1))
    with pytest.raises(LimnerError, match=r"other data \(content is \w+ there, and \w+ here\)"):
        run.evaluate(others)
    assert run.evaluate(others, other_data=True).images == 6
    with pytest.raises(LimnerError, match="given in Python"):
        run.evaluate()
    with pytest.raises(LimnerError, match="resume it as it was by the call that began it"):
        limner.train(data, TINY, steps=30, out=folder, progress=False)
    longer = limner.Dataset.from_arrays(np.concatenate([images, images]))
    with pytest.raises(LimnerError, match=r"rows is \(60,\) there, and \(120,\) here"):
        limner.train(longer, TINY, out=folder, progress=False)


@pytest.mark.parametrize(
    ("setting", "other"),
    [
        ("jax_enable_x64", True),
        ("jax_default_prng_impl", "rbg"),
        ("jax_threefry_partitionable", False),
        ("jax_numpy_rank_promotion", "raise"),
        ("jax_numpy_dtype_promotion", "strict"),
    ],
)
def test_a_setting_of_jax_that_changes_results_is_refused(data, folder, setting, other):
    before = getattr(jax.config, setting)
    jax.config.update(setting, other)
    try:
        with pytest.raises(LimnerError, match=rf"{setting} .* is {other}, .*{before!s}"):
            limner.load(folder)
        with pytest.raises(LimnerError, match=setting):
            limner.train(data, TINY)
    finally:
        jax.config.update(setting, before)


def test_the_same_call_resumes(data, tmp_path):
    heard = []

    class Cut(Exception):
        pass

    def cut(row):
        heard.append(row)
        if row["kind"] == "valid":
            raise Cut

    with pytest.raises(Cut):
        limner.train(data, TINY, out=tmp_path / "cut", on_metrics=cut, progress=False)
    resumed = limner.train(data, TINY, out=tmp_path / "cut", progress=False)
    assert [row["update"] for row in heard] == [20, 20]
    assert [row["update"] for row in resumed.metrics] == [20, 20, 40, 40]
    assert_same_weights(resumed.model, limner.train(data, TINY, progress=False).model)


def test_the_settings_are_fitted_to_the_images_where_none_are_given():
    data = limner.Dataset.from_arrays(some_images(shape=(6, 9)))
    run = limner.train(data, steps=1, progress=False)
    assert run.model.shape == (1, 6, 9)
    assert run.config.train.updates == 1
    with pytest.raises(LimnerError, match=r"\(1, 6, 9\).*\(1, 28, 28\)"):
        limner.train(data, limner.PRESETS["quickdraw"], steps=1, progress=False)
    with pytest.raises(LimnerError, match=r"1, 6, 9\).*\(2, 8, 8\)"):
        run.reconstruct(np.zeros((2, 8, 8)))


def test_labels_make_a_class_conditional_network(images):
    labels = ["lying" if image.any(1).sum() == 1 else "standing" for image in images]
    data = limner.Dataset.from_arrays(images, labels)
    assert data.categories == ("lying", "standing")
    config = limner.changed(TINY, {"model.num_categories": 2})
    run = limner.train(data, config, progress=False)
    assert run.categories == ("lying", "standing")
    lowest = run.category_bounds(images[:3]).argmin(axis=1)
    assert run.classify(images[:3]) == [run.categories[index] for index in lowest]
    assert run.sample(3, category="lying").drawings.categories.tolist() == [0, 0, 0]
    assert set(run.evaluate(data).by_category) <= set(run.categories)
    with pytest.raises(LimnerError, match="'lyng' is not a category"):
        run.sample(1, category="lyng")


@pytest.fixture(scope="module")
def both(images):
    """A network that tells standing bars from lying ones, with very different weights for each."""
    labels = ["lying" if image.any(1).sum() == 1 else "standing" for image in images]
    data = limner.Dataset.from_arrays(images, labels)
    config = limner.changed(TINY, {"model.num_categories": 2})
    run = limner.train(data, config, progress=False)
    canvas = run.model.categories.canvas + np.array([-2, 2], np.float32)[:, None, None, None]
    apart = eqx.tree_at(lambda model: model.categories.canvas, run.model, canvas)
    return dataclasses.replace(run, model=apart), data


def test_a_category_is_measured_under_its_name_whatever_the_data_call_the_first(both, images):
    run, data = both
    labels = np.array(data.categories)[(images.any(2).sum(1) > 1).astype(int)]
    for index, name in enumerate(run.categories):
        # The images of one category alone, in whose data its index is 0.
        own = images[labels == name]
        alone = limner.Dataset.from_arrays(own, [name] * len(own))
        found = run.evaluate(alone, split="train", other_data=True).bound
        train = alone.split("train")
        pixels = [train.levels(np.array([n]))[0] / np.float32(255) for n in range(len(train))]
        as_each = [np.mean([bound_of(run.model, k, x) for x in pixels]) for k in (0, 1)]
        assert found == pytest.approx(as_each[index], abs=0.5)
        assert abs(as_each[0] - as_each[1]) > 5
    others = limner.Dataset.from_arrays(images[:20], ["lying", "tilted"] * 10)
    with pytest.raises(LimnerError, match="'tilted' is not a category of arrays"):
        run.evaluate(others, other_data=True)


def bound_of(model, category, image):
    """The bound of one image as a category, a mean over 8 draws of the noise, nats."""
    keys = jax.random.split(jax.random.key(5), 8)
    noise = jax.vmap(lambda key: limner.draw_noise(key, 3, 2))(keys)
    return jax.vmap(limner.loss, (None, None, 0))(
        model.of(category), jax.numpy.asarray(image), noise
    ).bound.mean()


def test_the_losses_of_each_image_are_those_that_are_evaluated(both):
    run, data = both
    losses, found = run.losses(data, split="train"), run.evaluate(data, split="train")
    assert losses.rate_per_step.shape == (48, 3)
    assert losses.bound.mean() == pytest.approx(found.bound, abs=1e-4)
    assert losses.bound.std(ddof=1) / 48**0.5 == pytest.approx(found.stderr, abs=1e-4)
    lines = str(found).splitlines()
    assert f"bound               {found.bound:.3f}" in lines
    assert sum(line.startswith("lying ") for line in lines) == 1
    assert "quantiles" not in repr(found) + str(found)


@pytest.mark.parametrize(
    ("bad", "labels", "said"),
    [
        (np.zeros((20, 5)), None, r"shape \(20, 5\)"),
        (np.zeros((20, 8, 8, 3)), None, "channels come before height"),
        (np.zeros((5, 8, 8)), None, "5 images: it takes at least 10"),
        (np.full((20, 8, 8), 255.0), None, "from 255 to 255.*divide levels by 255"),
        (np.full((20, 8, 8), np.nan), None, "not finite"),
        (np.full((20, 8, 8), 300), None, "levels are 0 to 255"),
        (np.ones((20, 8, 8), np.uint8), None, "where ink is 255"),
        (np.zeros((20, 8, 8), "U1"), None, "<U1"),
        (np.zeros((20, 8, 8)), [1, 2], "20 images, so give 20"),
        (np.zeros((20, 8, 8)), np.array(["a", None] * 10, object), "names, none of them missing"),
        (np.array([np.zeros((8, 8)), None], object), None, "2 objects: give one array"),
        (np.ma.masked_equal(np.zeros((20, 8, 8)), 0), None, "masked entries"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_one_line(bad, labels, said):
    with pytest.raises(LimnerError, match=said) as caught:
        limner.Dataset.from_arrays(bad, labels)
    assert "\n" not in str(caught.value)


def test_images_of_several_sizes_are_refused_in_one_line():
    with pytest.raises(LimnerError, match="images cannot become an array of NumPy: setting an"):
        checked_images([np.zeros((8, 8)), np.zeros((8, 9))] * 10)


def test_labels_of_every_kind_are_the_same_categories(images):
    names = ["a", "b"] * 30
    kinds = [names, np.array(names), np.array(names, object)]
    prints = {limner.Dataset.from_arrays(images, kind).fingerprint() for kind in kinds}
    assert len(prints) == 1
    numbers = [[0, 1] * 30, np.array([0.0, 1.0] * 30), np.array([0, 1] * 30, np.int8)]
    prints = {limner.Dataset.from_arrays(images, kind).fingerprint() for kind in numbers}
    assert len(prints) == 1


def test_arrays_of_every_kind_of_number_are_the_same_levels():
    bits = some_images() > 0
    kinds = [bits, bits.astype(np.float32), bits.astype(np.uint8) * 255, bits * np.int64(255)]
    prints = {limner.Dataset.from_arrays(kind).fingerprint() for kind in kinds}
    prints |= {limner.Dataset.from_arrays(bits[:, None]).fingerprint()}
    assert len(prints) == 1


class Blind(eqx.Module):
    """A read that sees one number: the mean of the error image."""

    glimpse_size: int = eqx.field(static=True, default=1)

    def __call__(self, image, error, hidden):
        return error.mean()[None], None


def own_model(**changes):
    sizes = {"height": 8, "width": 8, "latent_size": 2, "hidden_size": 8, "write_grid": 3}
    more = {"read": Blind(), "cell": eqx.nn.GRUCell, "key": jax.random.key(0)}
    return limner.Draw(**(sizes | more | changes))


def test_modules_of_ones_own_train_checkpoint_and_resume(data, tmp_path):
    model, adam = own_model(), optax.adam(1e-3)
    config = dataclasses.replace(TINY, data=DataConfig())

    def train(out, steps):
        return limner.train(
            data, config, model=model, optimiser=adam, steps=steps, out=out, progress=False
        )

    whole = train(tmp_path / "whole", 40)
    assert whole.config.model.network == "Blind, AttentiveWrite, GRUCell, GRUCell"
    assert whole.config.train.optimiser == "given"

    class Cut(Exception):
        pass

    def cut(row):
        if row["kind"] == "valid":
            raise Cut

    with pytest.raises(Cut):
        limner.train(
            data, config, model=model, optimiser=adam, steps=40, out=tmp_path / "cut",
            on_metrics=cut, progress=False,
        )  # fmt: skip
    assert_same_weights(train(tmp_path / "cut", 40).model, whole.model)
    assert not np.array_equal(whole.model.write.patch.weight, model.write.patch.weight)
    assert_same_weights(limner.load(tmp_path / "whole", model=model).model, whole.model)
    with pytest.raises(LimnerError, match="given in Python"):
        limner.load(tmp_path / "whole")
    assert whole.sample(2)._repr_png_().startswith(b"\x89PNG")


def test_a_module_that_cannot_be_learned_is_named():
    with pytest.raises(ValueError, match=r"read\.glimpse_size is int"):
        own_model(read=eqx.tree_at(lambda read: read, Blind(), NotStatic(1)))


class NotStatic(eqx.Module):
    """A read whose constant is taken for a weight."""

    glimpse_size: int

    def __call__(self, image, error, hidden):
        return error.mean()[None], None
