"""The judge that comes with the package, and how one is trained."""

import jax
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from limner.config import DataConfig
from limner.data.dataset import open_dataset
from limner.errors import LimnerError
from limner.evaluation.judge import FEATURES, HERE, Judge, load_judge, look
from limner.experiments.judge import (
    CATEGORIES,
    changed_at_random,
    judge_data,
    moved,
    train_judge,
)


def test_the_shipped_judge_is_small_and_says_how_good_it_is():
    _, card = load_judge()
    assert (HERE / "judge.safetensors").stat().st_size < 700_000
    assert card.categories == CATEGORIES
    assert set(card.by_category) == set(CATEGORIES)
    assert 0.75 < card.test < 1


def test_it_names_as_many_test_drawings_as_its_card_says(shared_data):
    judge, card = load_judge()
    split = open_dataset(judge_data(shared_data)).split("test")
    indices = np.arange(0, len(split), 5)
    scores, _ = look(judge, split.levels(indices) / np.float32(255))
    share = (scores.argmax(1) == split.categories(indices)).mean()
    assert len(split) == card.test_drawings
    assert share == pytest.approx(card.test, abs=0.03)


def test_it_is_strict_with_what_is_blurred_or_faded(shared_data):
    judge, card = load_judge()
    split = open_dataset(judge_data(shared_data)).split("valid")
    indices = np.arange(0, len(split), 10)
    sharp = split.levels(indices) / np.float32(255)

    def share(images: np.ndarray) -> float:
        return (look(judge, images)[0].argmax(1) == split.categories(indices)).mean()

    assert share(sharp) == pytest.approx(card.valid, abs=0.04)
    assert share(gaussian_filter(sharp, (0, 0, 1.5, 1.5))) < 0.75 * share(sharp)
    assert share(np.float32(0.3) * sharp) < 0.75 * share(sharp)


def test_what_it_makes_of_a_drawing_does_not_depend_on_the_others():
    judge = Judge(3, key=jax.random.key(0))
    images = np.random.default_rng(0).random((300, 1, 28, 28), np.float32)
    scores, features = look(judge, images)
    assert scores.shape == (300, 3)
    assert features.shape == (300, FEATURES)
    alone, _ = look(judge, images[299:])
    np.testing.assert_allclose(alone[0], scores[299], rtol=1e-4, atol=1e-5)
    single = judge(jax.numpy.asarray(images[299]))
    np.testing.assert_allclose(single, scores[299], rtol=1e-4, atol=1e-5)


def test_a_category_that_it_has_not_learned_is_named():
    _, card = load_judge()
    with pytest.raises(LimnerError, match="the judge has not learned axe, but 36 others"):
        card.indices(("cat", "axe"), "mine")
    assert card.indices(("cat", "apple"), "mine") == [CATEGORIES.index("cat"), 2]


def test_a_moved_image_is_a_plain_bilinear_sampling():
    image = np.zeros((1, 28, 28), np.float32)
    image[0, 10:18, 12:16] = 1
    keys = jax.random.split(jax.random.key(0), 50)
    changed = np.asarray(jax.vmap(moved, (None, 0))(jax.numpy.asarray(image), keys))
    assert changed.min() >= 0
    assert changed.max() <= 1 + 1e-6
    areas = changed.sum((1, 2, 3))
    assert areas.mean() == pytest.approx(image.sum(), rel=0.1)  # stretched both ways
    rows = (changed.sum((1, 3)) @ np.arange(28)) / areas
    assert abs(rows.mean() - 13.5) < 0.5
    assert 0.3 < rows.std() < 2
    assert np.abs(rows - 13.5).max() < 3  # by at most 2 pixels, divided by a scale


def test_one_image_in_eight_stays_as_it_is():
    image = np.random.default_rng(0).random((1, 28, 28), np.float32)
    keys = jax.random.split(jax.random.key(2), 200)
    changed = np.asarray(jax.vmap(changed_at_random, (None, 0))(jax.numpy.asarray(image), keys))
    stays = (changed == image).all((1, 2, 3)).mean()
    assert stays == pytest.approx(1 / 8, abs=0.07)


def test_a_judge_learns_and_is_read_back(tmp_path):
    data = DataConfig(name="doodles", categories=("house", "car"), limit=200)
    dataset = open_dataset(data)
    card = train_judge(dataset, tmp_path, updates=60)
    judge, read = load_judge(tmp_path)
    assert read == card
    assert card.test_drawings == 40
    assert card.test > 0.7
    split = dataset.split("test")
    scores, _ = look(judge, split.levels(np.arange(40)) / np.float32(255))
    right = scores.argmax(1) == split.categories(np.arange(40))
    assert right.mean() == pytest.approx(card.test)
