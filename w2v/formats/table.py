"""The table of formats, and how one is chosen: by content when read, by the end of a name when written.

A format is a module with four functions: `matches(head)` says whether the first bytes of a file are of its
kind, `read(source, options)` understands the head and returns a Reading, `flaw(word)` says why a word cannot
be held, and `write(target, contents)` fills a file; `refuse(contents, path)` may refuse more. A new one is
such a module and a line of `FORMATS`. No format runs code that comes from a file.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import NamedTuple

import numpy as np

from corpora.errors import InputError
from corpora.sources import COMPRESSION_SUFFIXES
from w2v.formats import (
    fasttext_bin,
    glove,
    native,
    numpy_array,
    projector,
    static_embedding,
    word2vec_binary,
    word2vec_text,
)
from w2v.formats.foreign import refuse_foreign

_PLAIN, _NARROW = ("float32",), ("float32", "float16")


class Format(NamedTuple):
    """One line of the table.

    Args:
        name: what `format` and `--format` call it.
        suffixes: names that are written in this format; "/" stands for a folder.
        module: its functions.
        dtypes: kinds of numbers that it can keep; none where it is read only.
        can_be_packed: whether it is read and written from the start to the end, and so through a compressor.
    """

    name: str
    suffixes: tuple[str, ...]
    module: ModuleType
    dtypes: tuple[str, ...] = _PLAIN
    can_be_packed: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether a folder, and no file, is of this format."""
        return "/" in self.suffixes

    @property
    def beside(self) -> tuple[str, ...]:
        """Endings of the files beside the one that is named, or names in the folder."""
        return getattr(self.module, "BESIDE", ())


FORMATS = (  # recognised in this order; text without a header is last, since it takes what is left
    Format("native", (".safetensors",), native, _NARROW),
    Format("word2vec-binary", (".bin",), word2vec_binary, can_be_packed=True),
    Format("word2vec-text", (".txt", ".vec"), word2vec_text, can_be_packed=True),
    Format("numpy", (".npy",), numpy_array, _NARROW),
    Format("projector", (".tsv",), projector),
    Format("static-embedding", ("/",), static_embedding, _NARROW),
    Format("fasttext-bin", (), fasttext_bin, dtypes=()),
    Format("glove", (), glove, can_be_packed=True),
)
WRITABLE = tuple(known for known in FORMATS if known.dtypes)


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format that the end of a name chooses; that of a compression may follow where it can be packed.

    Raises:
        ValueError: no format has that ending.
    """
    path = os.fspath(path)
    if path.endswith(("/", os.sep)):
        return format_named("static-embedding")
    stem, suffix = os.path.splitext(path)
    packed = ""
    if suffix.lower() in COMPRESSION_SUFFIXES:
        suffix, packed = os.path.splitext(stem)[1], suffix
    for known in FORMATS:
        if suffix.lower() in known.suffixes and (known.can_be_packed or not packed):
            return known
    names = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    raise ValueError(f"{path!r} must end in one of {names}, or name a format; it ends in {suffix + packed!r}")


def format_named(name: str) -> Format:
    """The format of a name of the table.

    Raises:
        ValueError: there is none.
    """
    for known in FORMATS:
        if known.name == name:
            return known
    raise ValueError(f"format must be one of {', '.join(known.name for known in FORMATS)}, got {name!r}")


def recognise(head: bytes, path: str) -> Format:
    """The format of a file that begins with `head`.

    Raises:
        InputError: it is another kind of file (R03 to R06).
    """
    if native.matches(head):  # first: a length at the start may look like the mark of another kind of file
        return format_named("native")
    refuse_foreign(head, path)
    for known in FORMATS:
        if not known.is_folder and known.module.matches(head):
            return known
    what = f"not a known format of word vectors; the file begins with the bytes {head[:16].hex(' ')}"
    if _looks_like_doubles(head):
        what = "numbers of 8 bytes and nothing else: GloVe's .bin, perhaps, which has no words"
    fix = "pass a file of word vectors: `w2v convert --help` lists the formats"
    raise InputError("RL06" if what.startswith("numbers") else "R03", what, path=path, fix=fix)


def _looks_like_doubles(head: bytes) -> bool:
    """Whether bytes make sense as float64 of the size that vectors have, all of them."""
    numbers = np.abs(np.frombuffer(head[: len(head) // 8 * 8], dtype="<f8"))
    return len(numbers) >= 8 and bool(((numbers > 1e-9) & (numbers < 1e3)).all())
