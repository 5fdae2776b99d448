"""Labels beside points, of which none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from w2v.extras import viz_import
from w2v.plots.canvas import drawable, halo, quiet_fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LABELS = 600  # a picture has no room for more, and each costs time


def place_labels(
    axes: Axes,
    points: np.ndarray,
    words: Sequence[str],
    *,
    colors: Sequence[str],
    size: float,
    fonts: Sequence[str],
) -> int:
    """Writes words beside their points where there is room, the first ones first; returns how many it wrote.

    A label that finds no room near its point is left out, so no two labels overlap. Those that stand apart
    from their point are joined to it by a thin line.

    Args:
        axes: limits and points must be there already.
        points: float (n, 2).
        words: n of them; the first 600 are tried.
        colors: one for each.
        size: of the text, in points.
        fonts: as `font_names` gives them for the words.
    """
    textalloc = viz_import("textalloc", needed_by="a picture with labels")
    n = min(len(words), MOST_LABELS)
    with quiet_fonts():
        axes.figure.draw_without_rendering()  # the layout decides how large text is beside the axes
        _, _, texts, _ = textalloc.allocate(
            axes,
            points[:n, 0],
            points[:n, 1],
            [drawable(word) for word in words[:n]],
            x_scatter=points[:, 0],
            y_scatter=points[:, 1],
            textsize=size,
            textcolor=list(colors[:n]),
            linecolor=list(colors[:n]),
            linewidth=0.4,
            margin=0.002,
            min_distance=0.006,
            max_distance=0.06,
            draw_all=False,
            avoid_label_lines_overlap=True,
            fontfamily=list(fonts),
            parse_math=False,
            path_effects=halo(),
        )
    return sum(text is not None for text in texts)
