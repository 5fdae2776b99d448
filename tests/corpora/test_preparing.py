"""Text files into an encoded corpus: equal to the plain twin, whatever the threads, blocks and limits are."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpora import text, token_files, word_table
from corpora.corpus import Corpus
from corpora.vocabulary import Vocabulary
from tests.reference import reference_encode, reference_sentences, reference_vocabulary

PIECES = [
    b"a",
    b"b",
    b"the",
    b"the",
    b"seventeen.......7",
    "été".encode(),
    "日本".encode(),
    b"x" * 33,
    b"x" * 34,
]
PIECES += [b" ", b" ", b" ", b"\n", b"\n", b"\r\n", b"\t", b" \xe2\x80\xa8 ", b"\v"]
TEXTS = st.lists(st.sampled_from(PIECES), min_size=4, max_size=150).map(b" ".join)


def prepare(folder, data, **options):
    """The corpus of some bytes, of which nothing is kept."""
    (folder / "a.txt").write_bytes(data)
    return Corpus.prepare([folder / "a.txt"], **{"min_count": 1, "cache": folder / "cache", **options})


def as_lists(corpus):
    """Words, counts, tokens and offsets as plain Python."""
    pairs = zip(
        (word.encode() for word in corpus.vocabulary.words), corpus.vocabulary.counts.tolist(), strict=True
    )
    return list(pairs), corpus.tokens.tolist(), corpus.offsets.tolist()


def expected_lists(data, *, min_count=1, max_words=None, longest=10_000):
    """The same by the twin."""
    sentences = reference_sentences(data)
    pairs = reference_vocabulary(sentences, min_count, max_words)
    return pairs, *reference_encode(sentences, pairs, longest)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    data=TEXTS,
    block_bytes=st.integers(80, 200),
    threads=st.sampled_from([1, 2, 5]),
    min_count=st.integers(1, 3),
    max_words=st.sampled_from([None, 3]),
    longest=st.sampled_from([1, 2, 5, 10_000]),
)
def test_corpus_equals_its_twin(tmp_path_factory, data, block_bytes, threads, min_count, max_words, longest):
    """Words, counts, tokens and offsets are those of the twin for any blocks, threads and options."""
    pairs, tokens, offsets = expected_lists(data, min_count=min_count, max_words=max_words, longest=longest)
    assume(len(pairs) >= 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "BLOCK_BYTES", block_bytes)
        patch.setattr(token_files, "MAX_SENTENCE", longest)
        patch.setattr(word_table, "FIRST_SLOTS", 4)

        corpus = prepare(
            tmp_path_factory.mktemp("text"), data, threads=threads, min_count=min_count, max_words=max_words
        )

    assert as_lists(corpus) == (pairs, tokens, offsets)
    assert corpus.summary["words"] == sum(map(len, reference_sentences(data)))
    assert corpus.summary["lines"] == data.count(b"\n")


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_result_does_not_depend_on_threads(tmp_path, threads):
    """A text of several blocks has the vocabulary, tokens and digest that the twin and one thread find."""
    rng = np.random.default_rng(3)
    words = [f"word{n}" for n in rng.zipf(1.3, 400_000) if n < 10**6]
    data = " ".join(words).replace("word1 word1 ", "word1\n").encode()

    corpus = prepare(tmp_path, data, threads=threads, min_count=2)

    assert len(data) > 2 * text.BLOCK_BYTES
    assert as_lists(corpus) == expected_lists(data, min_count=2)


def test_several_files_are_one_corpus(tmp_path):
    """Files follow one another; a sentence never goes on in the next file, with or without a line feed."""
    parts = [b"a b\nc", b"d e\n", b"\n\na", b"b"]
    paths = [tmp_path / f"{n}.txt" for n in range(4)]
    for path, part in zip(paths, parts, strict=True):
        path.write_bytes(part)

    corpus = Corpus.prepare(paths, min_count=1, threads=2)

    assert as_lists(corpus) == expected_lists(b"a b\nc\nd e\na\nb")


@pytest.mark.parametrize("n_words", [9_999, 10_000, 10_001, 20_000, 35_000])
def test_long_lines_are_split_and_nothing_is_lost(tmp_path, n_words):
    """A line of more than 10,000 words becomes sentences of 10,000 and is counted; others stay whole."""
    line = b" ".join(b"w%d" % (n % 7) for n in range(n_words))

    corpus = prepare(tmp_path, b"a b\n" + line + b"\na b")

    assert as_lists(corpus) == expected_lists(b"a b\n" + line + b"\na b")
    lengths = np.diff(corpus.offsets).tolist()
    assert lengths[1:-1] == [10_000] * (n_words // 10_000) + [n_words % 10_000] * (n_words % 10_000 > 0)
    assert corpus.summary["lines_split"] == (n_words > 10_000)
    assert any("split into sentences" in remark for remark in corpus.summary["remarks"]) == (n_words > 10_000)


def test_pruned_words_leave_the_sentence_whole(tmp_path):
    """Without its rare words a line stays one sentence; a line of rare words alone is none."""
    corpus = prepare(tmp_path, b"a x b\ny\nb a\n", min_count=2)

    assert as_lists(corpus) == ([(b"a", 2), (b"b", 2)], [0, 1, 1, 0], [0, 2, 4])
    assert corpus.summary["words"] == 6
    assert corpus.summary["distinct_words"] == 4


def test_a_given_vocabulary_is_used_as_it_is(tmp_path):
    """Its words alone are encoded, with its own counts and ids; others count as left out."""
    vocabulary = Vocabulary.from_counts([("cat", 10**12), ("absent", 50), ("the", 7), ("rare", 1)])

    corpus = prepare(tmp_path, b"the cat\nsat on\nthe rare end", vocabulary=vocabulary, min_count=2)

    assert as_lists(corpus) == ([(b"cat", 10**12), (b"absent", 50), (b"the", 7)], [2, 0, 2], [0, 2, 3])
    assert corpus.summary["words"] == 7


@pytest.mark.parametrize("words", [("a b", ""), ("a b", "c"), ("", "c"), ("x" * 1001, "c"), ("a\nb", "")])
def test_a_vocabulary_that_no_text_can_hold_is_refused(tmp_path, words):
    """Words that are empty, too long or hold a blank are a ValueError, also where they look like others."""
    with pytest.raises(ValueError, match="a word of the vocabulary is empty, too long, or holds a blank"):
        prepare(tmp_path, b"a b c", vocabulary=Vocabulary(words, np.array([9, 9])))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("min_count", [1, 5])
def test_beyond_the_memory_limit_counts_are_exact(tmp_path, monkeypatch, threads, min_count):
    """With no memory for many distinct words, what is kept has its true count, and a remark says so."""
    monkeypatch.setattr(word_table, "FIRST_SLOTS", 256)
    monkeypatch.setattr(text, "BLOCK_BYTES", 4096)
    rng = np.random.default_rng(4)
    words = [f"often{n}" for n in rng.integers(0, 20, 4000)] + [f"rare{n}" for n in range(4000)]
    rng.shuffle(words)
    data = "\n".join(words).encode()

    corpus = prepare(tmp_path, data, threads=threads, min_count=min_count, max_table_bytes=1)

    true = Counter(words)
    found = dict(zip(corpus.vocabulary.words, corpus.vocabulary.counts.tolist(), strict=True))
    assert found == {word: true[word] for word in found}
    assert set(found) >= {f"often{n}" for n in range(20)}
    assert len(found) < len(true)
    assert any(word.startswith("rare") for word in found) == (
        min_count == 1
    )  # the last ones were not dropped
    assert np.bincount(corpus.tokens).tolist() == corpus.vocabulary.counts.tolist()
    assert any("memory limit" in remark for remark in corpus.summary["remarks"])
    assert corpus.summary["words"] == len(words)


def test_within_the_memory_limit_nothing_is_said(tmp_path):
    """A text that fits has no remark."""
    assert prepare(tmp_path, b"a b c").summary["remarks"] == []


def test_offsets_beyond_32_bits_are_exact():
    """Sentences behind 2^31 and 2^32 tokens are placed, and split, with 64-bit offsets."""
    sentences = token_files._SentenceEnds()
    far = 3 * 2**31
    sentences.n_tokens = sentences._start = far

    placed = sentences.place(np.array([5, 5, 25_005]), 25_007, ends_before=True)
    last = sentences.close()

    assert placed.tolist() == [far + 5, far + 10_005, far + 20_005, far + 25_005]
    assert last.tolist() == [far + 25_007]
    assert placed.dtype == last.dtype == np.int64
    assert (sentences.n_sentences, sentences.n_split, sentences.n_tokens) == (5, 1, far + 25_007)


def test_summary_counts_what_was_met(tmp_path):
    """Words, lines, long words, zero bytes and tokens, each counted by hand."""
    data = b"a b\0c\n" + b"x" * 1001 + b" a\n\nb"  # a b c, a, b; three line feeds; one zero byte

    summary = prepare(tmp_path, data, min_count=2).summary

    names = (
        "words",
        "tokens",
        "sentences",
        "vocabulary",
        "distinct_words",
        "lines",
        "words_too_long",
        "nul_bytes",
    )
    assert [summary[name] for name in names] == [5, 4, 3, 2, 3, 3, 1, 1]
    assert summary["min_count"] == 2


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("options", ["blanks", "words"])
def test_errors_point_to_the_bytes(tmp_path, monkeypatch, threads, options):
    """The line and the byte of an error, read again from the file, hold the bytes that are not UTF-8."""
    monkeypatch.setattr(text, "BLOCK_BYTES", 128)
    bad = b"\xe2\x28\xa1"
    data = b"\xef\xbb\xbf" + b"good words here\n" * 50 + b"no long good-" + bad + b" end\n" + b"good\n" * 50

    with pytest.raises(text.InputError) as caught:
        prepare(tmp_path, data, threads=threads, text=text.TextOptions(tokenizer=options))

    error = caught.value
    assert error.identifier == "C12"
    assert error.path == str(tmp_path / "a.txt")
    assert bad in data.split(b"\n")[error.line - 1]
    assert data[error.byte :].startswith(bad)
    assert "e2 28 a1" in error.problem
