"""Intervals and tests: against scipy, and by how often they hold what they promise."""

import math

import numpy as np
import pytest
from scipy import stats

from corpora import planted
from corpora.corpus import Corpus
from w2v.config import TrainConfig
from w2v.engines.hogwild import HogwildEngine
from w2v.evaluation import statistics
from w2v.evaluation.analogies import evaluate_analogies
from w2v.evaluation.sets import WordPairs, read_questions
from w2v.evaluation.similarity import evaluate_similarity
from w2v.training import train

N_TRIALS = 1_000
HOLDS = pytest.approx(0.95, abs=0.02)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    """Vectors of a planted corpus, good enough to be right about as often as wrong, and always the same."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "planted.txt").write_bytes(b"".join(planted.generate(300_000)))
    corpus = Corpus.prepare([folder / "planted.txt"], cache=folder)
    return train(corpus, TrainConfig(dim=32), engine=HogwildEngine("skipgram", threads=1))


@pytest.fixture(scope="module")
def planted_correct(vectors, tmp_path_factory):
    """Which of all planted analogies are answered right: the truth about these vectors, bool (Q,)."""
    path = tmp_path_factory.mktemp("questions") / "planted.txt"
    path.write_text("".join(planted.question_lines()))
    ranks = evaluate_analogies(vectors, read_questions(path)).ranks
    return ranks[ranks > 0] == 1


@pytest.fixture(scope="module")
def planted_scores(vectors):
    """Known similarity and cosine of all planted pairs that have vectors, float64 (2, P)."""
    triples = planted.similarities()
    pairs = WordPairs("planted", tuple(t[:2] for t in triples), np.array([t[2] for t in triples]))
    return np.stack(evaluate_similarity(vectors, pairs).compared())


# Against scipy


def test_correlations_are_those_of_scipy():
    """Ranks with ties, Spearman and Pearson."""
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 6, size=80).astype(float), rng.normal(size=80)

    assert statistics.ranks(x) == pytest.approx(stats.rankdata(x))
    assert statistics.spearman(x, y) == pytest.approx(stats.spearmanr(x, y)[0], abs=1e-12)
    assert statistics.pearson(x, y) == pytest.approx(stats.pearsonr(x, y)[0], abs=1e-12)


@pytest.mark.parametrize("x", [[], [1.0], [2.0, 2.0, 2.0]])
def test_there_is_no_correlation_with_what_does_not_vary(x):
    """E06: None, not NaN and no warning."""
    x = np.array(x)

    assert statistics.pearson(x, np.arange(len(x)) * 1.0) is None
    assert statistics.spearman(x, np.arange(len(x)) * 1.0) is None


def test_resampled_correlation_is_that_of_the_pairs_drawn():
    """Weights give what scipy gives for the pairs, each as often as it was drawn."""
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 9, size=40).astype(float), rng.normal(size=40)

    (weights,) = statistics.resamples(40, seed=3, n_resamples=30)

    found = statistics.resampled_spearman(x, y, weights)
    for row, rho in zip(weights.T.astype(int), found, strict=True):
        drawn = np.repeat(np.arange(40), row)
        assert len(drawn) == 40
        assert rho == pytest.approx(stats.spearmanr(x[drawn], y[drawn])[0], abs=1e-12)


@pytest.mark.parametrize(("correct", "n"), [(0, 10), (10, 10), (1, 3), (4561, 11433)])
def test_wilson_is_that_of_scipy(correct, n):
    """At both ends, for few and for many."""
    expected = stats.binomtest(correct, n).proportion_ci(method="wilson")

    assert statistics.wilson_interval(correct, n) == pytest.approx(tuple(expected), abs=1e-12)


@pytest.mark.parametrize(("correct", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_a_share_of_nothing_has_no_interval(correct, n):
    """No division by zero, and no share above 1."""
    with pytest.raises(ValueError, match="correct <= n"):
        statistics.wilson_interval(correct, n)


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (0, 5), (9, 2), (700, 800)])
def test_mcnemar_is_the_exact_sign_test(only_a, only_b):
    """The p-value is the binomial one of the questions that one alone has right."""
    correct_a = np.array([True] * only_a + [False] * only_b + [True, False])
    correct_b = np.array([False] * only_a + [True] * only_b + [True, False])

    found = statistics.mcnemar(correct_a, correct_b)

    n = only_a + only_b
    assert found.p == pytest.approx(stats.binomtest(only_a, n).pvalue if n else 1.0, rel=1e-9)
    assert found.value == pytest.approx((only_b - only_a) / (n + 2))
    assert found.interval[0] <= found.value <= found.interval[1]


def test_holm_by_hand():
    """0.01 times 3, 0.02 times 2, 0.04 times 1 but no less than the one before; none above 1."""
    assert statistics.holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert statistics.holm([0.9, 0.8]) == [1.0, 1.0]
    assert statistics.holm([]) == []


# How often they hold


def share_held(intervals, truth):
    """The share of intervals with the truth in them."""
    return float(np.mean([low <= truth <= high for low, high in intervals]))


@pytest.mark.parametrize("n", [50, 400])
def test_wilson_holds_the_share_of_planted_analogies(planted_correct, n):
    """Of 1,000 samples of the planted questions, 93 to 97 % have the share of all of them within."""
    rng = np.random.default_rng(n)
    truth = planted_correct.mean()

    samples = rng.choice(planted_correct, size=(N_TRIALS, n))

    assert 0.1 < truth < 0.9
    held = share_held([statistics.wilson_interval(int(correct), n) for correct in samples.sum(axis=1)], truth)
    assert held == HOLDS


@pytest.mark.parametrize("n", [65, 150])
def test_bonett_and_wright_hold_the_correlation_of_planted_pairs(planted_scores, n):
    """Of 1,000 samples of the planted pairs, 93 to 97 % have the correlation of all of them within."""
    rng = np.random.default_rng(n)
    truth = statistics.spearman(*planted_scores)
    intervals = []
    for _ in range(N_TRIALS):
        gold, cosines = planted_scores[:, rng.integers(0, planted_scores.shape[1], size=n)]
        intervals.append(statistics.spearman_interval(statistics.spearman(gold, cosines), n))

    assert 0.2 < truth < 0.95
    assert share_held(intervals, truth) == HOLDS


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.85])
def test_bonett_and_wright_hold_the_correlation_of_normal_pairs(rho):
    """Where the truth is 6 / pi asin(rho / 2), 93 to 97 % of 1,000 samples of 65 pairs hold it."""
    rng = np.random.default_rng(int(100 * rho))
    x, noise = rng.normal(size=(2, N_TRIALS, 65))
    y = rho * x + math.sqrt(1 - rho**2) * noise

    intervals = [
        statistics.spearman_interval(statistics.spearman(*pair), 65) for pair in zip(x, y, strict=True)
    ]

    assert share_held(intervals, 6 / math.pi * math.asin(rho / 2)) == HOLDS


def test_paired_interval_holds_the_difference_of_shares():
    """Of 1,000 pairs of models that agree on half of 300 questions, 93 to 97 % hold the true difference."""
    rng = np.random.default_rng(8)
    case = rng.choice(4, p=[0.3, 0.2, 0.2, 0.3], size=(N_TRIALS, 300))
    found = [statistics.mcnemar((row < 2), (row == 0) | (row == 2)) for row in case]

    assert share_held([difference.interval for difference in found], 0.0) == HOLDS
    assert np.mean([difference.p < 0.05 for difference in found]) < 0.05  # exact, so rather too careful


def test_paired_bootstrap_holds_the_difference_of_correlations(monkeypatch):
    """Of 1,000 pairs of equally good models, 93 to 97 % hold 0, and as many are not called different."""
    monkeypatch.setattr(statistics, "_RESAMPLES", 300)
    rng = np.random.default_rng(9)
    gold, noise_a, noise_b = rng.normal(size=(3, N_TRIALS, 60))

    found = [
        statistics.spearman_difference(*row, seed=seed)
        for seed, row in enumerate(zip(gold, gold + noise_a, gold + noise_b, strict=True))
    ]

    assert share_held([difference.interval for difference in found], 0.0) == HOLDS
    assert np.mean([difference.p >= 0.05 for difference in found]) == HOLDS


def test_a_real_difference_of_correlations_is_seen():
    """A model with half the noise is better, and the interval is about the difference."""
    rng = np.random.default_rng(10)
    gold, noise = rng.normal(size=(2, 300))

    found = statistics.spearman_difference(gold, gold + 2 * noise, gold + noise)

    assert found.p < 0.001
    assert 0 < found.interval[0] < found.value < found.interval[1]
    assert statistics.spearman_difference(gold, gold * 0, gold) is None
