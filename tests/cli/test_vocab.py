"""`w2v vocab`: counts on stdout, in a file, and as JSON."""

import json
from collections import Counter
from pathlib import Path

import pytest

from corpora.vocabulary import Vocabulary

TEXT = "the cat saw the dog\nthe dog saw a zoë\n"
COUNTS = {"the": 3, "dog": 2, "saw": 2, "a": 1, "cat": 1, "zoë": 1}  # ties by UTF-8 bytes


@pytest.fixture
def corpus(tmp_path):
    """A text of two lines."""
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_words_come_out_most_frequent_first(w2v_command, corpus):
    """A "word count" line for each word, ties in the order of their bytes."""
    done = w2v_command("vocab", corpus, "--min-count", 1)

    assert done.code == 0, done.err
    assert done.out == "".join(f"{word} {count}\n" for word, count in COUNTS.items())


def test_counts_are_those_of_python(w2v_command, planted_text):
    """60,000 words are counted as a Counter counts them."""
    done = w2v_command("vocab", planted_text, "--min-count", 1)

    expected = Counter(planted_text.read_text().split())
    assert {line.split()[0]: int(line.split()[1]) for line in done.out.splitlines()} == expected


def test_file_reads_back(w2v_command, corpus):
    """-o writes a file that `Vocabulary.load` reads; stdout sums it up."""
    done = w2v_command("vocab", corpus, "--min-count", 2, "-o", "vocab.txt")

    loaded = Vocabulary.load("vocab.txt")
    assert dict(zip(loaded.words, loaded.counts.tolist(), strict=True)) == {"the": 3, "dog": 2, "saw": 2}
    assert done.out == "vocabulary  vocab.txt: 3 of 6 words, 7 of 10 occurrences\n"


def test_json_holds_figures_and_counts(w2v_command, corpus):
    """Without a file the counts are part of the JSON, and letters outside ASCII are escaped."""
    done = w2v_command("vocab", corpus, "--min-count", 1, "--json")

    result = json.loads(done.out)
    assert list(result.pop("counts").items()) == list(COUNTS.items())
    assert result == {"output": None, "words": 10, "tokens": 10, "distinct_words": 6, "vocabulary": 6}
    assert done.out.isascii()


def test_json_beside_a_file_holds_figures_alone(w2v_command, corpus):
    """With a file the counts are there and not in the JSON too."""
    done = w2v_command("vocab", corpus, "--min-count", 2, "-o", "vocab.txt", "--json")

    expected = {"output": "vocab.txt", "words": 10, "tokens": 7, "distinct_words": 6, "vocabulary": 3}
    assert json.loads(done.out) == expected
    assert Path("vocab.txt").exists()


def test_reading_options_are_heeded(w2v_command, tmp_path):
    """--tokenizer words drops punctuation and case; --max-vocab keeps the most frequent."""
    (tmp_path / "raw.txt").write_text("The cat, the dog. THE END! a cat?\n")

    done = w2v_command("vocab", "raw.txt", "--tokenizer", "words", "--min-count", 1, "--max-vocab", 2)

    assert done.out == "the 3\ncat 2\n"
