"""The one door to the disk: a file or folder appears under its name only when it is whole.

It stands in the lowest room because the corpus cache is written there; no other module opens for writing.
The order is the usual one of careful programs: temporary name in the target folder, write, flush, fsync,
check the size, rename, fsync of the folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from corpora.errors import StorageError


@contextlib.contextmanager
def write_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yields a binary file that takes the name `path` when the block ends well, and vanishes otherwise.

    An existing file under that name stays, byte for byte, until the new one is whole.

    Raises:
        StorageError: the file cannot be created, written, or renamed.
    """
    target = Path(path)
    temporary = _temporary_name(target)
    with _storage_errors(target):
        try:
            with open_new(temporary) as file:
                yield file
                sync(file)
                size = file.tell()
            _require_size(temporary, size)
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, target)
            sync_folder(target.parent)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


@contextlib.contextmanager
def write_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a new folder that takes the name `path` when the block ends well, and vanishes otherwise.

    The block opens files in it with `open_new`. A folder already under that name is replaced.

    Raises:
        StorageError: the folder cannot be created or renamed, or a file in it cannot be synced.
    """
    target = Path(path)
    temporary = _temporary_name(target)
    with _storage_errors(target):
        try:
            os.makedirs(target.parent, exist_ok=True)
            os.mkdir(temporary, 0o777)
            yield temporary
            sync_folder(temporary)
            _swap_folder(temporary, target)
            sync_folder(target.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def open_new(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a file that must not exist yet, for writing and reading back; never follows a link."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "w+b")


def sync(file: BinaryIO) -> None:
    """Makes what was written to a file last through a power cut."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(path: str | os.PathLike[str]) -> None:
    """Makes the names in a folder last through a power cut, where the system offers that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: str | os.PathLike[str]) -> None:
    """Makes a folder and those above it; raises StorageError if files could not be created in it."""
    with _storage_errors(Path(folder)):
        os.makedirs(folder, exist_ok=True)
    require_writable_folder(folder)


def require_writable_folder(folder: str | os.PathLike[str]) -> None:
    """Raises StorageError now if a file could not be created in `folder` later.

    Called before long work, so that a mistake in a path costs a second and not a day.
    """
    probe = Path(folder) / f".{secrets.token_hex(6)}.tmp"
    with _storage_errors(Path(folder)):
        try:
            open_new(probe).close()
        finally:
            with contextlib.suppress(OSError):
                os.unlink(probe)


def _require_size(path: Path, size: int) -> None:
    found = os.path.getsize(path)
    if found != size:
        raise OSError(f"{found} bytes on disk where {size} were written")


def _swap_folder(temporary: Path, target: Path) -> None:
    """A folder cannot replace a full folder in one step: the old one steps aside and is removed last.

    Where another process puts its folder there in between, that one steps aside as well.
    """
    try:
        os.rename(temporary, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        old = _temporary_name(target)
        with contextlib.suppress(FileNotFoundError):
            os.rename(target, old)
        try:
            _swap_folder(temporary, target)
        except OSError:
            os.rename(old, target)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _temporary_name(target: Path) -> Path:
    """A hidden name beside the target; 50 letters of four bytes leave room under the limit of 255."""
    return target.with_name(f".{target.name[:50]}.{secrets.token_hex(6)}.tmp")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            "K13",
            f"cannot write: {error.strerror or error}",
            path=path,
            fix="check that the folder exists, may be written to and has room, then run again",
        ) from error
