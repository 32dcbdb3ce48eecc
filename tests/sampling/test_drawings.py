"""Samples: which noise they are drawn from."""

import numpy as np

from limner.sampling.drawings import sample


def test_noise_as_published_is_the_same_at_all_steps_of_a_sample(make_model):
    model = make_model()
    latents = sample(model, num=3, num_steps=4, seed=0, protocol="as-published").latents
    assert np.all(latents == latents[:1])
    honest = sample(model, num=3, num_steps=4, seed=0).latents
    assert not np.any(honest[1:] == honest[:1])
