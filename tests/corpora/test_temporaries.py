"""Leftovers of killed runs go, and nothing that anybody is writing."""

import os
from pathlib import Path

import pytest

from corpora.disk import use_disk
from corpora.storage import write_file, write_folder
from corpora.temporaries import _claim, make_temporary, remove_leftovers, remove_tree, temporary_name


def test_leftovers_go_when_the_file_is_written_again(tmp_path):
    """K03: files and folders with all that is in them; other names stay."""
    (tmp_path / ".a.bin.0123456789ab.tmp").write_bytes(b"half")
    (tmp_path / ".a.bin.ba9876543210.tmp" / "deep").mkdir(parents=True)
    (tmp_path / ".a.bin.ba9876543210.tmp" / "deep" / "file").touch()
    for name in (".b.bin.0123456789ab.tmp", ".a.bin.0123.tmp", "a.bin.0123456789ab.tmp"):
        (tmp_path / name).touch()

    with write_file(tmp_path / "a.bin"):
        pass

    expected = [".a.bin.0123.tmp", ".b.bin.0123456789ab.tmp", "a.bin", "a.bin.0123456789ab.tmp"]
    assert sorted(os.listdir(tmp_path)) == expected


@pytest.mark.parametrize("write", [write_file, write_folder])
def test_what_is_being_written_is_no_leftover(tmp_path, write):
    """Its maker lives: another who writes the same leaves it alone."""
    with write(tmp_path / "target"):
        assert remove_leftovers(tmp_path / "target") == 0
        with write(tmp_path / "target"):
            pass

    assert os.listdir(tmp_path) == ["target"]


def test_a_temporary_that_was_taken_for_a_leftover_is_made_anew(tmp_path, monkeypatch):
    """Between the making and the claim somebody may remove it."""
    made = []

    def claim(descriptor):
        if len(made) == 1:
            made[0].unlink()
        return _claim(descriptor)

    def create(path):
        made.append(path)
        return os.open(path, os.O_CREAT | os.O_RDWR)

    monkeypatch.setattr("corpora.temporaries._claim", claim)

    path, descriptor = make_temporary(tmp_path / "target", create)
    os.close(descriptor)

    assert len(made) == 2
    assert path == made[1]
    assert path.exists()


def test_a_folder_that_is_taken_before_it_is_opened_is_made_anew(tmp_path):
    """A folder is made in one step and opened in another; somebody may remove it in between."""
    n_taken = 0

    def taking(operation, *arguments):
        nonlocal n_taken
        done = operation(*arguments)
        if operation is os.mkdir and n_taken < 3:
            n_taken += remove_leftovers(tmp_path / "target")
        return done

    with use_disk(taking), write_folder(tmp_path / "target") as folder:
        (folder / "file").touch()

    assert n_taken == 3
    assert os.listdir(tmp_path) == ["target"]
    assert os.listdir(tmp_path / "target") == ["file"]


def test_links_are_removed_and_what_they_lead_to_stays(tmp_path):
    """In a tree, and in its place."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "precious")
    (tmp_path / "link").symlink_to(tmp_path / "precious")

    remove_tree(tmp_path / "tree")
    remove_tree(tmp_path / "link")

    assert os.listdir(tmp_path) == ["precious"]
    assert os.listdir(tmp_path / "precious") == ["file"]


def test_a_file_is_removed_where_a_folder_is_expected(tmp_path):
    """Somebody may have put one in its place."""
    (tmp_path / "file").write_text("stray")

    remove_tree(tmp_path / "file")

    assert os.listdir(tmp_path) == []


def test_temporary_names_are_hidden_short_and_different():
    """A name of 255 bytes leaves room for them."""
    names = {temporary_name(Path("folder") / ("😀" * 63)).name for _ in range(10)}

    assert len(names) == 10
    assert all(name.startswith(".") and len(name.encode()) <= 255 for name in names)
