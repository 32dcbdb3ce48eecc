"""Laws of the window, its filters, reading and writing (eqs 19-29)."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
from hypothesis import given, strategies as st

from limner.model import attention
from limner.model.attention import Window, window_from_parameters

pytestmark = pytest.mark.usefixtures("float64")

# Compiled whole: an operation at a time is a program for each, and again for each shape.
filterbank = jax.jit(attention.filterbank, static_argnums=(3, 4))
filters = jax.jit(attention.filters, static_argnums=(1, 2, 3))
read = jax.jit(attention.read, static_argnums=2)
write = jax.jit(attention.write, static_argnums=(2, 3))

SHAPES = [(28, 28, 5), (28, 28, 2), (9, 14, 3), (14, 9, 4), (6, 6, 1)]


@partial(jax.jit, static_argnums=(1, 2, 3))
def compiled_window(parameters, grid, height, width) -> Window:
    return window_from_parameters(parameters, grid, height, width)


def window(parameters, grid, height, width) -> Window:
    return compiled_window(jnp.asarray(parameters, float), grid, height, width)


@pytest.mark.parametrize(
    ("grid", "means"), [(5, [0, 6.75, 13.5, 20.25, 27]), (2, [0, 27]), (1, [13.5])]
)
def test_zero_parameters_spread_the_filters_from_edge_pixel_to_edge_pixel(grid, means):
    there = window(np.zeros(5), grid, 28, 28)
    for bank in filters(there, grid, 28, 28):
        # A Gaussian of std 1 about mu has log w[1] - log w[0] = mu - 1/2.
        np.testing.assert_allclose(jnp.log(bank[:, 1] / bank[:, 0]) + 0.5, means, atol=1e-9)
    assert there.std == 1
    assert there.intensity == 1


def test_each_side_of_a_picture_that_is_not_square_is_centred_by_its_own_length():
    there = window(np.zeros(5), 3, 9, 15)
    assert (there.centre_x.item(), there.centre_y.item()) == (7, 4)
    assert there.stride == 7  # the longer side's


@pytest.mark.parametrize(("height", "width", "grid"), SHAPES[:-1])
def test_filters_are_those_of_the_equations_counted_from_one(height, width, grid):
    parameters = np.random.default_rng(1).normal(0, 0.5, 5)
    got = filters(window(parameters, grid, height, width), grid, height, width)
    filters_y, filters_x, _ = reference.filters(parameters, grid, height, width)
    np.testing.assert_allclose(got[0], filters_y, rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(got[1], filters_x, rtol=1e-10, atol=1e-300)


def test_the_first_parameter_moves_the_window_along_x_and_the_second_along_y():
    picture = np.zeros((1, 20, 20))
    picture[0, 3, 15] = 1  # y 3, x 15
    to = lambda pixel: (pixel + 1) / 10.5 - 1  # noqa: E731 - the inverse of eq. 21 or 22
    on_it = window([to(15), to(3), -4, 0, 0], 1, 20, 20)
    beside_it = window([to(3), to(15), -4, 0, 0], 1, 20, 20)
    assert read(jnp.asarray(picture), on_it, 1).item() == pytest.approx(1, abs=0.05)
    assert read(jnp.asarray(picture), beside_it, 1).item() == pytest.approx(0, abs=1e-6)


def test_the_third_parameter_is_the_logarithm_of_the_variance():
    bank = filterbank(
        jnp.asarray(50.0), jnp.asarray(1.0), window([0, 0, 3.0, 0, 0], 1, 9, 9).std, 1, 101
    )[0]
    pixels = np.arange(101)
    assert (bank * (pixels - 50) ** 2).sum() == pytest.approx(np.exp(3), rel=1e-6)


@pytest.mark.parametrize(("grid", "size"), [(1, 1), (5, 28), (12, 3)])
@given(st.floats(-1e4, 1e4), st.floats(0, 1e3), st.floats(1e-3, 1e3))
def test_every_filter_sums_to_one_and_is_finite_however_far_off_the_canvas(
    grid, size, centre, stride, std
):
    bank = np.asarray(filterbank(*map(jnp.asarray, (centre, stride, std)), grid, size))
    assert np.isfinite(bank).all()
    np.testing.assert_allclose(bank.sum(1), 1, rtol=1e-9)


def test_gradients_stay_finite_far_off_the_canvas():
    def look(parameters):
        there = window_from_parameters(parameters, 3, 8, 8)
        return read(jnp.ones((1, 8, 8)), there, 3).sum()

    slope = jax.jit(jax.grad(look))(jnp.array([40.0, -40.0, -6.0, 2.0, 0.0]))
    assert np.isfinite(slope).all()


@pytest.mark.parametrize(("height", "width", "grid"), SHAPES)
def test_mirroring_window_and_picture_mirrors_the_glimpse(height, width, grid):
    random = np.random.default_rng(2)
    picture = random.random((2, height, width))
    x, y, *others = random.normal(0, 0.3, 5)
    seen = read(jnp.asarray(picture), window([x, y, *others], grid, height, width), grid)
    mirrored = read(
        jnp.asarray(picture[:, :, ::-1]), window([-x, y, *others], grid, height, width), grid
    )
    np.testing.assert_allclose(mirrored, seen[:, :, ::-1], rtol=1e-9)


@pytest.mark.parametrize(("height", "width", "grid"), SHAPES)
def test_read_and_write_are_adjoint_up_to_the_squared_intensity(height, width, grid):
    random = np.random.default_rng(3)
    picture = jnp.asarray(random.normal(size=(3, height, width)))
    patch = jnp.asarray(random.normal(size=(3, grid, grid)))
    there = window(random.normal(0, 0.5, 5), grid, height, width)
    seen = jnp.vdot(read(picture, there, grid), patch)
    written = jnp.vdot(picture, write(patch, there, height, width))
    assert seen == pytest.approx(float(there.intensity**2 * written), rel=1e-9)


@pytest.mark.parametrize(("height", "width", "grid"), SHAPES[:-1])
def test_reading_and_writing_agree_with_sums_over_pixels(height, width, grid):
    random = np.random.default_rng(4)
    parameters = random.normal(0, 0.5, 5)
    there = window(parameters, grid, height, width)
    picture, patch = random.normal(size=(height, width)), random.normal(size=(grid, grid))
    np.testing.assert_allclose(
        read(jnp.asarray(picture[None]), there, grid)[0],
        reference.read(picture, parameters, grid),
        rtol=1e-9,
    )
    np.testing.assert_allclose(
        write(jnp.asarray(patch[None]), there, height, width)[0],
        reference.write(patch, parameters, height, width),
        rtol=1e-8, atol=1e-12,
    )  # fmt: skip


def test_a_constant_picture_is_read_as_its_value_times_the_intensity():
    there = window([0.2, -0.4, 1, -0.5, 0.7], 4, 11, 13)
    seen = read(jnp.full((1, 11, 13), 0.25), there, 4)
    np.testing.assert_allclose(seen, 0.25 * np.exp(0.7), rtol=1e-12)


def test_writing_leaves_the_patch_total_divided_by_the_intensity():
    there = window([0.2, -0.4, 1, -0.5, 0.7], 4, 11, 13)
    patch = jnp.arange(16.0).reshape(1, 4, 4)
    total = write(patch, there, 11, 13).sum()
    assert total == pytest.approx(120 / np.exp(0.7))
