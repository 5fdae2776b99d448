"""What becomes of a training whose file cannot be written at once."""

import numpy as np
import pytest

from cli.result import save_result
from corpora.disk import use_disk
from corpora.errors import StorageError
from tests.full_disk import Clock, full
from w2v import Vectors, load_vectors, retrying
from w2v.checkpoint import Checkpoints


@pytest.fixture
def clock(monkeypatch):
    """In the place of the module time, where results are saved."""
    clock = Clock()
    monkeypatch.setattr(retrying, "time", clock)
    return clock


@pytest.fixture
def vectors():
    """Two words."""
    return Vectors(("a", "b"), np.eye(2, dtype=np.float32))


def test_a_full_disk_that_gets_room_gets_the_vectors(vectors, tmp_path, clock, capsys):
    """They stay in memory, it is tried every ten seconds, and each time it is said."""
    with use_disk(full(clock, until=125)):
        save_result(vectors, str(tmp_path / "out.bin"), None, patience=60)

    said = capsys.readouterr().err
    assert clock.slept == [10, 10, 10]
    assert said.count("cannot write: No space left on device; the vectors are kept in memory") == 3
    assert "for 60s more" in said
    assert "for 40s more" in said
    assert np.array_equal(load_vectors(tmp_path / "out.bin").matrix, vectors.matrix)


def test_patience_ends_with_the_error(vectors, tmp_path, clock):
    """Exit code 5, and nothing is left, once there was no room for as long as was to be waited."""
    with use_disk(full(clock, until=1000)), pytest.raises(StorageError) as caught:
        save_result(vectors, str(tmp_path / "out.bin"), None, patience=15)

    assert clock.slept == [10, 5]
    assert caught.value.exit_code == 5
    assert list(tmp_path.iterdir()) == []


def test_without_patience_it_is_tried_once(vectors, tmp_path, clock, capsys):
    """As by a training that took no time to speak of."""
    with use_disk(full(clock, until=1000)), pytest.raises(StorageError):
        save_result(vectors, str(tmp_path / "out.bin"), None)

    assert clock.slept == []
    assert capsys.readouterr().err == ""


@pytest.fixture
def checkpoints(tmp_path):
    """Those of a training that was saved before its end."""
    checkpoints = Checkpoints(tmp_path / "saved")
    checkpoints.save_now({"is_over": False}, {"a": np.zeros(2, np.float32)})
    yield checkpoints
    checkpoints.close()


def test_a_checkpoint_from_before_the_end_is_no_reason_to_give_up(vectors, tmp_path, clock, checkpoints):
    """What came after it is in memory alone; when patience ends, it is named for what it is."""
    with use_disk(full(clock, until=1000)), pytest.raises(StorageError) as caught:
        save_result(vectors, str(tmp_path / "out.bin"), checkpoints, patience=15)

    assert clock.slept == [10, 5]
    assert f"{checkpoints.last} is from before the end" in caught.value.fix
    assert f"w2v train --resume {checkpoints.folder}" in caught.value.fix


def test_what_the_last_checkpoint_keeps_is_not_waited_for(vectors, tmp_path, clock, checkpoints):
    """It is whole: the command ends at once, and says how to get the file."""
    checkpoints.save_last({"is_over": True}, {"a": np.zeros(2, np.float32)})

    with use_disk(full(clock, until=1000)), pytest.raises(StorageError) as caught:
        save_result(vectors, str(tmp_path / "out.bin"), checkpoints, patience=15)

    assert clock.slept == []
    assert caught.value.fix.startswith("the training is kept: make room")
