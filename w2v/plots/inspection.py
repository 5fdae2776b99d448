"""The pictures of an inspection report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from w2v.inspection.neighborhoods import NEIGHBORS
from w2v.inspection.outliers import Anomaly
from w2v.inspection.report import InspectionReport
from w2v.plots.canvas import ACCENT, ALARM, INK, QUIET, new_figure, style_axes
from w2v.plots.fonts import font_names
from w2v.plots.labels import place_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMED = 40
_MOST_POINTS = 40_000
_SEED = 0
_DASHED = {"color": "#111827", "linewidth": 1.1, "linestyle": (0, (4, 3))}


def draw_norms(report: InspectionReport) -> Figure | None:
    """Norms by frequency with the words outside named; their distribution where counts are not known.

    None where no row is usable.
    """
    named = [anomaly for anomaly in report.anomalies if abs(anomaly.norm_z) > report.threshold]
    values = [anomaly.norm for anomaly in named]
    return _draw_measure(report.measures.norms, report.measures.counts, named, values, label="norm")


def draw_crowding(report: InspectionReport) -> Figure | None:
    """The mean cosine of each word's nearest words, drawn as `draw_norms` does."""
    named = [anomaly for anomaly in report.anomalies if abs(anomaly.crowding_z or 0) > report.threshold]
    values = [anomaly.crowding or 0.0 for anomaly in named]
    label = f"mean cosine of the {NEIGHBORS} nearest words"
    return _draw_measure(report.measures.crowding, report.measures.counts, named, values, label=label)


def draw_space(report: InspectionReport) -> Figure | None:
    """How much of the variance each leading direction holds, and how often words are neighbours.

    None where fewer than two rows are usable.
    """
    if report.isotropy is None or report.hubness is None:
        return None
    figure = new_figure(9, 3.4)
    left, right = figure.subplots(1, 2)
    shares = 100 * np.array(report.isotropy.leading_shares)
    style_axes(left, x="principal direction", y="share of the variance, %")
    left.grid(visible=False, axis="x")
    left.bar(np.arange(1, len(shares) + 1), shares, color=ACCENT, width=0.7)
    even = 100 / report.dim
    left.axhline(even, label="if all were alike", **_DASHED)
    left.set_xticks(np.arange(1, len(shares) + 1))
    occurrences = report.measures.occurrences
    occurrences = occurrences[np.isfinite(occurrences)]
    style_axes(right, x=f"times among the {NEIGHBORS} nearest of a word", y="words")
    right.hist(occurrences, bins=min(60, int(occurrences.max()) + 1), color=ACCENT)
    right.set_yscale("log")
    right.axvline(occurrences.mean(), label="mean", **_DASHED)
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=8.5, labelcolor=QUIET)
    return figure


def _draw_measure(
    values: np.ndarray,
    counts: np.ndarray | None,
    named: Sequence[Anomaly],
    heights: list[float],
    *,
    label: str,
) -> Figure | None:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return None
    figure = new_figure(9, 5)
    axes = figure.add_subplot()
    if counts is None:
        style_axes(axes, x=label, y="words")
        axes.hist(values[known], bins=80, color=ACCENT)
        axes.set_yscale("log")
        return figure
    style_axes(axes, x="occurrences in the text", y=label)
    axes.set_xscale("log")
    shown = known
    if len(known) > _MOST_POINTS:
        rng = np.random.Generator(np.random.PCG64(_SEED))
        shown = rng.choice(known, _MOST_POINTS, replace=False)
    places = np.maximum(counts[shown], 1)
    axes.scatter(places, values[shown], s=4, color=ACCENT, alpha=0.2, linewidths=0, rasterized=True)
    if named:
        _name(axes, named, np.array(heights))
    return figure


def _name(axes: Axes, named: Sequence[Anomaly], heights: np.ndarray) -> None:
    """All words outside in red, the farthest of them with their names."""
    places = np.array([max(anomaly.count or 0, 1) for anomaly in named], dtype=np.float64)
    axes.scatter(places, heights, s=9, color=ALARM, linewidths=0, zorder=3)
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.06 * (high - low), high + 0.06 * (high - low))
    words = [anomaly.word for anomaly in named[:_NAMED]]
    points = np.column_stack([places, heights])
    place_labels(axes, points, words, colors=[INK] * len(words), size=8.0, fonts=font_names(words))
