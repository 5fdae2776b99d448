"""Exact nearest rows of a matrix by cosine similarity, for many questions at once, in bounded memory.

The matrix is never copied in normalised form: the norms alone are kept, computed on first use.
"""

from __future__ import annotations

import operator
from functools import cached_property
from typing import NamedTuple

import numpy as np

_BLOCK_SCORES = 4_000_000  # scores held at once, unless one question alone has more
_BLOCK_QUESTIONS = 1024
_BLOCK_ROWS = 16_384
_SLACK = 1e-5  # float32 scores this near the last one kept are computed again before they are ranked
_SAFE_NORMS = (1e-15, 1e15)  # outside these a product in float32 may overflow or lose its digits


class Neighbors(NamedTuple):
    """The best rows for each of Q questions, best first; where there are too few, id -1 and score -inf."""

    ids: np.ndarray  # int64 (Q, top)
    scores: np.ndarray  # float32 (Q, top), cosine similarities


class ExactSearch:
    """Finds the rows of a float32 matrix (V, D) nearest to sums of its unit rows.

    A row of zeros has similarity 0 to everything; a row with NaN or infinity is never an answer.
    """

    def __init__(self, matrix: np.ndarray) -> None:
        self.matrix = matrix

    def unit_rows(self, rows: np.ndarray) -> np.ndarray:
        """Rows divided by their norms, float64 (..., D); zeros where that cannot be."""
        with np.errstate(invalid="ignore"):
            unit = self.matrix[rows].astype(np.float64) / self._norms[rows][..., None]
        unit[~np.isfinite(unit).all(axis=-1)] = 0
        return unit

    def nearest(
        self, members: np.ndarray, weights: np.ndarray, *, top: int, n_rows: int | None = None
    ) -> Neighbors:
        """The rows nearest to each weighted sum of unit rows, which are no answers themselves.

        Args:
            members: int64 (Q, E), the rows of each sum.
            weights: float64 (E,), shared by all sums.
            top: answers for each sum, at least 1; all there are if that is fewer.
            n_rows: answers come from the first `n_rows` rows only; None for all.

        Returns:
            The best rows by (score descending, row ascending).

        Raises:
            ValueError: `top` or `n_rows` is below 1.
        """
        n_rows = (
            len(self.matrix) if n_rows is None else min(_at_least_one("n_rows", n_rows), len(self.matrix))
        )
        top = min(_at_least_one("top", top), n_rows)
        ids = np.full((len(members), top), -1, dtype=np.int64)
        scores = np.full((len(members), top), -np.inf, dtype=np.float32)
        step = max(1, min(_BLOCK_QUESTIONS, _BLOCK_SCORES // max(1, n_rows)))
        for start in range(0, len(members) if top else 0, step):
            block = slice(start, start + step)
            queries = np.einsum("qed,e->qd", self.unit_rows(members[block]), weights)  # (Q, D)
            lengths = np.linalg.norm(queries, axis=1, keepdims=True)
            queries /= np.where(lengths == 0, 1, lengths)
            rough = self._rough_scores(queries, members[block], n_rows=n_rows)
            self._rank(queries, rough, found=Neighbors(ids[block], scores[block]))
        return Neighbors(ids, scores)

    @cached_property
    def _norms(self) -> np.ndarray:
        """float64 (V,); infinity for a row of zeros, so that dividing by it gives similarity 0."""
        norms = np.empty(len(self.matrix))
        for start in range(0, len(self.matrix), _BLOCK_ROWS):
            rows = self.matrix[start : start + _BLOCK_ROWS].astype(np.float64)
            norms[start : start + _BLOCK_ROWS] = np.sqrt(np.einsum("vd,vd->v", rows, rows))
        norms[norms == 0] = np.inf
        return norms

    @cached_property
    def _broken_rows(self) -> np.ndarray:
        """Rows that hold NaN or infinity; not the rows of zeros, whose norm is infinity too."""
        suspects = np.flatnonzero(~np.isfinite(self._norms))
        return suspects[~np.isfinite(self.matrix[suspects]).all(axis=1)]

    @cached_property
    def _extreme_rows(self) -> np.ndarray:
        low, high = _SAFE_NORMS
        return np.flatnonzero(np.isfinite(self._norms) & ((self._norms < low) | (self._norms > high)))

    def _rough_scores(self, queries: np.ndarray, members: np.ndarray, *, n_rows: int) -> np.ndarray:
        """Cosines, float32 (Q, n_rows), good to about 1e-6; -inf for rows that may not be answers."""
        with np.errstate(all="ignore"):
            scores = queries.astype(np.float32) @ self.matrix[:n_rows].T
            scores /= self._norms[:n_rows].astype(np.float32)
        extreme = self._extreme_rows[self._extreme_rows < n_rows]
        if len(extreme):
            scores[:, extreme] = queries @ self.unit_rows(extreme).T
        scores[:, self._broken_rows[self._broken_rows < n_rows]] = -np.inf
        question, place = np.nonzero(members < n_rows)
        scores[question, members[question, place]] = -np.inf
        return scores

    def _rank(self, queries: np.ndarray, rough: np.ndarray, *, found: Neighbors) -> None:
        """Fills `found` with the best rows.

        A product of matrices may round equal rows differently, by their place in it, and break ties by
        chance. So all rows near the last place kept are scored again, in float64 and each alone.
        """
        top = found.ids.shape[1]
        last = rough.max(axis=1) if top == 1 else np.partition(rough, -top, axis=1)[:, -top]
        question, row = np.nonzero((rough >= (last - _SLACK)[:, None]) & (rough > -np.inf))
        score = np.empty(len(row), dtype=np.float32)
        for start in range(0, len(row), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            rows = self.matrix[row[block]].astype(np.float64)
            score[block] = np.einsum("cd,cd->c", rows, queries[question[block]]) / self._norms[row[block]]
        order = np.lexsort((row, -score, question))
        question, row, score = question[order], row[order], score[order]
        rank = np.arange(len(row)) - np.searchsorted(question, question)
        kept = rank < top
        found.ids[question[kept], rank[kept]] = row[kept]
        found.scores[question[kept], rank[kept]] = score[kept]


def _at_least_one(name: str, number: int) -> int:
    if operator.index(number) < 1:
        raise ValueError(f"{name} must be 1 or more, got {number}")
    return operator.index(number)
