"""The words of a side: their order, the four specials, and the way there and back."""

from collections import Counter

import numpy as np
import pytest

from corpora.errors import InputError
from w2v.seq2seq.vocabulary import END, PADDING, SPECIALS, START, UNKNOWN, TokenVocabulary
from w2v.vectors import Vectors


def test_specials_come_first():
    """Every vocabulary begins with <pad>, <sos>, <eos> and <unk>, whatever the text."""
    vocabulary = TokenVocabulary.from_text([["b", "a", "b"]])

    assert vocabulary.tokens == ("<pad>", "<sos>", "<eos>", "<unk>", "b", "a")
    assert (PADDING, START, END, UNKNOWN) == (0, 1, 2, 3)
    assert len(vocabulary) == 6


def test_a_text_that_spells_a_special_has_an_unknown_word():
    """No text can pad, begin or end a sentence, and none of the four is counted as one of its words."""
    vocabulary = TokenVocabulary.from_text([["<eos>", "a", *SPECIALS]])

    assert vocabulary.tokens == (*SPECIALS, "a")
    assert vocabulary.encode([*SPECIALS, "a"]) == [UNKNOWN] * 4 + [4]


def test_words_are_ordered_by_count_and_then_by_bytes():
    """The order is that of a plain sort: most frequent first, ties by UTF-8 bytes."""
    rng = np.random.default_rng(1)
    words = ["z", "a", "é", "日", "𝒳", "\uffff", "ab", "Z"]
    text = [[words[i] for i in rng.integers(0, len(words), 5)] for _ in range(9)]
    counts = Counter(word for sentence in text for word in sentence)

    found = TokenVocabulary.from_text(text).tokens[4:]

    assert list(found) == sorted(counts, key=lambda word: (-counts[word], word.encode()))


def test_rare_words_are_left_out_and_the_most_frequent_kept():
    """min_count drops words below it, max_words those beyond it, the specials not counted."""
    text = [["a"] * 3 + ["b"] * 2 + ["c"] * 2 + ["d"]]

    assert TokenVocabulary.from_text(text, min_count=2).tokens[4:] == ("a", "b", "c")
    assert TokenVocabulary.from_text(text, max_words=2).tokens[4:] == ("a", "b")
    assert TokenVocabulary.from_text(text, min_count=3, max_words=9).tokens[4:] == ("a",)


@pytest.mark.parametrize("limits", [{"min_count": 0}, {"max_words": 0}, {"max_words": -1}])
def test_limits_below_one_are_refused(limits):
    """A negative limit would otherwise cut words off the wrong end."""
    with pytest.raises(ValueError, match="must be at least 1"):
        TokenVocabulary.from_text([["a"]], **limits)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ([], "there is no word in it"),
        ([[]], "there is no word in it"),
        ([["a", "b"]], "no word occurs min_count=2 times among 2 words"),
        ([["<unk>", "<unk>"]], "there is no word in it"),
    ],
)
def test_a_text_without_frequent_words_is_refused(text, said):
    """V02: it says the limit and how many words there were, if there were any."""
    with pytest.raises(InputError, match=said) as caught:
        TokenVocabulary.from_text(text, min_count=2)

    assert caught.value.identifier == "V02"


@pytest.mark.parametrize("words", [["a", "a"], ["<pad>"], ["a", ""]])
def test_words_that_cannot_be_told_apart_are_refused(words):
    """Each id is one word, and none is a special or nothing at all."""
    with pytest.raises(ValueError, match="distinct"):
        TokenVocabulary(words)


def test_vectors_give_their_words_in_order():
    """A word of the vectors that is spelt like a special gives way to it."""
    vectors = Vectors(("the", "<unk>", "cat"), np.eye(3, dtype=np.float32))

    assert TokenVocabulary.from_vectors(vectors).tokens == (*SPECIALS, "the", "cat")


def test_known_words_come_back():
    """Decode is the inverse of encode for words of the vocabulary."""
    vocabulary = TokenVocabulary(["a", "b", "c"])
    words = ["c", "a", "a", "b"]

    assert vocabulary.decode(vocabulary.encode(words)) == words


def test_decoding_ends_at_the_first_end():
    """Padding and <sos> are no words, and what stands behind <eos> is not read."""
    vocabulary = TokenVocabulary(["a", "b"])

    assert vocabulary.decode([START, 4, PADDING, 5, END, 4]) == ["a", "b"]
    assert vocabulary.decode([4, UNKNOWN]) == ["a", "<unk>"]
