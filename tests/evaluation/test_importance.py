"""Importance-weighted bounds of many images, and stopping them."""

import signal

import jax
import numpy as np
import pytest

from limner.config import DataConfig
from limner.data.dataset import Dataset
from limner.data.sources import Pictures
from limner.errors import Interrupted, Mended
from limner.evaluation.bound import evaluate
from limner.evaluation.unfinished import Unfinished
from limner.model.objective import draw_noise, log_weight

STEPS, SEED = 3, 5
SETTINGS = {"num_steps": STEPS, "binarisation": "threshold", "seed": SEED}


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """The folder where unfinished evaluations are kept."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    return tmp_path / "limner" / "evaluations"


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Images of noise, seven of them in the test split."""
    pixels = np.random.default_rng(0).integers(0, 256, (70, 1, 7, 5), np.uint8)
    return Dataset(DataConfig(name="arrays"), ("noise",), (Pictures("noise", pixels),))


def interrupting(after: int):
    """Ctrl-C once so many measurements are done."""
    pressed = []

    def advance(done: int, total: int | None, note: str = "") -> None:
        if done >= after and not pressed:
            pressed.append(signal.raise_signal(signal.SIGINT))

    return advance


def test_the_bound_is_the_mean_weight_of_all_samples(make_model, dataset):
    model, count = make_model(), 21  # two groups, of which the second is not full
    found = evaluate(model, dataset, importance_samples=count, **SETTINGS)
    images = dataset.split("test").targets(np.arange(7), "threshold", key=()) / np.float32(255)

    @jax.jit
    def weigh(image, index, k):
        key = jax.random.fold_in(jax.random.fold_in(jax.random.key(SEED), index), k)
        return log_weight(model, image, draw_noise(key, STEPS, model.latent_size))

    weights = np.array([[weigh(x, i, k) for k in range(count)] for i, x in enumerate(images)])
    expected = -np.log(np.exp(weights.astype(float)).mean(axis=1))
    assert found.importance_bound == pytest.approx(expected.mean(), abs=1e-3)
    assert found.importance_images == 7


@pytest.mark.parametrize("after", [[8], [40, 80], [100, 120, 200]])
def test_an_interrupted_evaluation_ends_with_the_same_bits(make_model, dataset, kept, after):
    model, settings = make_model(), {"importance_samples": 40, **SETTINGS}
    whole = evaluate(model, dataset, **settings)
    for point in after:
        with pytest.raises(Interrupted, match="goes on from them, which are kept in") as caught:
            evaluate(model, dataset, **settings, on_progress=interrupting(point))
        (path,) = kept.iterdir()
        assert str(path) in str(caught.value)
    notes = []
    again = evaluate(
        model, dataset, **settings, on_progress=lambda done, total, note="": notes.append(note)
    )
    assert again == whole
    assert any("resumed at" in note for note in notes)
    assert not any(kept.iterdir())


def test_other_weights_data_and_settings_begin_anew(make_model, dataset):
    model = make_model()
    other = jax.tree.map(lambda leaf: leaf + 1, model)
    files = {
        Unfinished.of(*parts).path
        for parts in ((model, 1), (model, 1), (other, 1), (model, 2), (make_model(read_grid=2), 1))
    }
    assert len(files) == 4


def test_a_damaged_file_is_begun_anew(make_model, dataset, kept):
    model, settings = make_model(), {"importance_samples": 40, **SETTINGS}
    with pytest.raises(Interrupted):
        evaluate(model, dataset, **settings, on_progress=interrupting(100))
    (path,) = kept.iterdir()
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    with pytest.warns(Mended, match="begins anew"):
        found = evaluate(model, dataset, **settings)
    assert found == evaluate(model, dataset, **settings)


def test_where_nothing_can_be_written_nothing_is_kept(make_model, dataset, kept):
    kept.parent.write_text("in the way")
    with pytest.raises(Interrupted, match="nothing is kept"):
        evaluate(
            make_model(),
            dataset,
            importance_samples=40,
            **SETTINGS,
            on_progress=interrupting(100),
        )
