"""`w2v similar`: the nearest words, for people and as JSON."""

import json

import numpy as np
import pytest

from w2v import Vectors, save_vectors

ROWS = {"east": (1, 0), "north": (0, 1), "north-east": (1, 1), "west": (-1, 0)}  # cosines: 0, 1/sqrt(2), -1


@pytest.fixture
def compass(tmp_path):
    """A file of four words whose cosines are known."""
    path = tmp_path / "compass.txt"
    save_vectors(Vectors(tuple(ROWS), np.array(list(ROWS.values()), np.float32)), path)
    return path


def test_nearest_words_come_first(w2v_command, compass):
    """A line for each word with its cosine; the word itself is left out."""
    done = w2v_command("similar", compass, "east")

    assert done.code == 0, done.err
    assert done.out == "0.7071   north-east\n0.0000   north\n-1.0000  west\n"


def test_top_limits_the_answers(w2v_command, compass):
    """--top 1 shows one word; more than there are shows all."""
    assert w2v_command("similar", compass, "east", "--top", 1).out == "0.7071  north-east\n"
    assert len(w2v_command("similar", compass, "east", "--top", 99).out.splitlines()) == 3


def test_several_words_stand_under_their_names(w2v_command, compass):
    """Each word heads its list, with a blank line between."""
    done = w2v_command("similar", compass, "east", "west", "--top", 1)

    assert done.out == "east\n0.7071  north-east\n\nwest\n0.0000  north\n"


def test_json_has_a_list_for_each_word(w2v_command, compass):
    """Words and full-precision cosines, in the order asked for."""
    done = w2v_command("similar", compass, "east", "north", "--top", 1, "--json")

    assert json.loads(done.out) == [
        {"word": "east", "similar": [["north-east", pytest.approx(2**-0.5)]]},
        {"word": "north", "similar": [["north-east", pytest.approx(2**-0.5)]]},
    ]


def test_unknown_word_is_refused_with_near_ones(w2v_command, compass):
    """Exit code 3 names the word and one that is spelt like it."""
    done = w2v_command("similar", compass, "nort")

    assert done.code == 3
    assert "no vector for 'nort' among 4 words" in done.err
    assert "'north'" in done.err


def test_missing_file_is_refused(w2v_command):
    """Exit code 3 names the file."""
    done = w2v_command("similar", "missing.txt", "east")

    assert done.code == 3
    assert "missing.txt" in done.err


def test_vocabulary_file_is_not_taken_for_vectors(w2v_command, tmp_path):
    """Words and whole numbers are refused, not answered with nonsense."""
    (tmp_path / "vocab.txt").write_text("the 90\nof 80\nand 70\n")

    done = w2v_command("similar", "vocab.txt", "of")

    assert done.code == 3
    assert "a vocabulary file, not vectors" in done.err
