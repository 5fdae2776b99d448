"""Where a corpus comes from: files, folders, globs, compressed files, standard input; one open at a time."""

from __future__ import annotations

import bz2
import glob
import gzip
import io
import lzma
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from corpora.errors import InputError

STANDARD_INPUT = "-"

COMPRESSION_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_FOREIGN = {
    b"PK\x03\x04": "a zip archive",
    b"%PDF-": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x7fELF": "a program",
    b"SQLite format 3": "a database",
}
COMPRESSION_SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}


class Source(NamedTuple):
    """One file of a corpus, or a stream such as standard input, which can be read once.

    Args:
        path: where it is; "-" stands for standard input.
        size: bytes on disk, 0 for a stream.
        modified: time of the last change in nanoseconds, 0 for a stream.
        is_stream: whether it is a pipe or a terminal and no file.
    """

    path: str
    size: int
    modified: int
    is_stream: bool

    @property
    def name(self) -> str:
        """What messages call it."""
        return "standard input" if self.path == STANDARD_INPUT else self.path

    @property
    def fingerprint(self) -> list[str | int]:
        """Whole path, size and time: what tells it from another file and from itself after a change."""
        return [os.path.abspath(self.path), self.size, self.modified]


def find_sources(paths: Iterable[str | os.PathLike[str]]) -> list[Source]:
    """Files behind the given paths: files themselves, all files of folders, the matches of globs, "-".

    Hidden files and folders are left out of folders and globs. Folders and globs come in the order of names.

    Raises:
        TypeError: `paths` is one string, which would be read letter by letter.
        ValueError: a file is named twice, or no path is given.
        InputError: nothing is there, or it cannot be read.
    """
    if isinstance(paths, (str, bytes, os.PathLike)):
        raise TypeError(f"pass a list of paths, such as [{os.fspath(paths)!r}], not one path")
    sources = [source for path in paths for source in _expand(os.fspath(path))]
    if not sources:
        raise ValueError("no corpus given; pass files, folders or globs, or - for standard input")
    _refuse_repeats(sources)
    return sources


class OpenSource(NamedTuple):
    """An open source: `file` gives unpacked bytes; `raw` is the file below it; `remark` is for the user."""

    file: BinaryIO
    raw: BinaryIO
    remark: str | None


def require_unchanged(source: Source) -> None:
    """Raises InputError if the file is not the one that was found at first."""
    if not source.is_stream and _describe(source.path) != source:
        raise InputError(
            "C20", "the file changed while it was read", path=source.path, fix="run again when it is complete"
        )


def open_source(source: Source) -> OpenSource:
    """Opens a source for reading its unpacked bytes; compression is told by content, not by name.

    Raises:
        InputError: it cannot be opened, or is an empty file with the name of a compressed one.
    """
    raw = _open_raw(source)
    head = _peek(raw, source)
    found = next((kind for magic, kind in COMPRESSION_MAGIC.items() if head.startswith(magic)), None)
    expected = None if source.is_stream else COMPRESSION_SUFFIXES.get(Path(source.path).suffix)
    if expected and not head:
        raw.close()
        raise InputError("C04", f"empty file, not {expected}", path=source.path, fix="fetch the file again")
    foreign = next((kind for magic, kind in _FOREIGN.items() if head.startswith(magic[:8])), None)
    if foreign:
        raw.close()
        raise InputError("C12", f"{foreign}, not text", path=source.path, fix="take the text out of it first")
    remark = None
    if expected != found and not source.is_stream:
        remark = f"{source.name}: read as {found or 'plain text'}, which its content says, not its name"
    return OpenSource(unpack(raw, found), raw, remark)


def _expand(path: str) -> list[Source]:
    if path == STANDARD_INPUT:
        return [Source(STANDARD_INPUT, 0, 0, is_stream=True)]
    if os.path.isdir(path):
        return _expand_folder(path)
    if not os.path.lexists(path) and glob.has_magic(path):
        matches = [match for match in sorted(glob.glob(path, recursive=True)) if os.path.isfile(match)]
        if not matches:
            raise InputError("C01", "no file matches this glob", path=path, fix="check the pattern")
        return [_describe(match) for match in matches]
    return [_describe(path)]


def _expand_folder(folder: str) -> list[Source]:
    found = []
    ancestors: dict[str, set[tuple[int, int]]] = {folder: set()}
    for parent, folders, files in os.walk(folder, followlinks=True, onerror=_refuse_folder):
        status = os.stat(parent)
        identity = (status.st_dev, status.st_ino)
        seen = ancestors.pop(parent)
        if identity in seen:
            raise InputError(
                "C24", "a link leads back to a folder above it", path=parent, fix="remove the link"
            )
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        ancestors.update((os.path.join(parent, name), seen | {identity}) for name in folders)
        found += [_describe(os.path.join(parent, name)) for name in sorted(files) if not name.startswith(".")]
    if not found:
        raise InputError(
            "C01", "the folder holds no files", path=folder, fix="pass a folder with text files in it"
        )
    return found


def _refuse_folder(error: OSError) -> None:
    raise InputError(
        "C01", f"cannot read the folder: {error.strerror}", path=error.filename, fix="check its permissions"
    ) from error


def _describe(path: str) -> Source:
    try:
        status = os.stat(path)
    except OSError as error:
        raise InputError(
            "C01", f"cannot read: {error.strerror}", path=path, fix="check the path and its permissions"
        ) from error
    if stat.S_ISREG(status.st_mode):
        return Source(path, status.st_size, status.st_mtime_ns, is_stream=False)
    return Source(path, 0, 0, is_stream=True)


def _refuse_repeats(sources: list[Source]) -> None:
    seen: dict[tuple[int, int] | str, str] = {}
    for source in sources:
        key: tuple[int, int] | str = STANDARD_INPUT
        if source.path != STANDARD_INPUT:
            status = os.stat(source.path)
            key = (status.st_dev, status.st_ino)
        if key in seen:
            raise ValueError(f"{source.name} is the same file as {seen[key]}; name each file once")
        seen[key] = source.name


def _open_raw(source: Source) -> io.BufferedReader:
    if source.path == STANDARD_INPUT:
        if sys.stdin is None:
            raise InputError("C01", "standard input is closed", fix="send a text into it, or pass a file")
        return io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False), 1 << 20)
    try:
        return io.BufferedReader(io.FileIO(source.path), 1 << 20)
    except OSError as error:
        raise InputError(
            "C01",
            f"cannot open: {error.strerror}",
            path=source.path,
            fix="check the path and its permissions",
        ) from error


def _peek(raw: io.BufferedReader, source: Source) -> bytes:
    try:
        return raw.peek(8)[:8]
    except OSError as error:
        raw.close()
        raise InputError(
            "C25",
            f"cannot read: {error.strerror}",
            path=source.name,
            byte=0,
            fix="check the disk or the network share, then run again",
        ) from error


def unpack(raw: BinaryIO, kind: str | None) -> BinaryIO:
    """The unpacked bytes of an open file of a kind of COMPRESSION_MAGIC; the file itself for none."""
    if kind == "gzip":
        return gzip.GzipFile(fileobj=raw)
    if kind == "bzip2":
        return bz2.BZ2File(raw)
    if kind == "xz":
        return lzma.LZMAFile(raw)
    if kind == "zstd":
        return _unpack_zstd(raw)
    return raw


def _unpack_zstd(raw: BinaryIO) -> BinaryIO:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    class ZstdFile(zstd.ZstdFile):
        def readinto(self, buffer: memoryview) -> int:
            try:
                return super().readinto(buffer)
            except zstd.ZstdError as error:
                raise OSError(str(error)) from error  # as gzip and bz2 say it

    return ZstdFile(raw)
