"""Where compiled kernels are kept: a private folder, of this version alone."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOW = "import corpora, os; print(os.environ['NUMBA_CACHE_DIR'])"


def chosen_folder(code=SHOW, **environment):
    """The folder that a fresh process chooses, and what it says on stderr."""
    clean = {
        name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=clean | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(done.stdout.strip()), done.stderr


def test_a_private_folder_of_the_version_is_made(tmp_path):
    """Under XDG_CACHE_HOME, with numba's version in its name, for the user alone, in silence."""
    from importlib.metadata import version

    folder, said = chosen_folder(XDG_CACHE_HOME=tmp_path)

    assert folder.parent == tmp_path / "w2v" / "kernels"
    assert folder.name.startswith(f"numba-{version('numba')}-")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert said == ""


def test_without_xdg_the_home_folder_is_taken(tmp_path):
    """~/.cache is the place then."""
    folder, said = chosen_folder(HOME=tmp_path)

    assert folder.parent == tmp_path / ".cache" / "w2v" / "kernels"
    assert said == ""


def test_the_name_is_the_same_each_time(tmp_path):
    """Two processes of the same sources share what is compiled."""
    assert chosen_folder(XDG_CACHE_HOME=tmp_path) == chosen_folder(XDG_CACHE_HOME=tmp_path)


def test_a_changed_kernel_has_another_folder(tmp_path, monkeypatch):
    """One byte more in one file of kernels changes the name."""
    from corpora import kernel_cache

    for room in ("corpora", "w2v/engines", "w2v/formats"):
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "kernels.py").write_text("1\n")
    monkeypatch.setattr(kernel_cache, "__file__", str(tmp_path / "corpora" / "kernel_cache.py"))

    names = {kernel_cache._version_name()}
    for room in ("corpora", "w2v/engines", "w2v/formats"):
        (tmp_path / room / "kernels.py").write_text("2\n")
        names.add(kernel_cache._version_name())

    assert len(names) == 4


def test_the_users_own_private_folder_is_kept(tmp_path):
    """NUMBA_CACHE_DIR is left as it is where only the user can write."""
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)

    assert chosen_folder(NUMBA_CACHE_DIR=mine, XDG_CACHE_HOME=tmp_path) == (mine, "")


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777])
def test_a_folder_that_others_write_to_is_not_used(tmp_path, mode):
    """Who can write there could run code as this user: it is refused with one remark."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)

    folder, said = chosen_folder(NUMBA_CACHE_DIR=shared, XDG_CACHE_HOME=tmp_path)

    assert folder.parent == tmp_path / "w2v" / "kernels"
    assert said.count("\n") == 1
    assert str(shared) in said


def test_a_shared_folder_of_our_own_name_is_not_used(tmp_path):
    """A folder that somebody has put in our place, open to all, is passed over."""
    (tmp_path / "w2v" / "kernels").mkdir(parents=True)
    (tmp_path / "w2v" / "kernels").chmod(0o777)

    folder, _ = chosen_folder(XDG_CACHE_HOME=tmp_path, HOME=tmp_path / "home")

    assert folder.parent == tmp_path / "home" / ".cache" / "w2v" / "kernels"


def test_without_any_folder_a_temporary_one_is_used_and_removed(tmp_path):
    """Nowhere to keep kernels: they live as long as the process, with one remark."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "scratch").mkdir()
    blocked = tmp_path / "file" / "below"

    folder, said = chosen_folder(XDG_CACHE_HOME=blocked, HOME=blocked, TMPDIR=tmp_path / "scratch")

    assert folder.parent == tmp_path / "scratch"
    assert not folder.exists()
    assert said.count("\n") == 1
    assert "NUMBA_CACHE_DIR" in said


def test_a_process_that_has_numba_already_is_left_alone(tmp_path):
    """Numba looks once, so what its other users chose stays."""
    code = "import numba, os; before = dict(os.environ); import corpora; print(before == dict(os.environ))"

    folder, said = chosen_folder(code, XDG_CACHE_HOME=tmp_path)

    assert (str(folder), said) == ("True", "")
    assert os.listdir(tmp_path) == []


def test_the_first_run_is_known(tmp_path, monkeypatch):
    """A folder without compiled code means that compiling comes; one with it does not."""
    from corpora.kernel_cache import is_first_run

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    before = is_first_run()
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / "kernels.nbi").write_bytes(b"")

    assert (before, is_first_run()) == (True, False)
