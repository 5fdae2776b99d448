"""From one file of vectors to another, a block of rows in memory at a time.

The source is walked through twice. The first walk finds whatever is wrong with it and which words there are,
so that nothing is begun that cannot be ended; the second writes. What was written is read back and compared
before it takes its name. The words are kept in memory, the numbers are not.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from corpora.errors import StorageError
from w2v.formats import Opened, open_vectors, read_source
from w2v.formats.checks import require_distinct
from w2v.formats.reading import Block, Reading, ReadOptions
from w2v.formats.source import Source, open_source
from w2v.formats.table import format_named, format_of
from w2v.formats.target import write_contents
from w2v.formats.word_lines import read_word_lines
from w2v.formats.writing import Contents, cast, require_writable


@dataclass(frozen=True)
class Changes:
    """What a conversion changes on the way.

    Args:
        limit: keeps this many rows, the first of those chosen; None for all.
        words: keeps the rows of these words alone; None for all.
        normalize: divides each row by its length; rows of zeros stay.
        dtype: "float32" or "float16", how the numbers are kept.
        space_as: stands for each space in a word; None leaves spaces.

    Raises:
        ValueError: `limit` is below 1, or `space_as` has or is no character.
    """

    limit: int | None = None
    words: frozenset[str] | None = None
    normalize: bool = False
    dtype: str = "float32"
    space_as: str | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"limit must be 1 or more, got {self.limit}")
        if self.space_as is not None and (not self.space_as or " " in self.space_as):
            raise ValueError(f"space_as must be signs without a space, got {self.space_as!r}")


class Converted(NamedTuple):
    """What a conversion did.

    Args:
        source_format: name of the format that was read.
        target_format: name of the format that was written.
        n_words: rows written.
        dim: numbers per word.
        remarks: what the user should know.
    """

    source_format: str
    target_format: str
    n_words: int
    dim: int
    remarks: list[str]


def convert_vectors(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    source_format: str | None = None,
    target_format: str | None = None,
    changes: Changes | None = None,
    options: ReadOptions | None = None,
) -> Converted:
    """Writes the vectors of one file to another.

    Args:
        source: as for `load_vectors`.
        target: as for `save_vectors`.
        source_format: name of the format to read; None recognises it.
        target_format: name of the format to write; None takes it from the end of `target`.
        changes: what to change on the way.
        options: how strictly to read.

    Raises:
        ValueError: a format is unknown, or cannot keep what it is given.
        InputError: as `load_vectors` and `save_vectors`; nothing is written then.
        StorageError: the file cannot be written, or does not read back as it was written.
    """
    target, changes = os.fspath(target), changes or Changes()
    options = options or ReadOptions()
    known = format_of(target) if target_format is None else format_named(target_format)
    with open_vectors(source, format=source_format, options=options) as opened:
        contents, remarks = _survey(opened, changes)
        require_writable(contents, known, target)
        written = _Written(opened, contents, changes, options)
        contents = contents._replace(rows=written.rows)
        write_contents(target, known, contents, check=lambda source: written.compare(source, known.name))
    return Converted(opened.format.name, known.name, len(contents.words), contents.dim, remarks)


def read_words(path: str | os.PathLike[str]) -> frozenset[str]:
    """The words of a file, one a line.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    path = os.fspath(path)
    with open_source(path) as source:
        return frozenset(read_word_lines(source.file, path, ReadOptions()))


def _survey(opened: Opened, changes: Changes) -> tuple[Contents, list[str]]:
    """The first walk: all that the target will hold but the rows, and what the user should know."""
    source, _, reading = opened
    originals: list[str] = []
    for block in _chosen(reading, changes):
        originals += block.words
    words = _renamed(originals, changes)
    require_distinct(words, path=source.path, first_line=None if changes.words else reading.first_line)
    remarks = list(reading.remarks)
    if changes.words is not None and (n_missing := len(changes.words) - len(set(originals))):
        remarks.append(f"{n_missing:,} of {len(changes.words):,} words asked for are not chosen or not there")
    if (n_renamed := sum(old != new for old, new in zip(originals, words, strict=True))) > 0:
        remarks.append(f"{n_renamed:,} words with spaces were renamed")
    if reading.has_output:
        remarks.append("the file keeps output vectors, too; one table is written, which --vectors chooses")
    counts = _counts_of(originals, reading)
    metadata: dict[str, Any] = dict(reading.metadata)
    if remarks:
        metadata["conversion"] = remarks
    return Contents(words, reading.dim, tuple, changes.dtype, counts, metadata), remarks


def _counts_of(words: Sequence[str], reading: Reading) -> np.ndarray | None:
    if reading.counts is None or reading.words is None:
        return None
    if len(words) == len(reading.counts):
        return reading.counts
    counts: dict[str, int] = {}
    for word, count in zip(reading.words, reading.counts.tolist(), strict=False):
        counts.setdefault(word, count)
    return np.array([counts[word] for word in words], dtype=np.int64)


def _chosen(reading: Reading, changes: Changes) -> Iterator[Block]:
    n_left = changes.limit
    for block in reading.blocks:
        words, rows = block
        if changes.words is not None:
            kept = [row for row, word in enumerate(words) if word in changes.words]
            words, rows = [words[row] for row in kept], rows[kept]
        if n_left is not None:
            words, rows = words[:n_left], rows[:n_left]
            n_left -= len(words)
        if words:
            yield Block(words, rows)
        if n_left == 0:
            return


def _renamed(words: list[str], changes: Changes) -> list[str]:
    sign = changes.space_as
    return words if sign is None else [word.replace(" ", sign) for word in words]


def _unit_rows(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return (rows / np.where(lengths == 0, 1, lengths)).astype(np.float32)


class _Written:
    """The second walk, and a digest of its rows to compare what is read back with."""

    def __init__(self, opened: Opened, contents: Contents, changes: Changes, options: ReadOptions) -> None:
        self._opened, self._contents = opened, contents
        self._changes, self._options = changes, options
        self._digest = hashlib.blake2b()

    def rows(self) -> Iterator[np.ndarray]:
        """All rows, as they are to be written."""
        source, known, _ = self._opened
        self._digest, first, words = hashlib.blake2b(), 0, self._contents.words
        for block in _chosen(read_source(source, known, self._options), self._changes):
            rows = _unit_rows(block.rows) if self._changes.normalize else block.rows
            kept = cast(rows, self._contents.dtype, words, first, path=source.path)
            self._digest.update(np.ascontiguousarray(kept, dtype=np.float32).data)
            first += len(rows)
            yield rows

    def compare(self, source: Source, format: str) -> None:  # noqa: A002
        """Raises StorageError if what was written does not read back the same."""
        words: list[str] = []
        digest = hashlib.blake2b()
        for block in read_source(source, format_named(format), ReadOptions()).blocks:
            words += block.words
            digest.update(np.ascontiguousarray(block.rows).data)
        if words != list(self._contents.words) or digest.digest() != self._digest.digest():
            fix = "run again; if it happens again, suspect the disk, or report it"
            problem = "what was written does not read back the same, and was thrown away"
            raise StorageError("K13", problem, path=source.path, fix=fix)
