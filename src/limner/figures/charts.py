"""Charts of numbers: learning curves.

They use matplotlib's object interface, which keeps no global state and needs no display.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from limner.config import Protocol
from limner.errors import LimnerError
from limner.figures.layout import MUTED, PAGE, TEXT, TRACK, checked_caption, hex_of
from limner.figures.saving import npz_bytes, save_by_suffix
from limner.run import LOSSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVE = (38, 92, 164)
OTHERS = ((214, 96, 28), (46, 132, 84), (132, 76, 156))
_CHART_KINDS = ("png", "pdf", "svg")


class Curve(NamedTuple):
    """A line of a chart that compares several runs."""

    name: str
    x: ArrayLike
    y: ArrayLike


class LossCurves(NamedTuple):
    """The losses of a run on one split, in the order of its updates; nats for each drawing."""

    updates: Float[np.ndarray, "n"]
    """Number of updates made."""
    distortion: Float[np.ndarray, "n"]
    rate: Float[np.ndarray, "n"]
    bound: Float[np.ndarray, "n"]
    """distortion + rate; NaN under the as-published protocol, where the sum bounds nothing."""


@dataclass(frozen=True, eq=False)
class Curves:
    """The learning curves of a run: its losses over the updates.

    In a notebook they show themselves. Under the as-published protocol, distortion and rate are the
    Lx and Lz of the 2018 study, and have these names.

    Example:
        >>> curves = limner.load("runs/cat").curves()
        >>> curves.save("curves.pdf")
        >>> curves.valid.bound[-1]
    """

    name: str
    """Name of the run."""
    protocol: Protocol
    """How the noise was made."""
    train: LossCurves = field(repr=False)
    """Losses of training batches; each value is a mean over some updates."""
    valid: LossCurves = field(repr=False)
    """Losses of the whole validation split."""

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], name: str) -> "Curves":
        """The curves from the metrics of a run.

        Args:
            rows: Rows of metrics.jsonl; only the kinds "train" and "valid" are used.
            name: Name of the run.

        Raises:
            LimnerError: There is no row of either kind, or a row lacks a number.
        """
        kept = [row for row in rows if row.get("kind") in ("train", "valid")]
        if not kept:
            raise LimnerError(
                f"{name} has no losses: a run has them after its first updates, and an exported "
                "model keeps none"
            )
        protocol: Protocol = kept[0].get("protocol", "honest")
        train, valid = (
            _loss_curves([row for row in kept if row["kind"] == kind], protocol)
            for kind in ("train", "valid")
        )
        return cls(name, protocol, train, valid)

    @property
    def caption(self) -> str:
        """The name of the run, and what its losses mean."""
        if self.protocol == "honest":
            return self.name
        return f"{self.name} · as published: one noise vector for all steps, so no bound"

    def figure(self) -> "Figure":
        """A chart of each loss over the updates: training as a faint line, validation with marks.

        The very large losses of the first updates leave the chart at the top, so that the others
        can be read.

        Raises:
            LimnerError: A loss has no finite value.
        """
        if self.protocol == "honest":
            labels = ["distortion (nats)", "rate (nats)", "bound (nats)"]
        else:
            labels = ["Lx as published (nats)", "Lz as published (nats)"]
        figure, axes = _charts(self.caption, len(labels))
        for chart, label, loss in zip(axes, labels, LossCurves._fields[1:], strict=False):
            train, valid = (
                _finite(curves.updates, getattr(curves, loss))
                for curves in (self.train, self.valid)
            )
            x, y = np.concatenate([train, valid], axis=1)
            if not y.size:
                raise LimnerError(f"no {loss} of {self.name} is finite: has training diverged?")
            chart.plot(*train, color=hex_of(MUTED), alpha=0.45, linewidth=0.9, label="training")
            chart.plot(
                *valid,
                color=hex_of(CURVE),
                linewidth=1.6,
                marker="o",
                markersize=4,
                label="validation",
            )
            if valid.size:
                update, value = valid[:, -1]
                chart.annotate(
                    f"{value:.1f}" if abs(value) >= 1 else f"{value:.1g}",
                    (update, value),
                    xytext=(7, 0),
                    textcoords="offset points",
                    verticalalignment="center",
                    fontsize=9.5,
                    color=hex_of(CURVE),
                )
            _set_axes(chart, x, y, "updates", label)
        axes[0].legend(loc="best", frameon=False, fontsize=9, labelcolor=hex_of(TEXT))
        return figure

    def save(self, path: str | Path) -> None:
        """Write the curves in the format that the suffix of the path names.

        Args:
            path: File to write. .png, .pdf or .svg: the charts. .csv: a row for each measurement.
                .npz: arrays with the names train_updates, valid_distortion and so on.

        Raises:
            LimnerError: The suffix is none of these, the path cannot be written, or there is
                nothing to chart.
        """
        charts = {f".{kind}": partial(self._chart, kind) for kind in _CHART_KINDS}
        save_by_suffix(path, {**charts, ".csv": self._csv, ".npz": self._npz})

    def _repr_png_(self) -> bytes:
        return self._chart("png")

    def _chart(self, kind: str) -> bytes:
        return _chart_bytes(self.figure(), kind)

    def _csv(self) -> bytes:
        names = LOSSES[self.protocol] if self.protocol == "honest" else LOSSES[self.protocol][:2]
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["split", "update", *names])
        for split, curves in (("train", self.train), ("valid", self.valid)):
            for update, *losses in zip(*curves[: 1 + len(names)], strict=True):
                writer.writerow([split, int(update), *(float(loss) for loss in losses)])
        return text.getvalue().encode()

    def _npz(self) -> bytes:
        return npz_bytes(
            {
                f"{split}_{name}": values
                for split, curves in (("train", self.train), ("valid", self.valid))
                for name, values in curves._asdict().items()
            }
        )


def compared_curves(
    charts: Mapping[str, Sequence[Curve]], caption: str, *, x_label: str = "updates"
) -> "Figure":
    """Compare the curves of several runs: a chart for each quantity.

    As in `Curves.figure`, the very large losses of the first updates leave the chart at the top.

    Args:
        charts: For the label of each y axis, the curves of that chart: at most four, in the same
            order in each chart.
        caption: The title; it should name the data and the protocol.
        x_label: Label of the x axes.

    Raises:
        LimnerError: A chart has no finite point, there are more curves than colours, or the caption
            is empty.
    """
    figure, axes = _charts(caption, len(charts))
    for chart, (label, curves) in zip(axes, charts.items(), strict=True):
        points = [_finite(curve.x, curve.y) for curve in curves]
        colours = (CURVE, *OTHERS)
        if not sum(each.shape[1] for each in points) or len(points) > len(colours):
            raise LimnerError(
                f"{label}: a chart takes 1 to {len(colours)} curves, and at least one finite point"
            )
        for curve, each, colour in zip(curves, points, colours, strict=False):
            chart.plot(*each, color=hex_of(colour), linewidth=1.3, label=curve.name)
        x, y = np.concatenate(points, axis=1)
        _set_axes(chart, x, y, x_label, label)
    axes[0].legend(loc="best", frameon=False, fontsize=9, labelcolor=hex_of(TEXT))
    return figure


def save_chart(figure: "Figure", path: str | Path) -> None:
    """Write a chart as PNG, PDF or SVG, as the suffix of the path says.

    Raises:
        LimnerError: The suffix is none of these, or the path cannot be written.
    """
    save_by_suffix(path, {f".{kind}": partial(_chart_bytes, figure, kind) for kind in _CHART_KINDS})


def _chart_bytes(figure: "Figure", kind: str) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=kind)
    return file.getvalue()


def _charts(caption: str, count: int) -> "tuple[Figure, list[Axes]]":
    """Empty charts side by side under a caption."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    figure = Figure((4.8 * count, 3.4), dpi=160, facecolor=hex_of(PAGE), layout=layout)
    FigureCanvasAgg(figure)
    axes = [figure.add_subplot(1, count, n + 1, facecolor="none") for n in range(count)]
    figure.suptitle(checked_caption(caption), x=0.02, ha="left", fontsize=11, color=hex_of(TEXT))
    for chart in axes:
        chart.spines[["top", "right", "left"]].set_visible(False)
        chart.spines["bottom"].set_color(hex_of(MUTED))
        chart.grid(axis="y", color=hex_of(TRACK), linewidth=0.8)
        chart.set_axisbelow(True)
        chart.tick_params(colors=hex_of(MUTED), length=0, labelsize=9)
        for axis in (chart.xaxis, chart.yaxis):
            axis.label.set(color=hex_of(TEXT), fontsize=9.5)
    return figure, axes


def _loss_curves(rows: Sequence[Mapping[str, Any]], protocol: Protocol) -> LossCurves:
    """The curves from rows of one kind; there may be no rows."""
    names = LOSSES[protocol][:2]
    try:
        numbers = [[float(row[name]) for name in ("update", *names)] for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise LimnerError(
            f"a {rows[0]['kind']} row of the metrics lacks its update, {names[0]} or {names[1]}"
        ) from error
    updates, distortion, rate = np.array(numbers, float).reshape(-1, 3).T
    total = distortion + rate
    bound = total if protocol == "honest" else np.full_like(total, np.nan)
    return LossCurves(updates, distortion, rate, bound)


def _finite(x: ArrayLike, y: ArrayLike) -> Float[np.ndarray, "2 n"]:
    """The points of a curve with finite coordinates."""
    points = np.array([x, y], dtype=float)
    return points[:, np.isfinite(points).all(axis=0)]


def _set_axes(
    chart: "Axes", x: NDArray[np.float64], y: NDArray[np.float64], x_label: str, y_label: str
) -> None:
    """Label the axes and make them span the points, except the highest twentieth in y."""
    low, high = y.min(), np.quantile(y, 0.95)
    air = 0.06 * (high - low) or 1.0
    chart.set(
        xlim=(0, 1.02 * max(x.max(), 1)),
        ylim=(low - air, high + air),
        xlabel=x_label,
        ylabel=y_label,
    )
    chart.xaxis.set_major_formatter("{x:,.0f}")
