"""The inside of each step, and a hand in it: the engine against the model's own functions."""

from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from node_process import SMALL, needs_node, run_node

from limner.model.attention import Window, filters, read
from limner.model.cells import hidden_units
from limner.model.distributions import Gaussian, bernoulli_log_prob
from limner.model.read_write import AttentiveRead
from limner.model.weights import save_weights
from limner.sampling.drawings import noises

pytestmark = needs_node

STEPS = 4
SEED = 6
FORMS = {
    "attention": {},
    "no attention": {"read_grid": None, "write_grid": None},
    "one filter": {"read_grid": 1, "write_grid": 1},
    "reads whole, writes through a window": {"read_grid": None},
    "colour": {"channels": 3, "height": 4, "width": 9},
    "learned prior": {"learned_prior": True},
    "categories": {"num_categories": 3},
}
CHOICES = [(1, 0, 2.5), (1, 2, -1.0), (3, 1, 0.25)]  # step, latent, value
same = partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-4)


class HandedRead(eqx.Module):
    """Reads through the window that a hand makes of the network's own."""

    inner: AttentiveRead
    hand: Callable[[Window], Window] = eqx.field(static=True)

    @property
    def glimpse_size(self):
        return self.inner.glimpse_size

    def __call__(self, image, error, hidden):
        _, own = self.inner(image, error, hidden)
        window = self.hand(own)
        both = jnp.concatenate([image, error])
        return read(both, window, self.inner.grid).ravel(), window


def expected(model, image, noise, choices=(), hand=None, hold_from=None):
    """What is inside each step, one at a time, through `Draw.step` and the heads."""
    image, noise = jnp.asarray(image), jnp.asarray(noise)
    state, steps = model.first, []
    for t in range(len(noise)):
        change = hand
        if hold_from is not None and t > hold_from:
            held = steps[hold_from]["read_window"]
            change = lambda _, held=held: held  # noqa: E731
        own = model
        if change is not None:
            own = eqx.tree_at(lambda model: model.read, model, HandedRead(model.read, change))
        _, seen = own.step(state, noise[t], image)
        latent = np.array(seen.latent)
        for step, index, value in choices:
            if step == t:
                latent[index] = value
        after, seen = own.step(state, seen.posterior.noise_of(jnp.asarray(latent)), image)
        error = image - jax.nn.sigmoid(state.canvas)
        glimpse, read_window = own.read(image, error, hidden_units(state.decoder))
        steps.append(
            {
                "error": error,
                "glimpse": glimpse,
                "read_window": read_window,
                "write_window": seen.write_window,
                "mean": seen.posterior.mean,
                "log_std": seen.posterior.log_std,
                "prior": seen.prior,
                "rates": jax.vmap(Gaussian.kl)(seen.posterior, seen.prior),
                "latent": latent,
                "patch": model.write.patch(hidden_units(after.decoder)),
                "before": state.canvas,
                "canvas": after.canvas,
            }
        )
        state = after
    return steps, -bernoulli_log_prob(state.canvas, image)


def assert_same(answer, steps, distortion, model):
    found = answer["result"]
    same(found["distortion"], distortion)
    assert len(found["steps"]) == len(steps)
    for own, step in zip(found["steps"], steps, strict=True):
        for name in ("error", "glimpse", "rates", "latent", "patch", "before", "canvas"):
            same(own[name], np.ravel(step[name]), err_msg=name)
        same(own["written"], np.ravel(step["canvas"] - step["before"]))
        same(own["posterior"]["mean"], step["mean"])
        same(own["posterior"]["logStd"], step["log_std"])
        same(own["prior"]["mean"], step["prior"].mean)
        same(own["prior"]["logStd"], step["prior"].log_std)
        for kind in ("read", "write"):
            assert_same_filters(own, kind, step[f"{kind}_window"], getattr(model, kind), model)


def assert_same_filters(own, kind, window, head, model):
    if window is None:
        assert own[f"{kind}Window"] is None
        assert own[f"{kind}Filters"] is None
        return
    same(list(own[f"{kind}Window"].values()), np.array(window))
    for name, bank in zip(
        ("filtersY", "filtersX"), filters(window, head.grid, *model.shape[1:]), strict=True
    ):
        same(own[f"{kind}Filters"][name], np.ravel(bank))


@pytest.fixture
def inspected(tmp_path, make_model):
    """Inspects an image by a small network: the engine's answer, and what it is held against."""

    def run(form, **options):
        model = make_model(**form)
        save_weights(model, tmp_path / "model.safetensors")
        category = 2 if model.categories is not None else None
        image = np.random.default_rng(1).uniform(0, 1, model.shape).astype(np.float32)
        asked = {"numSteps": STEPS, "seed": SEED, "category": category} | options
        job = {
            "model": SMALL | form,
            "weights": str(tmp_path / "model.safetensors"),
            "tasks": [["inspect", [image.tolist()], asked]],
        }
        answer = run_node("engine.mjs", job)
        (noise,) = noises(SEED, 1, STEPS, model.latent_size)
        return answer, model.of(category or 0), image, noise

    return run


def chosen():
    return [{"step": s, "latent": z, "value": v} for s, z, v in CHOICES]


@pytest.mark.parametrize("form", FORMS)
def test_every_quantity_of_a_step_is_the_librarys(form, inspected):
    answer, model, image, noise = inspected(FORMS[form])
    (own,) = answer["answers"]
    assert_same(own, *expected(model, image, noise), model)
    assert own["parts"] == pytest.approx(np.arange(1, STEPS + 1) / STEPS)


@pytest.mark.parametrize("form", ["attention", "no attention", "learned prior", "categories"])
def test_a_latent_taken_by_hand_changes_what_follows(form, inspected):
    answer, model, image, noise = inspected(FORMS[form], latents=chosen())
    steps, distortion = expected(model, image, noise, CHOICES)
    assert_same(answer["answers"][0], steps, distortion, model)
    untouched, *_ = inspected(FORMS[form])
    own, others = (
        [step["canvas"] for step in given["answers"][0]["result"]["steps"]]
        for given in (answer, untouched)
    )
    np.testing.assert_array_equal(own[0], others[0])
    for taken, free in zip(own[1:], others[1:], strict=True):
        assert np.abs(taken - free).max() > 0.01


def test_a_held_window_stays_where_it_was(inspected):
    answer, model, image, noise = inspected({}, window={"holdFrom": 1})
    steps, distortion = expected(model, image, noise, hold_from=1)
    assert_same(answer["answers"][0], steps, distortion, model)
    windows = [step["readWindow"] for step in answer["answers"][0]["result"]["steps"]]
    assert windows[0] != windows[1] == windows[2] == windows[3]


def test_the_window_is_widened_by_factors(inspected):
    answer, model, image, noise = inspected({}, window={"stride": 0.5, "std": 2})
    steps, distortion = expected(model, image, noise, hand=widened)
    assert_same(answer["answers"][0], steps, distortion, model)


def test_all_may_be_done_at_once(inspected):
    window = {"stride": 0.5, "std": 2, "holdFrom": 2}
    answer, model, image, noise = inspected(
        {"num_categories": 3, "learned_prior": True}, window=window, latents=chosen()
    )
    steps, distortion = expected(model, image, noise, CHOICES, widened, hold_from=2)
    assert_same(answer["answers"][0], steps, distortion, model)


def widened(window: Window) -> Window:
    return window._replace(stride=0.5 * window.stride, std=2 * window.std)


@pytest.mark.parametrize(
    ("form", "options", "words"),
    [
        ({}, {"latents": [{"step": 4, "latent": 0, "value": 0}]}, "no step 4: the drawing has 4"),
        ({}, {"latents": [{"step": 0, "latent": 3, "value": 0}]}, "no latent 3: a step has 3"),
        ({}, {"latents": [{"step": 0, "latent": 0, "value": None}]}, "to be null: give a number"),
        ({}, {"window": {"holdFrom": -1}}, "no step -1"),
        ({}, {"window": {"std": 0}}, "window's std is 0: it is above 0"),
        ({"read_grid": None}, {"window": {"std": 1}}, "without attention"),
        ({"num_categories": 3}, {"category": None}, "one is to be chosen"),
    ],
)
def test_what_a_hand_cannot_do_is_said(form, options, words, inspected):
    answer, *_ = inspected(form, **options)
    assert words in answer["error"]
