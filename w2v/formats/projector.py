"""The pair that TensorBoard's embedding projector loads: `vectors.tsv`, and words in `vectors.metadata.tsv`.

The first holds numbers with tabs between and no header, the second a word a line and, since it is one column
only, no header either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import NUMBER, is_text
from w2v.formats.reading import Reading, ReadOptions, Room
from w2v.formats.source import Source
from w2v.formats.text_lines import TextRows, strip_line, wrong
from w2v.formats.text_rows import read_rows, write_rows
from w2v.formats.word_lines import name_blocks, read_word_lines, write_word_lines
from w2v.formats.writing import Contents, Target

BESIDE = (".metadata.tsv",)
_SAMPLE_BYTES = 1 << 20
_BREAKS = re.compile(r"[\t\n\r]")


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` has numbers alone in its first line, and tabs between them."""
    line, end, _ = head.partition(b"\n")
    fields = strip_line(line).split(b"\t")
    return len(fields) > 1 and all(map(NUMBER.fullmatch, fields if end else fields[:-1]))


def flaw(word: str) -> str | None:
    """Why a line cannot hold a word, or None; the projector passes over lines that are blank."""
    if not word.strip("\ufeff").strip():
        return "is blank" if word else "is empty"
    return "holds a tab or an end of line" if _BREAKS.search(word) else None


def read(source: Source, options: ReadOptions) -> Reading:
    """Reads the first row and all words.

    Raises:
        InputError: R02, RT15; the words are missing (R09); while rows are read RT01, and as for text.
    """
    path = source.path
    if not is_text(source.head, tolerance=0.25):
        raise InputError("R02", "this is not text", path=path, fix="pass the .tsv file of numbers")
    source.file.seek(0)
    line, end, _ = source.file.read(_SAMPLE_BYTES).partition(b"\n")
    if not end and len(line) == _SAMPLE_BYTES:
        raise wrong("RT15", f"no line end within {_SAMPLE_BYTES} bytes", path=path, line=1)
    layout = TextRows(path, strip_line(line).count(b"\t") + 1, tabs=True)
    words = read_word_lines(source.beside(BESIDE[0]), path, options)
    blocks = name_blocks(_numbers(source, layout, options), words, path=path)
    return Reading(layout.dim, blocks, words=words)


def write(target: Target, contents: Contents) -> None:
    """Writes both files, in the fewest digits that give the same float32 again."""
    write_rows(target.file, contents.rows(), None)
    write_word_lines(target.beside[BESIDE[0]], contents.words)


def _numbers(source: Source, layout: TextRows, options: ReadOptions) -> Iterator[np.ndarray]:
    for block in read_rows(source.file, layout, options, Room(layout.dim)):
        yield block.rows
