"""How an evaluation shows itself."""

from xml.etree import ElementTree

import pytest

from limner.evaluation.result import CATEGORY_FACTS, CategoryBound, Evaluation


@pytest.fixture
def evaluation() -> Evaluation:
    return Evaluation(
        data="pets & <others>",
        categories=("cat", "<b>dog</b>"),
        split="test",
        images=1234,
        binarisation="grey",
        protocol="honest",
        num_steps=2,
        distortion=160.25,
        rate=40.5,
        rate_per_step=(30.0, 10.5),
        bound=200.75,
        by_category={
            "cat": CategoryBound(images=1200, bound=200.0, stderr=1.5, floor=93.0),
            "<b>dog</b>": CategoryBound(images=1, bound=210.0, stderr=None, floor=None),
        },
    )


def cells(table: ElementTree.Element) -> list[list[str]]:
    return [[str(cell.text) for cell in row] for row in table]


def test_a_notebook_shows_what_is_known_as_plain_text_in_tables(evaluation):
    whole, by_category = ElementTree.fromstring(f"<div>{evaluation._repr_html_()}</div>")
    facts = dict(cells(whole))
    assert facts["data"] == "pets & <others>"
    assert facts["categories"] == "cat, <b>dog</b>"
    assert facts["bound"] == "200.750"
    assert facts["rate per step"] == "30.00 10.50"
    assert "Lx" not in facts
    assert "by category" not in facts
    assert cells(by_category) == [
        list(CATEGORY_FACTS),
        ["cat", "1,200", "200.00", "1.50", "93.00"],
        ["<b>dog</b>", "1", "210.00", "–", "–"],
    ]
