"""A file or folder appears under its name only when it is whole."""

import contextlib
import os
import stat
import threading

import pytest

from corpora import storage
from corpora.errors import StorageError
from corpora.storage import (
    make_folder,
    open_new,
    require_writable_folder,
    write_file,
    write_folder,
    write_lines,
)


def test_a_file_appears_when_it_is_whole(tmp_path):
    """While it is written there is nothing under its name; then all of it."""
    with write_file(tmp_path / "a.bin") as file:
        file.write(b"whole")
        during = (tmp_path / "a.bin").exists()

    assert not during
    assert (tmp_path / "a.bin").read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    """A reader meanwhile sees the old bytes."""
    (tmp_path / "a.bin").write_bytes(b"old")

    with write_file(tmp_path / "a.bin") as file:
        file.write(b"new")
        during = (tmp_path / "a.bin").read_bytes()

    assert during == b"old"
    assert (tmp_path / "a.bin").read_bytes() == b"new"


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
def test_after_an_error_the_old_file_is_there_and_no_other(tmp_path, kind):
    """Whatever ends the writing comes out as it is, and leaves the old bytes alone."""
    (tmp_path / "a.bin").write_bytes(b"old")

    def write_half():
        with write_file(tmp_path / "a.bin") as file:
            file.write(b"half")
            raise kind

    with pytest.raises(kind):
        write_half()

    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("step", ["sync", "_require_size", "os.replace", "os.chmod"])
def test_a_failing_disk_leaves_the_old_file(tmp_path, monkeypatch, step):
    """An error of the system at any step is a StorageError with exit code 5, and nothing is left over."""
    (tmp_path / "a.bin").write_bytes(b"old")

    def fail(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"corpora.storage.{step}", fail)

    with pytest.raises(StorageError, match="No space left") as caught, write_file(tmp_path / "a.bin") as file:
        file.write(b"new")

    assert (caught.value.exit_code, caught.value.path) == (5, str(tmp_path / "a.bin"))
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_file_that_is_shorter_on_disk_is_refused(tmp_path, monkeypatch):
    """What a network share has lost is noticed before the old file is given up."""
    monkeypatch.setattr("os.path.getsize", lambda _: 1)

    with (
        pytest.raises(StorageError, match="1 bytes on disk where 3 were written"),
        write_file(tmp_path / "a.bin") as file,
    ):
        file.write(b"new")

    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077, 0o000])
def test_permissions_are_those_of_the_umask(tmp_path, mask):
    """A file gets what `open` would have given it."""
    before = os.umask(mask)
    try:
        with write_file(tmp_path / "a.bin") as file:
            file.write(b"x")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "a.bin").stat().st_mode) == 0o666 & ~mask


def test_nobody_can_read_a_file_before_it_is_whole(tmp_path):
    """The temporary file is of its user alone."""
    with write_file(tmp_path / "a.bin"):
        (name,) = os.listdir(tmp_path)
        mode = (tmp_path / name).stat().st_mode

    assert stat.S_IMODE(mode) == 0o600
    assert name.startswith(".")


def test_a_link_is_replaced_and_never_followed(tmp_path):
    """Where a link has the name, it becomes a file, and what it led to stays."""
    (tmp_path / "precious").write_bytes(b"old")
    (tmp_path / "a.bin").symlink_to(tmp_path / "precious")

    with write_file(tmp_path / "a.bin") as file:
        file.write(b"new")

    assert (tmp_path / "precious").read_bytes() == b"old"
    assert not (tmp_path / "a.bin").is_symlink()


def test_new_files_never_follow_a_link_or_overwrite(tmp_path):
    """`open_new` refuses a name that is taken, by a dangling link, too."""
    (tmp_path / "link").symlink_to(tmp_path / "absent")
    (tmp_path / "file").write_bytes(b"old")

    for name in ("link", "file"):
        with pytest.raises(FileExistsError):
            open_new(tmp_path / name)

    assert not (tmp_path / "absent").exists()
    assert (tmp_path / "file").read_bytes() == b"old"


@pytest.mark.parametrize("target", ["absent/a.bin", "file/a.bin", "folder"])
def test_a_place_that_takes_no_file_is_a_storage_error(tmp_path, target):
    """A folder that is missing, a file as folder, and a folder of the name are told with the path."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()

    with pytest.raises(StorageError, match="cannot write") as caught, write_file(tmp_path / target) as file:
        file.write(b"x")

    assert caught.value.path == str(tmp_path / target)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


@pytest.mark.parametrize("letter", ["n", "é", "日", "😀"])
def test_the_longest_name_is_taken(tmp_path, letter):
    """A name of 255 bytes leaves room for the temporary one."""
    name = letter * (255 // len(letter.encode()))

    with write_file(tmp_path / name) as file:
        file.write(b"x")

    assert os.listdir(tmp_path) == [name]


def test_a_folder_appears_when_it_is_whole(tmp_path):
    """While it is filled there is nothing under its name; folders above it are made."""
    with write_folder(tmp_path / "above" / "target") as folder:
        with open_new(folder / "a.bin") as file:
            file.write(b"whole")
        during = (tmp_path / "above" / "target").exists()

    assert not during
    assert (tmp_path / "above" / "target" / "a.bin").read_bytes() == b"whole"
    assert os.listdir(tmp_path / "above") == ["target"]


def test_a_folder_replaces_the_one_of_its_name(tmp_path):
    """The old one goes whole, with files that the new one does not have."""
    (tmp_path / "target" / "deep").mkdir(parents=True)
    (tmp_path / "target" / "old.bin").write_bytes(b"old")

    with write_folder(tmp_path / "target") as folder:
        open_new(folder / "new.bin").close()

    assert os.listdir(tmp_path / "target") == ["new.bin"]
    assert os.listdir(tmp_path) == ["target"]


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_old_folder_is_there_and_no_other(tmp_path, kind):
    """Whatever ends the writing comes out as it is, and leaves the old folder alone."""
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "old.bin").write_bytes(b"old")

    def write_half():
        with write_folder(tmp_path / "target") as folder:
            open_new(folder / "new.bin").close()
            raise kind

    with pytest.raises(kind):
        write_half()

    assert os.listdir(tmp_path / "target") == ["old.bin"]
    assert os.listdir(tmp_path) == ["target"]


def test_a_folder_that_somebody_else_finished_first_is_replaced(tmp_path):
    """Two that write the same folder at once both end well, and the later one stays."""
    with write_folder(tmp_path / "target") as folder:
        open_new(folder / "late.bin").close()
        with write_folder(tmp_path / "target") as other:
            open_new(other / "early.bin").close()

    assert os.listdir(tmp_path / "target") == ["late.bin"]
    assert os.listdir(tmp_path) == ["target"]


def test_a_folder_that_comes_and_goes_meanwhile_is_no_error(tmp_path, monkeypatch):
    """Another process puts its folder in place, or takes it aside, between any two steps of ours."""
    rename = os.rename
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "old.bin").write_bytes(b"old")
    meddled = []

    def meddle(source, target):
        if not meddled and str(source) == str(tmp_path / "target"):  # the moment before ours steps aside
            meddled.append("gone")
            rename(source, tmp_path / "elsewhere")
        elif len(meddled) == 1 and str(target) == str(tmp_path / "target"):
            meddled.append("back")
            rename(tmp_path / "elsewhere", target)
        rename(source, target)

    monkeypatch.setattr(storage.os, "rename", meddle)
    with write_folder(tmp_path / "target") as folder:
        open_new(folder / "new.bin").close()

    assert meddled == ["gone", "back"]
    assert os.listdir(tmp_path / "target") == ["new.bin"]
    assert os.listdir(tmp_path) == ["target"]


def test_a_swap_that_fails_halfway_puts_the_old_folder_back(tmp_path, monkeypatch):
    """Where the new folder cannot take the name after all, the old one has it again."""
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "old.bin").write_bytes(b"old")
    rename = os.rename
    aside = []

    def fail_once(source, target):
        if aside and str(target) == str(tmp_path / "target") and len(aside) == 1:
            aside.append("failed")
            raise PermissionError(13, "Permission denied")
        if str(source) == str(tmp_path / "target"):
            aside.append("aside")
        rename(source, target)

    monkeypatch.setattr(storage.os, "rename", fail_once)
    with pytest.raises(StorageError, match="Permission denied"), write_folder(tmp_path / "target") as folder:
        open_new(folder / "new.bin").close()

    assert os.listdir(tmp_path / "target") == ["old.bin"]
    assert os.listdir(tmp_path) == ["target"]


def test_a_file_in_the_place_of_a_folder_is_a_storage_error(tmp_path):
    """A folder takes no file's name."""
    (tmp_path / "target").write_bytes(b"old")

    with pytest.raises(StorageError, match="cannot write"), write_folder(tmp_path / "target"):
        pass

    assert (tmp_path / "target").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["target"]


def test_threads_that_write_the_same_file_leave_one_whole(tmp_path):
    """Eight writers at once: one of the eight contents, and no other file."""

    def write(number):
        with write_file(tmp_path / "a.bin") as file:
            file.write(bytes([number]) * 10_000)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    data = (tmp_path / "a.bin").read_bytes()
    assert data == data[:1] * 10_000
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_folder_that_takes_files_is_left_as_it_was(tmp_path):
    """The probe is removed."""
    require_writable_folder(tmp_path)

    assert os.listdir(tmp_path) == []


def test_a_folder_that_takes_no_files_is_told_at_once(plain_user):
    """No permission is a StorageError that names the folder and the way out."""
    (plain_user / "closed").mkdir(mode=0o555)

    with pytest.raises(StorageError, match="Permission denied") as caught:
        require_writable_folder(plain_user / "closed")

    assert caught.value.path == str(plain_user / "closed")
    assert caught.value.fix


def test_folders_are_made_with_those_above_them(tmp_path):
    """Twice is as good as once."""
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")

    assert os.listdir(tmp_path / "a" / "b") == []


def test_lines_are_there_at_once_and_stay(tmp_path):
    """Each line can be read as soon as it is added, and an error in the block takes none back."""
    path = tmp_path / "log"

    with contextlib.suppress(ZeroDivisionError), write_lines(path) as add:
        add("first")
        assert path.read_bytes() == b"first\n"
        add("zweite Zeile, \u00fc")
        raise ZeroDivisionError

    assert path.read_text(encoding="utf-8") == "first\nzweite Zeile, \u00fc\n"


def test_lines_replace_an_older_file(tmp_path):
    """What it held is gone, however long it was."""
    (tmp_path / "log").write_bytes(b"old " * 1000)

    with write_lines(tmp_path / "log") as add:
        add("new")

    assert (tmp_path / "log").read_bytes() == b"new\n"


def test_lines_go_on_behind_what_is_kept(tmp_path):
    """The first bytes stay as they are, the others go."""
    (tmp_path / "log").write_bytes(b"old\nlost\n")

    with write_lines(tmp_path / "log", keep=4) as add:
        add("new")

    assert (tmp_path / "log").read_bytes() == b"old\nnew\n"


def test_line_that_cannot_be_written_is_a_storage_error(tmp_path):
    """A folder that is not there, and a disk that is always full, are told with the path."""
    with pytest.raises(StorageError) as caught, write_lines(tmp_path / "nowhere" / "log"):
        pass
    assert caught.value.path == str(tmp_path / "nowhere" / "log")

    with pytest.raises(StorageError, match="No space left"), write_lines("/dev/full") as add:
        add("line")
