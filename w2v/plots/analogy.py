"""An analogy as the parallelogram it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from w2v.plots.callouts import Callout, place_callouts
from w2v.plots.canvas import ACCENT, ALARM, INK, QUIET, drawable, new_figure, set_title, style_axes
from w2v.plots.fonts import font_names
from w2v.projection import principal_directions, project, unit_rows
from w2v.vectors import Vectors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROOM = 0.2  # of the width and height, on every side of the points


def draw_analogy(vectors: Vectors, a: str, b: str, c: str, d: str) -> Figure:
    """Draws "a is to b as c is to d" in the plane that shows the four unit vectors best.

    Arrows go from a to b and from c to d; the ring is b - a + c, where d would stand were they equal. The
    plane is that of the first two principal components, so straight lines stay straight and parallel ones
    parallel; the title says how much of the variance of the four words it shows. Vectors of one or two
    dimensions are drawn as they are.

    Args:
        vectors: where the words have their rows.
        a: the first word, such as "man".
        b: what a becomes, such as "king".
        c: the third word, such as "woman".
        d: what c should become, such as "queen".

    Raises:
        ValueError: the four words are not different.
        InputError: a word is unknown (E08).
        MissingExtraError: matplotlib is not installed.

    Reference:
        Mikolov, Yih and Zweig 2013, "Linguistic Regularities in Continuous Space Word Representations".
    """
    words = [a, b, c, d]
    if len(set(words)) < len(words):
        raise ValueError(f"an analogy is of four different words, got {' '.join(words)}")
    rows = vectors[words]
    points = project(rows).astype(np.float64)
    expected = points[1] - points[0] + points[2]
    figure = new_figure(7.5, 6)
    axes = figure.add_subplot()
    style_axes(axes)
    title, remark = _title(vectors, words, rows)
    set_title(axes, title, remark, fonts=font_names([title, remark]))
    _draw_sides(axes, points, expected)
    axes.margins(_ROOM)
    axes.set_aspect("equal", adjustable="datalim")
    axes.tick_params(labelbottom=False, labelleft=False, length=0)
    _write(axes, words, points, expected)
    return figure


def _title(vectors: Vectors, words: list[str], rows: np.ndarray) -> tuple[str, str]:
    """The analogy, and how well it holds."""
    a, b, c, d = map(drawable, words)
    unit = unit_rows(rows).astype(np.float64)
    target = unit[1] - unit[0] + unit[2]
    length = np.linalg.norm(target) * np.linalg.norm(unit[3])
    cosine = float(target @ unit[3] / length) if length > 0 else 0.0
    first = vectors.analogy(*words[:3], top=1)[0][0]
    remark = f"{d} has cosine {cosine:.2f} to {b} − {a} + {c}, "
    remark += "and is nearest to it" if first == words[3] else f"{drawable(first)} is nearer"
    if rows.shape[1] > 2:
        shown = principal_directions(unit_rows(rows))[2][:2].sum()
        remark += f"; the plane shows {shown:.0%} of the variance"
    return f"{a} is to {b} as {c} is to {d}", remark


def _draw_sides(axes: Axes, points: np.ndarray, expected: np.ndarray) -> None:
    for start, stop in ((0, 1), (2, 3)):
        axes.annotate(
            "",
            xy=points[stop],
            xytext=points[start],
            arrowprops={"arrowstyle": "-|>", "color": ACCENT, "lw": 2, "shrinkA": 5, "shrinkB": 6},
        )
    for start, stop in ((0, 2), (1, 3)):
        axes.plot(*points[[start, stop]].T, color=QUIET, linestyle=(0, (4, 4)), linewidth=1.1, zorder=1)
    axes.plot(*np.vstack([points[3], expected]).T, color=ALARM, linestyle=":", linewidth=1.2, zorder=1)
    axes.scatter(*points.T, s=46, color=INK, zorder=3)
    axes.scatter(*expected, s=80, facecolors="white", edgecolors=ALARM, linewidths=1.6, zorder=2)


def _write(axes: Axes, words: list[str], points: np.ndarray, expected: np.ndarray) -> None:
    """The words at their points, and at the ring what it is."""
    a, b, c, _ = names = list(map(drawable, words))
    callouts = [
        Callout(name, tuple(point), INK, 13, "bold") for name, point in zip(names, points, strict=True)
    ]
    callouts.append(Callout(f"{b} − {a} + {c}", tuple(expected), ALARM, 9.5))
    sides = [points[[start, stop]] for start, stop in ((0, 1), (2, 3), (0, 2), (1, 3))]
    lines = [*sides, np.vstack([points[3], expected])]
    place_callouts(axes, callouts, lines, fonts=font_names(words))
