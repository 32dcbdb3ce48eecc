"""A batch's inference gives what each picture's gives, and the same gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from limner.model.objective import loss_of_inference
from limner.training.weight_gradients import infer_many

FORMS = {
    "as in the paper": {},
    "without attention": {"read_grid": None, "write_grid": None},
    "dense cells": {"cell": "dense"},
    "learned prior": {"learned_prior": True},
    "without a learned start": {"learned_start": False},
    "categories": {"num_categories": 3},
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("rematerialise", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_values_and_gradients_are_those_of_one_picture_at_a_time(make_model, form, rematerialise):
    model = make_model(**FORMS[form])
    random = np.random.default_rng(3)
    # Weights that begin as zeros, such as a learned prior's, would hide mistakes.
    model = jax.tree.map(lambda leaf: leaf + 0.3 * random.normal(size=leaf.shape), model)
    images = jnp.asarray(random.random((5, 1, 7, 5)))
    noise = jnp.asarray(random.normal(size=(5, 4, 3)))
    categories = jnp.asarray([0, 2, 2, 1, 0])

    def one_at_a_time(model, images, noise):
        def infer(image, category, noise):
            return model.of(category).infer(image, noise)

        return jax.vmap(infer)(images, categories, noise)

    def together(model, images, noise):
        return infer_many(model, images, categories, noise, rematerialise)

    def total(infer):
        def value(model, images, noise):
            inference = infer(model, images, noise)
            losses = jax.vmap(loss_of_inference)(*inference, images)
            # The bound, and what it leaves out: canvases on the way, and the last states.
            return losses.bound.sum() + sum(
                jnp.sin(leaf).sum() for leaf in jax.tree.leaves(inference)
            )

        return jax.jit(jax.value_and_grad(value, argnums=(0, 1, 2)))

    expected, expected_gradients = total(one_at_a_time)(model, images, noise)
    value, gradients = total(together)(model, images, noise)
    assert value == pytest.approx(float(expected), rel=1e-12)
    for gradient, leaf in zip(
        jax.tree.leaves(gradients), jax.tree.leaves(expected_gradients), strict=True
    ):
        np.testing.assert_allclose(gradient, leaf, rtol=1e-9, atol=1e-11)
        assert np.any(np.asarray(gradient))
