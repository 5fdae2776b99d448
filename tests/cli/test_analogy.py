"""`w2v analogy`: the fourth word, for people and as JSON."""

import json

import numpy as np
import pytest

from w2v import Vectors, save_vectors

#        royal, female, male
ROWS = {"king": (1, 0, 1), "queen": (1, 1, 0), "man": (0, 0, 1), "woman": (0, 1, 0), "palace": (1, 0, 0)}


@pytest.fixture
def royals(tmp_path):
    """A file of five words that make an analogy."""
    path = tmp_path / "royals.bin"
    save_vectors(Vectors(tuple(ROWS), np.array(list(ROWS.values()), np.float32)), path)
    return path


def test_man_is_to_king_as_woman_is_to_queen(w2v_command, royals):
    """The nearest to king - man + woman is queen; none of the three is an answer."""
    done = w2v_command("analogy", royals, "man", "king", "woman")

    answers = [line.split()[1] for line in done.out.splitlines()]
    assert done.code == 0, done.err
    assert answers == ["queen", "palace"]


def test_json_holds_question_and_answers(w2v_command, royals):
    """The three words and pairs of answer and score."""
    done = w2v_command("analogy", royals, "man", "king", "woman", "--top", 1, "--json")

    result = json.loads(done.out)
    assert (result["a"], result["b"], result["c"]) == ("man", "king", "woman")
    assert [word for word, _ in result["answers"]] == ["queen"]


def test_fewer_than_three_words_are_refused(w2v_command, royals):
    """Exit code 2 names what is missing."""
    done = w2v_command("analogy", royals, "man", "king")

    assert done.code == 2
    assert "Missing argument 'C'" in done.err
