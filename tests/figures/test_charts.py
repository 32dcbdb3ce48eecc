"""Laws of the charts: what is drawn, and what is left out."""

from pathlib import Path

import numpy as np
import pytest

from limner.errors import LimnerError
from limner.figures import Curve, compared_curves, loss_curves, save_picture


def metrics_rows():
    steps = range(10, 1010, 10)
    rows = [
        {"kind": "train", "update": step, "distortion": 100 + 1e5 / step**2, "rate": step / 100}
        for step in steps
    ]
    rows += [
        {"kind": "valid", "update": step, "distortion": 101.0 - step / 1e3, "rate": 7.5}
        for step in (500, 1000)
    ]
    return [*rows, {"kind": "note", "update": 0}]


def test_loss_curves_show_what_was_measured_and_cut_off_the_first_losses():
    rows = metrics_rows()
    figure = loss_curves(rows, "cat", distortion_label="Lx", rate_label="Lz")
    distortion, rate = figure.axes
    assert (distortion.get_ylabel(), rate.get_ylabel()) == ("Lx", "Lz")
    low, high = distortion.get_ylim()
    assert low < 100
    assert high < 150 < rows[0]["distortion"]
    training, validation = distortion.get_lines()
    assert np.shape(training.get_xydata()) == (100, 2)
    assert np.asarray(validation.get_xydata()).tolist() == [[500, 100.5], [1000, 100.0]]
    assert distortion.get_ylim() != rate.get_ylim()


def test_loss_curves_can_be_drawn_of_a_single_row_and_step_over_what_is_not_finite():
    row = {"kind": "train", "update": 1, "distortion": 5.0, "rate": 1.0}
    figure = loss_curves([row, row | {"update": 2, "distortion": float("nan")}], "cat")
    assert np.shape(figure.axes[0].get_lines()[0].get_xydata()) == (1, 2)
    figure.canvas.draw()


def test_compared_curves_keep_their_names_and_colours_from_chart_to_chart():
    short, long = (Curve(name, [1, 2, 3], [5.0, np.nan, y]) for name, y in [("a", 3), ("b", 1)])
    figure = compared_curves({"Lx": [short, long], "Lz": [short, long]}, "dogs", x_label="seconds")
    assert [chart.get_ylabel() for chart in figure.axes] == ["Lx", "Lz"]
    assert {chart.get_xlabel() for chart in figure.axes} == {"seconds"}
    first, second = (chart.get_lines() for chart in figure.axes)
    assert [line.get_label() for line in first] == ["a", "b"]
    assert [line.get_color() for line in first] == [line.get_color() for line in second]
    assert first[0].get_color() != first[1].get_color()
    assert np.asarray(first[1].get_xydata()).tolist() == [[1, 5], [3, 1]]
    figure.canvas.draw()


@pytest.mark.parametrize(("name", "magic"), [("c.png", b"\x89PNG"), ("c.pdf", b"%PDF")])
def test_charts_are_saved_after_their_suffix(tmp_path, name, magic):
    save_picture(loss_curves(metrics_rows(), "cat"), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(magic)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: loss_curves([], "cat"), "nothing was measured"),
        (lambda: loss_curves([{"kind": "train", "update": 1, "rate": 1.0}], "cat"), "distortion"),
        (
            lambda: loss_curves(
                [{"kind": "train", "update": 1, "rate": 1.0, "distortion": np.inf}], "cat"
            ),
            "diverged",
        ),
        (lambda: compared_curves({"Lx": [Curve("a", [1], [np.nan])]}, "cat"), "finite point"),
        (lambda: compared_curves({"Lx": [Curve("a", [1], [1])] * 5}, "cat"), "4 curves at most"),
        (lambda: loss_curves(metrics_rows(), ""), "caption"),
        (
            lambda: save_picture(loss_curves(metrics_rows(), "cat"), Path("a.jpeg")),
            r"\.png or \.pdf or \.svg",
        ),
    ],
)
def test_what_cannot_be_charted_is_said_in_one_line(draw, message):
    with pytest.raises(LimnerError, match=message) as raised:
        draw()
    assert "\n" not in str(raised.value)
