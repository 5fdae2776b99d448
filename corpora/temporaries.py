"""Temporary names beside a target: claimed while their maker lives, and cleared away once it has died."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpora.disk import perform


def remove_leftovers(path: str | os.PathLike[str]) -> int:
    """Removes what killed runs have left of writing `path`; returns how many files and folders.

    Who writes holds its temporary file locked as long as it lives, so nothing that lives is removed.
    """
    target = Path(path)
    pattern = re.compile(re.escape(_temporary_stem(target)) + r"[0-9a-f]{12}\.tmp")
    n_removed = 0
    with contextlib.suppress(OSError):
        for name in filter(pattern.fullmatch, os.listdir(target.parent)):
            n_removed += _remove_unclaimed(target.with_name(name))
    return n_removed


def make_temporary(target: Path, create: Callable[[Path], Any]) -> tuple[Path, Any]:
    """Makes a temporary file or folder beside the target and claims it, for `remove_leftovers` to see.

    Between the making and the claim it may be taken for a leftover: then another is made. `create` gives an
    open file or a descriptor, or None where it was taken before it could be opened.
    """
    remove_leftovers(target)
    while True:
        temporary = temporary_name(target)
        made = create(temporary)
        if made is None:
            continue
        if _claim(made if isinstance(made, int) else made.fileno()) and os.path.exists(temporary):
            return temporary, made
        os.close(made) if isinstance(made, int) else made.close()


def temporary_name(target: Path) -> Path:
    """A hidden name beside the target, different each time."""
    return target.with_name(f"{_temporary_stem(target)}{secrets.token_hex(6)}.tmp")


def remove_tree(path: Path) -> None:
    """Removes a folder and all in it, as far as that can be done; a file; of a link, the link alone."""
    if path.is_symlink() or not path.is_dir():
        with contextlib.suppress(OSError):
            perform(os.unlink, path)
        return
    for folder, names, files in os.walk(path, topdown=False):
        for name in files:
            with contextlib.suppress(OSError):
                perform(os.unlink, os.path.join(folder, name))
        for name in names:
            with contextlib.suppress(OSError):
                remove = os.unlink if os.path.islink(os.path.join(folder, name)) else os.rmdir
                perform(remove, os.path.join(folder, name))
    with contextlib.suppress(OSError):
        perform(os.rmdir, path)


def _claim(descriptor: int) -> bool:
    """Locks a temporary file until it is closed; False where somebody is about to remove it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks, where no leftover is removed either
        return True
    return True


def _remove_unclaimed(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove_tree(path) if path.is_dir() else perform(os.unlink, path)
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _temporary_stem(target: Path) -> str:
    """How temporary names begin; 50 letters of four bytes leave room under the limit of 255."""
    return f".{target.name[:50]}."
