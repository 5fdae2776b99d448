"""From the words of a question to rows of vectors, with or without regard to case."""

from __future__ import annotations

import operator
from collections.abc import Iterable

import numpy as np

from w2v.vectors import Vectors

MISSING = ("skip", "zero")  # what becomes of a question with a missing word


def find_rows(
    vectors: Vectors, words: Iterable[str], *, max_words: int | None, fold_case: bool
) -> dict[str, np.ndarray]:
    """The rows of each word that can be asked about.

    With folding, a word stands for all spellings that Unicode upper-casing makes equal to it, as in gensim;
    the first of them, in files of vectors the most frequent, is the one whose vector is used. A row that is
    all zeros or not finite points nowhere, and counts as missing.

    Args:
        vectors: where to look.
        words: what to look for; twice the same is fine.
        max_words: look at the first rows only, as many as this, at least 1; None for all.
        fold_case: whether case is ignored.

    Returns:
        int64 arrays of ascending rows, at least one in each, by word; words without a row are not in it.

    Raises:
        ValueError: `max_words` is below 1.
    """
    n_rows = count_rows(vectors, max_words)
    if not fold_case:
        found = {word: [row] for word in words if (row := vectors.ids.get(word, n_rows)) < n_rows}
    else:
        folded = {word: word.upper() for word in words}
        spellings: dict[str, list[int]] = {word: [] for word in folded.values()}
        for row, word in enumerate(vectors.words[:n_rows]):
            rows = spellings.get(word.upper())
            if rows is not None:
                rows.append(row)
        found = {word: spellings[upper] for word, upper in folded.items()}
    usable = {}
    for word, rows in found.items():
        pointing = [row for row in rows if _has_direction(vectors.matrix[row])]
        if pointing:
            usable[word] = np.array(pointing, dtype=np.int64)
    return usable


def count_rows(vectors: Vectors, max_words: int | None) -> int:
    """How many rows a limit of `max_words` leaves; raises ValueError for a limit below 1."""
    if max_words is None:
        return len(vectors)
    if operator.index(max_words) < 1:
        raise ValueError(f"max_words must be 1 or more, got {max_words}")
    return min(operator.index(max_words), len(vectors))


def _has_direction(row: np.ndarray) -> bool:
    return bool(np.isfinite(row).all() and row.any())
