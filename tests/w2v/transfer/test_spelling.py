"""The nearest spelling: the distance, and the search for it."""

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.transfer.spelling import edit_distance, nearest_spellings

WORDS = st.text(alphabet="abC", min_size=1, max_size=10)


def slow_distance(a, b):
    """The definition, by recursion over the ends of both words."""

    @functools.cache
    def distance(n, m):
        if n == 0 or m == 0:
            return n + m
        edits = [
            distance(n - 1, m) + 1,
            distance(n, m - 1) + 1,
            distance(n - 1, m - 1) + (a[n - 1] != b[m - 1]),
        ]
        if n > 1 and m > 1 and a[n - 1] == b[m - 2] and a[n - 2] == b[m - 1]:
            edits.append(distance(n - 2, m - 2) + 1)
        return min(edits)

    return distance(len(a), len(b))


def slow_nearest(word, known):
    """Every known word is compared."""
    allowed = (len(word) >= 4) + (len(word) >= 8)
    distances = [slow_distance(word.casefold(), other.casefold()) for other in known]
    least = min(distances, default=allowed + 1)
    return distances.index(least) if least <= allowed else -1


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [
        ("", "", 0),
        ("rome", "rome", 0),
        ("rome", "rom", 1),
        ("rome", "roem", 1),
        ("colour", "color", 1),
        ("ab", "", 2),
    ],
)
def test_distance_by_hand(a, b, edits):
    """A letter left out, and two neighbours swapped, are one edit each."""
    assert edit_distance(a, b) == edit_distance(b, a) == edits


@given(WORDS, WORDS)
@settings(max_examples=200, deadline=None)
def test_distance_is_its_definition(a, b):
    """The table of the fast form gives what the recursion gives."""
    assert edit_distance(a, b) == slow_distance(a, b)


@given(WORDS, st.lists(WORDS, max_size=8))
@settings(max_examples=300, deadline=None)
def test_search_finds_what_comparing_all_finds(word, known):
    """No nearer word escapes the map of shortened forms, and ties go to the first."""
    assert nearest_spellings([word], known) == [slow_nearest(word, known)]


def test_short_words_are_left_alone():
    """No cat is a misspelt car; only the case of short words may differ."""
    near = nearest_spellings(["car", "CAT", "", "organise"], ["cat", "organize", "organized"])

    assert near == [-1, 0, -1, 1]


def test_endless_words_cost_nothing():
    """Words of 100,000 letters, on either side, are near to nothing, and at once."""
    assert nearest_spellings(["a" * 100_000, "rome"], ["b" * 100_000, "a" * 100_001]) == [-1, -1]
