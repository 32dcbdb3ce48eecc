"""The bound of the mean training image, against a computation pixel by pixel."""

import math

import numpy as np
import pytest

from limner.config import DataConfig
from limner.data.dataset import open_dataset
from limner.evaluation.mean_image import evaluate_mean_image


def test_the_mean_image_has_no_rate_and_the_bound_of_its_pixels():
    dataset = open_dataset(DataConfig(categories=("cat",), limit=40))
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
