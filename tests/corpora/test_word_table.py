"""The table that counts: growth, order, merging, the memory limit, and large counts."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora import kernels, word_table
from corpora.text import PADDING
from corpora.word_table import GrowingTable, table_of

WORDS = st.text(st.sampled_from("abé日😀"), min_size=1, max_size=40)


def count(table, words):
    """Counts a list of words; returns the entry of each."""
    data = " ".join(words).encode()
    text = np.zeros((len(data) + PADDING + 7) // 8 * 8, dtype=np.uint8)
    text[: len(data)] = np.frombuffer(data, dtype=np.uint8)
    ids = np.empty(len(data) + 1, dtype=np.int32)
    totals = np.zeros(6, dtype=np.int64)
    assert table.encode(text, len(data), ids, totals) == -1
    return ids[: totals[kernels.N_IDS]]


def counts_of(table):
    """A Counter of all words of a table."""
    return Counter(dict(zip(table.words(np.arange(len(table))), table.counts.tolist(), strict=True)))


def set_counts(table, counts):
    """Puts counts into a table that no test could count up to."""
    table.arrays.slots[:] = 0
    kernels.fill_slots(table.arrays, np.array(counts, dtype=np.int64))


def test_table_grows_while_it_counts(monkeypatch):
    """A table that starts with 6 entries counts 5,000 words as a Counter does."""
    monkeypatch.setattr(word_table, "FIRST_SLOTS", 4)
    rng = np.random.default_rng(1)
    words = ["w" * (n % 90) + str(n) for n in rng.integers(0, 5000, 20_000)]
    table = GrowingTable()

    entries = count(table, words)

    assert counts_of(table) == Counter(words)
    assert list(table.words(entries)) == words


def test_long_words_alone_make_it_grow(monkeypatch):
    """Words that fill the chunks before the entries are counted as well."""
    monkeypatch.setattr(word_table, "FIRST_SLOTS", 128)
    words = [f"{n:03d}" + "x" * 997 for n in range(100)]
    table = GrowingTable()

    count(table, words)

    assert counts_of(table) == Counter(words)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(words=st.lists(WORDS, max_size=60))
def test_order_is_by_falling_count_then_bytes(words):
    """Any words come out as sorted() orders them by (-count, UTF-8 bytes)."""
    table = GrowingTable()
    count(table, words)

    found = table.words(table.order(np.arange(len(table))))

    counts = Counter(words)
    assert list(found) == sorted(counts, key=lambda word: (-counts[word], word.encode()))


def test_words_equal_in_their_first_32_bytes_are_ordered_by_the_rest():
    """Ties that 32 bytes leave open are decided by the bytes behind them, within each count."""
    stem = "s" * 32
    words = [stem + end for end in ("", "b", "a", "ab", "é", "a" * 40, "a" * 39 + "b")]
    table = GrowingTable()
    count(table, words[::-1] + [f"{stem}zz", f"{stem}zy"] * 2 + ["r", "t"])

    found = table.words(table.order(np.arange(len(table))))

    assert list(found) == [f"{stem}zy", f"{stem}zz", "r", *sorted(words, key=str.encode), "t"]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(here=st.lists(WORDS, max_size=30), there=st.lists(WORDS, max_size=30))
def test_merging_adds_counts_and_maps_entries(here, there):
    """After a merge the counts are those of both texts, and each entry there has its word here."""
    table, other = GrowingTable(), GrowingTable()
    count(table, here)
    count(other, there)

    entries = table.merge(other)

    assert counts_of(table) == Counter(here + there)
    assert table.words(entries) == other.words(np.arange(len(other)))


def test_merging_into_a_small_table_makes_it_grow(monkeypatch):
    """A merge goes on behind each growth without counting a word twice."""
    words = [f"w{n}" for n in range(1000)]
    other = GrowingTable()
    count(other, words * 2)
    monkeypatch.setattr(word_table, "FIRST_SLOTS", 4)
    table = GrowingTable()
    count(table, ["w5", "new"])

    table.merge(other)

    assert counts_of(table) == Counter(words * 2 + ["w5", "new"])


def test_counts_beyond_32_bits_are_exact():
    """Counts over 2^31, 2^32 and 2^53 are kept, ordered, counted on and merged to the last unit."""
    large = [2**31 + 1, 2**53 + 1, 2**32 + 3, 2**53]
    table, other = table_of(("a", "b", "c", "d")), table_of(("b", "d"))
    set_counts(table, large)
    set_counts(other, [2**40, 2**40])

    count(table, ["a", "b"])
    table.merge(other)

    assert table.counts.tolist() == [2**31 + 2, 2**53 + 2 + 2**40, 2**32 + 3, 2**53 + 2**40]
    assert table.words(table.order(np.arange(4))) == ("b", "d", "c", "a")


def test_entries_of_given_words_keep_their_order():
    """`table_of` numbers words as they come and starts from 0 occurrences."""
    words = ("zeta", "alpha", "m" * 1000, "é")

    table = table_of(words)

    assert table.words(np.arange(len(table))) == words
    assert table.counts.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("max_entries", [0, 64, 200])
def test_limit_drops_rare_words_and_never_grows_past_it(monkeypatch, max_entries):
    """With a limit, frequent words stay, the table says what may be missing, and no count is too high."""
    monkeypatch.setattr(word_table, "FIRST_SLOTS", 64)
    rng = np.random.default_rng(2)
    words = [
        word for n in range(600) for word in ("often", "usual", f"rare{n}", f"seldom{rng.integers(300)}")
    ]
    table = GrowingTable(max_entries=max_entries)

    count(table, words)

    true, found = Counter(words), counts_of(table)
    assert table.min_kept > 1
    assert len(table) <= max(64, max_entries)
    assert found["often"] == found["usual"] == 600
    assert all(found[word] <= true[word] for word in found)


def test_table_without_a_limit_keeps_every_word():
    """`min_kept` stays 1 where nothing was dropped."""
    table = GrowingTable()

    count(table, ["a", "b", "a"])

    assert table.min_kept == 1
