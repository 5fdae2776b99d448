"""Disks that fail do so where they are told to: without that, surviving them means nothing."""

import errno
import os

import pytest

from corpora.disk import use_disk
from corpora.errors import StorageError
from corpora.faults import BrokenDisk, Crash, DyingDisk
from corpora.storage import write_file


def store(path, data=b"x" * 100_000):
    """Stores a file: eight operations or so."""
    with write_file(path) as file:
        file.write(data)


def count_operations(path):
    """How many operations storing takes."""
    disk = DyingDisk(10**9)
    with use_disk(disk):
        store(path)
    assert not disk.was_met
    return disk.n_operations


def test_a_dying_disk_does_nothing_after_its_death(tmp_path):
    """At each operation: later ones, such as removing the temporary file, have no effect."""
    for at in range(count_operations(tmp_path / "counted")):
        disk = DyingDisk(at)
        before = set(os.listdir(tmp_path))

        with pytest.raises(Crash), use_disk(disk):
            store(tmp_path / f"file-{at}")

        assert disk.was_met
        assert len(set(os.listdir(tmp_path)) - before) <= 1
        if disk.n_operations > at + 1:
            after = set(os.listdir(tmp_path))
            with pytest.raises(Crash):
                disk(os.unlink, tmp_path / "counted")
            assert set(os.listdir(tmp_path)) == after


def test_the_last_write_is_torn(tmp_path):
    """Of the write it dies at a part is on the disk, as long as the seed says."""
    sizes = set()
    for seed in range(20):
        with pytest.raises(Crash), use_disk(DyingDisk(1, seed)):  # the write comes after the opening
            store(tmp_path / f"file-{seed}")
        (left,) = (name for name in os.listdir(tmp_path) if f"file-{seed}." in name)
        sizes.add((tmp_path / left).stat().st_size)

    assert len(sizes) > 10
    assert max(sizes) <= 100_000


@pytest.mark.parametrize("forever", [False, True])
def test_a_broken_disk_returns_its_error(tmp_path, forever):
    """Once, or for ever but for removals, with the error's own words."""
    disk = BrokenDisk(1, errno.EDQUOT, forever=forever)

    with pytest.raises(StorageError, match=os.strerror(errno.EDQUOT)), use_disk(disk):
        store(tmp_path / "file")

    assert disk.was_met
    assert os.listdir(tmp_path) == []
    if forever:
        with pytest.raises(OSError, match=os.strerror(errno.EDQUOT)):
            disk(os.mkdir, tmp_path / "folder")
    else:
        disk(os.mkdir, tmp_path / "folder")


@pytest.mark.parametrize("forever", [False, True])
def test_short_writes_are_written_on(tmp_path, forever):
    """A write that does a half is no error: the rest follows."""
    disk = BrokenDisk(1, None, forever=forever)
    data = os.urandom(100_000)

    with use_disk(disk):
        store(tmp_path / "file", data)

    assert disk.was_met
    assert (tmp_path / "file").read_bytes() == data


def test_the_plain_disk_is_back_after_the_block(tmp_path):
    """Whatever ends it."""
    with pytest.raises(Crash), use_disk(DyingDisk(0)):
        store(tmp_path / "file")

    store(tmp_path / "file")
    assert (tmp_path / "file").exists()
