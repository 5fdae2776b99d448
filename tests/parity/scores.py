"""Scores of several seeds of w2v beside several of gensim, and whether the two are apart by more than chance.

Two things make a difference that means nothing: other questions, and other seeds. The first is measured by
resampling the questions, the same for all models; the second by the spread of the seeds. A side with one seed
is taken to spread as the other does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import stats

from w2v.evaluation.analogies import evaluate_analogies
from w2v.evaluation.similarity import evaluate_similarity
from w2v.evaluation.statistics import resampled_spearman, resamples
from w2v.vectors import Vectors

ANALOGIES = "questions-words.txt"
PAIRS = {
    "wordsim353.tsv": "WordSim-353",
    "simlex999.txt": "SimLex-999",
    "EN-RG-65.txt": "RG-65",
    "EN-MTurk-771.txt": "MTurk-771",
}
N_RESAMPLES = 2_000

Scorer = Callable[[np.ndarray], np.ndarray]  # weights (n, B) -> scores (S, B)


class ScoreComparison(NamedTuple):
    """One set of questions: the score of each seed of both sides, and the difference of their means."""

    name: str
    n: int  # usable questions
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    difference: float
    interval: tuple[float, float]  # 95 %

    @property
    def verdict(self) -> str:
        """What the interval says of w2v: better, level or worse."""
        low, high = self.interval
        return "better" if low > 0 else "worse" if high < 0 else "level"


def compare_scores(
    ours: Sequence[Vectors], theirs: Sequence[Vectors], eval_folder: Path
) -> list[ScoreComparison]:
    """Every set of the folder, by w2v's own evaluation, on the same questions in the same order of words.

    All models must have the same words. Those of equal counts stand in gensim as they were met, so which are
    the first 30,000 differs a little; its rows are put in w2v's order.

    Args:
        ours: a model for each seed of w2v.
        theirs: a model for each seed of gensim.
        eval_folder: holds questions-words.txt and the files of word pairs.
    """
    words = ours[0].words
    theirs = [Vectors(words, model[list(words)]) for model in theirs]
    scorers = {"Google analogies": [_analogies(side, eval_folder / ANALOGIES) for side in (ours, theirs)]}
    for file, name in PAIRS.items():
        scorers[name] = [_similarity(side, eval_folder / file) for side in (ours, theirs)]
    return [_compare(name, *sides) for name, sides in scorers.items()]


def _analogies(models: Sequence[Vectors], path: Path) -> tuple[int, Scorer]:
    """The number of usable questions, and the accuracy of each model in each resample."""
    ranks = np.stack([evaluate_analogies(model, path).ranks for model in models])
    usable = (ranks > 0).all(axis=0)
    correct = (ranks[:, usable] == 1).astype(np.float64)  # (S, n)
    return int(usable.sum()), lambda weights: correct @ weights / len(weights)


def _similarity(models: Sequence[Vectors], path: Path) -> tuple[int, Scorer]:
    """The number of usable pairs, and Spearman's rho of each model in each resample."""
    evaluations = [evaluate_similarity(model, path) for model in models]
    compared = [evaluation.compared() for evaluation in evaluations]
    return len(compared[0][0]), lambda weights: np.stack(
        [resampled_spearman(gold, cosines, weights) for gold, cosines in compared]
    )


def _compare(name: str, ours: tuple[int, Scorer], theirs: tuple[int, Scorer]) -> ScoreComparison:
    n = ours[0]
    once = np.ones((n, 1))
    scores = [scorer(once)[:, 0] for _, scorer in (ours, theirs)]
    resampled = np.concatenate(
        [
            ours[1](weights).mean(axis=0) - theirs[1](weights).mean(axis=0)
            for weights in resamples(n, n_resamples=N_RESAMPLES)
        ]
    )
    deviations = [side - side.mean() for side in scores]
    freedom = sum(len(side) - 1 for side in scores)
    spread = sum(float((side**2).sum()) for side in deviations) / freedom if freedom else 0.0
    of_seeds = spread * sum(1 / len(side) for side in scores)
    variance = float(np.nanvar(resampled)) + of_seeds
    difference = float(scores[0].mean() - scores[1].mean())
    # The spread of the seeds is known from few of them only (Welch and Satterthwaite).
    known = freedom * (variance / of_seeds) ** 2 if of_seeds else math.inf
    half = float(stats.t.ppf(0.975, known)) * math.sqrt(variance)
    interval = (difference - half, difference + half)
    ours_once, theirs_once = (tuple(side.tolist()) for side in scores)
    return ScoreComparison(name, n, ours_once, theirs_once, difference, interval)
