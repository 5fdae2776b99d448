"""Several models on the same questions: which difference is real, which is noise, and how alike they are.

Models are compared on the questions that all of them can answer. Two models are noise apart where another
choice of questions of the same kind might well have put them the other way round. That says nothing of
another seed of their trainings: to compare ways to train, train each several times. And the questions of a
set are taken as independent, which those of Google's are only nearly: many share a pair of words.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from w2v.evaluation.analogies import AnalogyEvaluation
from w2v.evaluation.lookup import count_rows
from w2v.evaluation.similarity import SimilarityEvaluation
from w2v.evaluation.statistics import (
    SIGNIFICANCE,
    Difference,
    Interval,
    holm,
    mcnemar,
    spearman,
    spearman_difference,
    spearman_interval,
    wilson_interval,
)
from w2v.neighbors import ExactSearch
from w2v.vectors import Vectors

_SAMPLE_SEED = 0


class ModelScore(NamedTuple):
    """The score of one model on the questions that all models can answer; None where there is none."""

    model: str
    score: float | None
    interval: Interval | None


class PairedTest(NamedTuple):
    """Whether two models differ on the questions that all models can answer."""

    a: str
    b: str
    difference: Difference | None  # the score of b less that of a; None where there is no score
    only_a: int | None  # analogies that a alone has right
    only_b: int | None
    p_adjusted: float | None  # Holm's, for the number of tests of the comparison

    @property
    def better(self) -> str | None:
        """The model that is really better, or None where the difference may be noise."""
        if self.difference is None or self.p_adjusted is None or self.p_adjusted >= SIGNIFICANCE:
            return None
        return self.b if self.difference.value > 0 else self.a


class SetComparison(NamedTuple):
    """All models on one set of questions, and every two of them."""

    path: str
    score: str  # what the scores are: "accuracy" or "spearman"
    common: int  # questions that all models can answer
    total: int
    models: tuple[ModelScore, ...]
    tests: tuple[PairedTest, ...]


class Overlap(NamedTuple):
    """How many of the nearest words two models have in common."""

    a: str
    b: str
    share: float | None  # mean over words of common neighbours by `top`, in [0, 1]
    words: int  # words asked for, a sample of those that both have
    top: int  # neighbours of each word


def compare_analogies(evaluations: Mapping[str, AnalogyEvaluation]) -> SetComparison:
    """McNemar's test of every two models, on the questions that all can answer.

    Args:
        evaluations: of the same questions, by the name of the model; at least one.
    """
    questions = next(iter(evaluations.values())).questions
    ranks = {model: evaluation.ranks for model, evaluation in evaluations.items()}
    common = np.all([rank > 0 for rank in ranks.values()], axis=0)
    correct = {model: rank[common] == 1 for model, rank in ranks.items()}
    n = int(common.sum())
    scores = [
        ModelScore(model, int(right.sum()) / n, wilson_interval(int(right.sum()), n))
        if n
        else ModelScore(model, None, None)
        for model, right in correct.items()
    ]
    tests = []
    for a, b in itertools.combinations(correct, 2):
        only_a, only_b = int((correct[a] & ~correct[b]).sum()), int((correct[b] & ~correct[a]).sum())
        difference = mcnemar(correct[a], correct[b]) if n else None
        tests.append(PairedTest(a, b, difference, only_a, only_b, None))
    return SetComparison(questions.path, "accuracy", n, len(questions), tuple(scores), tuple(tests))


def compare_similarity(evaluations: Mapping[str, SimilarityEvaluation]) -> SetComparison:
    """A paired bootstrap of every two models, on the word pairs that all have.

    Args:
        evaluations: of the same word pairs, by the name of the model; at least one.
    """
    pairs = next(iter(evaluations.values())).pairs
    common = np.all([np.isfinite(evaluation.cosines) for evaluation in evaluations.values()], axis=0)
    gold = pairs.scores[common]
    cosines = {model: evaluation.cosines[common] for model, evaluation in evaluations.items()}
    rhos = {model: spearman(gold, cosine) for model, cosine in cosines.items()}
    n = len(gold)
    scores = tuple(ModelScore(model, rho, spearman_interval(rho, n)) for model, rho in rhos.items())
    tests = tuple(
        PairedTest(a, b, spearman_difference(gold, cosines[a], cosines[b]), None, None, None)
        for a, b in itertools.combinations(cosines, 2)
    )
    return SetComparison(pairs.path, "spearman", n, len(pairs), scores, tests)


def adjust(comparisons: Sequence[SetComparison]) -> list[SetComparison]:
    """The comparisons with p-values for the company they are in: all tests of all sets together."""
    tests = [test for comparison in comparisons for test in comparison.tests if test.difference is not None]
    adjusted = iter(holm([test.difference.p for test in tests]))
    return [
        comparison._replace(
            tests=tuple(
                test if test.difference is None else test._replace(p_adjusted=next(adjusted))
                for test in comparison.tests
            )
        )
        for comparison in comparisons
    ]


def compare_neighbors(
    models: Mapping[str, Vectors], *, top: int = 10, sample: int = 1_000, max_words: int | None = 30_000
) -> list[Overlap]:
    """The share of nearest words that every two models have in common, on average over words of both.

    Args:
        models: vectors by the name of the model.
        top: neighbours of each word, at least 1.
        sample: ask for so many of the common words, always the same ones; all if there are fewer.
        max_words: words asked for and neighbours are among the first so many of each model; None for all.
    """
    overlaps = []
    for a, b in itertools.combinations(models, 2):
        n_a, n_b = (count_rows(models[model], max_words) for model in (a, b))
        ids_b = models[b].ids
        words = [word for word in models[a].words[:n_a] if ids_b.get(word, n_b) < n_b]
        asked = np.arange(len(words))
        if len(words) > sample:
            rng = np.random.Generator(np.random.PCG64(_SAMPLE_SEED))
            asked = np.sort(rng.choice(len(words), sample, replace=False))
        near_a, near_b = (_nearest(models[model], words, asked, top) for model in (a, b))
        kept = min(top, len(words) - 1)
        shares = [
            len({*row_a} & {*row_b} - {-1}) / kept
            for row_a, row_b in zip(near_a.tolist(), near_b.tolist(), strict=True)
            if kept
        ]
        overlaps.append(Overlap(a, b, float(np.mean(shares)) if shares else None, len(shares), top))
    return overlaps


def _nearest(vectors: Vectors, words: Sequence[str], asked: np.ndarray, top: int) -> np.ndarray:
    """Places in `words` of the nearest ones of those asked for, int64 (n, top)."""
    rows = np.array([vectors.ids[word] for word in words], dtype=np.int64)
    return ExactSearch(vectors.matrix[rows]).nearest(asked[:, None], np.ones(1), top=top).ids
