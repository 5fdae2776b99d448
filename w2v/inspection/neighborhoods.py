"""The nearest rows of every row, and what they tell: hubs, and how crowded the place of a word is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from w2v.neighbors import Neighbors

NEIGHBORS = 10

_BLOCK_QUESTIONS = 512
_GROUP = 64  # rows of one group; of each group the best score alone is ranked at first


class Hubness(NamedTuple):
    """How unevenly rows are among the nearest of others: skewness of how often each is."""

    skewness: float
    never: float  # share of rows that are nobody's neighbour
    hubs: tuple[tuple[str, int], ...]  # those that most often are, and how often


def nearest_rows(unit: np.ndarray, top: int = NEIGHBORS) -> Neighbors:
    """The rows nearest to each row by cosine, itself excepted: all against all, in bounded memory.

    Exact up to the rounding of float32 (equal cosines come in any order), and several times as fast as
    `w2v.neighbors.ExactSearch`, which ranks ties. The rows are seen as groups of 64; the best `top` rows of
    all can only stand in the `top` groups whose best rows are best, so nothing else needs to be ranked.

    Args:
        unit: float32 (n, D), unit rows.
        top: neighbours of each, at least 1; n - 1 if that is fewer.

    Returns:
        ids and scores (n, min(top, n - 1)), best first.
    """
    n = len(unit)
    top = max(0, min(top, n - 1))
    n_groups = max(-(-n // _GROUP), top)
    ids, scores = np.empty((n, top), dtype=np.int64), np.empty((n, top), dtype=np.float32)
    padded = np.zeros((n_groups * _GROUP, unit.shape[1]), dtype=np.float32)
    padded[:n] = unit
    for start in range(0, n if top else 0, _BLOCK_QUESTIONS):
        block = slice(start, min(start + _BLOCK_QUESTIONS, n))
        cosines = unit[block] @ padded.T  # (block, n_groups * 64); row r is in group r % n_groups
        cosines[:, n:] = -np.inf
        cosines[np.arange(len(cosines)), np.arange(block.start, block.stop)] = -np.inf
        best = cosines.reshape(len(cosines), _GROUP, n_groups).max(axis=1)
        groups = np.argpartition(best, n_groups - top, axis=1)[:, n_groups - top :]
        rows = (groups[:, :, None] + n_groups * np.arange(_GROUP)).reshape(len(cosines), -1)
        found = np.take_along_axis(cosines, rows, axis=1)
        kept = np.argpartition(found, -top, axis=1)[:, -top:]
        order = np.argsort(-np.take_along_axis(found, kept, axis=1), axis=1)
        kept = np.take_along_axis(kept, order, axis=1)
        ids[block], scores[block] = (np.take_along_axis(part, kept, axis=1) for part in (rows, found))
    return Neighbors(ids, scores)


def count_occurrences(ids: np.ndarray) -> np.ndarray:
    """How often each row is among the nearest of another, int64 (n,), of the ids (n, k) of all n rows."""
    return np.bincount(ids.ravel(), minlength=len(ids))


def skewness(values: np.ndarray) -> float:
    """The third standardised moment of (n,) numbers; 0 where they are equal.

    Reference:
        Radovanović, Nanopoulos and Ivanović 2010, "Hubs in Space: Popular Nearest Neighbors in
        High-Dimensional Data", equation 1, which takes it of the k-occurrences.
    """
    centered = values - values.mean()
    std = np.sqrt((centered**2).mean())
    return float((centered**3).mean() / std**3) if std > 0 else 0.0
