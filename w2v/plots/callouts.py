"""A few names at points of a picture, each on the side where it covers no line and no other name."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from w2v.plots.canvas import halo, quiet_fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

_SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1))
_DISTANCES = (10, 20, 30)  # points of 1/72 inch
_HORIZONTAL = {-1: "right", 0: "center", 1: "left"}
_VERTICAL = {-1: "top", 0: "center", 1: "bottom"}
_STEP = 1.0  # pixels between the places of a line that are looked at
_ROOM = 2.0  # pixels around a name
_COVERED = 1_000  # what another name, or the edge, costs; a line costs 1 for each place


class Callout(NamedTuple):
    """A name and where it belongs."""

    text: str
    point: tuple[float, float]
    color: str
    size: float
    weight: str = "normal"


def place_callouts(
    axes: Axes, callouts: Sequence[Callout], lines: Sequence[np.ndarray], *, fonts: Sequence[str]
) -> None:
    """Writes each name beside its point, above it if nothing is there, the first names first.

    Else it stands on the side, and as near, as it covers least of the lines and of the names before it. A
    white rim keeps apart what it must cover.

    Args:
        axes: limits, points and lines must be there already.
        callouts: what is written.
        lines: of points (n, 2), in the numbers of the axes.
        fonts: as `font_names` gives them for the names.
    """
    with quiet_fonts():
        axes.figure.draw_without_rendering()  # the layout decides how large text is beside the axes
        places = np.concatenate([_walk(axes.transData.transform(line)) for line in lines])
        taken: list[Bbox] = []
        for callout in callouts:
            taken.append(_place(axes, callout, places, taken, list(fonts)))


def _walk(corners: np.ndarray) -> np.ndarray:
    """Places all along a line, pixels (n, 2)."""
    parts = [corners]
    for start, stop in itertools.pairwise(corners):
        n = int(np.linalg.norm(stop - start) / _STEP) + 1
        parts.append(np.linspace(start, stop, n))
    return np.concatenate(parts)


def _place(axes: Axes, callout: Callout, places: np.ndarray, taken: Sequence[Bbox], fonts: list[str]) -> Bbox:
    """Writes a name where it covers least; returns its box."""
    text = axes.annotate(
        callout.text,
        xy=callout.point,
        xytext=(0, 0),
        textcoords="offset points",
        color=callout.color,
        fontsize=callout.size,
        fontweight=callout.weight,
        fontfamily=fonts,
        parse_math=False,
        path_effects=halo(),
        zorder=4,
    )
    costs = []
    for distance, (x, y) in itertools.product(_DISTANCES, _SIDES):
        reach = distance / np.hypot(x, y)
        place = {"position": (x * reach, y * reach), "ha": _HORIZONTAL[x], "va": _VERTICAL[y]}
        text.set(**place)
        costs.append((_cost(text.get_window_extent(), axes.bbox, places, taken), len(costs), place))
    text.set(**min(costs)[2])
    return text.get_window_extent()


def _cost(box: Bbox, frame: Bbox, places: np.ndarray, taken: Sequence[Bbox]) -> int:
    box = box.padded(_ROOM)
    is_in = (places > (box.x0, box.y0)) & (places < (box.x1, box.y1))
    is_out = box.x0 < frame.x0 or box.x1 > frame.x1 or box.y0 < frame.y0 or box.y1 > frame.y1
    return int(is_in.all(axis=1).sum()) + _COVERED * (is_out + box.count_overlaps(taken))
