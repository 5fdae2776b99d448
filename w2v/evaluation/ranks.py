"""The place of the right answer among all words, for many analogies at once, in bounded memory.

Neither 3CosAdd nor 3CosMul needs a search: both are made of the cosines of a, b and c with every word. So
the cosines of all words that occur in questions are computed once, by a product of matrices, and a question
is three rows of that table. The place of the right answer is one more than the number of words with a higher
score, so nothing is sorted. The table is made for some thousand words at a time, small enough for a cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from w2v.evaluation import kernels

METHODS = ("3cosadd", "3cosmul")

_TABLE_NUMBERS = 500_000  # cosines of one block of words, 2 MB
_WIDEST = 2_048  # words of a block
_QUESTIONS = 256  # looked at more closely at once
_ROWS = 16_384  # of one block of exact scores
_SLACK = 4e-6  # float32 scores this near the right answer's are computed again in float64


class _Search(NamedTuple):
    """What all steps of one ranking share."""

    matrix: np.ndarray  # float32 (V, D)
    asked: np.ndarray  # float64 (W, D), unit rows of the words that occur in questions
    questions: np.ndarray  # int64 (Q, 3), places in `asked` of a, b and c
    answers: np.ndarray  # int64 (Q,), rows of the right answers
    targets: np.ndarray  # float64 (Q,), their scores
    method: str


def rank_answers(
    matrix: np.ndarray, rows: Sequence[np.ndarray], questions: np.ndarray, *, method: str, n_rows: int
) -> np.ndarray:
    """The place of d among the answers to "a is to b as c is to what", from 1.

    Answers are the first `n_rows` rows, without the rows of a, b and c, and without rows that are all zeros
    or not finite. Of several rows of d the best counts. Equal scores keep the order of the rows. Where d is
    one of a, b and c it cannot be an answer, and its place is n_rows + 1.

    Args:
        matrix: float32 (V, D).
        rows: for each of W words its rows, int64, at least one, all finite and not zeros; the first is used
            where the word is asked with.
        questions: int64 (Q, 4), places in `rows` of a, b, c and d.
        method: "3cosadd", cos(x, b) - cos(x, a) + cos(x, c), or "3cosmul", cos(x, b) cos(x, c) /
            (cos(x, a) + 1e-6) with cosines moved to [0, 1].
        n_rows: how many rows are answers, at most V.

    Returns:
        int64 (Q,).

    Reference:
        Levy and Goldberg 2014, "Linguistic Regularities in Sparse and Explicit Word Representations",
        equations 3 and 4.
    """
    first = np.array([own[0] for own in rows], dtype=np.int64)
    search = _Search(
        matrix=matrix,
        asked=_unit(matrix[first]),
        questions=np.ascontiguousarray(questions[:, :3]),
        answers=np.zeros(len(questions), dtype=np.int64),
        targets=np.full(len(questions), -np.inf),
        method=method,
    )
    _find_targets(search, rows, questions[:, 3])
    better = np.zeros(len(questions), dtype=np.int64)
    width = max(1, min(_WIDEST, _TABLE_NUMBERS // max(1, len(rows))))
    usable = _rows_with_direction(matrix[:n_rows])
    for start in range(0, len(usable), width):
        _count_better(search, usable[start : start + width], better)
    for place in range(3):  # a, b and c were counted with all others, and are no answers
        repeated = (questions[:, :place] == questions[:, place : place + 1]).any(axis=1)
        question, row = _spread(np.where(repeated, -1, questions[:, place]), rows)
        np.subtract.at(better, question, _is_better(search, question, row))
    excluded = (questions[:, :3] == questions[:, 3:]).any(axis=1)
    return np.where(excluded, n_rows + 1, better + 1)


def _find_targets(search: _Search, rows: Sequence[np.ndarray], words: np.ndarray) -> None:
    """Sets the row and the score of each right answer, the best of its spellings."""
    question, row = _spread(words, rows)
    score = _exact(search, question, row)
    order = np.lexsort((row, -score, question))
    first = order[np.searchsorted(question[order], np.arange(len(words)))]
    search.answers[:] = row[first]
    search.targets[:] = score[first]


def _count_better(search: _Search, rows: np.ndarray, better: np.ndarray) -> None:
    """Adds to `better`, (Q,), how many of `rows` have a higher score than the right answer."""
    cosines = search.asked.astype(np.float32) @ _unit(search.matrix[rows]).astype(np.float32).T
    table = _shifted(search.method, cosines)  # (W, C)
    targets = search.targets.astype(np.float32)
    counts = np.empty((len(targets), 2), dtype=np.int32)
    if search.method == "3cosadd":
        slack = np.full_like(targets, _SLACK)
        kernels.count_sums(table, search.questions, targets, slack, counts)
    else:
        slack = np.float32(_SLACK) * (1 + targets)
        kernels.count_products(table, search.questions, targets, slack, counts)
    better += counts[:, 1]
    unsure = np.flatnonzero(counts[:, 0] != counts[:, 1])
    for start in range(0, len(unsure), _QUESTIONS):
        part = unsure[start : start + _QUESTIONS]
        a, b, c = (table[search.questions[part, place]] for place in range(3))
        score, divisor = _fraction(search.method, a, b, c)
        near, column = np.nonzero(np.abs(score - targets[part, None] * divisor) <= slack[part, None])
        np.add.at(better, part[near], _is_better(search, part[near], rows[column]))


def _is_better(search: _Search, question: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Whether rows come before the right answers of their questions: int64 (P,) of 0 and 1."""
    score, target = _exact(search, question, row), search.targets[question]
    return ((score > target) | ((score == target) & (row < search.answers[question]))).astype(np.int64)


def _exact(search: _Search, question: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Scores of rows as answers, float64 (P,), each computed alone, so that equal rows score equally."""
    scores = np.empty(len(row))
    for start in range(0, len(row), _ROWS):
        part = slice(start, start + _ROWS)
        unit = _unit(search.matrix[row[part]])
        words = search.questions[question[part]]
        cosines = (np.einsum("pd,pd->p", unit, search.asked[words[:, place]]) for place in range(3))
        score, divisor = _fraction(search.method, *(_shifted(search.method, c) for c in cosines))
        scores[part] = score / divisor
    return scores


def _shifted(method: str, cosines: np.ndarray) -> np.ndarray:
    """Cosines as the method wants them: 3CosMul multiplies, and has them in [0, 1]."""
    return cosines if method == "3cosadd" else (np.clip(cosines, -1, 1) + 1) / 2


def _fraction(method: str, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The score of shifted cosines as a fraction: what is above the line, and what is below it."""
    if method == "3cosadd":
        return b - a + c, np.ones_like(a)
    return b * c, a + a.dtype.type(kernels.EPSILON)


def _spread(words: np.ndarray, rows: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Every row of the word of every question: (question, row), int64 (P,) each; no rows for word -1."""
    sizes = np.array([len(own) for own in rows] + [0])
    starts = np.cumsum(sizes) - sizes
    counts = sizes[words]
    question = np.repeat(np.arange(len(words)), counts)
    within = np.arange(len(question)) - np.repeat(np.cumsum(counts) - counts, counts)
    return question, np.concatenate([*rows, np.empty(0, np.int64)])[starts[words[question]] + within]


def _rows_with_direction(matrix: np.ndarray) -> np.ndarray:
    """Rows that are finite and not all zeros, ascending, int64."""
    usable = np.ones(len(matrix), dtype=bool)
    for start in range(0, len(matrix), _ROWS):
        part = matrix[start : start + _ROWS]
        usable[start : start + _ROWS] = np.isfinite(part).all(axis=1) & part.any(axis=1)
    return np.flatnonzero(usable)


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1, float64."""
    rows = rows.astype(np.float64)
    return rows / np.sqrt(np.einsum("vd,vd->v", rows, rows))[:, None]
