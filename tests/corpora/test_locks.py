"""One writer for each output, and none that is dead."""

import contextlib
import json
import os
import subprocess
import sys
import threading

import pytest

from corpora import locks
from corpora.disk import use_disk
from corpora.errors import StorageError
from corpora.locks import hold_output
from corpora.storage import write_file
from tests.full_disk import full_disk

HOLD = """
import sys, time
from corpora.locks import hold_output
with hold_output(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other_run(tmp_path):
    """Another process that holds the lock of "out" until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "out"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_the_lock_is_gone_with_the_block(tmp_path):
    """Nothing is left beside the output, and it can be held again."""
    for _ in range(2):
        with hold_output(tmp_path / "out") as dead:
            names = os.listdir(tmp_path)

        assert names == [".out.lock"]
        assert dead is None
    assert os.listdir(tmp_path) == []


def test_a_second_run_is_refused_at_once_and_told_of_the_first(tmp_path, other_run):
    """K17: exit code 5, with process, machine and time of the first, which never ends and is not awaited."""
    with pytest.raises(StorageError) as caught, hold_output(tmp_path / "out"):
        pass

    assert (caught.value.identifier, caught.value.exit_code) == ("K17", 5)
    assert f"process {other_run.pid} on " in str(caught.value)
    assert "since 20" in str(caught.value)
    assert caught.value.path == str(tmp_path / "out")


def test_other_outputs_are_free(tmp_path, other_run):
    """A lock is of one output, not of its folder."""
    with hold_output(tmp_path / "out2") as dead:
        assert dead is None


def test_the_lock_of_a_killed_run_is_taken_over(tmp_path, other_run):
    """K18: whoever died with it is named."""
    other_run.kill()
    other_run.wait()

    with hold_output(tmp_path / "out") as dead:
        owner = json.loads((tmp_path / ".out.lock").read_bytes())

    assert dead.pid == other_run.pid
    assert owner["pid"] == os.getpid()
    assert os.listdir(tmp_path) == []


def test_a_lock_of_another_machine_is_left_alone(tmp_path):
    """K18: on a share, whether that one is alive cannot be seen; the error says which file to remove."""
    owner = {"pid": 1, "host": "elsewhere", "started": "2026-01-01T00:00:00Z"}
    (tmp_path / ".out.lock").write_text(json.dumps(owner))

    with pytest.raises(StorageError, match="process 1 on elsewhere") as caught, hold_output(tmp_path / "out"):
        pass

    assert str(tmp_path / ".out.lock") in caught.value.fix
    assert json.loads((tmp_path / ".out.lock").read_text()) == owner


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"pid": "x"}', b"\xff" * 9000])
def test_a_lock_file_that_says_nothing_is_taken_over(tmp_path, content):
    """What counts is the system's lock, not what the file says."""
    (tmp_path / ".out.lock").write_bytes(content)

    with hold_output(tmp_path / "out") as dead:
        assert dead is None


def test_leftovers_of_a_killed_run_are_cleared_away_with_the_lock(tmp_path):
    """K03: temporary files of this output go; those of others, and of somebody who is writing, stay."""
    (tmp_path / ".out.0123456789ab.tmp").write_bytes(b"half")
    (tmp_path / ".other.0123456789ab.tmp").write_bytes(b"half")
    (tmp_path / ".out.mine.tmp").write_bytes(b"precious")

    with write_file(tmp_path / "out") as file:
        (written,) = set(os.listdir(tmp_path)) - {".other.0123456789ab.tmp", ".out.mine.tmp"}
        with hold_output(tmp_path / "out"):
            file.write(b"whole")

    assert written != ".out.0123456789ab.tmp"
    assert sorted(os.listdir(tmp_path)) == [".other.0123456789ab.tmp", ".out.mine.tmp", "out"]
    assert (tmp_path / "out").read_bytes() == b"whole"


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path):
    """K12: another user's link cannot make the lock write elsewhere."""
    (tmp_path / "precious").write_bytes(b"old")
    (tmp_path / ".out.lock").symlink_to(tmp_path / "precious")

    with pytest.raises(StorageError), hold_output(tmp_path / "out"):
        pass

    assert (tmp_path / "precious").read_bytes() == b"old"


def test_a_pipe_in_the_place_of_the_lock_is_refused(tmp_path):
    """It is neither waited for nor read."""
    os.mkfifo(tmp_path / ".out.lock")

    with pytest.raises(StorageError, match="not a regular file"), hold_output(tmp_path / "out"):
        pass


def test_a_lock_that_cannot_be_written_is_not_left_behind(tmp_path):
    """On a full disk the file can be made and has no room for who holds it."""
    with (
        pytest.raises(StorageError, match="No space left"),
        use_disk(full_disk),
        hold_output(tmp_path / "out"),
    ):
        pass

    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127])
def test_the_longest_name_can_be_held(tmp_path, name):
    """The name of the lock has room under the limit of 255 bytes."""
    with hold_output(tmp_path / name):
        assert len(os.listdir(tmp_path)) == 1


def race(path, n_threads):
    """How many of several threads that begin together get the lock; who has it waits until all have tried."""
    winners, n_tried = [], 0
    tried, barrier = threading.Condition(), threading.Barrier(n_threads)

    def run(number):
        nonlocal n_tried
        barrier.wait()
        with contextlib.suppress(StorageError), hold_output(path), tried:
            winners.append(number)
            n_tried += 1
            tried.notify_all()
            tried.wait_for(lambda: n_tried == n_threads)
            return
        with tried:
            n_tried += 1
            tried.notify_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(winners)


def test_of_those_who_race_for_a_lock_one_gets_it(tmp_path):
    """Of eight at once always one, though the file of the lock is made and removed all the while (P20)."""
    assert {race(tmp_path / "out", 8) for _ in range(50)} == {1}


def test_the_race_sees_a_lock_that_does_not_lock(tmp_path, monkeypatch):
    """With the locking switched off, all eight get it."""
    monkeypatch.setattr(locks, "_flock", lambda _descriptor, _target: None)

    assert race(tmp_path / "out", 8) > 1


def test_the_race_sees_a_lock_of_a_file_that_is_gone(tmp_path, monkeypatch):
    """Without the look whether the locked file still is the one of that name, two get it now and then."""
    monkeypatch.setattr(locks.os.path, "samestat", lambda _ours, _named: True)
    first = locks._take(tmp_path / ".out.lock", tmp_path / "out")
    waiting = os.open(tmp_path / ".out.lock", os.O_RDWR)  # opened, and not locked yet
    monkeypatch.setattr(locks, "open_shared", lambda _path: waiting)
    os.unlink(tmp_path / ".out.lock")
    os.close(first)  # the first has ended in good order
    (tmp_path / ".out.lock").touch()

    assert locks._take(tmp_path / ".out.lock", tmp_path / "out") == waiting  # a lock of a file without a name

    os.close(waiting)
