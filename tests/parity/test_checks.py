"""Every line of the parity report that must be equal, on data made here; test_real_text.py has real text."""

import numpy as np
import pytest

from tests.parity import checks
from w2v.evaluation.analogies import evaluate_analogies
from w2v.evaluation.similarity import evaluate_similarity
from w2v.vectors import Vectors

N_WORDS = 300


@pytest.fixture(scope="module")
def vectors():
    """Words in several spellings, in a grid of kinds and steps, so that a good part of analogies is right."""
    rng = np.random.default_rng(1)
    base, step = rng.normal(size=(N_WORDS // 2, 16)), rng.normal(size=16)
    matrix = np.concatenate([base, base + step + 0.7 * rng.normal(size=base.shape)])
    words = [f"{kind}{n}" for kind in ("ax", "bx") for n in range(N_WORDS // 2)]
    words = [word.title() if rng.random() < 0.3 else word for word in words]
    order = rng.permutation(N_WORDS)
    spellings = [word.upper() for word in words[:60]]
    return Vectors(
        tuple(words[row] for row in order) + tuple(spellings),
        np.concatenate([matrix[order], rng.normal(size=(60, 16))]).astype(np.float32),
    )


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    """2,000 distinct questions, some with unknown words, one with its answer among its words."""
    rng = np.random.default_rng(2)
    lines = [": one\n"]
    for n, m in {tuple(pair) for pair in rng.integers(0, N_WORDS // 2 + 5, size=(2_000, 2)).tolist()}:
        lines.append(f"AX{n} bx{n} ax{m} Bx{m}\n")
    path = tmp_path_factory.mktemp("questions") / "questions.txt"
    path.write_text("".join(lines))
    return path


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """400 pairs with scores of one digit, some with unknown words."""
    rng = np.random.default_rng(3)
    lines = [
        f"ax{n}\tBx{m}\t{score}\n"
        for n, m, score in rng.integers(0, [N_WORDS // 2 + 5, N_WORDS // 2 + 5, 10], size=(400, 3))
    ]
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    path.write_text("".join(lines))
    return path


def require(check):
    """The check agrees, or its figures are shown."""
    assert check.agrees, check


@pytest.mark.parametrize("max_words", [100, 250, 360])
def test_analogies_are_answered_as_by_gensim_question_by_question(vectors, questions, max_words):
    """Which are asked, and which are right: with spellings, unknown words, and a limit."""
    require(checks.check_analogies(vectors, vectors.to_gensim(), questions, max_words=max_words))

    total = evaluate_analogies(vectors, questions, max_words=max_words).total
    assert 0 < total.correct < total.seen < total.total


def test_analogies_with_case_are_answered_as_by_gensim(vectors, questions):
    """fold_case=False is gensim's case_insensitive=False."""
    score, _ = vectors.to_gensim().evaluate_word_analogies(str(questions), case_insensitive=False)

    assert evaluate_analogies(vectors, questions, fold_case=False).total.accuracy == pytest.approx(score)


def test_missing_words_count_as_in_gensim(vectors, questions, pairs):
    """missing="zero" is gensim's dummy4unknown."""
    keyed = vectors.to_gensim()
    score, _ = keyed.evaluate_word_analogies(str(questions), dummy4unknown=True)
    pearson, spearman, _ = keyed.evaluate_word_pairs(str(pairs), dummy4unknown=True)

    found = evaluate_similarity(vectors, pairs, missing="zero")
    assert evaluate_analogies(vectors, questions, missing="zero").total.accuracy == pytest.approx(score)
    assert found.spearman == pytest.approx(spearman[0], abs=1e-6)
    assert found.pearson == pytest.approx(pearson[0], abs=1e-6)


def test_3cosmul_prefers_what_gensims_most_similar_cosmul_does(vectors, questions):
    """The first answer is right where gensim's is, for 100 questions without other spellings."""
    plain = Vectors(vectors.words[:N_WORDS], vectors.matrix[:N_WORDS])
    keyed = plain.to_gensim()
    found = evaluate_analogies(plain, questions, method="3cosmul")
    by_upper = {word.upper(): word for word in plain.words}

    asked = [n for n, rank in enumerate(found.ranks) if rank][:100]
    for n in asked:
        a, b, c, d = (by_upper[word.upper()] for word in found.questions.words[n])
        theirs = [word for word, _ in keyed.most_similar_cosmul([b, c], [a], topn=N_WORDS)]
        expected = theirs.index(d) + 1 if d in theirs else len(plain) + 1
        assert found.ranks[n] == expected
    assert len(asked) == 100


def test_word_pairs_are_scored_as_by_gensim(vectors, pairs):
    """Spearman, Pearson and the number of pairs."""
    require(checks.check_similarity(vectors, vectors.to_gensim(), pairs))


def test_nearest_words_are_those_of_gensim(vectors):
    """Words, order and cosines."""
    require(checks.check_neighbors(vectors, vectors.to_gensim(), n_words=100))


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_gensims_step_is_the_analytic_one(architecture):
    """From copied tables, one sentence, number by number within the error of gensim's sigmoid table."""
    require(checks.check_step(architecture))


def test_gensims_cbow_leaves_out_one_over_n():
    """The known defect: with several contexts its step is that of a gradient not divided by their number."""
    tables = checks.random_tables()
    windows = [(c, [context for context in range(3) if context != c], 4) for c in range(3)]

    theirs = checks.gensim_step(tables, [0, 1, 2], negative=4, architecture="cbow")

    undivided = checks.analytic_step(tables, windows, divide=False)
    divided = checks.analytic_step(tables, windows, divide=True)
    assert checks.largest_difference(theirs, undivided) < 1.5e-3
    assert checks.largest_difference(theirs, divided) > 6e-3
    assert checks.largest_difference(checks.kernel_step(tables, windows, architecture="cbow"), divided) < 1e-6
