"""The bytes that vectors are read from: a file, a compressed one, a pipe, and the files beside it."""

from __future__ import annotations

import contextlib
import io
import lzma
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from corpora.errors import InputError
from corpora.sources import COMPRESSION_MAGIC, unpack

HEAD_BYTES = 65_536
_FREE_BYTES = 1 << 24
_MOST_RATIO = 100  # digits of random numbers pack to a half or a third; a bomb to a thousandth


class Source(NamedTuple):
    """An open file of vectors.

    Args:
        path: what messages call it; of a folder, the folder.
        file: its bytes, unpacked, at the start; it can be wound back.
        head: the first 64 KiB of them.
        size: how many there are; None where only the end will tell, as in a compressed file.
        most_bytes: how many there can be.
        beside: opens the file whose name is this one's with another ending, or one in this folder.
        is_named: whether the user has said which format it is.
    """

    path: str
    file: BinaryIO
    head: bytes
    size: int | None
    most_bytes: int
    beside: Callable[[str], BinaryIO]
    is_named: bool = False


def source_of(
    file: BinaryIO, path: str, *, beside: Callable[[str], BinaryIO] | None = None, is_named: bool = False
) -> Source:
    """The Source of an open file that is a file on a disk or in memory.

    Raises:
        InputError: it is empty (R07), or a damaged compressed file (R06).
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    magic = file.read(8)
    file.seek(0)
    kind = next((kind for start, kind in COMPRESSION_MAGIC.items() if magic.startswith(start)), None)
    if kind is not None:
        unpacked = _Unpacked(file, kind, size, path)
        file = io.BufferedReader(unpacked, 1 << 16)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if not head:
        raise InputError("R07", "the file is empty", path=path, fix="write or download it again")
    most = size if kind is None else _most_unpacked(size)
    return Source(path, file, head, size if kind is None else None, most, beside or _nothing_beside, is_named)


@contextlib.contextmanager
def open_source(path: str, *, is_named: bool = False, inside: str = "") -> Iterator[Source]:
    """Opens a file for reading; a pipe, which can be read but once, is taken into memory.

    Args:
        path: a file, a pipe or, with `inside`, a folder.
        is_named: whether the user has said which format it is.
        inside: in a folder, the file that holds the numbers.

    Raises:
        InputError: it is missing, cannot be read, or is no file (R09), is empty (R07) or damaged (R06).
    """
    with contextlib.ExitStack() as opened, reading_errors(path):
        stem = os.path.join(path, os.path.dirname(inside), "") if inside else os.path.splitext(path)[0]

        def beside(ending: str) -> BinaryIO:
            with reading_errors(stem + ending):
                return opened.enter_context(open(stem + ending, "rb"))

        name = os.path.join(path, inside) if inside else path
        mode = os.stat(name).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            kind = (
                "a folder without vectors in it" if stat.S_ISDIR(mode) else "a device or socket, not a file"
            )
            raise InputError("R09", f"this is {kind}", path=path, fix="pass a file of word vectors")
        file: BinaryIO = opened.enter_context(open(name, "rb"))
        if stat.S_ISFIFO(mode):
            file = io.BytesIO(file.read())
        yield source_of(file, path, beside=beside, is_named=is_named)


@contextlib.contextmanager
def reading_errors(path: str) -> Iterator[None]:
    """Turns what the system says of a file that is read into an InputError (R09)."""
    try:
        yield
    except OSError as error:
        problem = f"cannot read: {error.strerror or error}"
        raise InputError("R09", problem, path=path, fix="check the name and the permissions") from error


class _Unpacked(io.RawIOBase):
    """The bytes of a compressed file, no more of them than a file of vectors can hold (R06)."""

    def __init__(self, file: BinaryIO, kind: str, size: int, path: str) -> None:
        self._file, self._kind, self._size, self._path = file, kind, size, path
        self._wind_back()

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Back to the start alone."""
        return True

    def tell(self) -> int:
        """Bytes read since the start."""
        return self._n_bytes

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Winds back to the start."""
        if (place, whence) != (0, os.SEEK_SET):
            raise io.UnsupportedOperation("a compressed file is read from its start on")
        self._wind_back()
        return 0

    def readinto(self, buffer: memoryview) -> int:
        """Fills the buffer with unpacked bytes."""
        try:
            n_read = self._unpacked.readinto(buffer)
        except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
            problem = f"the {self._kind} data ends or breaks after {self._n_bytes} unpacked bytes: {error}"
            raise InputError(
                "R06", problem, path=self._path, fix="download or pack the file again"
            ) from error
        self._n_bytes += n_read
        if self._n_bytes > _most_unpacked(self._size):
            problem = f"{self._size} bytes of {self._kind} unpack to more than {_MOST_RATIO} times as many"
            raise InputError(
                "R06", problem, path=self._path, fix="unpack it first if you trust where it is from"
            )
        return n_read

    def _wind_back(self) -> None:
        self._file.seek(0)
        self._unpacked, self._n_bytes = unpack(self._file, self._kind), 0


def _most_unpacked(size: int) -> int:
    return _FREE_BYTES + _MOST_RATIO * size


def _nothing_beside(ending: str) -> BinaryIO:
    raise FileNotFoundError(2, f"there is no file beside it that ends in {ending}")
