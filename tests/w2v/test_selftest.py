"""`run` tries what it says, and tells what is lost."""

import os

import pytest

from corpora.errors import StorageError
from w2v.selftest import CASES, Case, LostError, Tally, crashes, errors, run, try_faults


def test_as_many_faults_are_tried_as_are_told(tmp_path):
    """Half of them crashes; the folder is as it was, and the count rises one by one."""
    reports = []
    (tmp_path / "folder").mkdir()

    tally = run(tmp_path / "folder", 21, report=reports.append)

    assert tally == Tally(11, 10)
    assert [n for n in reports if n] == sorted(n for n in reports if n)
    assert reports[-1] == 21
    assert os.listdir(tmp_path / "folder") == []


@pytest.mark.parametrize("make", [crashes, errors])
def test_a_version_that_nobody_stored_is_a_loss(tmp_path, make):
    """So is one that cannot be read."""
    stored = CASES[0]
    case = Case("wrong", stored.write, lambda folder: stored.read(folder) and 7)

    with pytest.raises(LostError, match=r"wrong: .*version 7 is found"):
        list(try_faults(make([case]), 1, tmp_path))


@pytest.mark.parametrize("name", ["file", "missing"])
def test_what_is_no_folder_is_a_storage_error(tmp_path, name):
    """Nor is a folder made: a misspelt name would test another disk."""
    (tmp_path / "file").touch()

    with pytest.raises(StorageError):
        run(tmp_path / name, 1)

    assert os.listdir(tmp_path) == ["file"]


def test_what_a_killed_run_has_left_is_cleared_away(tmp_path):
    """By the next one on that folder; what a living one uses stays."""
    (tmp_path / ".w2v-selftest.0123456789ab.tmp" / "trial").mkdir(parents=True)
    seen = []

    def look(_n_met):
        seen.append(len(os.listdir(tmp_path)))
        if len(seen) == 1:
            run(tmp_path, 2)

    run(tmp_path, 4, report=look)

    assert set(seen) == {1}
    assert os.listdir(tmp_path) == []
