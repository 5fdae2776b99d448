"""A map of words, coloured by groups that are given or found."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from w2v.extras import viz_import
from w2v.plots.canvas import GROUP_COLORS, INK, QUIET, drawable, new_figure, set_title
from w2v.plots.fonts import font_names
from w2v.plots.labels import place_labels
from w2v.projection import principal_directions, project, unit_rows
from w2v.vectors import Vectors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIDE = 10.0  # inches
_MOST_LEGEND = 20
_FEW, _MANY = 20, 60
_LEGEND_COLUMNS = 7


def draw_map(
    vectors: Vectors,
    words: Sequence[str],
    *,
    method: str = "pca",
    groups: Sequence[str] | None = None,
    center: str | None = None,
    seed: int = 0,
) -> Figure:
    """Draws words where `w2v.project` puts them, with labels that do not overlap.

    Labels that find no room are left out, those of the last words first; every word keeps its point. The
    attribute `n_labels` of the axes tells how many are written.

    Args:
        vectors: where the words have their rows.
        words: one or more of them, without repetition, the most important first.
        method: "pca", "tsne" or "umap".
        groups: a name for each word, whose words share a colour; None for one colour. From the eleventh group
            on, colours are used again.
        center: a word to draw in bold.
        seed: of the map.

    Raises:
        ValueError: no words, too few for the method, as many groups as words are not given, or as `project`.
        InputError: a word is unknown (E08).
        MissingExtraError: the extra `viz` is not installed.
    """
    words = list(words)
    if groups is not None and len(groups) != len(words):
        raise ValueError(f"groups must be {len(words)}, one for each word, got {len(groups)}")
    rows = vectors[words] if words else np.empty((0, vectors.dim), dtype=np.float32)
    points = project(rows, method=method, seed=seed)
    figure = new_figure(_SIDE, _SIDE)
    axes = figure.add_subplot()
    colors = _paint(groups, len(words))
    fonts = font_names([*words, *(groups or ())])
    sizes = [60 if word == center else 14 for word in words]
    axes.scatter(points[:, 0], points[:, 1], s=sizes, c=colors, alpha=0.75, linewidths=0, zorder=2)
    _frame(axes, points)
    set_title(axes, *_title(rows, words, method, center), fonts=fonts)
    if groups is not None:
        _add_legend(axes, groups, fonts)
    order = sorted(range(len(words)), key=lambda place: words[place] != center)  # the center first
    axes.n_labels = place_labels(
        axes,
        points[order],
        [words[place] for place in order],
        colors=[colors[place] for place in order],
        size=11.0 if len(words) <= _FEW else 9.0 if len(words) <= _MANY else 7.5,
        fonts=fonts,
    )
    for text in axes.texts if center is not None else ():
        if text.get_text() == drawable(center):
            text.set(fontweight="bold", color=INK)
    return figure


def find_clusters(vectors: Vectors, words: Sequence[str], n_clusters: int, *, seed: int = 0) -> list[str]:
    """Groups for `draw_map`: k-means on the unit rows of the words, each named for its first word.

    There are fewer than asked for where the words point in fewer directions.

    Raises:
        ValueError: `n_clusters` is not 1 to the number of words.
        MissingExtraError: scikit-learn is not installed.

    Reference:
        Dhillon and Modha 2001, "Concept Decompositions for Large Sparse Text Data using Clustering", for
        k-means on unit vectors; here the means are not brought back to length 1.
    """
    if not 1 <= n_clusters <= len(words):
        raise ValueError(f"clusters must be 1 to {len(words)}, the number of words, got {n_clusters}")
    cluster = viz_import("sklearn.cluster", needed_by="colouring by cluster")
    kmeans = cluster.KMeans(n_clusters, n_init=10, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Number of distinct clusters")  # the names tell how many
        found = kmeans.fit_predict(unit_rows(vectors[list(words)])).tolist()
    names: dict[int, str] = {}
    for word, number in zip(words, found, strict=True):
        names.setdefault(number, word)
    return [names[number] for number in found]


def _paint(groups: Sequence[str] | None, n_words: int) -> list[str]:
    """A colour for each word."""
    if groups is None:
        return [GROUP_COLORS[0]] * n_words
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    return [GROUP_COLORS[numbers[group] % len(GROUP_COLORS)] for group in groups]


def _frame(axes: Axes, points: np.ndarray) -> None:
    """No ticks, since the axes mean nothing; room for the labels at the edges."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.08 * np.maximum(high - low, 1e-6) + np.where(high > low, 0, 1)
    axes.set_xlim(low[0] - room[0], high[0] + room[0])
    axes.set_ylim(low[1] - room[1], high[1] + room[1])
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color("#d1d5db")


def _title(rows: np.ndarray, words: Sequence[str], method: str, center: str | None) -> tuple[str, str]:
    """What is shown, and how far it can be trusted."""
    subject = f"{len(words):,} words" if len(words) > 1 else drawable(words[0])
    if center is not None:
        subject = f"{drawable(center)} and its {len(words) - 1:,} nearest words"
    if rows.shape[1] <= 2:
        return subject, "vectors of so few dimensions are drawn as they are"
    if method == "pca":
        _, _, shares = principal_directions(unit_rows(rows))
        return subject, f"PCA: the two directions of greatest variance, {shares[:2].sum():.0%} of it"
    name = "t-SNE" if method == "tsne" else "UMAP"
    return subject, f"{name}: near words are alike; long distances, sizes and the axes mean nothing"


def _add_legend(axes: Axes, groups: Sequence[str], fonts: list[str]) -> None:
    """Names of the groups under the map, in their colours."""
    names = list(dict.fromkeys(groups))
    if len(names) < 2 or len(names) > _MOST_LEGEND:
        return
    handles = [
        axes.scatter(
            [], [], s=28, color=GROUP_COLORS[number % len(GROUP_COLORS)], label=drawable(name) or "no group"
        )
        for number, name in enumerate(names)
    ]
    legend = axes.figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=-(-len(names) // -(-len(names) // _LEGEND_COLUMNS)),
        frameon=False,
        fontsize=9,
        labelcolor=QUIET,
        handletextpad=0.2,
        columnspacing=1.4,
    )
    for text in legend.get_texts():
        text.set(parse_math=False, fontfamily=fonts)
