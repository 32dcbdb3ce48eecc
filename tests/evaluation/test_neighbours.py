"""Whether copies are found."""

import json

import numpy as np
import pytest
from PIL import Image
from runs import make_run

from limner.cli.main import main
from limner.config import DataConfig
from limner.data.dataset import Dataset
from limner.data.sources import Pictures
from limner.data.splits import Split
from limner.evaluation import neighbours as module
from limner.evaluation.neighbours import nearest, pixels


@pytest.fixture(scope="module")
def train() -> Split:
    """Sixteen training pictures of noise."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 1, 6, 5), np.uint8)
    return Dataset(DataConfig(name="arrays"), ("noise",), (Pictures("noise", noise),)).split(
        "train"
    )


def test_a_planted_copy_is_found_at_distance_0(train):
    copies = pixels(train, np.array([3, 12]), "grey")
    found = nearest(copies, train, num=2, binarisation="grey")
    assert found.indices[:, 0].tolist() == [3, 12]
    assert found.distances[:, 0].tolist() == [0, 0]
    assert (found.distances[:, 1] > 0).all()


@pytest.mark.parametrize("chunk", [1, 5, 100])
def test_the_nearest_are_those_of_a_plain_search_however_it_is_cut(train, monkeypatch, chunk):
    monkeypatch.setattr(module, "CHUNK", chunk)
    images = np.random.default_rng(1).random((4, 1, 6, 5), np.float32)
    found = nearest(images, train, num=3, binarisation="threshold")
    drawings = pixels(train, np.arange(len(train)), "threshold")
    plain = ((images[:, None].astype(float) - drawings) ** 2).sum((2, 3, 4))
    np.testing.assert_array_equal(found.indices, np.argsort(plain, axis=1)[:, :3])
    np.testing.assert_allclose(found.distances, np.sort(plain, axis=1)[:, :3], rtol=1e-5)


def test_of_fewer_drawings_all_are_given(train):
    found = nearest(pixels(train, np.array([0]), "grey"), train, num=99, binarisation="grey")
    assert sorted(found.indices[0]) == list(range(16))


def test_the_command_shows_samples_beside_training_drawings_and_what_distance_to_expect(
    tmp_path, capsys
):
    run = make_run(tmp_path / "run")
    main(["nearest", str(run.folder), "--num", "2", "--seed", "1"])
    said = capsys.readouterr().out.splitlines()
    assert "of 32 training drawings" in said[0]
    picture, table = said[-2:]
    with Image.open(picture) as image:
        image.verify()
    with open(table) as file:
        rows = [json.loads(line) for line in file]
    assert [row["sample"] for row in rows[:2]] == [0, 1]
    for row in rows[:2]:
        distances = [one["distance"] for one in row["nearest"]]
        assert distances == sorted(distances)
        assert all(one["row"] % 10 < 8 for one in row["nearest"])  # of the training split
    assert len(rows) == 2 + 4
    held_out = np.median([row["distance"] for row in rows[2:]])
    assert f"{held_out:.2f}" in next(line for line in said if "  test drawings" in line)
