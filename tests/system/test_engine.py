"""The engine in JavaScript draws what the library draws: arrays from Python against Node's."""

import json
from pathlib import Path

import jax
import numpy as np
import pytest
from node_process import SMALL, needs_node, run_node

from limner.data.rasteriser import rasterise
from limner.evaluation.classify import bounds
from limner.model.objective import loss_of_inference
from limner.model.weights import save_weights
from limner.pretrained import hub
from limner.sampling.completion import complete
from limner.sampling.drawings import collect, noises, reconstruct, sample
from limner.sampling.interpolation import interpolate

pytestmark = needs_node

FORMS = {
    "attention": {},
    "no attention": {"read_grid": None, "write_grid": None},
    "one filter": {"read_grid": 1, "write_grid": 1},
    "colour": {"channels": 3, "height": 4, "width": 9},
    "learned prior": {"learned_prior": True},
    "dense": {"cell": "dense", "learned_start": False},
    "categories": {"num_categories": 3},
}
STEPS = 4
NUM = 5  # four in one block of the products, and one alone


@pytest.fixture
def node(tmp_path):
    """Runs tasks of the engine on a network, or gives what it says against it."""

    def run(config, weights, *tasks):
        if not isinstance(weights, Path):
            path = tmp_path / "model.safetensors"
            save_weights(weights, path)
            weights = path
        job = {"model": config, "weights": str(weights), "tasks": tasks}
        answer = run_node("engine.mjs", job)
        return answer["error"] if "error" in answer else answer["answers"]

    return run


def stacked(answer, name):
    """One array of all steps and drawings, (t, b, ...)."""
    return np.array([[step[name] for step in steps] for steps in answer["steps"]])


def assert_same_drawings(answer, drawings):
    """Canvases, latents and windows of an answer are those of the library.

    To 0.001, and a hundred-thousandth of what is larger: a canvas's logits may pass 1,000, where
    float32 has no more.
    """
    canvases = np.asarray(drawings.canvases)
    np.testing.assert_allclose(
        stacked(answer, "canvas").reshape(canvases.shape), canvases, atol=1e-3, rtol=1e-5
    )
    np.testing.assert_allclose(stacked(answer, "latent"), drawings.latents, atol=1e-3)
    assert_same_windows(answer, "readWindow", drawings.read_window)
    assert_same_windows(answer, "writeWindow", drawings.write_window)


def assert_same_windows(answer, name, window):
    given = [window for steps in answer["steps"] for step in steps for window in [step[name]]]
    if window is None:
        assert set(given) == {None}
        return
    names = ("centreX", "centreY", "stride", "std", "intensity")
    for key, expected in zip(names, window, strict=True):
        found = np.array([own[key] for own in given]).reshape(expected.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@jax.jit
def inferred(model, images, noise, categories):
    """The steps of `reconstruct`, and what they cost."""

    def one(image, noise, category):
        final, steps = model.of(category).infer(image, noise)
        return steps, loss_of_inference(final, steps, image)

    return jax.vmap(one)(images, noise, categories)


def assert_same_reconstructions(answer, model, images, seed, num_steps, categories):
    noise = noises(seed, len(images), num_steps, model.latent_size)
    steps, losses = inferred(model, images, noise, categories)
    assert_same_drawings(answer, collect(steps))
    for found, distortion, rates in zip(answer["result"], *losses, strict=True):
        np.testing.assert_allclose(found["distortion"], distortion, rtol=1e-5, atol=1e-3)
        np.testing.assert_allclose(found["ratePerStep"], rates, rtol=1e-4, atol=1e-3)


def some_images(shape, num=NUM):
    return np.random.default_rng(1).uniform(0, 1, (num, *shape)).astype(np.float32)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_draws_as_the_library_does(form, make_model, node):
    model = make_model(**FORMS[form])
    config = SMALL | FORMS[form]
    images = some_images(model.shape)
    tells = model.categories is not None
    categories = np.arange(NUM) % 3
    sampling = {"num": NUM, "numSteps": STEPS, "seed": 7, "temperature": 0.8}
    looking = {"numSteps": STEPS, "seed": 2**32 - 1}
    own = {"categories": categories.tolist()} if tells else {}
    dreamt, drawn = node(
        config,
        model,
        ["sample", [], sampling],
        ["reconstruct", images.tolist(), looking | own],
    )

    expected = sample(model, num=NUM, num_steps=STEPS, seed=7, temperature=0.8)
    assert_same_drawings(dreamt, expected)
    if tells:
        assert dreamt["result"] == expected.categories.tolist()
        assert len(set(dreamt["result"])) > 1
    else:
        assert dreamt["result"] is None

    assert_same_reconstructions(drawn, model, images, 2**32 - 1, STEPS, categories)


def test_reconstructions_are_those_of_the_same_seed(make_model, node):
    model = make_model()
    images = some_images(model.shape)
    (answer,) = node(SMALL, model, ["reconstruct", images.tolist(), {"numSteps": STEPS, "seed": 9}])
    assert_same_drawings(answer, reconstruct(model, images, num_steps=STEPS, seed=9))


def test_a_drawing_is_the_same_alone_and_among_others(make_model, node):
    alone, among = (["sample", [], {"num": n, "numSteps": 3, "seed": 1}] for n in (1, 7))
    one, seven = node(SMALL, make_model(), alone, among)
    np.testing.assert_array_equal(stacked(one, "canvas")[:, 0], stacked(seven, "canvas")[:, 0])


def test_completions_are_the_librarys(make_model, node):
    for form in ({"num_categories": 3}, {"read_grid": None, "write_grid": None}):
        model = make_model(**form)
        image = some_images(model.shape, 1)[0] ** 4
        category = 2 if "num_categories" in form else None
        options = {"num": 6, "numSteps": STEPS, "seed": 5, "temperature": 1.3}
        (answer,) = node(
            SMALL | form, model, ["complete", [image.tolist()], options | {"category": category}]
        )
        chosen = model.of(category or 0)
        expected = complete(chosen, image, num=6, num_steps=STEPS, seed=5, temperature=1.3)
        assert_same_drawings(answer, expected)


def test_the_way_between_is_the_librarys(make_model, node):
    model = make_model(num_categories=3)
    first, second = some_images(model.shape, 2)
    positions = np.linspace(0, 1, 5, dtype=np.float32)
    options = {"positions": positions.tolist(), "numSteps": STEPS, "category": 1}
    same = options | {"positions": [0.5]}
    between, still = node(
        SMALL | {"num_categories": 3},
        model,
        ["interpolate", [first.tolist(), second.tolist()], options],
        ["interpolate", [first.tolist(), first.tolist()], same],  # no angle: the chord
    )
    chosen = model.of(1)
    expected = interpolate(chosen, first, second, places=positions, num_steps=STEPS)
    assert_same_drawings(between, expected)
    np.testing.assert_allclose(
        stacked(still, "canvas")[:, 0], stacked(between, "canvas")[:, 0], atol=1e-3
    )


def test_categories_have_the_librarys_bounds(make_model, node):
    model = make_model(num_categories=3)
    (image,) = some_images(model.shape, 1)
    (answer,) = node(
        SMALL | {"num_categories": 3},
        model,
        ["classify", [image.tolist()], {"numSteps": STEPS, "seed": 4}],
    )
    expected = bounds(model, image, noises(4, 16, STEPS, model.latent_size))
    np.testing.assert_allclose(answer["result"], expected, rtol=1e-5)


def test_a_computation_says_how_far_it_is(make_model, node):
    model = make_model(num_categories=2)
    image = some_images(model.shape, 1)[0].tolist()
    few = {"numSteps": 2, "seed": 0, "category": 0}
    answers = node(
        SMALL | {"num_categories": 2},
        model,
        ["sample", [], few | {"num": 1}],
        ["complete", [image], few | {"num": 2}],
        ["interpolate", [image, image], few | {"positions": [0, 1]}],
        ["classify", [image], few],
    )
    for answer in answers:
        assert np.all(np.diff(answer["parts"]) >= 0)
        assert answer["parts"][0] > 0
        assert answer["parts"][-1] == pytest.approx(1)
    completions = answers[1]
    assert all(len(preview) == 2 for preview in completions["previews"])


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (["sample", [], {"num": 1, "numSteps": 1, "seed": 0, "category": 0}], "no category 0"),
        (["sample", [], {"num": 1, "numSteps": 1, "seed": 2**32}], "the seed is 4294967296"),
        (["reconstruct", [[0.0]], {"numSteps": 1, "seed": 0}], "the image has 1 numbers"),
        (["complete", [[0.0] * 35], {"num": 0, "numSteps": 1, "seed": 0}], "num is 0"),
        (["classify", [[0.0] * 35], {"numSteps": 1}], "no categories"),
    ],
)
def test_what_cannot_be_asked_is_said(task, words, make_model, node):
    assert words in node(SMALL, make_model(), task)


def config_of(run):
    return json.loads((Path(run.folder) / "config.json").read_text())["model"]


def a_drawing(side):
    """A round head with two ears and an eye, as pixels."""
    turn = np.linspace(0, 2 * np.pi, 30)
    head = np.stack([127 + 100 * np.cos(turn), 150 + 90 * np.sin(turn)])
    ears = [np.array([[x - 30, x, x + 30], [90, 10, 80]]) for x in (70.0, 185.0)]
    return rasterise([[head, *ears, np.array([[90.0], [130.0]])]], side) / np.float32(255)


@pytest.mark.parametrize("name", hub.names())
def test_every_shipped_model_draws_as_in_python(name, node):
    run = hub.find(Path(name))
    model = run.load_model()
    num_steps = run.config.model.num_steps
    image = a_drawing(model.shape[1])[None]
    category = None if model.categories is None else 8
    own = {} if category is None else {"categories": [category]}
    seeded = {"numSteps": num_steps, "seed": 11}
    dreamt, drawn = node(
        config_of(run),
        Path(run.weights),
        ["sample", [], seeded | {"num": 2}],
        ["reconstruct", image.tolist(), seeded | own],
    )
    assert_same_drawings(dreamt, sample(model, num=2, num_steps=num_steps, seed=11))
    assert_same_reconstructions(drawn, model, image, 11, num_steps, np.array([category or 0]))


def test_a_cat_is_finished_as_in_python(node):
    run = hub.find(Path("cat"))
    model = run.load_model()
    image = a_drawing(28)
    image[:, :, 14:] = 0
    options = {"num": 8, "numSteps": 20, "seed": 2}
    (answer,) = node(config_of(run), Path(run.weights), ["complete", [image.tolist()], options])
    assert_same_drawings(answer, complete(model, image, num=8, num_steps=20, seed=2))
