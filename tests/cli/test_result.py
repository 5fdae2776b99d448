"""What becomes of a training whose file cannot be written at once."""

import errno

import numpy as np
import pytest

import cli.result
from cli.result import save_result
from corpora.disk import use_disk
from corpora.errors import StorageError
from w2v import Vectors, load_vectors


class Clock:
    """Time that passes while somebody sleeps, and only then."""

    def __init__(self):
        self.now, self.slept = 100.0, []

    def monotonic(self):
        """Seconds since whenever."""
        return self.now

    def sleep(self, seconds):
        """Time passes."""
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    """In the place of the module time, where results are saved."""
    clock = Clock()
    monkeypatch.setattr(cli.result, "time", clock)
    return clock


@pytest.fixture
def vectors():
    """Two words."""
    return Vectors(("a", "b"), np.eye(2, dtype=np.float32))


def full(clock, until):
    """A disk that has no room until a time."""

    def disk(operation, *arguments):
        if operation.__name__ == "write" and clock.now < until:
            raise OSError(errno.ENOSPC, "No space left on device")
        return operation(*arguments)

    return disk


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
