"""Files to be written: compressed ones, those with others beside them, and folders; whole or not at all."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO

from corpora.errors import StorageError
from corpora.sources import COMPRESSION_SUFFIXES
from corpora.storage import write_file, write_folder, write_part
from w2v.formats.source import Source, source_of
from w2v.formats.table import Format
from w2v.formats.writing import Contents, Target

Check = Callable[[Source], None]


def write_contents(path: str, known: Format, contents: Contents, *, check: Check | None = None) -> None:
    """Writes a file and what belongs beside it; each takes its name when all are whole.

    Args:
        path: the file, or the folder.
        known: its format.
        contents: what `require_writable` has let pass.
        check: is given what was written, before it takes its name, and may raise to prevent that.

    Raises:
        StorageError: something cannot be written, or the folder is there already (K22).
        InputError: the numbers cannot be kept (X03).
    """
    opened = _open_folder(path, known) if known.is_folder else _open_files(path, known)
    with opened as target:
        packed = _pack(target.file, path) if known.can_be_packed else target.file
        known.module.write(Target(packed, target.beside), contents)
        if packed is not target.file:
            packed.close()
        files = (target.file, *target.beside.values())
        if check is not None:
            for file in files:
                file.seek(0)
            check(source_of(target.file, path, beside=target.beside.__getitem__, is_named=True))
        for file in files:
            file.seek(0, os.SEEK_END)


@contextlib.contextmanager
def _open_files(path: str, known: Format) -> Iterator[Target]:
    with contextlib.ExitStack() as files:
        stem = os.path.splitext(path)[0]
        beside = {ending: files.enter_context(write_file(stem + ending)) for ending in known.beside}
        yield Target(files.enter_context(write_file(path)), beside)


@contextlib.contextmanager
def _open_folder(path: str, known: Format) -> Iterator[Target]:
    path = path.rstrip("/" + os.sep)
    if os.path.lexists(path):
        fix = "remove it, or name another folder"
        raise StorageError("K22", "a folder or file of this name is there already", path=path, fix=fix)
    with write_folder(path) as folder, contextlib.ExitStack() as files:
        beside = {name: files.enter_context(write_part(folder / name)) for name in known.beside}
        yield Target(files.enter_context(write_part(folder / known.module.INSIDE)), beside)


def _pack(file: BinaryIO, path: str) -> BinaryIO:
    """What packs bytes into `file` as the end of the name asks for; the file itself if it does not."""
    kind = COMPRESSION_SUFFIXES.get(os.path.splitext(path)[1].lower())
    if kind == "gzip":
        return io.BufferedWriter(
            gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0)
        )
    if kind == "bzip2":
        return bz2.BZ2File(file, "wb")
    if kind == "xz":
        return lzma.LZMAFile(file, "wb", preset=1)
    if kind == "zstd":
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        return zstd.ZstdFile(file, "wb")
    return file
