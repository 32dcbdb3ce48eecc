"""The commands, given a model that tells categories apart."""

import json
from pathlib import Path

import numpy as np
import pytest
from commands import SMALL
from PIL import Image

from limner.cli.main import main
from limner.data.dataset import open_dataset
from limner.run import Run

OPTIONS = [*SMALL, "--model.num-categories", "2", "--data.categories", "cat", "house"]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "pair"
    main(["train", *OPTIONS, "--out", str(folder)])
    return folder


@pytest.fixture(scope="module")
def house(run) -> Path:
    """A picture that looks like nothing but a house."""
    dataset = open_dataset(Run.open(run).config.data)
    split = dataset.split("train")
    places = np.arange(len(split))
    houses = places[split.categories(places) == dataset.categories.index("house")]
    path = run.parent / "house.png"
    mean = split.levels(houses).mean(0)[0]
    Image.fromarray(255 - mean.clip(0, 255).astype(np.uint8)).save(path)
    return path


def height(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.height


def test_sample_draws_the_category_that_is_asked_for(run, tmp_path, capsys):
    outs = {name: tmp_path / name for name in ("cat", "house", "any")}
    main(["sample", str(run), "--num", "4", "--category", "cat", "--out", str(outs["cat"])])
    main(["sample", str(run), "--num", "4", "--category", "house", "--out", str(outs["house"])])
    main(["sample", str(run), "--num", "4", "--out", str(outs["any"])])
    drawn = {name: np.load(out / "drawings.npz")["canvases"][-1] for name, out in outs.items()}
    assert not np.allclose(drawn["cat"], drawn["house"])
    assert set(np.load(outs["any"] / "drawings.npz")["categories"]) <= {0, 1}
    # Each is said to be what it was drawn as, which takes a line below it.
    heights = {name: height(out / "final.png") for name, out in outs.items()}
    assert heights["any"] > heights["cat"] == heights["house"]
    for picture, as_cat, as_house in zip(drawn["any"], drawn["cat"], drawn["house"], strict=True):
        assert np.allclose(picture, as_cat) or np.allclose(picture, as_house)


def test_evaluate_gives_each_category_by_itself(run, capsys):
    capsys.readouterr()
    main(["evaluate", str(run), "--json"])
    facts = json.loads(capsys.readouterr().out)
    found = facts["by_category"]
    assert list(found) == ["cat", "house"]
    images = [of["images"] for of in found.values()]
    assert sum(images) == facts["images"]
    for what in ("bound", "floor"):
        values = [of[what] for of in found.values()]
        assert np.average(values, weights=images) == pytest.approx(facts[what], rel=1e-5)
    main(["evaluate", str(run)])
    assert "each category by itself" in capsys.readouterr().out


def test_a_category_that_it_does_not_tell_is_refused_by_name(run, capsys):
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        main(["sample", str(run), "--category", "horse"])
    assert caught.value.code == 2
    assert "did you mean house" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [["reconstruct", "--picture"], ["complete"], ["interpolate", ""]], ids=lambda c: c[0]
)
def test_a_picture_is_drawn_as_what_it_looks_like_unless_told_otherwise(
    run, house, tmp_path, capsys, command
):
    first, *rest = command
    pictures = [*rest, str(house)] if rest != [""] else [str(house), str(house)]
    capsys.readouterr()
    main([first, str(run), *pictures, "--out", str(tmp_path / "seen")])
    assert "seen as: house" in capsys.readouterr().err
    main([first, str(run), *pictures, "--category", "cat", "--out", str(tmp_path / "told")])
    assert "seen as" not in capsys.readouterr().err
    assert any((tmp_path / "told").iterdir())


def test_test_pictures_are_reconstructed_as_the_category_that_they_are_of(run, tmp_path):
    main(["reconstruct", str(run), "--num", "4", "--out", str(tmp_path)])
    assert any(tmp_path.iterdir())
