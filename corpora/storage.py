"""The one door to the disk: a file or folder appears under its name only when it is whole; a log grows there.

It stands in the lowest room because the corpus cache is written there; no other module opens for writing.
The order is the usual one of careful programs: temporary name in the target folder, write, flush, fsync,
check the size, rename, fsync of the folder.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from corpora.disk import RawFile, perform, require_regular
from corpora.errors import StorageError
from corpora.temporaries import make_temporary, remove_tree, temporary_name

READ_WRITE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW


@contextlib.contextmanager
def write_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yields a binary file that takes the name `path` when the block ends well, and vanishes otherwise.

    An existing file under that name stays, byte for byte, until the new one is whole.

    Raises:
        StorageError: the file cannot be created, written, or renamed.
    """
    target = Path(path)
    with storage_errors(target):
        temporary, file = make_temporary(target, open_new)
        try:
            with file:
                yield file
                _finish(file, temporary)
                perform(os.replace, temporary, target)
                sync_folder(target.parent)
        finally:
            with contextlib.suppress(OSError):
                perform(os.unlink, temporary)


@contextlib.contextmanager
def write_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a new folder that takes the name `path` when the block ends well, and vanishes otherwise.

    The block makes files in it with `write_part`. A folder already under that name is replaced, which takes
    two steps: a crash between them leaves none, so what must last is given a new name each time.

    Raises:
        StorageError: the folder cannot be created or renamed, or a file in it cannot be synced.
    """
    target = Path(path)
    with storage_errors(target):
        _make_folders(target.parent)
        temporary, descriptor = make_temporary(target, open_new_folder)
        try:
            yield temporary
            perform(os.fsync, descriptor)
            _swap_folder(temporary, target)
            sync_folder(target.parent)
        finally:
            os.close(descriptor)
            remove_tree(temporary)


@contextlib.contextmanager
def write_lines(path: str | os.PathLike[str], *, keep: int = 0) -> Iterator[Callable[[str], None]]:
    """Yields a function that adds a line to the file `path` at once, for others to follow while it grows.

    What the file held before is gone when the block begins, but for its first `keep` bytes; what was added
    stays, however the block ends.

    Raises:
        StorageError: the file cannot be created; and from the function, the line cannot be written.
    """
    target = Path(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (0 if keep else os.O_TRUNC)
    with storage_errors(target):
        descriptor = perform(os.open, target, flags, 0o666)
        if keep:
            perform(os.ftruncate, descriptor, keep)

    def add(line: str) -> None:
        data = line.encode() + b"\n"
        with storage_errors(target):
            if perform(os.write, descriptor, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    try:
        yield add
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def write_part(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yields a new file inside the folder that `write_folder` yields; when the block ends, it is whole."""
    with open_new(path) as file:
        yield file
        _finish(file, Path(path))


def open_new(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a file that must not exist yet, for writing and reading back; never follows a link."""
    return io.BufferedRandom(RawFile(perform(os.open, path, READ_WRITE | os.O_EXCL, 0o600), "w+b"))


def open_new_folder(path: Path) -> int | None:
    """Makes a folder; returns its descriptor, to lock and sync it by, or None if it is gone again."""
    perform(os.mkdir, path, 0o777)
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # another run took it for a leftover before it could be claimed
        return None


def open_shared(path: str | os.PathLike[str]) -> int:
    """The descriptor of a file that several processes write, such as a lock; made if it is not there.

    Raises:
        OSError: there is a folder, a link, a pipe or a device.
    """
    return require_regular(perform(os.open, path, READ_WRITE | os.O_NONBLOCK, 0o600))


def sync(file: BinaryIO) -> None:
    """Makes what was written to a file last through a power cut."""
    file.flush()
    perform(os.fsync, file.fileno())


def sync_folder(path: str | os.PathLike[str]) -> None:
    """Makes the names in a folder last through a power cut."""
    descriptor = perform(os.open, path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        perform(os.fsync, descriptor)
    finally:
        os.close(descriptor)


def remove_folder(path: str | os.PathLike[str]) -> None:
    """Removes a folder: its name first, so that a half of it is never found there; errors are left alone."""
    temporary = temporary_name(Path(path))
    with contextlib.suppress(OSError):
        perform(os.rename, path, temporary)
        sync_folder(temporary.parent)
        remove_tree(temporary)


def make_folder(folder: str | os.PathLike[str]) -> None:
    """Makes a folder and those above it; raises StorageError if files could not be created in it."""
    with storage_errors(Path(folder)):
        _make_folders(Path(folder))
    require_writable_folder(folder)


def require_writable_folder(folder: str | os.PathLike[str]) -> None:
    """Raises StorageError now if a file could not be created in `folder` later.

    Called before long work, so that a mistake in a path costs a second and not a day.
    """
    probe = Path(folder) / f".{secrets.token_hex(6)}.tmp"
    with storage_errors(Path(folder)):
        try:
            open_new(probe).close()
        finally:
            with contextlib.suppress(OSError):
                perform(os.unlink, probe)


def require_room(path: str | os.PathLike[str], n_bytes: int) -> None:
    """Raises StorageError now if a file of so many bytes would not fit where `path` is to be."""
    folder = Path(path).absolute().parent
    with storage_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise StorageError(
            "K13",
            f"{n_bytes / 2**20:,.0f} MiB will be needed, {free / 2**20:,.0f} MiB are free",
            path=path,
            fix="make room, or write to another disk",
        )


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns the system's errors about writing `path` into a StorageError."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            "K13",
            f"cannot write: {error.strerror or error}",
            path=path,
            fix="check that the folder exists, may be written to and has room, then run again",
        ) from error


def _make_folders(path: Path) -> None:
    """Makes a folder and those above it, where they are not there, so that they last like what goes in."""
    if path.is_dir():
        return
    _make_folders(path.parent)
    with contextlib.suppress(FileExistsError):
        perform(os.mkdir, path)
    sync_folder(path.parent)


def _finish(file: BinaryIO, path: Path) -> None:
    """Makes a written file last, checks that all of it is there, and gives it the usual permissions."""
    sync(file)
    _require_size(path, file.tell())
    perform(os.chmod, path, 0o666 & ~_umask())


def _require_size(path: Path, size: int) -> None:
    found = os.path.getsize(path)
    if found != size:
        raise OSError(f"{found} bytes on disk where {size} were written")


def _swap_folder(temporary: Path, target: Path) -> None:
    """A folder cannot replace a full folder in one step: the old one steps aside and is removed last.

    Where another process puts its folder there in between, that one steps aside as well.
    """
    try:
        perform(os.rename, temporary, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        old = temporary_name(target)
        with contextlib.suppress(FileNotFoundError):
            perform(os.rename, target, old)
        try:
            _swap_folder(temporary, target)
        except OSError:
            perform(os.rename, old, target)
            raise
        sync_folder(target.parent)  # before what is old loses its files, should the power go
        remove_tree(old)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
