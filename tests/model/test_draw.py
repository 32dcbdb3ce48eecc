"""Laws of the network (eqs 1-18) and of its bound."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from limner.config import ModelConfig
from limner.model.draw import Draw, build_model
from limner.model.objective import loss as loss_of_one

infer, generate, loss = jax.jit(Draw.infer), jax.jit(Draw.generate), jax.jit(loss_of_one)
step, of = jax.jit(Draw.step), jax.jit(Draw.of)

FORMS = [(3, 2), (None, 2), (3, None), (None, None), (1, 1)]


@pytest.fixture
def image():
    return np.random.default_rng(5).random((1, 7, 5))


@pytest.fixture
def noise():
    return np.random.default_rng(6).normal(size=(4, 3))


def by_name(model: Draw) -> dict[str, np.ndarray]:
    leaves = jax.tree_util.tree_leaves_with_path(model)
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): np.asarray(leaf)
        for path, leaf in leaves
    }


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("read_grid", "write_grid"), FORMS[:-1])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_network_is_the_equations_in_plain_numpy(
    make_model, noise, read_grid, write_grid, channels
):
    image = np.random.default_rng(7).random((channels, 7, 5))
    model = make_model(read_grid=read_grid, write_grid=write_grid, channels=channels)
    canvases, distortion, kls = reference.draw(by_name(model), image, noise, read_grid, write_grid)
    _, steps = infer(model, jnp.asarray(image), jnp.asarray(noise))
    losses = loss(model, jnp.asarray(image), jnp.asarray(noise))
    np.testing.assert_allclose(steps.canvas, canvases, rtol=1e-9)
    np.testing.assert_allclose(losses.rate_per_step, kls, rtol=1e-9)
    assert losses.distortion == pytest.approx(distortion, rel=1e-9)
    assert losses.bound == pytest.approx(distortion + kls.sum(), rel=1e-9)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("read_grid", "write_grid"), FORMS)
def test_generation_fed_with_the_posteriors_latents_draws_the_same_canvases(
    make_model, image, noise, read_grid, write_grid
):
    model = make_model(read_grid=read_grid, write_grid=write_grid)
    _, inferred = infer(model, jnp.asarray(image), jnp.asarray(noise))
    _, generated = generate(model, inferred.latent)
    np.testing.assert_allclose(generated.canvas, inferred.canvas, rtol=1e-12)
    assert generated.posterior is None
    assert generated.read_window is None


@pytest.mark.usefixtures("float64")
def test_the_canvas_is_the_first_canvas_and_the_sum_of_what_was_written(make_model, image, noise):
    model = make_model()
    final, steps = infer(model, jnp.asarray(image), jnp.asarray(noise))
    canvas = model.start.canvas
    state = model.first
    for row in noise:
        state, _ = step(model, state, jnp.asarray(row), jnp.asarray(image))
        written, _ = model.write(state.decoder.hidden)
        canvas = canvas + written
    np.testing.assert_allclose(final.canvas, canvas, rtol=1e-12)
    np.testing.assert_allclose(steps.canvas[-1], canvas, rtol=1e-12)


def test_a_network_without_learned_start_begins_from_zeros_and_has_no_weights_for_it():
    sizes = ModelConfig(
        height=4, width=4, latent_size=2, hidden_size=3, read_grid=2, write_grid=2,
        learned_start=False,
    )  # fmt: skip
    model = build_model(sizes, jax.random.key(0))
    assert model.start is None
    assert all((np.asarray(leaf) == 0).all() for leaf in jax.tree.leaves(model.first))
    assert generate(model, jnp.zeros((3, 2)))[0].canvas.shape == (1, 4, 4)


@pytest.mark.usefixtures("float64")
def test_a_categorys_biases_are_what_its_embedding_among_the_inputs_comes_to(make_model, noise):
    model = make_model(num_categories=3)
    embedding = np.random.default_rng(4).normal(size=(3, 2))
    matrix = np.random.default_rng(5).normal(size=(32, 2))
    model = eqx.tree_at(lambda m: m.categories.decoder, model, jnp.asarray(embedding @ matrix.T))
    wider = jnp.concatenate([jnp.asarray(matrix), model.decoder.weight], axis=1)
    decoder = eqx.tree_at(lambda cell: cell.weight, model.decoder, wider)
    state = model.of(2).first.decoder
    latent = jnp.asarray(noise[0])
    joined = decoder(jnp.concatenate([jnp.asarray(embedding[2]), latent]), state)
    np.testing.assert_allclose(model.of(2).decoder(latent, state).hidden, joined.hidden, rtol=1e-12)


def test_a_network_of_categories_draws_only_once_one_is_chosen(make_model, image, noise):
    model = make_model(num_categories=2)
    with pytest.raises(ValueError, match="choose"):
        model.generate(jnp.asarray(noise))
    canvases = [
        np.asarray(infer(of(model, k), jnp.asarray(image), jnp.asarray(noise))[0].canvas)
        for k in range(2)
    ]
    assert not np.allclose(*canvases)
    plain = make_model()
    assert plain.of(1) is plain


@pytest.mark.usefixtures("float64")
def test_a_learned_prior_is_what_latents_are_drawn_from_and_what_the_rate_is_counted_from(
    make_model, image, noise
):
    model = make_model(learned_prior=True)
    _, inferred = infer(model, jnp.asarray(image), jnp.asarray(noise))
    hidden = model.first.decoder.hidden
    weight, bias = np.asarray(model.prior.weight), np.asarray(model.prior.bias)
    mean, log_std = np.split(weight @ np.asarray(hidden) + bias, 2)
    np.testing.assert_allclose(inferred.prior.mean[0], mean, rtol=1e-12)
    std, own = np.exp(log_std), np.exp(np.asarray(inferred.posterior.log_std[0]))
    off = np.asarray(inferred.posterior.mean[0]) - mean
    expected = np.sum(np.log(std / own) + (own**2 + off**2) / (2 * std**2) - 0.5)
    rate = loss(model, jnp.asarray(image), jnp.asarray(noise)).rate_per_step[0]
    assert rate == pytest.approx(expected, rel=1e-10)
    # The noise that leads the prior to the posterior's latents draws the same canvases.
    again = jax.vmap(lambda prior, latent: prior.noise_of(latent))(inferred.prior, inferred.latent)
    np.testing.assert_allclose(generate(model, again)[1].canvas, inferred.canvas, rtol=1e-9)


def test_reading_and_writing_move_their_windows_by_heads_of_their_own(make_model, image, noise):
    model = make_model()
    _, steps = infer(model, jnp.asarray(image, jnp.float32), jnp.asarray(noise, jnp.float32))
    assert not np.allclose(steps.read_window.centre_x, steps.write_window.centre_x)


@pytest.mark.parametrize(
    ("grid", "initial_std", "pixels"),
    [(2, None, 4), (4, None, 4 / 3), (5, None, 1), (9, None, 1), (1, None, 4), (5, 2.7, 2.7)],
)
def test_filters_begin_as_wide_as_their_stride_asks_or_as_they_are_told(grid, initial_std, pixels):
    sizes = {"height": 28, "width": 20, "latent_size": 3, "hidden_size": 8}
    sizes |= {"read_grid": grid, "write_grid": grid, "initial_std": initial_std}

    @jax.jit
    def widths():
        model = Draw(**sizes, key=jax.random.key(0))
        # A state of zeros sees the biases alone.
        image, hidden = jnp.zeros((1, 28, 20)), jnp.zeros(8)
        return model.read(image, image, hidden)[1].std, model.write(hidden)[1].std

    np.testing.assert_allclose(widths(), pixels, rtol=1e-6)


def test_windows_are_absent_exactly_where_attention_is(make_model, image, noise):
    image, noise = jnp.asarray(image, jnp.float32), jnp.asarray(noise, jnp.float32)
    for read_grid, write_grid in FORMS:
        _, steps = infer(make_model(read_grid=read_grid, write_grid=write_grid), image, noise)
        assert (steps.read_window is None) == (read_grid is None)
        assert (steps.write_window is None) == (write_grid is None)


def test_an_image_or_noise_of_another_shape_is_refused(make_model, image, noise):
    model = make_model()
    with pytest.raises(ValueError, match=r"image has shape \(1, 5, 7\): .* takes \(1, 7, 5\)"):
        infer(model, image.reshape(1, 5, 7), noise)
    for draw in (lambda: infer(model, image, noise[:, :2]), lambda: generate(model, noise[:, :2])):
        with pytest.raises(ValueError, match=r"noise has shape \(4, 2\): .* takes \(4, 3\)"):
            draw()


def test_the_number_of_steps_is_the_length_of_the_noise(make_model, image):
    model = make_model()
    for num_steps in (1, 9):
        noise = jnp.zeros((num_steps, 3))
        assert generate(model, noise)[1].canvas.shape == (num_steps, 1, 7, 5)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("read_grid", "write_grid"), FORMS)
def test_gradients_are_those_of_finite_differences(read_grid, write_grid, make_model):
    model = make_model(height=4, width=4, hidden_size=4, read_grid=read_grid, write_grid=write_grid)
    random = np.random.default_rng(8)
    image, noise = jnp.asarray(random.random((1, 4, 4))), jnp.asarray(random.normal(size=(3, 3)))

    @jax.jit
    def bound(model):
        return loss(model, image, noise).bound

    gradient = jax.jit(jax.grad(bound))(model)
    for leaf in jax.tree.leaves(gradient):
        assert np.isfinite(leaf).all()
        # A single filter has no neighbour, so its stride moves nothing.
        assert (np.asarray(leaf) != 0).mean() > 0.7
    random = np.random.default_rng(9)
    for _ in range(3):
        direction = jax.tree.map(lambda leaf: random.normal(size=leaf.shape), model)

        def at(scale, direction=direction):
            there = jax.tree.map(
                lambda leaf, move: jnp.asarray(np.asarray(leaf) + scale * move), model, direction
            )
            return bound(there)

        along = sum(map(np.vdot, jax.tree.leaves(gradient), jax.tree.leaves(direction)))
        assert (at(1e-5) - at(-1e-5)) / 2e-5 == pytest.approx(float(along), rel=1e-6)
