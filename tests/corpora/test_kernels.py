"""The compiled functions of the room do what their slow twins do, with the JIT and without."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora import kernels, word_table
from corpora.sampling import AliasTable, noise_table, random_state
from corpora.text import PADDING
from corpora.word_table import GrowingTable, table_of
from tests.reference import (
    LONGEST_WORD,
    reference_draw,
    reference_noise,
    reference_sentences,
    reference_state,
    reference_vocabulary,
    reference_windows,
    reference_words_only,
    splitmix64,
)

PIECES = [b"a", b"B", b"word", b"eight..8", b"nine....9", b"sixteen........6", b"seventeen.......7"]
PIECES += ["été".encode(), "日本語".encode(), "😀".encode(), "\u2028\u0085\u00a0\u3000\u200b\ufeff".encode()]
PIECES += [b"\x01\x08\x0e\x1b\x1f!\x7f", b" ", b" ", b"\n", b"\n", b"\r\n", b"\t", b"\v", b"\f", b"\0", b"\r"]
LONG_WORDS = [b"x" * n for n in (999, 1000, 1001, 1008, 2500)]
TEXTS = st.lists(st.sampled_from(PIECES + LONG_WORDS), max_size=80).map(b"".join)


def padded(data):
    """The bytes as a kernel takes them, with blanks behind."""
    text = np.full((len(data) + PADDING + 7) // 8 * 8, 32, dtype=np.uint8)
    text[: len(data)] = np.frombuffer(data, dtype=np.uint8)
    return text


def encode(table, data, **options):
    """What `GrowingTable.encode` returns, the ids it wrote, and its totals."""
    ids = np.full(len(data) + 1, -7, dtype=np.int32)
    totals = np.zeros(6, dtype=np.int64)
    bad = table.encode(padded(data), len(data), ids, totals, **options)
    return bad, ids[: totals[kernels.N_IDS]], totals


def sentences_of(ids, words):
    """The lists of words that ids with sentence ends stand for."""
    sentences = [[]]
    for entry in ids:
        if entry == kernels.SENTENCE_END:
            sentences.append([])
        else:
            sentences[-1].append(words[entry].encode())
    return sentences


def assert_encodes_as_twin(data):
    """Words, counts, sentences and totals of one text are those of the twin."""
    table = GrowingTable()

    bad, ids, totals = encode(table, data)

    expected = reference_sentences(data)
    words = table.words(np.arange(len(table)))
    found = zip((word.encode() for word in words), table.counts.tolist(), strict=True)
    order = table.order(np.arange(len(table)))
    assert bad == -1
    assert [s for s in sentences_of(ids, words) if s] == [s for s in expected if s]
    assert dict(found) == dict(reference_vocabulary(expected))
    assert [words[entry].encode() for entry in order] == [word for word, _ in reference_vocabulary(expected)]
    assert totals[kernels.N_LINES] == data.count(b"\n")
    assert totals[kernels.N_NUL] == data.count(b"\0")
    assert totals[kernels.N_TOO_LONG] == sum(len(run) > LONGEST_WORD for run in runs_of(data))


def runs_of(data):
    """What stands between blanks, however long."""
    return data.translate(bytes.maketrans(b"\t\n\v\f\r\0", b"      ")).split(b" ")


def assert_blanks_as_twin(text):
    """`blank_non_words` leaves the words that the twin leaves."""
    from corpora.text import _character_classes

    data = text.encode()
    buffer = padded(data)

    kernels.blank_non_words(buffer, len(data), *_character_classes())

    assert buffer[: len(data)].tobytes().decode().split() == reference_words_only(text).split()
    assert buffer[: len(data)].tobytes().count(b"\n") == text.count("\n")


def assert_remaps_as_twin(ids, word_ids):
    """`remap_ids` leaves out pruned words, puts the ends where the text has them, and adds up a checksum."""
    tokens, ends = ids.copy(), np.empty(np.count_nonzero(ids == -1), dtype=np.int64)

    n_tokens, checksum = kernels.remap_ids(tokens, word_ids, ends)

    kept = [-1 if entry == -1 else word_ids[entry] for entry in ids if entry == -1 or word_ids[entry] >= 0]
    assert tokens[:n_tokens].tolist() == [word_id for word_id in kept if word_id != -1]
    places = [place for place, word_id in enumerate(kept) if word_id == -1]
    assert ends.tolist() == [place - n for n, place in enumerate(places)]
    factors = [n * 0x9E3779B97F4A7C15 % 2**64 | 1 for n in range(1, n_tokens + 1)]
    products = [(word_id + 1) * factor for word_id, factor in zip(tokens.tolist(), factors, strict=False)]
    assert int(checksum) == sum(products) % 2**64


def assert_alias_table_is_exact(counts, exponent):
    """The chances read back from an alias table are those of the twin, to its 32 bits."""
    table = noise_table(np.array(counts, dtype=np.int64), exponent)

    np.testing.assert_allclose(
        table.probabilities(), reference_noise(counts, exponent), rtol=0, atol=2**-31 * len(counts)
    )


def assert_draws_as_twin(packed, seed):
    """`draw_words` draws, from SplitMix64, the words that the twin draws."""
    found = AliasTable(packed).draw(200, seed=seed)

    randoms = splitmix64(reference_state(seed))
    assert found.tolist() == [reference_draw(packed, random) for random in itertools.islice(randoms, 200)]


def room_for(n_tokens, *, window, n_negatives):
    """Arrays for the windows of so many tokens."""
    return kernels.WindowArrays(
        centers=np.empty(n_tokens, dtype=np.int32),
        contexts=np.empty(2 * n_tokens * min(window, n_tokens) + 1, dtype=np.int32),
        offsets=np.empty(n_tokens + 1, dtype=np.int64),
        negatives=np.empty((n_tokens, n_negatives), dtype=np.int32),
        kept=np.empty(n_tokens + 1, dtype=np.int32),
    )


def assert_windows_as_twin(seed, *, window, n_negatives, shrink, n_words=9):
    """`fill_windows` gives the windows of the twin for random sentences."""
    rng = np.random.default_rng(seed)
    sentences = [rng.integers(0, n_words, n).tolist() for n in rng.integers(1, 13, 6)]
    tokens = np.array([word for sentence in sentences for word in sentence], dtype=np.int32)
    keep = np.append(rng.random(n_words - 1), 1.0)
    thresholds = np.maximum(np.round(keep * 2**32) - 1, 0).astype(np.uint32)
    packed = noise_table(np.arange(1, n_words + 1), 0.75).packed
    room = room_for(len(tokens), window=window, n_negatives=n_negatives)
    ends = np.cumsum([len(sentence) for sentence in sentences])

    n_windows = kernels.fill_windows(
        tokens, ends, thresholds, packed, random_state(seed, 3, 4), window, shrink, True, room
    )

    randoms = splitmix64(reference_state(seed, 3, 4))
    expected = reference_windows(
        sentences, keep, packed, randoms, window=window, n_negatives=n_negatives, shrink=shrink
    )
    found = [
        (
            room.centers[w],
            room.contexts[room.offsets[w] : room.offsets[w + 1]].tolist(),
            room.negatives[w].tolist(),
        )
        for w in range(n_windows)
    ]
    assert found == expected
    assert expected


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=TEXTS)
def test_encoding_equals_its_twin(data):
    """Words, counts, sentence ends and totals of any mix of words and blanks are those of the twin."""
    assert_encodes_as_twin(data)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    runs=st.lists(st.tuples(st.integers(1, 70), st.sampled_from([b" ", b"\n", b"  ", b" \n "])), max_size=60)
)
def test_words_of_any_length_at_any_place_are_found(runs):
    """Every length from 1 to 70 bytes at every alignment gives the word itself."""
    assert_encodes_as_twin(b"".join(b"abcdefg"[:n] * (n // 7 + 1) + blank for n, blank in runs))


@pytest.mark.parametrize("n_bytes", range(1, 140))
def test_text_may_end_anywhere(n_bytes):
    """The last word ends where the text ends, whatever stands behind it in the buffer."""
    table = GrowingTable()
    text = np.full(256, ord("z"), dtype=np.uint8)
    text[:n_bytes] = ord("y")
    totals = np.zeros(6, dtype=np.int64)

    table.encode(text, n_bytes, np.empty(n_bytes + 1, dtype=np.int32), totals)

    assert table.words(np.arange(len(table))) == ("y" * n_bytes,)


@pytest.mark.parametrize("byte", range(256))
def test_seven_bytes_are_blanks_and_no_other(byte):
    """NUL, tab, LF, VT, FF, CR and space part words; every other byte below 128 is a letter."""
    data = b"a" + bytes([byte]) + b"b"
    table = GrowingTable()

    bad, ids, _ = encode(table, data)

    if byte >= 128:
        assert bad == 0
    else:
        n_words = 2 if data[1:2] in (b"\0", b"\t", b"\n", b"\v", b"\f", b"\r", b" ") else 1
        assert np.count_nonzero(ids >= 0) == n_words


def test_utf8_is_judged_as_python_judges_it():
    """Every two bytes, and every edge of three and four, are refused exactly where Python refuses them."""
    edges = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1]
    edges += [0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF]
    cases = [bytes(pair) for pair in itertools.product(range(0x80, 0x100), range(0x21, 0x100))]
    for n in (3, 4):
        cases += [bytes(case) for case in itertools.product(edges[-14:], *[edges[1:]] * (n - 1))]
    table = GrowingTable()
    wrong = []

    for case in cases:
        bad, _, _ = encode(table, case)
        if (bad == -1) != (case.decode(errors="replace").encode() == case):
            wrong.append(case)

    assert len(cases) > 100_000
    assert not wrong


def test_unknown_words_are_counted_and_not_added():
    """A table that must not grow counts its own words and says how many others there were."""
    table = table_of(("b", "a"))

    bad, ids, totals = encode(table, b"a x b\ny a x", may_insert=False)

    assert bad == -1
    assert ids.tolist() == [1, 0, kernels.SENTENCE_END, 1]
    assert table.counts.tolist() == [1, 2]
    assert totals[kernels.N_UNKNOWN] == 3


@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=st.text(st.sampled_from("aBé'’_-.\n \t\0日ä\u0301\u200d\u200c٣½😀_''"), max_size=60))
def test_blanking_equals_its_twin(text):
    """What belongs to no word becomes a space, exactly where the twin says so."""
    assert_blanks_as_twin(text)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ids=st.lists(st.integers(-1, 4), max_size=50))
def test_remapping_equals_its_twin(ids):
    """Pruned words go, ends of lines stay at their places."""
    assert_remaps_as_twin(np.array(ids, dtype=np.int32), np.array([2, -1, 0, -1, 1], dtype=np.int32))


@pytest.mark.parametrize("exponent", [0.75, 0.0, -0.5, 1.0])
@pytest.mark.parametrize("counts", [[1], [5, 5], [1, 10**12], list(range(1, 400)), [10**6, *[1] * 99]])
def test_alias_table_holds_the_distribution(counts, exponent):
    """The chance of every word, read back from the table, is count^exponent over the sum."""
    assert_alias_table_is_exact(counts, exponent)


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_draws_equal_their_twin(seed):
    """The same seed draws the words that the twin draws with Python's own integers."""
    assert_draws_as_twin(noise_table(np.array([1, 5, 90, 7]), 0.75).packed, seed)


@pytest.mark.parametrize("shrink", [True, False])
@pytest.mark.parametrize(("window", "n_negatives"), [(1, 1), (5, 5), (40, 2)])
@pytest.mark.parametrize("seed", range(5))
def test_windows_equal_their_twin(seed, window, n_negatives, shrink):
    """Centers, contexts and negatives are those of the twin, draw by draw."""
    assert_windows_as_twin(seed, window=window, n_negatives=n_negatives, shrink=shrink)


@pytest.mark.parametrize(("below", "n_windows"), [(0, 2), (1, 0)])
def test_an_occurrence_is_kept_up_to_its_threshold(below, n_windows):
    """32 random bits that equal the threshold keep the word; one less drops it."""
    draws = [random >> 32 for random in itertools.islice(splitmix64(reference_state(7)), 2)]
    room = room_for(2, window=1, n_negatives=1)

    found = kernels.fill_windows(
        np.array([0, 1], dtype=np.int32),
        np.array([2]),
        np.array(draws, dtype=np.uint32) - np.uint32(below),
        noise_table(np.array([1, 1]), 0.75).packed,
        random_state(7),
        1,
        False,
        True,
        room,
    )

    assert found == n_windows


def test_kernels_equal_their_twins_without_the_jit():
    """Under NUMBA_DISABLE_JIT=1 the same functions run as plain Python and still equal the twins."""
    command = "from tests.corpora.test_kernels import assert_all_on_little_data as check; check()"
    flags = ["-W", "error", "-W", "ignore:overflow encountered:RuntimeWarning"]

    done = subprocess.run(
        [sys.executable, *flags, "-c", command],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr


def assert_all_on_little_data():
    """All comparisons once more; the run without the JIT calls it."""
    assert not hasattr(kernels.encode_block, "py_func")
    word_table.FIRST_SLOTS = 4  # grows on the way
    rng = np.random.default_rng(1)
    for _ in range(5):
        assert_encodes_as_twin(b"".join(rng.choice(np.array(PIECES, dtype=object), 60)))
    assert_encodes_as_twin(b" ".join([*LONG_WORDS, b"%d" % 17]))
    merged, other = table_of(("a", "b")), table_of(("c", "seventeen.......7", "a"))
    assert merged.merge(other).tolist() == [2, 3, 0]
    assert encode(GrowingTable(), b"ok \xc3( no")[0] == 3
    assert_blanks_as_twin("Don't 'stop' x_1\u0301 ½, 日本—😀\n_a")
    assert_remaps_as_twin(np.array([0, 1, -1, 2], dtype=np.int32), np.array([1, -1, 0], dtype=np.int32))
    assert_alias_table_is_exact([1, 2, 30, 4], 0.75)
    assert_draws_as_twin(noise_table(np.array([1, 5, 90, 7]), 0.75).packed, 1)
    assert_windows_as_twin(1, window=3, n_negatives=2, shrink=True)
