"""How the texts of the pages are filled in."""

from types import SimpleNamespace

import pytest

from limner.experiments.catalogue import EXPERIMENTS
from limner.experiments.template import NotMeasured, fill_paragraph, paragraphs


class Row(SimpleNamespace):
    @property
    def bound(self):
        if self.status != "done":
            raise NotMeasured(self.status)
        return 210.94


ROWS = [Row(name="first", status="done"), Row(name="second", status="not run")]


def test_numbers_have_a_form_of_their_own_and_none_is_a_dash():
    fields = {"count": 3200, "bound": 210.94, "none": None, "word": "cat"}
    text = "{count} {bound} {bound:.0f} {none:,.0f} {word}"
    assert fill_paragraph(text, fields) == "3,200 210.9 211 – cat"


def test_a_table_has_a_line_for_each_item_of_its_list():
    rows = [{"name": "first", "bound": 1.25}, {"name": "second", "bound": None}]
    text = "| row | bound |\n| {row[name]} | **{row[bound]}** {unit} |"
    assert fill_paragraph(text, {"row": rows, "unit": "nats"}).splitlines() == [
        "| row | bound |",
        "| :-- | --: |",
        "| first | **1.2** nats |",
        "| second | **–** nats |",
    ]


def test_a_cell_stays_a_cell_whatever_is_in_it():
    (line,) = fill_paragraph("| row |\n| {row} |", {"row": ["a|b\nc"]}).splitlines()[2:]
    assert line == r"| a\|b c |"


def test_a_cell_of_what_was_not_measured_says_how_far_the_row_is():
    text = "| row | bound |\n| {row.name} | **{row.bound}** |"
    assert fill_paragraph(text, {"row": ROWS}).splitlines()[2:] == [
        "| first | **210.9** |",
        "| second | *not run* |",
    ]


def test_a_paragraph_of_a_list_is_repeated_for_each_item():
    assert fill_paragraph("- {row.name}", {"row": ROWS}) == "- first\n\n- second"
    assert fill_paragraph("- {row.name}", {"row": []}) == "*Not run.*"
    assert fill_paragraph("| a |\n| {row.name} |", {"row": []}) == "*Not run.*"


def test_a_value_is_never_taken_for_a_field():
    assert fill_paragraph("{word}", {"word": "{other}"}) == "{other}"
    with pytest.raises(KeyError):
        fill_paragraph("{other}", {"word": "cat"})


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_a_page_begins_with_its_title_and_its_question(kind):
    title, question, made, *_, sources = paragraphs(kind)
    assert title.startswith("# ")
    assert question.endswith(".")
    assert (made, sources) == ("{made}", "{sources}")
