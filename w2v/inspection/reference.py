"""Vectors beside other vectors: which words both have, and which of them moved most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from w2v.inspection.neighborhoods import nearest_rows
from w2v.inspection.rows import sort_rows
from w2v.projection import unit_rows
from w2v.vectors import Vectors

MOST_WORDS = 30_000
_MOST_MOVED = 100
_BLOCK_WORDS = 4_096


class Moved(NamedTuple):
    """A word whose place among the others is another in the reference."""

    word: str
    similarity: float  # of its cosines to the words near it in either, 1 where nothing moved
    overlap: float  # share of its nearest words that are the same, in [0, 1]
    norm_ratio: float  # norm here by norm in the reference
    neighbors: tuple[str, ...]  # the nearest three here
    reference_neighbors: tuple[str, ...]


class Comparison(NamedTuple):
    """What became of the words of the reference."""

    shared: int  # words of both
    only_here: int
    only_reference: int
    compared: int  # the first shared words that point somewhere in both, 30,000 at most
    norm_ratios: tuple[float, float, float]  # quartiles over the compared words; NaN-free, 1 where none
    overlap: float | None  # mean of `Moved.overlap` over the compared words; None below three words
    moved: tuple[Moved, ...]  # up to 100 words, those that moved most first


def compare_with(vectors: Vectors, reference: Vectors) -> Comparison:
    """Which words both have, how their norms changed, and whose neighbours became others.

    Neighbours are sought among the compared words alone, the 10 nearest in each of the two. A word has moved
    by how unlike its cosines to all its neighbours of either are in the two: nothing needs to be aligned, and
    the dimensions may differ.

    Reference:
        Hamilton, Leskovec and Jurafsky 2016, "Cultural Shift or Linguistic Drift? Comparing Two Computational
        Measures of Semantic Change", section 2.2, the local neighborhood measure.
    """
    shared = [word for word in vectors.words if word in reference.ids]
    rows = np.array([[vectors.ids[word], reference.ids[word]] for word in shared], dtype=np.int64).reshape(
        -1, 2
    )
    points = np.ones(len(rows), dtype=bool)
    for column, one in enumerate((vectors, reference)):
        points &= np.isin(rows[:, column], sort_rows(one.matrix).usable)
    rows = rows[points][:MOST_WORDS]
    words = [vectors.words[row] for row in rows[:, 0].tolist()]
    here, there = vectors.matrix[rows[:, 0]], reference.matrix[rows[:, 1]]
    counts = len(shared), len(vectors) - len(shared), len(reference) - len(shared), len(words)
    if not words:
        return Comparison(*counts, (1.0, 1.0, 1.0), None, ())
    ratios = np.linalg.norm(here.astype(np.float64), axis=1) / np.linalg.norm(
        there.astype(np.float64), axis=1
    )
    quartiles = tuple(np.quantile(ratios, [0.25, 0.5, 0.75]).tolist())
    if len(words) < 3:
        return Comparison(*counts, quartiles, None, ())
    units = unit_rows(here), unit_rows(there)
    near = nearest_rows(units[0]).ids, nearest_rows(units[1]).ids
    overlaps = _overlaps(*near)
    similarities = _local_similarities(units, near)
    order = np.lexsort((np.arange(len(words)), similarities))[:_MOST_MOVED]
    moved = [
        Moved(
            words[row],
            float(similarities[row]),
            float(overlaps[row]),
            float(ratios[row]),
            *(tuple(words[neighbor] for neighbor in ids[row, :3].tolist()) for ids in near),
        )
        for row in order.tolist()
    ]
    return Comparison(*counts, quartiles, float(overlaps.mean()), tuple(moved))


def _overlaps(ids: np.ndarray, other_ids: np.ndarray) -> np.ndarray:
    """The share of neighbours in common, float64 (n,), of two int64 (n, k)."""
    return np.array(
        [len({*a} & {*b}) / ids.shape[1] for a, b in zip(ids.tolist(), other_ids.tolist(), strict=True)]
    )


def _local_similarities(
    units: tuple[np.ndarray, np.ndarray], near: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Cosine of each word's two lists of cosines to all its neighbours of either, float64 (n,).

    A neighbour of both counts once.
    """
    together = np.sort(np.hstack(near), axis=1)  # (n, 2k)
    first = np.diff(together, axis=1, prepend=-1) != 0
    similarities = np.empty(len(together))
    for start in range(0, len(together), _BLOCK_WORDS):
        block = slice(start, start + _BLOCK_WORDS)
        here, there = (
            np.einsum("nkd,nd->nk", unit[together[block]], unit[block]) * first[block] for unit in units
        )
        lengths = np.linalg.norm(here, axis=1) * np.linalg.norm(there, axis=1)
        similarities[block] = np.einsum("nk,nk->n", here, there) / np.maximum(lengths, 1e-12)
    return similarities
