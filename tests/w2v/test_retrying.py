"""What would be lost on a full disk is kept in memory, and tried again while there is patience."""

import numpy as np
import pytest

from corpora.disk import use_disk
from corpora.errors import StorageError
from tests.full_disk import Clock, full
from w2v import checkpoint, retrying
from w2v.checkpoint import Checkpoints
from w2v.checkpoint_files import checkpoint_paths, read_newest

TABLES = {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}


@pytest.fixture
def clock(monkeypatch):
    """In the place of the module time."""
    clock = Clock()
    for module in (checkpoint, retrying):
        monkeypatch.setattr(module, "time", clock)
    return clock


def test_what_succeeds_at_once_is_not_waited_for(clock):
    """Its result comes back, and nothing is said."""
    notes = []

    assert retrying.try_again(lambda: 7, "it is", patience=60, note=notes.append) == 7
    assert (clock.slept, notes) == ([], [])


def test_other_errors_come_out_at_once(clock):
    """Only the disk can get better by waiting."""

    def broken():
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        retrying.try_again(broken, "it is", patience=60, note=print)
    assert clock.slept == []


def test_a_training_that_is_stopped_waits_for_room(tmp_path, clock):
    """The last save of a training is tried again, no longer than the training has run."""
    notes = []
    checkpoints = Checkpoints(tmp_path / "saved", note=notes.append, patience=600)
    clock.now += 35

    with use_disk(full(clock, until=clock.now + 12)):
        checkpoints.save_now({"place": 1}, TABLES)

    assert clock.slept == [10, 10]
    assert [note.count("the training is kept in memory") for note in notes] == [1, 1]
    assert "for 35s more" in notes[0]
    np.testing.assert_array_equal(read_newest(tmp_path / "saved").tensors["a"], TABLES["a"])


def test_patience_is_that_of_the_training_or_less(tmp_path, clock):
    """Then the error names the last checkpoint, and how to go on from it."""
    checkpoints = Checkpoints(tmp_path / "saved", patience=600)
    last = checkpoints.save_now({"place": 1}, TABLES)
    clock.now += 25

    with use_disk(full(clock, until=1e9)), pytest.raises(StorageError) as caught:
        checkpoints.save_now({"place": 2}, TABLES)

    assert clock.slept == [10, 10, 5]
    assert f"the last checkpoint is {last}" in caught.value.problem
    assert "--resume" in caught.value.fix
    assert checkpoint_paths(tmp_path / "saved") == [last]


def test_a_training_that_is_done_does_not_wait_for_its_checkpoint(tmp_path, clock):
    """Its vectors come next: it is they that may wait. Whether the end is saved is known."""
    notes = []
    checkpoints = Checkpoints(tmp_path / "saved", note=notes.append, patience=600)
    clock.now += 100

    with use_disk(full(clock, until=1e9)):
        checkpoints.save_last({"is_over": True}, TABLES)
    missed = checkpoints.has_end
    checkpoints.save_last({"is_over": True}, TABLES)

    assert clock.slept == []
    assert (missed, checkpoints.has_end) == (False, True)
    assert "the end of the training could not be saved" in notes[0]
    assert Checkpoints(tmp_path, resumed=read_newest(tmp_path / "saved")).has_end
