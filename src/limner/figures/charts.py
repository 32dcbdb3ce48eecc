"""Charts of numbers: how the losses fell.

Drawn through matplotlib's object interface, which keeps no global state and needs no display.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from limner.errors import LimnerError
from limner.figures.layout import MUTED, PAGE, TEXT, TRACK, Colour, checked_caption

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVE = (38, 92, 164)
OTHERS = ((214, 96, 28), (46, 132, 84), (132, 76, 156))


class Curve(NamedTuple):
    """A line of a chart that compares several."""

    name: str
    x: ArrayLike
    y: ArrayLike


def loss_curves(
    metrics: Iterable[Mapping[str, Any]],
    caption: str,
    *,
    distortion_label: str = "distortion (nats)",
    rate_label: str = "rate (nats)",
) -> "Figure":
    """Distortion and rate over iterations: training faint, validation marked.

    The huge losses of the first iterations run out of the top, so that the rest can be read.

    Args:
        metrics: Rows of a run's metrics.jsonl; of those of kind "train" or "valid" it takes step,
            distortion and rate.
        caption: The title; say which data, and which protocol.
        distortion_label: Names the first axis.
        rate_label: Names the second; say so if the rate holds a published constant.

    Raises:
        LimnerError: No row of either kind, one without its three numbers, none that is finite, or
            an empty caption.
    """
    rows = [row for row in metrics if row.get("kind") in ("train", "valid")]
    if not rows:
        raise LimnerError("no row of kind train or valid in the metrics: nothing was measured yet")
    figure, axes = _charts(caption, 2)
    quantities = {"distortion": distortion_label, "rate": rate_label}
    for chart, (quantity, label) in zip(axes, quantities.items(), strict=True):
        train, valid = (_curve(rows, kind, quantity) for kind in ("train", "valid"))
        chart.plot(*train, color=_hex(MUTED), alpha=0.45, linewidth=0.9, label="training")
        chart.plot(
            *valid, color=_hex(CURVE), linewidth=1.6, marker="o", markersize=4, label="validation"
        )
        if valid.size:
            step, value = valid[:, -1]
            chart.annotate(
                f"{value:.1f}",
                (step, value),
                xytext=(7, 0),
                textcoords="offset points",
                verticalalignment="center",
                fontsize=9.5,
                color=_hex(CURVE),
            )
        steps, values = np.concatenate([train, valid], axis=1)
        if not values.size:
            raise LimnerError(f"no {quantity} in the metrics is finite: has training diverged?")
        _set_axes(chart, steps, values, "iterations", label)
    axes[0].legend(loc="upper right", frameon=False, fontsize=9, labelcolor=_hex(TEXT))
    return figure


def compared_curves(
    charts: Mapping[str, Sequence[Curve]], caption: str, *, x_label: str = "iterations"
) -> "Figure":
    """Curves of several runs, so that they can be compared: a chart for each quantity.

    Like `loss_curves` it lets the huge losses of the first iterations run out of the top.

    Args:
        charts: What the y axis of each chart is called, and its curves: at most four, in the same
            order in each.
        caption: The title; say which data, and which protocol.
        x_label: What the x axes are called.

    Raises:
        LimnerError: A chart without a finite point, more curves than colours, or an empty caption.
    """
    figure, axes = _charts(caption, len(charts))
    for chart, (label, curves) in zip(axes, charts.items(), strict=True):
        points = [np.array([curve.x, curve.y], dtype=float) for curve in curves]
        points = [each[:, np.isfinite(each).all(axis=0)] for each in points]
        colours = (CURVE, *OTHERS)
        if not sum(each.shape[1] for each in points) or len(points) > len(colours):
            raise LimnerError(
                f"{label}: a chart needs a finite point at least, and {len(colours)} curves at most"
            )
        for curve, each, colour in zip(curves, points, colours, strict=False):
            chart.plot(*each, color=_hex(colour), linewidth=1.3, label=curve.name)
        x, y = np.concatenate(points, axis=1)
        _set_axes(chart, x, y, x_label, label)
    axes[0].legend(loc="upper right", frameon=False, fontsize=9, labelcolor=_hex(TEXT))
    return figure


def _charts(caption: str, count: int) -> "tuple[Figure, list[Axes]]":
    """Bare charts side by side under a caption."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    figure = Figure((4.8 * count, 3.4), dpi=160, facecolor=_hex(PAGE), layout=layout)
    FigureCanvasAgg(figure)
    axes = [figure.add_subplot(1, count, n + 1, facecolor="none") for n in range(count)]
    figure.suptitle(checked_caption(caption), x=0.02, ha="left", fontsize=11, color=_hex(TEXT))
    for chart in axes:
        chart.spines[["top", "right", "left"]].set_visible(False)
        chart.spines["bottom"].set_color(_hex(MUTED))
        chart.grid(axis="y", color=_hex(TRACK), linewidth=0.8)
        chart.set_axisbelow(True)
        chart.tick_params(colors=_hex(MUTED), length=0, labelsize=9)
        for axis in (chart.xaxis, chart.yaxis):
            axis.label.set(color=_hex(TEXT), fontsize=9.5)
    return figure, axes


def _curve(rows: Sequence[Mapping[str, Any]], kind: str, quantity: str) -> NDArray[np.float64]:
    """Steps and values of one curve, as an array (2, points), without what is not finite."""
    try:
        points = [
            (float(row["update"]), float(row[quantity])) for row in rows if row["kind"] == kind
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise LimnerError(f"a {kind} row of the metrics lacks its step or {quantity}") from error
    curve = np.array(points).reshape(-1, 2).T
    return curve[:, np.isfinite(curve).all(axis=0)]


def _set_axes(
    chart: "Axes", x: NDArray[np.float64], y: NDArray[np.float64], x_label: str, y_label: str
) -> None:
    """Name the axes and let them span the points, but for the highest twentieth in y."""
    low, high = y.min(), np.quantile(y, 0.95)
    air = 0.06 * (high - low) or 1.0
    chart.set(
        xlim=(0, 1.02 * max(x.max(), 1)),
        ylim=(low - air, high + air),
        xlabel=x_label,
        ylabel=y_label,
    )
    chart.xaxis.set_major_formatter("{x:,.0f}")


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
