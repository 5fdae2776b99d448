"""`w2v evaluate`: scores, coverage and intervals, for people and as JSON."""

import json

import numpy as np
import pytest

from w2v import Vectors, save_vectors

WORDS = ("man", "woman", "king", "queen")
ROWS = [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]]


@pytest.fixture
def royal(tmp_path):
    """A file of four words that make one solved analogy."""
    path = tmp_path / "royal.safetensors"
    save_vectors(Vectors(WORDS, np.array(ROWS, dtype=np.float32)), path)
    return path


@pytest.fixture
def questions(tmp_path):
    """Two analogies of which one can be asked, and three pairs of which two can."""
    (tmp_path / "questions.txt").write_text(": family\nman woman king queen\n: gram1\nman woman boy girl\n")
    (tmp_path / "pairs.csv").write_text("word1,word2,score\nman,woman,9\nman,queen,2\nboy,girl,9\n")
    return ["--analogies", tmp_path / "questions.txt", "--similarity", tmp_path / "pairs.csv"]


def test_json_has_every_promised_field(w2v_command, royal, questions, tmp_path):
    """Shares between 0 and 1, coverage, and null where there is nothing to say."""
    done = w2v_command("evaluate", royal, *questions, "--json")

    assert done.code == 0, done.err
    result = json.loads(done.out)
    analogies = result["analogies"]
    assert analogies["accuracy"] == 1.0
    assert (analogies["correct"], analogies["seen"], analogies["total"]) == (1, 1, 2)
    assert analogies["interval"] == [pytest.approx(0.2065, abs=1e-4), 1.0]
    assert analogies["semantic"]["accuracy"] == 1.0
    assert analogies["syntactic"]["accuracy"] is analogies["syntactic"]["interval"] is None
    assert [(section["name"], section["total"]) for section in analogies["sections"]] == [
        ("family", 1),
        ("gram1", 1),
    ]
    assert analogies["3cosmul"]["correct"] == 1
    assert result["similarity"] == [
        {
            "file": str(tmp_path / "pairs.csv"),
            "spearman": pytest.approx(1),
            "pearson": pytest.approx(1),
            "interval": None,
            "seen": 2,
            "total": 3,
            "skipped_lines": 0,
        }
    ]


def test_table_has_scores_ranges_and_coverage(w2v_command, royal, questions):
    """A line for each section and each file, and what the ranges are."""
    done = w2v_command("evaluate", royal, *questions)

    lines = {line.split("  ")[0]: line for line in done.out.splitlines()}
    assert "100.0 %" in lines["family"]
    assert lines["family"].endswith("1 of 1")
    assert "not available" in lines["gram1"]
    assert lines["total"].endswith("1 of 2")
    assert lines["pairs.csv"].endswith("2 of 3")
    assert "Wilson" in done.out


def test_missing_words_can_count_as_zero(w2v_command, royal, questions):
    """--missing zero: of two analogies one is right, and three pairs are correlated."""
    done = w2v_command("evaluate", royal, *questions, "--missing", "zero", "--json")

    result = json.loads(done.out)
    assert result["analogies"]["accuracy"] == 0.5
    assert result["analogies"]["seen"] == 1
    assert result["similarity"][0]["spearman"] < 1


def test_only_the_sets_that_are_named_are_asked(w2v_command, royal, questions):
    """Pairs alone leave the analogies null, and analogies alone leave the pairs empty."""
    analogies, pairs = questions[:2], questions[2:]

    assert json.loads(w2v_command("evaluate", royal, *pairs, "--json").out)["analogies"] is None
    assert json.loads(w2v_command("evaluate", royal, *analogies, "--json").out)["similarity"] == []


def test_without_files_gensims_sets_are_asked(w2v_command, royal):
    """The note says so, and the sets are Google's 19,544 questions, WordSim-353 and SimLex-999."""
    done = w2v_command("evaluate", royal, "--json")

    result = json.loads(done.out)
    assert "gensim carries" in done.err
    assert result["analogies"]["total"] == 19_544
    assert [pairs["total"] for pairs in result["similarity"]] == [353, 999]


def test_without_files_and_gensim_it_is_told_where_to_get_them(w2v_command, royal, monkeypatch):
    """Exit code 2 with the command that brings them."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    done = w2v_command("evaluate", royal)

    assert done.code == 2
    assert "pip install gensim" in done.err
    assert "--analogies" in done.err


def test_max_words_holds_for_both(w2v_command, royal, questions):
    """With two words no analogy is left, and one pair."""
    done = w2v_command("evaluate", royal, *questions, "--max-words", 2, "--json")

    result = json.loads(done.out)
    assert result["analogies"]["seen"] == 0
    assert result["similarity"][0]["seen"] == 1
