"""Models side by side: on which questions, with which tests, and how alike their neighbours are."""

import numpy as np
import pytest

from w2v.evaluation.analogies import AnalogyEvaluation
from w2v.evaluation.comparison import adjust, compare_analogies, compare_neighbors, compare_similarity
from w2v.evaluation.sets import Questions, WordPairs
from w2v.evaluation.similarity import SimilarityEvaluation
from w2v.vectors import Vectors


def analogies(*ranks_of_models):
    """Evaluations of models a, b, ... with these places of right answers."""
    n = len(ranks_of_models[0])
    questions = Questions("q.txt", (("a", "b", "c", "d"),) * n, ("(none)",), np.zeros(n, dtype=np.int64))
    return {
        name: AnalogyEvaluation(questions, "3cosadd", np.array(ranks), "skip")
        for name, ranks in zip("abc", ranks_of_models, strict=False)
    }


def similarity(gold, *cosines_of_models):
    """Evaluations of models a, b, ... with these cosines."""
    pairs = WordPairs("p.txt", (("a", "b"),) * len(gold), np.asarray(gold, dtype=float))
    return {
        name: SimilarityEvaluation(pairs, np.asarray(cosines, dtype=float), "skip")
        for name, cosines in zip("abc", cosines_of_models, strict=False)
    }


def test_only_questions_that_all_can_answer_count():
    """Of five questions each model misses another one, and three are left."""
    found = compare_analogies(analogies([0, 1, 1, 1, 2], [1, 0, 1, 2, 2]))

    assert (found.common, found.total) == (3, 5)
    assert [score.score for score in found.models] == [pytest.approx(2 / 3), pytest.approx(1 / 3)]
    assert (found.tests[0].only_a, found.tests[0].only_b) == (1, 0)
    assert found.tests[0].difference.value == pytest.approx(-1 / 3)


def test_a_real_difference_and_noise_are_told_apart():
    """60 of 200 questions against 20 is real, 22 against 20 is noise."""
    a, b, c = ([1] * n + [2] * (200 - n) for n in (60, 20, 22))
    (found,) = adjust([compare_analogies(analogies(a, b, c))])

    assert [(test.a, test.b, test.better) for test in found.tests] == [
        ("a", "b", "a"),
        ("a", "c", "a"),
        ("b", "c", None),
    ]


def test_p_values_are_corrected_for_all_tests_of_all_sets():
    """Two sets with one test each: the smaller p is doubled."""
    one = compare_analogies(analogies([1] * 6, [2] * 6))
    other = compare_analogies(analogies([1, 2], [2, 1]))

    adjusted = adjust([one, other])

    assert one.tests[0].difference.p == pytest.approx(2 / 2**6)
    assert adjusted[0].tests[0].p_adjusted == pytest.approx(2 * 2 / 2**6)
    assert adjusted[1].tests[0].p_adjusted == 1


def test_without_a_common_question_there_is_nothing_to_compare():
    """E04: no score and no test, not a difference of 0."""
    (found,) = adjust([compare_analogies(analogies([0, 1], [1, 0]))])

    assert found.common == 0
    assert found.models[0].score is None
    assert found.tests[0].difference is found.tests[0].better is None


def test_correlations_are_compared_on_common_pairs():
    """The pair that b has not is left out for a, too; a follows people and b does not."""
    rng = np.random.default_rng(1)
    gold = rng.normal(size=101)
    a, b = gold + 0.1 * rng.normal(size=101), rng.normal(size=101)
    b[50] = np.nan

    (found,) = adjust([compare_similarity(similarity(gold, a, b))])

    assert (found.common, found.total) == (100, 101)
    assert found.tests[0].better == "a"
    assert found.models[0].score > 0.9
    assert found.models[0].interval[0] < found.models[0].score < found.models[0].interval[1]


def test_correlations_that_are_none_are_not_compared():
    """E06: all cosines of a model equal."""
    (found,) = adjust([compare_similarity(similarity([1, 2, 3], [1, 2, 3], [1, 1, 1]))])

    assert found.models[1].score is None
    assert found.tests[0].difference is None


def random_vectors(words, seed):
    """A row of normal numbers for each word."""
    rng = np.random.default_rng(seed)
    return Vectors(tuple(words), rng.normal(size=(len(words), 10)).astype(np.float32))


def test_turned_vectors_have_the_same_neighbors():
    """A rotation changes no cosine: all neighbours are common, in whatever order the words are."""
    a = random_vectors([f"w{n}" for n in range(50)], seed=1)
    turn, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(10, 10)))
    b = Vectors(a.words[::-1], (a.matrix @ turn.astype(np.float32))[::-1])

    (found,) = compare_neighbors({"a": a, "b": b})

    assert (found.share, found.words, found.top) == (1.0, 50, 10)


def test_strangers_have_as_many_common_neighbors_as_chance_gives():
    """10 of 499 others each: a share of about 10 / 499; and only words of both are asked for."""
    words = [f"w{n}" for n in range(500)]
    a = random_vectors([*words, "only-a"], seed=1)
    b = random_vectors(["only-b", *words], seed=2)

    (found,) = compare_neighbors({"a": a, "b": b})

    assert found.words == 500
    assert found.share == pytest.approx(10 / 499, abs=0.01)


def test_large_vocabularies_are_sampled_always_alike():
    """The sample has the size asked for, and comes out the same again."""
    models = {"a": random_vectors(range_words(300), 1), "b": random_vectors(range_words(300), 2)}

    first, second = (compare_neighbors(models, sample=20)[0] for _ in range(2))

    assert first.words == 20
    assert first == second
    assert compare_neighbors(models, max_words=30)[0].words == 30


def range_words(n_words):
    """w0, w1, ..."""
    return [f"w{n}" for n in range(n_words)]


@pytest.mark.parametrize("words", [["x", "y"], ["w0"]])
def test_models_without_common_neighbors_have_no_share(words):
    """No word of both, or one, which has no neighbour: None, not 0."""
    models = {"a": random_vectors(range_words(9), 1), "b": random_vectors(words, 2)}

    assert compare_neighbors(models)[0].share is None
