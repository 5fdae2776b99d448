"""Files of word vectors: the table of formats, and reading and writing through it.

A format is a module of this folder with four functions: `matches(head)` says whether the first bytes of a
file are of its kind, `read(file, path)` returns Vectors, `refuse(vectors, path)` raises InputError, before a
byte is written, for vectors that the format cannot hold, and `write(file, vectors)` fills a file. A new one
is such a module and a line of `FORMATS`. No format runs code that comes from a file.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from types import ModuleType
from typing import BinaryIO, NamedTuple

from corpora.errors import InputError
from corpora.storage import write_file
from w2v.formats import native, word2vec_binary, word2vec_text
from w2v.formats.foreign import refuse_foreign
from w2v.vectors import Vectors

_HEAD_BYTES = 65_536


class Format(NamedTuple):
    """One line of the table of formats."""

    name: str
    suffixes: tuple[str, ...]  # names that `save_vectors` writes in this format
    module: ModuleType


FORMATS = (  # recognised in this order; text is last, since it takes what is left
    Format("native", (".safetensors",), native),
    Format("word2vec-binary", (".bin",), word2vec_binary),
    Format("word2vec-text", (".txt", ".vec"), word2vec_text),
)


def load_vectors(path: str | os.PathLike[str], *, format: str | None = None) -> Vectors:  # noqa: A002
    """Reads a file of word vectors, whatever its name ends in.

    Args:
        path: a file of any format of `FORMATS`, or a pipe with one.
        format: name of the format; None recognises it by the content.

    Returns:
        All rows of the file, each number as it stands there.

    Raises:
        ValueError: `format` is not a known name.
        InputError: the file is missing, of another kind, or broken; the rows of "Reading vectors" say how.
    """
    path = os.fspath(path)
    known = None if format is None else _format_named(format)
    with _open(path) as file:
        head = file.read(_HEAD_BYTES)
        file.seek(0)
        if not head:
            raise InputError("R07", "the file is empty", path=path, fix="write or download it again")
        return (known or _recognise(head, path)).module.read(file, path)


def save_vectors(vectors: Vectors, path: str | os.PathLike[str], *, format: str | None = None) -> None:  # noqa: A002
    """Writes word vectors to a file that appears under its name only when it is whole.

    Args:
        vectors: of one word or more, all numbers finite.
        path: the end of the name chooses the format: .safetensors keeps everything, .txt and .vec are
            word2vec text, .bin is word2vec binary.
        format: name of the format, if the name of the file should not choose it.

    Raises:
        TypeError: `vectors` are no Vectors.
        ValueError: neither the name's end nor `format` is known.
        InputError: the format cannot hold these vectors; nothing is written (X01 to X09).
        StorageError: the file cannot be written.
    """
    if not isinstance(vectors, Vectors):
        raise TypeError(f"save_vectors takes vectors and then a path, got {type(vectors).__name__} first")
    path = os.fspath(path)
    chosen = format_of(path) if format is None else _format_named(format)
    chosen.module.refuse(vectors, path)
    with write_file(path) as file:
        chosen.module.write(file, vectors)


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format that `save_vectors` chooses by the end of a name.

    Raises:
        ValueError: no format has that ending.
    """
    path = os.fspath(path)
    suffix = os.path.splitext(path)[1].lower()
    for known in FORMATS:
        if suffix in known.suffixes:
            return known
    names = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    raise ValueError(f"{path!r} must end in one of {names}; it ends in {suffix!r}")


def _format_named(name: str) -> Format:
    for known in FORMATS:
        if known.name == name:
            return known
    raise ValueError(f"format must be one of {', '.join(known.name for known in FORMATS)}, got {name!r}")


def _recognise(head: bytes, path: str) -> Format:
    if native.matches(head):  # first: a length at the start may look like the mark of another kind of file
        return _format_named("native")
    refuse_foreign(head, path)
    for known in FORMATS:
        if known.module.matches(head):
            return known
    raise InputError(
        "R03",
        f"not a known format of word vectors; the file begins with the bytes {head[:16].hex(' ')}",
        path=path,
        fix="pass a .safetensors of w2v, or vectors in word2vec text or binary format",
    )


@contextlib.contextmanager
def _open(path: str) -> Iterator[BinaryIO]:
    """Opens a file for reading; a pipe, which can be read but once, is taken into memory."""
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            kind = "a folder" if stat.S_ISDIR(mode) else "a device or socket"
            raise InputError(
                "R09", f"this is {kind}, not a file", path=path, fix="pass a file of word vectors"
            )
        with open(path, "rb") as file:
            yield io.BytesIO(file.read()) if stat.S_ISFIFO(mode) else file
    except OSError as error:
        problem = f"cannot read: {error.strerror or error}"
        raise InputError("R09", problem, path=path, fix="check the name and the permissions") from error
