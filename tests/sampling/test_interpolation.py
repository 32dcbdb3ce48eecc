import jax.numpy as jnp
import numpy as np
import pytest

from limner.sampling.interpolation import arc, interpolate

RANDOM = np.random.default_rng(0)
FIRST, SECOND = RANDOM.random((2, 1, 7, 5), np.float32)


def way(model, *places, first=FIRST, second=SECOND, num_steps=6):
    return interpolate(model, first, second, places=np.float32(places), num_steps=num_steps)


def test_the_ends_are_the_pictures_drawn_with_latents_at_their_means(make_model):
    model = make_model()
    drawn = way(model, 0, 1)
    for place, picture in enumerate([FIRST, SECOND]):
        _, steps = model.infer(jnp.asarray(picture), jnp.zeros((6, 3)))
        np.testing.assert_allclose(drawn.canvases[:, place], steps.canvas, rtol=1e-4, atol=1e-4)


def test_the_way_back_is_the_way_there(make_model):
    model = make_model()
    there = way(model, 0.2, 0.5, 0.9)
    back = way(model, 0.8, 0.5, 0.1, first=SECOND, second=FIRST)
    np.testing.assert_allclose(there.canvases, back.canvases, rtol=1e-4, atol=1e-4)


def test_between_a_picture_and_itself_nothing_changes(make_model):
    drawn = way(make_model(), 0, 0.3, 1, second=FIRST)
    np.testing.assert_allclose(drawn.canvases[:, 0], drawn.canvases[:, 1], atol=1e-4)
    np.testing.assert_allclose(drawn.canvases[:, 0], drawn.canvases[:, 2], atol=1e-4)


def test_a_place_is_drawn_the_same_whatever_others_are_asked_for(make_model):
    model = make_model()
    few, many = way(model, 0.5), way(model, 0, 0.25, 0.5, 0.75, 1)
    np.testing.assert_allclose(few.canvases[:, 0], many.canvases[:, 2], rtol=1e-5, atol=1e-5)


def test_there_is_a_way_without_attention_and_it_has_no_windows(make_model):
    drawn = way(make_model(read_grid=None, write_grid=None), 0, 0.5, 1)
    assert drawn.canvases.shape == (6, 3, 1, 7, 5)
    assert drawn.read_window is None
    assert drawn.write_window is None


def test_an_arc_turns_evenly_and_keeps_its_distance_from_the_origin():
    first, second = jnp.array([2.0, 0.0]), jnp.array([0.0, 2.0])
    for degrees in (0, 30, 45, 60, 90):
        angle = np.radians(degrees)
        expected = [2 * np.cos(angle), 2 * np.sin(angle)]
        np.testing.assert_allclose(arc(first, second, jnp.array(degrees / 90)), expected, atol=1e-6)


@pytest.mark.parametrize("second", [(3.0, 0.0), (0.0, 0.0), (1.0, 1e-7)])
def test_an_arc_without_an_angle_is_the_chord(second):
    middle = arc(jnp.array([1.0, 0.0]), jnp.array(second), jnp.array(0.5))
    np.testing.assert_allclose(middle, [(1 + second[0]) / 2, second[1] / 2], atol=1e-6)
