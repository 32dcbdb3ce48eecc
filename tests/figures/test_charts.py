"""Laws of the charts and the curves: what is drawn, what is left out, what is written."""

import csv

import numpy as np
import pytest
from PIL import Image

from limner.errors import LimnerError
from limner.figures.charts import Curve, Curves, compared_curves, save_chart


def metrics_rows():
    updates = range(10, 1010, 10)
    rows = [
        {"kind": "train", "update": n, "distortion": 100 + 1e5 / n**2, "rate": n / 100}
        for n in updates
    ]
    rows += [
        {"kind": "valid", "update": n, "distortion": 101.0 - n / 1e3, "rate": 7.5}
        for n in (500, 1000)
    ]
    return [*rows, {"kind": "note", "update": 0}]


def published_rows():
    row = {"kind": "train", "update": 20, "protocol": "as-published", "Lx": 200.0, "Lz": 91.0}
    return [row | {"Lx+Lz": 291.0}, row | {"kind": "valid", "Lx+Lz": 291.0}]


def test_curves_hold_what_was_measured_as_arrays():
    curves = Curves.of(metrics_rows(), "cat")
    assert curves.train.updates.tolist() == [*range(10, 1010, 10)]
    assert curves.valid.updates.tolist() == [500, 1000]
    assert curves.valid.distortion.tolist() == [100.5, 100.0]
    assert curves.valid.bound.tolist() == [108.0, 107.5]


def test_charts_show_what_was_measured_and_cut_off_the_first_losses():
    rows = metrics_rows()
    figure = Curves.of(rows, "cat").figure()
    labels = [chart.get_ylabel() for chart in figure.axes]
    assert labels == ["distortion (nats)", "rate (nats)", "bound (nats)"]
    assert {chart.get_xlabel() for chart in figure.axes} == {"updates"}
    distortion, rate, _ = figure.axes
    low, high = distortion.get_ylim()
    assert low < 100
    assert high < 150 < rows[0]["distortion"]
    training, validation = distortion.get_lines()
    assert np.shape(training.get_xydata()) == (100, 2)
    assert np.asarray(validation.get_xydata()).tolist() == [[500, 100.5], [1000, 100.0]]
    assert distortion.get_ylim() != rate.get_ylim()


def test_a_single_row_is_charted_and_what_is_not_finite_passed_over():
    row = {"kind": "train", "update": 1, "distortion": 5.0, "rate": 1.0}
    curves = Curves.of([row, row | {"update": 2, "distortion": float("nan")}], "cat")
    assert curves.train.updates.tolist() == [1, 2]
    figure = curves.figure()
    assert np.shape(figure.axes[0].get_lines()[0].get_xydata()) == (1, 2)
    figure.canvas.draw()


def test_a_name_that_is_not_unicode_can_stand_above_a_chart(tmp_path):
    Curves.of(metrics_rows(), "r\udcff").save(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_what_the_study_published_is_called_so_and_is_no_bound(tmp_path):
    curves = Curves.of(published_rows(), "cat")
    figure = curves.figure()
    labels = [chart.get_ylabel() for chart in figure.axes]
    assert labels == ["Lx as published (nats)", "Lz as published (nats)"]
    assert "no bound" in figure.get_suptitle()
    assert curves.train.distortion.tolist() == [200.0]
    assert np.isnan(curves.train.bound).all()
    curves.save(tmp_path / "curves.csv")
    with (tmp_path / "curves.csv").open(newline="") as file:
        assert next(csv.reader(file)) == ["split", "update", "Lx", "Lz"]


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


@pytest.mark.parametrize(
    ("name", "magic"), [("c.png", b"\x89PNG"), ("c.PDF", b"%PDF"), ("c.svg", b"<?xml")]
)
def test_charts_are_saved_after_their_suffix(tmp_path, name, magic):
    curves = Curves.of(metrics_rows(), "cat")
    curves.save(tmp_path / name)
    save_chart(curves.figure(), tmp_path / f"chart-{name}")
    for path in tmp_path.iterdir():
        assert path.read_bytes().startswith(magic)


def test_curves_are_saved_as_numbers_and_read_back(tmp_path):
    curves = Curves.of(metrics_rows(), "cat")
    curves.save(tmp_path / "curves.npz")
    arrays = np.load(tmp_path / "curves.npz")
    assert arrays["valid_updates"].tolist() == [500, 1000]
    np.testing.assert_array_equal(arrays["train_bound"], curves.train.bound)
    curves.save(str(tmp_path / "curves.csv"))
    with (tmp_path / "curves.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [row["split"] for row in rows] == ["train"] * 100 + ["valid"] * 2
    assert rows[-1] == {
        "split": "valid",
        "update": "1000",
        "distortion": "100.0",
        "rate": "7.5",
        "bound": "107.5",
    }


def test_curves_show_themselves_in_a_notebook(tmp_path):
    curves = Curves.of(metrics_rows(), "cat")
    (tmp_path / "shown.png").write_bytes(curves._repr_png_())
    with Image.open(tmp_path / "shown.png") as shown:
        assert shown.width > 3 * shown.height


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: Curves.of([], "runs/cat"), "runs/cat has no losses: a run has them"),
        (lambda: Curves.of([{"kind": "train", "update": 1, "rate": 1.0}], "cat"), "distortion"),
        (lambda: Curves.of([{"kind": "valid", "rate": 1, "distortion": 1}], "cat"), "its update"),
        (
            lambda: Curves.of(
                [{"kind": "train", "update": 1, "rate": 1.0, "distortion": np.inf}], "cat"
            ).figure(),
            "diverged",
        ),
        (lambda: compared_curves({"Lx": [Curve("a", [1], [np.nan])]}, "cat"), "finite point"),
        (lambda: compared_curves({"Lx": [Curve("a", [1], [1])] * 5}, "cat"), "1 to 4 curves"),
        (lambda: Curves.of(metrics_rows(), "").figure(), "caption"),
        (
            lambda: Curves.of(metrics_rows(), "cat").save("a.jpeg"),
            r"a\.jpeg: .* \.png, \.pdf, \.svg, \.csv or \.npz$",
        ),
    ],
)
def test_what_cannot_be_charted_is_said_in_one_line(draw, message):
    with pytest.raises(LimnerError, match=message) as raised:
        draw()
    assert "\n" not in str(raised.value)
