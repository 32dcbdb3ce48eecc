"""Samples: which noise they are drawn from, and of which category each is."""

import numpy as np
import pytest

from limner.errors import LimnerError
from limner.sampling.drawings import sample


def test_noise_as_published_is_the_same_at_all_steps_of_a_sample(make_model):
    model = make_model()
    latents = sample(model, num=3, num_steps=4, seed=0, protocol="as-published").latents
    assert np.all(latents == latents[:1])
    honest = sample(model, num=3, num_steps=4, seed=0).latents
    assert not np.any(honest[1:] == honest[:1])


def test_samples_are_of_all_categories_in_turn_or_of_the_one_asked_for(make_model):
    model = make_model(num_categories=3)
    turns = sample(model, num=5, num_steps=2, seed=0)
    assert turns.categories.tolist() == [0, 1, 2, 0, 1]
    for k in range(3):
        own = sample(model, num=5, num_steps=2, seed=0, category=k)
        for index in range(k, 5, 3):
            np.testing.assert_array_equal(own.canvases[:, index], turns.canvases[:, index])


def test_what_would_fill_the_memory_is_refused(make_model):
    with pytest.raises(
        LimnerError, match=r"10,000 drawings at 100,000 steps take .* GiB, more than 4"
    ):
        sample(make_model(), num=10_000, num_steps=100_000, seed=0)
