import jax
import jax.numpy as jnp
import numpy as np
import pytest

from limner.errors import LimnerError
from limner.sampling.completion import MOST, _look_then_dream, complete, known_pixels, pick
from limner.sampling.drawings import sample

STROKE = np.zeros((1, 7, 5), np.float32)
STROKE[0, 1, 1:4] = [0.5, 1.0, 0.7]


def finish(model, image=STROKE, num=8, num_steps=6, seed=0, **kwargs):
    return complete(model, image, num=num, num_steps=num_steps, seed=seed, **kwargs)


def test_the_ink_that_was_there_stays_at_every_step(make_model):
    drawn = finish(make_model())
    assert drawn.canvases.shape == (6, 8, 1, 7, 5)
    assert np.isfinite(drawn.canvases).all()
    assert (drawn.probabilities >= STROKE - 1e-6).all()


def test_the_same_seed_gives_the_same_completions_and_another_gives_others(make_model):
    model = make_model()
    np.testing.assert_array_equal(finish(model).canvases, finish(model).canvases)
    assert not np.array_equal(finish(model).canvases, finish(model, seed=1).canvases)


def test_completions_of_one_drawing_differ(make_model):
    last = finish(make_model()).canvases[-1]
    assert not np.allclose(last[0], last[1], atol=1e-3)


def test_completions_explain_what_is_drawn_better_than_samples_do(make_model):
    # Read off the canvases outside the ink: where paper beside the stroke is known to be blank.
    model = make_model()
    beside = known_pixels(STROKE) & (STROKE[0] == 0)
    completed = finish(model).probabilities[-1, :, 0, beside]
    made_up = sample(model, num=128, num_steps=6, seed=0).probabilities[-1, :, 0, beside]
    assert np.log1p(-completed).mean() > np.log1p(-made_up).mean()


def test_pixels_that_are_said_to_be_known_stay_and_count_whatever_is_on_them(make_model):
    model = make_model()
    blank = np.zeros_like(STROKE)
    upper = np.zeros((7, 5), bool)
    upper[:4] = True
    given = finish(model, blank, known=upper)
    np.testing.assert_allclose(given.probabilities[:, :, :, :4], 0, atol=1e-6)
    assert not np.allclose(
        given.canvases[-1, :, 0, 4:], finish(model, blank).canvases[-1, :, 0, 4:]
    )


def test_pixels_that_are_not_known_are_not_looked_at(make_model):
    model, right = make_model(), np.zeros((7, 5), bool)
    right[:, 3:] = True
    whole, half = finish(model, known=right), finish(model, STROKE * right, known=right)
    np.testing.assert_array_equal(whole.canvases, half.canvases)


def test_a_temperature_of_zero_leaves_the_prior_no_choice(make_model):
    cold, warm = (finish(make_model(), temperature=t).latents[-1] for t in (0.0, 1.0))
    np.testing.assert_array_equal(cold, 0)
    assert warm.std() > 0.3


@pytest.mark.parametrize("sizes", [{"read_grid": None, "write_grid": None}, {"channels": 3}])
def test_models_of_every_kind_finish_drawings(make_model, sizes):
    image = np.repeat(STROKE, sizes.get("channels", 1), axis=0)
    drawn = finish(make_model(**sizes), image, known=known_pixels(image))
    assert (drawn.probabilities >= image - 1e-6).all()
    assert (drawn.write_window is None) == ("write_grid" in sizes)


def test_a_single_step_looks_at_the_drawing(make_model):
    model = make_model()
    one, other = finish(model, num_steps=1), finish(model, STROKE[:, ::-1].copy(), num_steps=1)
    assert one.canvases.shape == (1, 8, 1, 7, 5)
    assert not np.allclose(one.latents, other.latents)


def test_what_is_drawn_of_a_colour_image_must_be_said(make_model):
    model, paper = make_model(channels=3), np.ones((3, 7, 5), np.float32)
    with pytest.raises(LimnerError, match="the colours of an image do not tell"):
        finish(model, paper)
    known = np.zeros((7, 5), bool)
    assert finish(model, paper, known=known).canvases.shape == (6, 8, 3, 7, 5)


@pytest.mark.parametrize("num", [0, MOST + 1])
def test_a_number_of_completions_out_of_range_is_refused(make_model, num):
    with pytest.raises(LimnerError, match=f"num is {num}: there can be 1 to {MOST}"):
        finish(make_model(), num=num)


def test_known_are_the_ink_and_the_pixels_round_about():
    assert known_pixels(STROKE).astype(int).tolist() == [
        [1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1],
        *[[0] * 5] * 4,
    ]
    corner = np.zeros((1, 7, 5), np.float32)
    corner[0, 6, 4] = 1
    assert np.argwhere(known_pixels(corner)).tolist() == [[5, 3], [5, 4], [6, 3], [6, 4]]
    assert not known_pixels(np.zeros_like(corner)).any()


def test_looks_see_what_is_made_of_the_canvas_so_far_and_dreams_see_nothing(make_model):
    model = make_model()
    noise = jax.random.normal(jax.random.key(0), (5, model.latent_size))

    def whole(so_far):
        return jnp.where(jnp.arange(5) < 2, STROKE, 0.3 * jax.nn.sigmoid(so_far) + 0.2)

    state, expected = model.first, []
    for t, now in enumerate(noise):
        state, step = model.step(state, now, *([whole(state.canvas)] if t < 3 else []))
        expected.append(step.canvas)
    _, steps = _look_then_dream(model, whole, noise, looks=3)
    np.testing.assert_allclose(steps.canvas, np.stack(expected), rtol=1e-5, atol=1e-5)


def test_picks_are_different_and_the_first_falls_by_weight():
    weights = jnp.array([0.1, 0.2, 0.7])
    keys = jax.random.split(jax.random.key(0), 4000)
    picked = np.asarray(jax.vmap(lambda key: pick(key, jnp.log(weights), 2))(keys))
    assert (picked[:, 0] != picked[:, 1]).all()
    np.testing.assert_allclose(np.bincount(picked[:, 0]) / 4000, weights, atol=0.03)
