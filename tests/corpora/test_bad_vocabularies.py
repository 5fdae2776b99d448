"""Group 2 of the table of bad inputs, a row each: texts and files that make no vocabulary."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corpora.corpus import Corpus
from corpora.sampling import keep_probabilities, noise_table
from corpora.vocabulary import Vocabulary
from corpora.windows import WindowSampler

ROOT = Path(__file__).parents[2]
TEXT = b"the cat sat on the mat\nthe end\n" * 3


@pytest.fixture
def vocab(w2v_command, tmp_path):
    """Runs `w2v vocab` on a text, with a vocabulary file if one is given."""

    def run(text, *options, file=None):
        (tmp_path / "a.txt").write_bytes(text)
        if file is not None:
            (tmp_path / "words.txt").write_bytes(file)
            options = (*options, "--vocab", tmp_path / "words.txt")
        return w2v_command("vocab", tmp_path / "a.txt", *options)

    return run


def refused(done, code, identifier):
    """What a refused run says on stderr, having checked how it must look."""
    assert done.code == code, done.err
    assert done.out == ""
    assert "Traceback" not in done.err
    assert f"[W2V-{identifier}]" in done.err
    assert "\n  fix: " in done.err
    return done.err


def test_v01_no_word_that_is_frequent_enough_is_refused(vocab):
    """Exit 3 with the number of words, the highest count, the limit and the way out."""
    said = refused(vocab(TEXT, "--min-count", 50), 3, "V01")

    assert "6 distinct words in the corpus, the most frequent occurs 9 times, min-count is 50" in said
    assert "lower --min-count" in said


def test_v01_a_single_word_that_is_frequent_enough_is_refused(vocab):
    """One word that is left is as useless as none."""
    assert "1 words are left, and training needs 2" in refused(vocab(TEXT, "--min-count", 9), 3, "V01")


def test_v01_a_vocabulary_file_without_frequent_words_is_refused(vocab):
    """Its own counts are compared with min-count, and are those of the message."""
    said = refused(vocab(TEXT, "--min-count", 5, file=b"the 4\ncat 3\n"), 3, "V01")

    assert "2 distinct words in the vocabulary, the most frequent occurs 4 times, min-count is 5" in said


@pytest.mark.parametrize("min_count", [1, 5, 100])
def test_v02_one_distinct_word_is_refused(vocab, min_count):
    """Exit 3, "at least 2 distinct words", whatever min-count is."""
    said = refused(vocab(b"word word\n" * 9, "--min-count", min_count), 3, "V02")

    assert "negative sampling needs at least 2 distinct words" in said


def test_v02_a_vocabulary_file_of_one_word_is_refused(vocab):
    """The same for a file."""
    assert "the vocabulary has 1" in refused(vocab(TEXT, file=b"the 9\n"), 3, "V02")


def test_v03_two_words_train_with_twenty_negatives():
    """Every window has its twenty, of which some are the center; nothing is drawn again."""
    corpus = Corpus.from_sentences([["a", "b"] * 50], min_count=1)

    windows = WindowSampler(corpus, negatives=20, subsample=0).sample(0, 0)

    assert windows.negatives.shape == (100, 20)
    assert set(windows.negatives.ravel().tolist()) == {0, 1}


def test_v04_one_word_that_is_nearly_all_ends():
    """A word of 99.9999 % leaves windows, negatives of both kinds, and no loop."""
    corpus = Corpus.from_sentences([["all"] * 1000] * 1000 + [["all", "rare"]], min_count=1)
    sampler = WindowSampler(corpus, subsample=1e-5)

    chances = sampler.noise.probabilities()
    windows = [sampler.sample(0, chunk) for chunk in range(sampler.n_chunks)]

    assert sum(len(part.centers) for part in windows) > 100
    assert chances[1] == pytest.approx(1 / (1 + 1_000_001**0.75), rel=1e-4)


def test_v05_too_many_distinct_words_are_counted_in_bounded_memory(vocab):
    """Beyond --max-vocab-memory rare words go, the frequent ones keep true counts, and a note says so."""
    rare = b" ".join(b"r%d" % n for n in range(450_000))
    done = vocab(
        b"often often\n" * 50 + rare + b"\nusual often\n" * 50, "--max-vocab-memory", 1, "--threads", 1
    )

    assert (done.code, done.out) == (0, "often 150\nusual 50\n")
    assert "too many distinct words for the memory limit" in done.err
    assert "raise --max-vocab-memory" in done.err


def test_v05_too_many_distinct_words_of_a_stream_are_refused(tmp_path):
    """Standard input cannot be read again: exit 6, with the way out, and nothing left behind."""
    command = "from cli.main import main; main(['vocab', '-', '--max-vocab-memory', '1', '--threads', '1'])"

    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        input=b" ".join(b"r%d" % n for n in range(450_000)),
        capture_output=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )

    assert done.returncode == 6
    assert b"[W2V-V05]" in done.stderr
    assert b"fix: raise --max-vocab-memory, or save the stream to a file" in done.stderr
    assert os.listdir(tmp_path) == []


def test_v06_a_word_that_stands_twice_is_refused(vocab):
    """Exit 3 with both lines."""
    said = refused(vocab(TEXT, file=b"the 9\ncat 8\nthe 7\n"), 3, "V06")

    assert "words.txt, line 3: the word 'the' stands in line 1 already" in said


@pytest.mark.parametrize(
    "count",
    [
        "-1",
        "0",
        "00",
        "1e400",
        "1.5",
        "٣",
        "3٣",
        "+5",
        "5_000",
        "0x5",
        "nan",
        "9" * 20,
        "9" * 5000,
        "5\t",
        "x",
        "",
    ],
)
def test_v07_what_is_no_count_is_refused(vocab, count):
    """Anything but ASCII digits of at least 1: exit 3 with the line."""
    said = refused(vocab(TEXT, file=f"the 9\ncat {count}\n".encode()), 3, "V07")

    assert "words.txt, line 2: expected a whole number of at least 1 as count" in said
    assert len(said) < 500


def test_v07_a_missing_count_is_refused(vocab):
    """A word alone: exit 3 with the line."""
    said = refused(vocab(TEXT, file=b"the 9\ncat\n"), 3, "V10")

    assert "words.txt, line 2: expected a word, one space and a count, found b'cat'" in said


def test_v08_counts_beyond_64_bits_are_refused(vocab):
    """Each fits and the sum does not: exit 3 with the line where it happens."""
    said = refused(vocab(TEXT, file=b"the %d\ncat %d\n" % (2**62, 2**62)), 3, "V08")

    assert f"words.txt, line 2: the counts up to here sum to {2**63}" in said


def test_v09_counts_of_a_trillion_are_exact(tmp_path):
    """They are kept to the last unit through files and corpora, and both distributions hold."""
    (tmp_path / "a.txt").write_bytes(TEXT)
    counts = [10**12 + 1, 10**12, 10**12 - 1]
    Vocabulary.from_counts(zip(["the", "cat", "mat"], counts, strict=True)).save(tmp_path / "words.txt")

    vocabulary = Vocabulary.load(tmp_path / "words.txt")
    corpus = Corpus.prepare([tmp_path / "a.txt"], vocabulary=vocabulary)

    assert corpus.vocabulary.counts.tolist() == counts
    np.testing.assert_allclose(noise_table(corpus.vocabulary.counts, 0.75).probabilities(), 1 / 3, atol=1e-9)
    # a third of the text each: t / f = 0.003, and sqrt(0.003) + 0.003 = 0.0577723
    np.testing.assert_allclose(keep_probabilities(corpus.vocabulary.counts, 1e-3), 0.0577723, atol=1e-7)


@pytest.mark.parametrize(
    "line", [b"new york 5", b" 5", b"new\tyork 5", b"a\0b 5", b"a  5", b"a\vb 5", b"a\t5", b"", b"a\rb 5"]
)
def test_v10_a_word_with_a_blank_or_none_is_refused(vocab, line):
    """A word that no text could hold: exit 3 with the line."""
    said = refused(vocab(TEXT, file=b"the 9\n" + line + b"\ncat 3\n"), 3, "V10")

    assert "words.txt, line 2: expected a word, one space and a count" in said


def test_v10_a_word_that_is_not_utf8_is_refused(vocab):
    """Exit 3 with the line and the bytes."""
    assert "line 2: the word is not UTF-8: e9 74 e9" in refused(
        vocab(TEXT, file=b"the 9\n\xe9t\xe9 3\n"), 3, "V10"
    )


def test_v11_a_vocabulary_that_the_corpus_has_nothing_of_is_refused(vocab):
    """Exit 3 with the number of words in the corpus."""
    said = refused(vocab(TEXT, file=b"Hund 9\nKatze 8\n"), 3, "V11")

    assert "a.txt: 0 of 24 corpus words are in the vocabulary" in said


def test_v12_equal_counts_are_ordered_by_their_bytes(vocab):
    """Not as a language would order them, so that every machine has the same order."""
    done = vocab("z é a Z \U0001f600 \uffee 10 9 é z Z a \U0001f600 \uffee 10 9".encode(), "--min-count", 1)

    assert done.out.split()[::2] == ["10", "9", "Z", "a", "z", "é", "\uffee", "\U0001f600"]


def test_v13_a_file_in_another_order_is_sorted(vocab):
    """Lines in any order are the same vocabulary, and a note says that they were sorted."""
    sorted_file, other = b"the 9\ncat 8\nmat 8\n", b"mat 8\nthe 9\ncat 8\n"

    from_other, from_sorted = vocab(TEXT, file=other), vocab(TEXT, file=sorted_file)

    assert from_other.out == from_sorted.out == sorted_file.decode()
    assert "were sorted" in from_other.err
    assert "were sorted" not in from_sorted.err


@pytest.mark.parametrize("most", ["-1", "0", "1"])
def test_v14_a_vocabulary_of_less_than_two_is_wrong_usage(vocab, most):
    """Exit 2, before the text is read."""
    done = vocab(TEXT, "--max-vocab", most)

    assert done.code == 2
    assert "--max-vocab" in done.err
