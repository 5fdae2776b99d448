"""Vectors: what they accept, what they look up, and that their searches equal gensim's."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from gensim.models import KeyedVectors

from corpora.errors import InputError
from w2v.vectors import Vectors


def _random_vectors(n_words=500, dim=20, seed=1):
    matrix = np.random.default_rng(seed).normal(size=(n_words, dim)).astype(np.float32)
    return Vectors(tuple(f"word{row}" for row in range(n_words)), matrix)


def _as_gensim(vectors):
    keyed = KeyedVectors(vectors.dim)
    keyed.add_vectors(list(vectors.words), np.array(vectors.matrix))
    return keyed


def _require_same(found, expected):
    assert [word for word, _ in found] == [word for word, _ in expected]
    np.testing.assert_allclose([s for _, s in found], [s for _, s in expected], atol=2e-6)


ONE = np.ones((1, 2), dtype=np.float32)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((("a", "b"), ONE), ValueError),
        ((("a",), ONE.astype(np.float64)), ValueError),
        ((("a",), ONE[0]), ValueError),
        ((("a",), np.ones((1, 0), dtype=np.float32)), ValueError),
        ((("a", "a"), np.ones((2, 2), dtype=np.float32)), ValueError),
        ((("a",), ONE, np.array([1, 2])), ValueError),
        ((("a",), ONE, np.array([-1])), ValueError),
        ((("a",), ONE, np.array([1.0])), ValueError),
        ((("a",), ONE.tolist()), TypeError),
        ((("a",), ONE, [1]), TypeError),
        (((b"a",), ONE), TypeError),
        (("a", ONE), TypeError),
    ],
)
def test_parts_that_do_not_fit_are_refused(arguments, error):
    """Shapes, dtypes, doubles and types are checked when the vectors are made."""
    with pytest.raises(error, match=r"must be|must have"):
        Vectors(*arguments)


def test_the_matrix_cannot_be_changed_through_the_vectors():
    """The matrix is a read-only view; no row handed out can be written to."""
    vectors = _random_vectors()

    with pytest.raises(ValueError, match="read-only"):
        vectors["word3"][0] = 1


def test_the_matrix_is_not_copied():
    """Making vectors of a matrix takes no second matrix."""
    matrix = np.ones((2, 3), dtype=np.float32)

    assert np.shares_memory(Vectors(("a", "b"), matrix).matrix, matrix)


def test_words_are_looked_up_alone_and_in_lists():
    """A word gives its row, a list of words gives their rows in that order."""
    vectors = _random_vectors()

    assert len(vectors) == 500
    assert vectors.dim == 20
    assert "word7" in vectors
    assert "other" not in vectors
    assert vectors.ids["word7"] == 7
    assert np.array_equal(vectors["word7"], vectors.matrix[7])
    assert np.array_equal(vectors[["word7", "word2"]], vectors.matrix[[7, 2]])
    assert vectors[[]].shape == (0, 20)


def test_a_row_number_is_no_word():
    """Rows are asked of the matrix; a number in place of a word is a mistake."""
    with pytest.raises(TypeError, match=r"\.matrix"):
        _random_vectors()[3]


@pytest.mark.parametrize(
    ("word", "near"),
    [("quenn", "'queen'"), ("Queen", "'queen'"), ("paris", "'Paris'"), ("\x1b[31m", "check the spelling")],
)
def test_an_unknown_word_is_told_with_the_nearest_spellings(word, near):
    """E08: the error names the word, escaped, and known words like it."""
    vectors = Vectors(("queen", "Paris", "king"), np.eye(3, dtype=np.float32))

    with pytest.raises(InputError) as caught:
        vectors.most_similar(word)

    assert caught.value.identifier == "E08"
    assert near in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_at_most_three_spellings_are_offered():
    """E08: three suggestions are enough, and a word of a megabyte gets none."""
    vectors = _random_vectors()

    with pytest.raises(InputError) as caught:
        vectors["word"]
    with pytest.raises(InputError) as caught_long:
        vectors["word" * 250_000]

    assert caught.value.fix.count("'word") == 3
    assert len(str(caught_long.value)) < 300


def test_nearest_words_equal_those_of_gensim():
    """One word, many words, words to stay away from: same answers, same scores."""
    vectors = _random_vectors()
    keyed = _as_gensim(vectors)

    _require_same(vectors.most_similar("word5"), keyed.most_similar("word5"))
    for positive, negative in [
        (["word1", "word2", "word3"], []),
        (["word1", "word2"], ["word3"]),
        (["word1"], ["word4", "word5"]),
        ([], ["word9"]),
    ]:
        found = vectors.most_similar(positive, negative, top=25)
        _require_same(found, keyed.most_similar(positive=positive, negative=negative, topn=25))


def test_analogies_equal_those_of_gensim():
    """The answer to a : b = c : ? is nearest to b - a + c, in gensim positive b and c, negative a."""
    vectors = _random_vectors()

    found = vectors.analogy("word1", "word2", "word3", top=7)

    _require_same(
        found, _as_gensim(vectors).most_similar(positive=["word2", "word3"], negative=["word1"], topn=7)
    )


def test_similarity_equals_that_of_gensim():
    """The cosine of two words, and 1 for a word and itself."""
    vectors = _random_vectors()

    assert vectors.similarity("word1", "word2") == pytest.approx(
        _as_gensim(vectors).similarity("word1", "word2"), abs=1e-6
    )
    assert vectors.similarity("word1", "word1") == 1.0


def test_many_questions_are_answered_as_one_by_one():
    """A batch of words gives for each what it gives alone."""
    vectors = _random_vectors()
    words = list(vectors.words[:40])

    found = vectors.most_similar_many(words, top=5)

    assert found == [vectors.most_similar(word, top=5) for word in words]


@pytest.mark.parametrize("n_rows", [None, 100])
def test_many_analogies_are_answered_as_one_by_one(n_rows):
    """A batch of questions gives for each what it gives alone, and a limit leaves out the rows after it."""
    vectors = _random_vectors()
    questions = np.random.default_rng(2).integers(0, 500, size=(60, 3))

    found = vectors.analogies(questions, top=3, n_rows=n_rows)

    for question, ids in zip(questions, found.ids, strict=True):
        alone = [
            vectors.ids[word] for word, _ in vectors.analogy(*(f"word{row}" for row in question), top=500)
        ]
        assert ids.tolist() == [row for row in alone if row < (n_rows or 500)][:3]


@pytest.mark.parametrize(
    ("questions", "options"),
    [
        (np.zeros((2, 2), dtype=np.int64), {}),
        (np.zeros((2, 3)), {}),
        (np.array([[0, 1, 500]]), {}),
        (np.array([[0, 1, -1]]), {}),
        (np.array([[0, 1, 2]]), {"top": 0}),
        (np.array([[0, 1, 2]]), {"n_rows": 0}),
    ],
)
def test_analogies_refuse_what_is_no_question(questions, options):
    """Another shape, rows that do not exist, and limits below 1 are refused."""
    with pytest.raises(ValueError, match="must"):
        _random_vectors().analogies(questions, **options)


def test_no_questions_have_no_answers():
    """An empty batch gives empty arrays."""
    assert _random_vectors().analogies(np.zeros((0, 3), dtype=np.int64)).ids.shape == (0, 1)


@pytest.mark.parametrize("top", [0, -1])
def test_top_below_one_is_refused(top):
    """E10: asking for no answer is a mistake."""
    with pytest.raises(ValueError, match="top must be 1 or more"):
        _random_vectors().most_similar("word1", top=top)


def test_top_above_the_vocabulary_gives_all_there_are():
    """E10: the words asked with are left out, all others are there."""
    assert len(_random_vectors().most_similar(["word1", "word2"], top=10**9)) == 498


def test_asking_with_all_words_gives_none():
    """E14: with every word excluded the answer is an empty list."""
    vectors = _random_vectors(3)

    assert vectors.most_similar(list(vectors.words)) == []


def test_asking_with_no_word_is_refused():
    """A mean of no vectors is nothing to be near to."""
    with pytest.raises(ValueError, match="at least one word"):
        _random_vectors().most_similar([])


def test_start_needs_none_of_the_heavy_libraries():
    """Vectors and formats import neither torch nor numba nor gensim: `w2v similar` starts at once."""
    program = "import sys, w2v.vectors, w2v.formats; print({'torch', 'numba', 'gensim'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def test_vectors_survive_pickling():
    """Vectors reach another process whole, as a worker of a DataLoader needs them."""
    vectors = Vectors(("a", "b"), np.ones((2, 3), dtype=np.float32), metadata={"seed": 1})
    _ = vectors.ids

    copy = pickle.loads(pickle.dumps(vectors))

    assert copy.words == vectors.words
    assert copy.metadata == vectors.metadata
    np.testing.assert_array_equal(copy.matrix, vectors.matrix)


def test_output_rows_fit_the_matrix():
    """They are kept as a read-only view, travel along, and must be of the same shape."""
    rows = np.ones((2, 3), dtype=np.float32)

    vectors = pickle.loads(pickle.dumps(Vectors(("a", "b"), rows, output=2 * rows)))

    assert vectors.output.tolist() == (2 * rows).tolist()
    assert not vectors.output.flags.writeable
    with pytest.raises(ValueError, match=r"output must be \(2, 3\) as the matrix is, got \(1, 3\)"):
        Vectors(("a", "b"), rows, output=rows[:1])
