"""Words, counts, and the file of "word count" lines."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import InputError, StorageError
from corpora.vocabulary import LARGEST_COUNT, Vocabulary

WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \t\n\r\v\f\0"), min_size=1)
PAIRS = st.dictionaries(WORD, st.integers(1, 10**15), max_size=20)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(pairs=PAIRS)
def test_from_counts_orders_by_count_then_bytes(pairs):
    """Pairs in any order become (count falling, UTF-8 bytes rising)."""
    vocabulary = Vocabulary.from_counts(pairs.items())

    found = list(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True))
    assert found == sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0].encode()))


def test_ids_are_places():
    """The id of a word is its place."""
    vocabulary = Vocabulary.from_counts([("rare", 1), ("often", 9)])

    assert vocabulary.ids == {"often": 0, "rare": 1}
    assert len(vocabulary) == 2


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        (("a", "b"), [1]),
        (("a", "a"), [2, 1]),
        (("a", "b"), [1, 2]),
        (("a", "b"), [1, 0]),
        (("a", "b"), [3, -1]),
    ],
)
def test_impossible_vocabularies_are_refused(words, counts):
    """Lengths that differ, a word twice, rising counts, and counts below 1 are a ValueError."""
    with pytest.raises(ValueError, match=r"words and|twice|counts must"):
        Vocabulary(words, np.array(counts))


@pytest.mark.parametrize("pairs", [[("a", 1), ("a", 2)], [("a", 0)], [("a", 2**63), ("b", 1)]])
def test_impossible_pairs_are_refused(pairs):
    """A word twice, a count below 1, and counts beyond 64 bits are a ValueError."""
    with pytest.raises(ValueError, match=r"twice|1 or more|more than 2\^63"):
        Vocabulary.from_counts(pairs)


def test_counts_cannot_be_written_to():
    """The array of counts is read-only: a vocabulary is shared."""
    vocabulary = Vocabulary.from_counts([("a", 2), ("b", 1)])

    with pytest.raises(ValueError, match="read-only"):
        vocabulary.counts[0] = 5


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, 4),
        ({"min_count": 2}, 3),
        ({"min_count": 3}, 1),
        ({"min_count": 10**13}, 0),
        ({"max_words": 2}, 2),
        ({"max_words": 9}, 4),
        ({"min_count": 3, "max_words": 2}, 1),
    ],
)
def test_pruning_keeps_the_most_frequent(options, kept):
    """`min_count` and `max_words` cut the end of the list, ties at the edge of `min_count` included."""
    vocabulary = Vocabulary.from_counts([("a", 10**12), ("b", 2), ("c", 2), ("d", 1)])

    pruned = vocabulary.prune(**options)

    assert pruned.words == vocabulary.words[:kept]
    assert pruned.counts.tolist() == vocabulary.counts[:kept].tolist()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pairs=PAIRS.filter(bool))
def test_saving_and_loading_gives_the_same(tmp_path_factory, pairs):
    """Any words and counts come back from their file."""
    path = tmp_path_factory.mktemp("vocabulary") / "words.txt"
    vocabulary = Vocabulary.from_counts(pairs.items())

    vocabulary.save(path)

    loaded = Vocabulary.load(path)
    assert loaded.words == vocabulary.words
    assert loaded.counts.tolist() == vocabulary.counts.tolist()


def test_file_is_one_line_a_word(tmp_path):
    """The bytes are "word count" lines in UTF-8, the most frequent first."""
    Vocabulary.from_counts([("é", 3), ("b", 3), ("the", 10**12)]).save(tmp_path / "words.txt")

    assert (tmp_path / "words.txt").read_bytes() == "the 1000000000000\nb 3\né 3\n".encode()


def test_many_words_are_written_in_parts(tmp_path):
    """A vocabulary longer than one part of 100,000 lines comes back whole."""
    vocabulary = Vocabulary(tuple(f"w{n:06d}" for n in range(200_001)), np.full(200_001, 7))

    vocabulary.save(tmp_path / "words.txt")

    assert Vocabulary.load(tmp_path / "words.txt").words == vocabulary.words


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbfa 2\nb 1\n", b"a 2\r\nb 1\r\n", b"a 2\nb 1", b"a 2\nb 1\n\n\n", b"b 1\na 2\n"]
)
def test_forms_of_the_same_file_are_taken(tmp_path, data):
    """A byte-order mark, CRLF, no last line feed, blank last lines and another order change nothing."""
    (tmp_path / "words.txt").write_bytes(data)

    vocabulary = Vocabulary.load(tmp_path / "words.txt")

    assert vocabulary.words == ("a", "b")
    assert vocabulary.counts.tolist() == [2, 1]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"\r\n"])
def test_empty_file_is_refused(tmp_path, data):
    """A file without a line is an InputError that names it."""
    path = tmp_path / "words.txt"
    path.write_bytes(data)

    with pytest.raises(InputError, match="empty vocabulary") as caught:
        Vocabulary.load(path)

    assert caught.value.path == str(path)


def test_missing_file_is_refused(tmp_path):
    """A path without a file is an InputError that names it."""
    with pytest.raises(InputError, match=r"absent\.txt: cannot read: No such file"):
        Vocabulary.load(tmp_path / "absent.txt")


def test_largest_sum_of_counts_is_taken(tmp_path):
    """Counts that sum to 2^63 - 1 are read exactly."""
    (tmp_path / "words.txt").write_text(f"a {LARGEST_COUNT - 1}\nb 1\n")

    assert Vocabulary.load(tmp_path / "words.txt").counts.tolist() == [LARGEST_COUNT - 1, 1]


def test_saving_into_a_missing_folder_is_a_storage_error(tmp_path):
    """The error names the file, and no file is left."""
    with pytest.raises(StorageError, match=r"words\.txt"):
        Vocabulary.from_counts([("a", 1)]).save(tmp_path / "absent" / "words.txt")

    assert os.listdir(tmp_path) == []
