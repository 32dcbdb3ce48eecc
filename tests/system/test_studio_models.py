"""The studio, given models by name and a model that tells categories apart."""

from pathlib import Path

import httpx2
import numpy as np
import pytest

import limner

pytest.importorskip("fastapi", reason="the studio's packages are not here")

from runs import make_run
from studio_process import running_studio

from limner.studio.models import find_models, load_models


def test_the_studio_serves_a_model_of_each_category_told_apart(pair):
    served = load_models(find_models((pair,)))
    assert list(served) == ["pair/cat", "pair/dog"]
    whole = limner.load(pair)
    for kind, model in served.items():
        drawn = whole.sample(2, category=kind.split("/")[1])
        np.testing.assert_allclose(
            model.sample(2, 3, 0, 1.0).canvases, drawn.canvases, rtol=1e-5, atol=1e-5
        )
    with running_studio(pair) as address:
        cards = httpx2.get(f"{address}/api/v1/models").json()["models"]
    assert [card["categories"] for card in cards] == [["cat"], ["dog"]]
    assert cards[0]["test_drawings"] == 4  # those of cats alone


def test_the_studio_serves_models_by_name_and_by_default_those_that_came(exported, tmp_path):
    assert list(find_models((Path("kitten"),))) == ["kitten"]
    assert list(find_models((), beneath=tmp_path / "none")) == ["kitten"]
    make_run(tmp_path / "own" / "mine")
    assert list(find_models((), beneath=tmp_path / "own")) == ["mine"]
