"""Where all that changes the disk passes through, so that a disk that fails can be put in its place.

`corpora.storage` performs all of its operations here, and nothing else in the project writes. What a disk may
do to a program, `corpora.faults` does here.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

Disk = Callable[..., Any]  # disk(operation, *arguments) does what operation(*arguments) does, or fails


def perform(operation: Callable[..., Any], *arguments: Any) -> Any:
    """Does what changes the disk, an operation of the module os: `perform(os.replace, old, new)`."""
    return _disk(operation, *arguments)


@contextlib.contextmanager
def use_disk(disk: Disk) -> Iterator[None]:
    """Lets another disk perform the operations of all threads until the block ends."""
    global _disk
    before, _disk = _disk, disk
    try:
        yield
    finally:
        _disk = before


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a file for reading; a pipe, which might never give anything, or a device is an OSError."""
    return open(require_regular(os.open(path, os.O_RDONLY | os.O_NONBLOCK)), "rb")


def require_regular(descriptor: int) -> int:
    """The descriptor itself; one that is of no file is closed, and an OSError raised."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return descriptor


class RawFile(io.FileIO):
    """A file without a buffer whose writes are performed like all else."""

    def write(self, data: Any) -> int:
        """Writes some or all of the data, and returns how many bytes; the buffer above writes the rest."""
        return perform(os.write, self.fileno(), data)


def _plain_disk(operation: Callable[..., Any], *arguments: Any) -> Any:
    return operation(*arguments)


_disk: Disk = _plain_disk
