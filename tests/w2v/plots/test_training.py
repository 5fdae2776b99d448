"""The course of a training: curves are the numbers of the log, and broken logs are named."""

import json

import numpy as np
import pytest

from w2v import W2VError, draw_training
from w2v.plots.training import read_log

HELDOUT = [None, 3.0, 3.0, 2.5, 2.75]


def _entry(place, **changed):
    entry = {
        "epochs": 5,
        "tokens_done": 100 * (place + 1),
        "tokens_total": 500,
        "words_per_second": 1_000,
        "learning_rate": 0.025 / (place + 1),
        "loss": 4.0 - place / 10,
        "heldout_loss": HELDOUT[place],
    }
    return {**entry, **changed}


@pytest.fixture
def log(tmp_path):
    """A line for each of five epochs."""
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps(_entry(place)) + "\n" for place in range(5)))
    return path


def test_curves_are_those_of_the_log(log):
    """Losses over epochs; a held-out loss that only stands there still is not measured again."""
    losses, rate, speed = draw_training(log).axes

    training, heldout = losses.lines
    np.testing.assert_allclose(training.get_xdata(), [1, 2, 3, 4, 5])
    np.testing.assert_allclose(training.get_ydata(), [4, 3.9, 3.8, 3.7, 3.6])
    np.testing.assert_allclose(heldout.get_xdata(), [2, 4, 5])
    np.testing.assert_allclose(heldout.get_ydata(), [3, 2.5, 2.75])
    assert [text.get_text() for text in losses.texts] == ["lowest: 2.5000"]
    assert rate.lines[0].get_ydata()[0] == 0.025
    assert speed.lines[0].get_ydata()[0] == 1


def test_a_log_without_losses_is_drawn():
    """An entry before the first loss; nothing is invented."""
    losses = draw_training([_entry(0, loss=None)]).axes[0]

    assert [len(line.get_xdata()) for line in losses.lines] == [0]


@pytest.mark.parametrize(
    ("line", "identifier", "problem"),
    [
        ("{", "G02", "line 2: not JSON"),
        ("[" * 100_000, "G02", "line 2: not JSON"),
        ("[]", "G02", "the number 'tokens_done'"),
        ('{"tokens_done": "x"}', "G02", "the number 'tokens_done'"),
        (json.dumps(_entry(0, tokens_total=0)), "G02", "tokens_total is 0"),
        (json.dumps(_entry(0, words_per_second=float("nan"))), "G02", "the number 'words_per_second'"),
    ],
)
def test_broken_lines_are_named(log, line, identifier, problem):
    """With their number."""
    first = log.read_text().splitlines()[0]
    log.write_text(f"{first}\n{line}\n")

    with pytest.raises(W2VError, match=problem) as caught:
        read_log(log)
    assert (caught.value.identifier, caught.value.line) == (identifier, 2)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe{}"])
def test_files_that_are_no_log_are_refused(log, content):
    """Empty, blank, not UTF-8; and a file that is not there."""
    log.write_bytes(content)

    with pytest.raises(W2VError) as caught:
        read_log(log)
    assert caught.value.identifier == "G01"
    with pytest.raises(W2VError, match="cannot read"):
        read_log(log.parent / "nothing.jsonl")


@pytest.mark.parametrize("kept", [1, 30, -1])
def test_a_last_line_that_is_cut_off_is_left_out(log, kept):
    """As a killed process leaves it, wherever it was cut; the whole lines are drawn, a remark tells it."""
    lines = log.read_text().splitlines()
    log.write_text("\n".join([*lines[:3], lines[3][:kept]]))
    remarks = []

    entries = read_log(log, remarks=remarks)

    assert entries == [json.loads(line) for line in lines[:3]]
    assert remarks == ["line 4, the last, is cut off and left out"]
    assert len(draw_training(log).axes[0].lines[0].get_xdata()) == 3


def test_a_last_line_without_its_end_is_whole(log):
    """Only the sign of the line's end is missing, and nothing is to be said."""
    remarks = []
    log.write_text(log.read_text().removesuffix("\n"))

    assert len(read_log(log, remarks=remarks)) == 5
    assert remarks == []


def test_a_line_cut_off_elsewhere_is_an_error(log):
    """A training that went on has written behind it; what to do is said."""
    lines = log.read_text().splitlines()
    log.write_text("\n".join([lines[0], lines[1][:30], lines[2]]) + "\n")

    with pytest.raises(W2VError, match="line 2: not JSON") as caught:
        read_log(log)
    assert caught.value.fix.endswith("if it is this one, take line 2 out of it")


def test_a_log_of_one_line_that_is_cut_off_is_none(log):
    """There is nothing to draw."""
    log.write_text(log.read_text()[:30])

    with pytest.raises(W2VError, match="no entry in the training log but one that is cut off"):
        read_log(log)
