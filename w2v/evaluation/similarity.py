"""Word similarity: how well cosines agree with what people said of pairs of words."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from w2v.evaluation.lookup import MISSING, find_rows
from w2v.evaluation.sets import WordPairs, read_word_pairs
from w2v.evaluation.statistics import Interval, pearson, spearman, spearman_interval
from w2v.vectors import Vectors


@dataclass(frozen=True, eq=False)
class SimilarityEvaluation:
    """What vectors say of P pairs of words, beside what people said.

    Correlations are None where there is none: fewer than 2 pairs, or all scores of one side equal.

    Args:
        pairs: the pairs and the scores that people gave.
        cosines: float64 (P,); NaN where one of the two words is missing.
        missing: "skip" or "zero", what a pair with a missing word counts as.
    """

    pairs: WordPairs
    cosines: np.ndarray
    missing: str

    @property
    def seen(self) -> int:
        """Pairs whose two words both have vectors."""
        return int(np.isfinite(self.cosines).sum())

    @property
    def total(self) -> int:
        """All pairs."""
        return len(self.pairs)

    @property
    def spearman(self) -> float | None:
        """Spearman's rank correlation, the usual score."""
        return spearman(*self.compared())

    @property
    def pearson(self) -> float | None:
        """Pearson's correlation."""
        return pearson(*self.compared())

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of Spearman's correlation, by Bonett and Wright; None below 4 pairs."""
        return spearman_interval(self.spearman, len(self.compared()[0]))

    def compared(self) -> tuple[np.ndarray, np.ndarray]:
        """The scores of people and of the vectors that the correlations are of, float64 (n,) each."""
        if self.missing == "zero" and self.seen:
            return self.pairs.scores, np.nan_to_num(self.cosines)
        usable = np.isfinite(self.cosines)
        return self.pairs.scores[usable], self.cosines[usable]


def evaluate_similarity(
    vectors: Vectors,
    pairs: WordPairs | str | os.PathLike[str],
    *,
    max_words: int | None = None,
    fold_case: bool = True,
    missing: str = "skip",
) -> SimilarityEvaluation:
    """Correlates the cosines of word pairs with the scores that people gave them.

    Args:
        vectors: the vectors, the most frequent words first.
        pairs: a file of them, or what `read_word_pairs` made of one.
        max_words: use the first so many words only; None for all.
        fold_case: ignore case; of words equal but for case the first, the most frequent, is used.
        missing: "skip" leaves pairs with a missing word out, "zero" gives them the cosine 0.

    Returns:
        The cosine of each pair, and correlations made of them.

    Raises:
        ValueError: an option is none of those above.
        InputError: the file of pairs cannot be read.
    """
    if missing not in MISSING:
        raise ValueError(f"missing must be one of {', '.join(MISSING)}, got {missing!r}")
    if not isinstance(pairs, WordPairs):
        pairs = read_word_pairs(pairs)
    words = {word for pair in pairs.words for word in pair}
    found = find_rows(vectors, words, max_words=max_words, fold_case=fold_case)
    cosines = np.full(len(pairs), np.nan)
    for place, (word_1, word_2) in enumerate(pairs.words):
        if word_1 in found and word_2 in found:
            rows = vectors.matrix[[found[word_1][0], found[word_2][0]]].astype(np.float64)
            unit_1, unit_2 = rows / np.linalg.norm(rows, axis=1, keepdims=True)
            cosines[place] = np.clip(unit_1 @ unit_2, -1, 1)
    return SimilarityEvaluation(pairs, cosines, missing)
