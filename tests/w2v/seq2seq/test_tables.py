"""Tables that start at random or from vectors, and how much of a text the vectors cover."""

import numpy as np
import pytest

from corpora.errors import InputError
from w2v.seq2seq.tables import ROW_DEVIATION, random_table, start_from_vectors
from w2v.seq2seq.vocabulary import PADDING, TokenVocabulary
from w2v.vectors import Vectors

WORDS = [f"w{number}" for number in range(40)]
VOCABULARY = TokenVocabulary(WORDS)


def some_vectors(words, dim=5, *, seed=0, spread=0.1):
    """Random vectors of words, with a mean that is not zero."""
    matrix = np.random.default_rng(seed).normal(0.02, spread, (len(words), dim)).astype(np.float32)
    return Vectors(tuple(words), matrix)


def start(vectors, ids=(4,), *, seed=7, vocabulary=VOCABULARY, dim=5):
    """The rows of a table that starts from vectors, and their coverage."""
    table = random_table(vocabulary, dim, seed=1)
    coverage = start_from_vectors(table, vocabulary, vectors, np.array(ids), seed=seed)
    return table.weight.detach().numpy(), coverage


def test_random_rows_are_normal_and_padding_is_zero():
    """As nn.Embedding draws them, from the seed alone."""
    table = random_table(TokenVocabulary(map(str, range(996))), 100, seed=3)
    rows = table.weight.detach().numpy()

    assert table.padding_idx == PADDING
    assert table.weight.requires_grad
    assert not rows[PADDING].any()
    assert abs(rows[1:].mean()) < 0.02
    assert rows[1:].std() == pytest.approx(ROW_DEVIATION, rel=0.02)
    assert np.array_equal(
        rows, random_table(TokenVocabulary(map(str, range(996))), 100, seed=3).weight.detach()
    )
    assert not np.array_equal(
        rows, random_table(TokenVocabulary(map(str, range(996))), 100, seed=4).weight.detach()
    )


def test_found_rows_are_those_of_the_vectors_times_one_factor():
    """The factor brings their numbers to the deviation of random rows; nothing else is done to them."""
    vectors = some_vectors([*reversed(WORDS[:30]), "other"])

    rows, _ = start(vectors)
    found = np.array([vectors[word] for word in WORDS[:30]])

    np.testing.assert_allclose(rows[4:34], found * (ROW_DEVIATION / found.std(dtype=np.float64)), rtol=1e-5)
    assert rows[4:34].std() == pytest.approx(ROW_DEVIATION, rel=1e-5)


def test_missing_rows_are_drawn_and_padding_is_zero():
    """Words without a vector, and <sos>, <eos> and <unk>, get rows of their own, by the seed."""
    vectors = some_vectors(WORDS[:30])
    rows, _ = start(vectors)
    again, other = start(vectors)[0], start(vectors, seed=8)[0]
    drawn = [1, 2, 3, *range(34, 44)]

    assert not rows[PADDING].any()
    assert len({row.tobytes() for row in rows}) == len(VOCABULARY)
    assert 0.5 < rows[drawn].std() / ROW_DEVIATION < 1.5
    assert np.array_equal(rows, again)
    assert (rows[drawn] != other[drawn]).all()
    assert np.array_equal(rows[4:34], other[4:34])


def test_a_vector_of_a_special_is_not_taken():
    """Vectors of words that are spelt like the four are no rows of theirs."""
    vectors = some_vectors(["<pad>", "<unk>", *WORDS])
    rows, coverage = start(vectors)
    factor = rows[4] / vectors["w0"]

    assert not rows[PADDING].any()
    assert not np.allclose(rows[3], vectors["<unk>"] * factor)
    assert coverage.n_found == coverage.n_words == 40


def test_coverage_counts_words_and_running_text():
    """By a loop: words of the vocabulary, occurrences, unknown ones too, the frequent ones missing."""
    vectors = some_vectors(WORDS[10:])
    ids = np.random.default_rng(5).integers(3, 44, size=500)

    _, coverage = start(vectors, ids)
    text = ["<unk>" if number == 3 else WORDS[number - 4] for number in ids]
    missing = sorted(WORDS[:10], key=lambda word: (-text.count(word), WORDS.index(word)))

    assert (coverage.n_words, coverage.n_found) == (40, 30)
    assert coverage.text_share == sum(word in WORDS[10:] for word in text) / 500
    assert coverage.missing == tuple(missing)


def test_at_most_ten_missing_words_are_named():
    """The most frequent."""
    _, coverage = start(some_vectors(WORDS[:5]), [9, 9, 20])

    assert len(coverage.missing) == 10
    assert coverage.missing[:3] == ("w5", "w16", "w6")


def test_vectors_of_another_width_are_refused():
    """With both widths."""
    with pytest.raises(ValueError, match="the vectors have 6 columns, the table has 5"):
        start(some_vectors(WORDS, dim=6))


def test_vectors_without_a_common_word_are_refused():
    """V11: nothing would be left of them."""
    with pytest.raises(InputError) as caught:
        start(some_vectors(["x", "<unk>"]))

    assert caught.value.identifier == "V11"
