"""Parallel text: a sentence a line in two files, or both in one file with a tab between them."""

from __future__ import annotations

import itertools
import lzma
import os
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from corpora.errors import InputError
from corpora.sources import Source, find_sources, open_source
from w2v.formats.source import reading_errors

_MARK = b"\xef\xbb\xbf"  # of UTF-8, at the start of some files
_WORD = re.compile(r"[^ \t\n\r\v\f\0]+")  # the blanks of every text that w2v reads, and no others


class SentencePair(NamedTuple):
    """The words of a source sentence and of its target; `line` counts from 1."""

    line: int
    source: list[str]
    target: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether a side has no word."""
        return not self.source or not self.target

    @property
    def longest(self) -> int:
        """Words of the longer side."""
        return max(len(self.source), len(self.target))


class ParallelText(NamedTuple):
    """Where parallel text is.

    Args:
        source: the file of the source; or of both sides, if `target` is None, with a tab between them.
        target: the file of the target.
    """

    source: str
    target: str | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.source if self.target is None else f"{self.source} and {self.target}"

    def read(self) -> Iterator[SentencePair]:
        """The pairs, line by line; they may be read as often as needed.

        Raises:
            InputError: a file cannot be read (C01), can be read but once (C21), is no UTF-8 (C12) or damaged
                (C05), one has more lines than the other (S01), or a line has no tab or several (S02).
        """
        for source in (_find_source(path) for path in (self.source, self.target) if path is not None):
            if source.is_stream:
                problem = "a pipe can be read once, and the pairs are read several times"
                raise InputError("C21", problem, path=source.name, fix="write them to a file first")
        if self.target is None:
            for number, line in enumerate(read_lines(self.source), start=1):
                yield SentencePair(number, *_split_pair(line, self.source, number))
            return
        both = itertools.zip_longest(read_lines(self.source), read_lines(self.target))
        for number, (source, target) in enumerate(both, start=1):
            if source is None or target is None:
                raise self._unequal(number - 1)
            yield SentencePair(number, split_words(source), split_words(target))

    def _unequal(self, shorter: int) -> InputError:
        counts = [sum(1 for _ in read_lines(path)) for path in (self.source, self.target)]
        return InputError(
            "S01",
            f"{self.source} has {counts[0]:,} lines, {self.target} has {counts[1]:,}: "
            f"line {shorter + 1:,} has no partner",
            fix="line i of one file must be the translation of line i of the other",
        )


def read_lines(path: str | os.PathLike[str]) -> Iterator[str]:
    """The lines of a text in UTF-8, compressed or not, without their ends and without a mark at the start.

    Raises:
        InputError: it cannot be read (C01), is no UTF-8 (C12) or damaged (C05).
    """
    source = _find_source(os.fspath(path))
    with reading_errors(source.name):
        opened = open_source(source)
        with opened.raw, opened.file as file:
            number = 0
            try:
                for number, line in enumerate(file, start=1):
                    yield (line.removeprefix(_MARK) if number == 1 else line).decode().rstrip("\r\n")
            except UnicodeDecodeError as error:
                problem = f"not UTF-8: {error.object[error.start : error.start + 4].hex(' ')}"
                fix = "convert the file to UTF-8, with iconv"
                raise InputError("C12", problem, path=source.name, line=number, fix=fix) from None
            except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
                if isinstance(error, OSError) and error.errno is not None:  # the system's own
                    raise
                problem = f"the compressed data is damaged or cut off after line {number:,}: {error}"
                raise InputError("C05", problem, path=source.name, fix="fetch or pack it again") from None


def split_words(line: str) -> list[str]:
    """What stands between ASCII blanks (space, tab, VT, FF, CR, NUL): the words, as vectors have them."""
    return _WORD.findall(line)


def _find_source(path: str) -> Source:
    """The one file behind a path."""
    sources = find_sources([path])
    if len(sources) > 1:
        raise InputError("C01", f"{len(sources)} files, expected one", path=path, fix="name one of them")
    return sources[0]


def _split_pair(line: str, path: str, number: int) -> tuple[list[str], list[str]]:
    parts = line.split("\t")
    if not split_words(line):
        return [], []
    if len(parts) != 2:
        raise InputError(
            "S02",
            f"{len(parts) - 1} tabs, expected 1 between source and target",
            path=path,
            line=number,
            fix="pass source TAB target in each line, or two files with --source and --target",
        )
    return split_words(parts[0]), split_words(parts[1])
