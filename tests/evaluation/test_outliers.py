"""What a model finds strange."""

import csv
import json

import jax
import numpy as np
import pytest
from PIL import Image
from runs import NUM_STEPS, make_run

from limner.cli.main import main
from limner.config import DataConfig, ModelConfig
from limner.data.dataset import Dataset
from limner.data.sources import Pictures
from limner.errors import LimnerError
from limner.evaluation.measure import estimate, one_sample
from limner.evaluation.outliers import levels, score
from limner.model.draw import Draw, build_model


@pytest.fixture(scope="module")
def model() -> Draw:
    """A network that has learned no more than that paper is blank."""
    config = ModelConfig(hidden_size=16, num_steps=NUM_STEPS, latent_size=3)
    blank = jax.numpy.full((1, 1, 28, 28), 0.01)
    return build_model(config, jax.random.key(0)).starting_from(blank)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Blank cats and dogs, of which one dog, a test drawing, is noise."""
    cats = np.zeros((20, 1, 28, 28), np.uint8)
    dogs = cats.copy()
    dogs[9] = np.random.default_rng(0).integers(0, 2, dogs[9].shape) * 255
    return Dataset(
        DataConfig(name="arrays"), ("cat", "dog"), (Pictures("cat", cats), Pictures("dog", dogs))
    )


def test_a_planted_noise_picture_is_the_worst_outlier(model, dataset):
    scores = score(
        model,
        dataset,
        num_steps=NUM_STEPS,
        binarisation="grey",
        splits=("train", "valid", "test"),
    )
    assert (scores.splits[0], scores.categories[0], scores.rows[0]) == ("test", "dog", 9)
    assert len(scores.rows) == 40
    assert (np.diff(scores.bound) <= 0).all()
    np.testing.assert_array_equal(levels(dataset, scores, 1)[0], dataset.sources[1].pixels[9])


def test_by_surplus_a_strange_shape_beats_one_with_more_ink(model):
    """Strokes where the model expects them, more and more of them; and a few where it does not."""
    expected = np.full((1, 28, 28), 0.01, np.float32)
    expected[:, 8:20, 8:20] = 0.5
    ready = model.starting_from(jax.numpy.asarray(expected)[None])
    drawings = np.zeros((30, 1, 28, 28), np.uint8)
    for row in range(30):
        drawings[row, :, 8 : 9 + row % 12, 8:20] = 255
    drawings[4] = 0
    drawings[4, :, :3] = 255
    pictures = Dataset(DataConfig(name="arrays"), ("stroke",), (Pictures("stroke", drawings),))
    found = score(
        ready,
        pictures,
        num_steps=NUM_STEPS,
        binarisation="grey",
        splits=("train", "valid", "test"),
        by="surplus",
    )
    assert found.rows[0] == 4
    assert (np.diff(found.surplus) <= 0).all()
    assert found.surplus.sum() == pytest.approx(0, abs=0.05)


def test_a_score_is_the_bound_that_evaluation_gives_the_drawing(model, dataset):
    test = dataset.split("test")
    whole = estimate(one_sample(NUM_STEPS, "honest"), model, test, binarisation="grey", seed=3)
    scores = score(
        model, dataset, num_steps=NUM_STEPS, binarisation="grey", splits=("test",), seed=3
    )
    np.testing.assert_allclose(scores.bound, whole.bound[scores.indices], rtol=1e-6)


def test_a_category_alone_is_scored_as_it_is_among_all(model, dataset):
    def scored(category):
        scores = score(
            model,
            dataset,
            num_steps=NUM_STEPS,
            binarisation="grey",
            splits=("train", "test"),
            category=category,
        )
        shown = zip(scores.splits, scores.categories, scores.rows, scores.bound, strict=True)
        return {(which, kind, int(row)): bound for which, kind, row, bound in shown}

    everything, cats = scored(None), scored("cat")
    assert len(cats) == 18
    for key, bound in cats.items():
        assert bound == pytest.approx(everything[key], rel=1e-6)
    with pytest.raises(LimnerError, match="not a category of these data: did you mean cat"):
        scored("cot")


def test_the_command_lists_all_scores_and_shows_the_worst(tmp_path, capsys):
    run = make_run(tmp_path / "run")
    main(["outliers", str(run.folder), "--splits", "test", "valid", "--num", "3"])
    picture, table = capsys.readouterr().out.split()
    with Image.open(picture) as image:
        image.verify()
    with open(table, newline="") as file:
        rows = list(csv.DictReader(file))
    bounds = [float(row["bound"]) for row in rows]
    assert bounds == sorted(bounds, reverse=True)
    assert {(row["split"], int(row["row"]) % 10) for row in rows} == {("valid", 8), ("test", 9)}
    main(["evaluate", str(run.folder), "--json"])
    tested = [float(row["bound"]) for row in rows if row["split"] == "test"]
    bound = json.loads(capsys.readouterr().out)["bound"]
    assert np.mean(tested) == pytest.approx(bound, abs=2e-3)
