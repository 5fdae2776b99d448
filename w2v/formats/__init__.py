"""Files of word vectors: reading them, whatever they are, and writing them, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import NamedTuple

from corpora.errors import InputError
from w2v.formats.reading import Reading, ReadOptions, check, gather, name_rows
from w2v.formats.source import Source, open_source
from w2v.formats.table import FORMATS, Format, format_named, format_of, recognise
from w2v.formats.target import write_contents
from w2v.formats.writing import contents_of, require_finite, require_writable
from w2v.vectors import Vectors

__all__ = ["FORMATS", "ReadOptions", "format_of", "load_vectors", "open_vectors", "save_vectors"]

_INSIDE = ("model.safetensors", "0_StaticEmbedding/model.safetensors")


class Opened(NamedTuple):
    """An open file of vectors: its bytes, its format, and its rows to come."""

    source: Source
    format: Format
    reading: Reading


def load_vectors(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002
    options: ReadOptions | None = None,
    mmap: bool = False,
    remarks: list[str] | None = None,
) -> Vectors:
    """Reads a file of word vectors, whatever its name ends in.

    Args:
        path: a file of any format of `FORMATS`, compressed or not, a pipe, or the folder of a static
            embedding model.
        format: name of the format; None recognises it by the content.
        options: how strictly to read; None for strictly in all things.
        mmap: maps the numbers of a native or .npy file into memory in place of copying them, so that they
            take none until they are used. They are not looked at, so NaN is not found; and should another
            program cut the file short meanwhile, the system ends this one (SIGBUS).
        remarks: takes what the user should know, such as how many rows `options` left out.

    Returns:
        All rows of the file, each number as it stands there.

    Raises:
        ValueError: `format` is not a known name.
        InputError: the file is missing, of another kind, or broken; the rows of "Reading vectors" say how. Or
            it cannot be mapped (R08).
    """
    with open_vectors(path, format=format, options=options) as opened:
        reading, name = opened.reading, opened.source.path
        if mmap:
            matrix = None if reading.map_matrix is None else reading.map_matrix()
            if matrix is None or reading.words is None:
                fix = "convert it to .safetensors with `w2v convert`, or load it without mmap"
                raise InputError("R08", "only a file of float32 rows can be mapped", path=name, fix=fix)
            return name_rows(reading.words, matrix, reading, path=name)
        vectors = gather(reading, path=name)
    if remarks is not None:
        remarks += reading.remarks
    return vectors


def save_vectors(
    vectors: Vectors,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002
    dtype: str = "float32",
) -> None:
    """Writes word vectors to a file that appears under its name only when it is whole.

    Args:
        vectors: of one word or more, all numbers finite.
        path: the end of the name chooses the format: .safetensors keeps everything, .txt and .vec are
            word2vec text, .bin is word2vec binary, .npy and .tsv have their words in a file beside them, and
            a name that ends in / is a folder for model2vec and sentence-transformers. A further .gz, .bz2,
            .xz or .zst packs text and binary.
        format: name of the format, if the name of the file should not choose it.
        dtype: "float32", or where the format can keep it "float16".

    Raises:
        TypeError: `vectors` are no Vectors.
        ValueError: neither the name's end nor `format` is known, or the format cannot keep what is given.
        InputError: the format cannot hold these vectors; nothing is written (X01 to X09).
        StorageError: the file cannot be written.
    """
    if not isinstance(vectors, Vectors):
        raise TypeError(f"save_vectors takes vectors and then a path, got {type(vectors).__name__} first")
    path = os.fspath(path)
    known = format_of(path) if format is None else format_named(format)
    contents = contents_of(vectors, dtype=dtype, keeps_output=known.name == "native")
    require_writable(contents, known, path)
    first = 0
    for rows in contents.rows():
        require_finite(rows, contents.words, first, path=path)
        first += len(rows)
    write_contents(path, known, contents)


@contextlib.contextmanager
def open_vectors(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002
    options: ReadOptions | None = None,
) -> Iterator[Opened]:
    """Opens a file of word vectors and understands its head; the rows are read as they are asked for.

    Args:
        path: as for `load_vectors`.
        format: as for `load_vectors`.
        options: as for `load_vectors`.

    Raises:
        ValueError: `format` is not a known name, or cannot give the table that `options` asks for.
        InputError: as `load_vectors`; what is wrong with rows is found when they are read.
    """
    path = os.fspath(path)
    options = options or ReadOptions()
    known = None if format is None else format_named(format)
    inside = ""
    if os.path.isdir(path) and (known is None or known.is_folder):
        known = format_named("static-embedding")
        found = (name for name in _INSIDE if os.path.isfile(os.path.join(path, name)))
        inside = next(found, "")
    with open_source(path, is_named=format is not None, inside=inside) as source:
        known = known or recognise(source.head, path)
        yield Opened(source, known, read_source(source, known, options))


def read_source(source: Source, known: Format, options: ReadOptions) -> Reading:
    """The rows to come of an open file of a known format, held to `options` as they pass."""
    if options.table != "input" and known.name != "native":
        problem = f"a file of {known.name} has one table of vectors, and {options.table} needs two"
        fix = "take --vectors input, or a native file that keeps the output vectors"
        raise InputError("RS04", problem, path=source.path, fix=fix)
    return check(known.module.read(source, options), options, path=source.path)
