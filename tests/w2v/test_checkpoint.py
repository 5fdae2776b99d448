"""When a checkpoint is due; what is in one is tested in test_saving.py and test_checkpoint_files.py."""

import pytest

from w2v.checkpoint import Checkpoints, parse_every


@pytest.mark.parametrize(
    ("text", "seconds", "words"),
    [
        ("30s", 30, float("inf")),
        ("10m", 600, float("inf")),
        ("1.5h", 5400, float("inf")),
        ("50Mwords", float("inf"), 50_000_000),
        ("500kwords", float("inf"), 500_000),
    ],
)
def test_times_and_words_are_understood(text, seconds, words):
    """The other of the two never comes."""
    assert parse_every(text) == (seconds, words)


@pytest.mark.parametrize("text", ["", "10", "m", "0m", "-1s", "1d", "10 m", "1e2s", "nanm", "٣m", "50mwords"])
def test_what_is_neither_is_refused(text):
    """With what it might be."""
    with pytest.raises(ValueError, match="30s, 10m, 2h or 50Mwords"):
        parse_every(text)


def test_it_is_due_after_so_many_words(tmp_path):
    """Counted from the last one."""
    checkpoints = Checkpoints(tmp_path, every="1kwords")

    before = [checkpoints.is_due(n) for n in (0, 999, 1000)]
    checkpoints.save({}, {}, 1500)
    checkpoints.close()
    after = [checkpoints.is_due(n) for n in (1500, 2499, 2500)]

    assert before == after == [False, False, True]


def test_it_is_due_after_so_long(tmp_path, monkeypatch):
    """By a clock that nobody sets."""
    now = [100.0]
    monkeypatch.setattr("w2v.checkpoint.time.monotonic", lambda: now[0])
    checkpoints = Checkpoints(tmp_path, every="1m")

    found = []
    for now[0] in (100, 159, 160):
        found.append(checkpoints.is_due(0))

    assert found == [False, False, True]
