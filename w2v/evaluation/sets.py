"""Files of questions with known answers: analogies in Google's format, and word pairs scored by people.

Both are UTF-8 text, a question a line. A byte-order mark, CRLF, blanks at the end of a line, empty lines and
lines that start with # are fine. Files are met in the world, so everything else that is odd is refused with
its line; on request lines that are no question are left out and counted.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import numpy as np

from corpora.errors import InputError

NO_SECTION = "(none)"
_LONGEST_LINE = 10_000  # bytes
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, eq=False)
class Questions:
    """Q analogies: a is to b as c is to d.

    Args:
        path: the file they stand in.
        words: (a, b, c, d) of each question, as written there.
        sections: names of the sections, in the order of the file; "(none)" for questions before the first.
        section_ids: int64 (Q,), the place in `sections` of each question's section.
        n_bad_lines: lines that were left out since they are no question.
    """

    path: str
    words: tuple[tuple[str, str, str, str], ...]
    sections: tuple[str, ...]
    section_ids: np.ndarray
    n_bad_lines: int = 0

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True, eq=False)
class WordPairs:
    """P pairs of words, and how alike people say that they are.

    Args:
        path: the file they stand in.
        words: the two words of each pair, as written there.
        scores: float64 (P,), finite; on whatever scale the people were given.
        n_bad_lines: lines that were left out since they are no pair with a score.
    """

    path: str
    words: tuple[tuple[str, str], ...]
    scores: np.ndarray
    n_bad_lines: int = 0

    def __len__(self) -> int:
        return len(self.words)


def read_questions(path: str | os.PathLike[str], *, skip_bad: bool = False) -> Questions:
    """Reads analogies: lines of four words, under lines of a colon and the name of a section.

    Args:
        path: the file.
        skip_bad: leave out lines that have not four words, and count them.

    Raises:
        InputError: the file cannot be read, holds no question, or has a line that is none (E02).
    """
    path = os.fspath(path)
    words: list[tuple[str, str, str, str]] = []
    sections: dict[str, int] = {}
    section_ids: list[int] = []
    n_bad_lines, section = 0, NO_SECTION
    for number, line in _lines(path, "E02"):
        if line.startswith(":"):
            section = line[1:].strip() or NO_SECTION
            continue
        parts = line.split()
        if len(parts) != 4:
            if not skip_bad:
                _refuse(
                    "E02", f"an analogy has 4 words, found {len(parts)}: {_excerpt(line)}", path, line=number
                )
            n_bad_lines += 1
            continue
        words.append((parts[0], parts[1], parts[2], parts[3]))
        section_ids.append(sections.setdefault(section, len(sections)))
    if not words:
        _refuse("E02", "no analogy in it", path, fix="name a file of lines with 4 words")
    return Questions(path, tuple(words), tuple(sections), np.array(section_ids, dtype=np.int64), n_bad_lines)


def read_word_pairs(path: str | os.PathLike[str], *, skip_bad: bool = False) -> WordPairs:
    """Reads word pairs: lines of two words and a score, separated by tabs, by commas, or by blanks.

    The first line says by which. It may be a header, a line without a number. The score is the first number
    from the third column on, so that files with more columns, such as the original SimLex-999, are read, too.

    Args:
        path: the file.
        skip_bad: leave out lines that are no pair with a score, and count them.

    Raises:
        InputError: the file cannot be read, holds no pair, has a line that is none, or one whose score is no
            number (E06), or its columns are separated by something else (E07).
    """
    path = os.fspath(path)
    words: list[tuple[str, str]] = []
    scores: list[float] = []
    layout: _Layout | None = None
    n_bad_lines, n_lines = 0, 0
    for number, line in _lines(path, "E07"):
        layout = layout or _Layout(_separator(line, path, number))
        pair = layout.parse(line)
        n_lines += 1
        if isinstance(pair, str) and n_lines == 1 and layout.is_header(line):
            continue
        if isinstance(pair, str):
            if not skip_bad:
                _refuse("E06", f"{pair}: {_excerpt(line)}", path, line=number)
            n_bad_lines += 1
            continue
        words.append(pair[:2])
        scores.append(pair[2])
        layout = layout._replace(column=pair[3])
    if not words:
        _refuse("E06", "no word pair in it", path, fix="name a file of lines with two words and a score")
    return WordPairs(path, tuple(words), np.array(scores), n_bad_lines)


class _Layout(NamedTuple):
    """How a line of word pairs is cut, and in which column its score is, once a line has shown that."""

    split: Callable[[str], list[str]]
    column: int | None = None

    def parse(self, line: str) -> tuple[str, str, float, int] | str:
        """Two words, the score and its column; or what is wrong with the line."""
        fields = [field.strip() for field in self.split(line)]
        if len(fields) < 3 or not fields[0] or not fields[1]:
            return f"expected two words and a score, found {len(fields)} columns"
        columns = range(2, len(fields)) if self.column is None else [self.column]
        for column in columns:
            score = _number(fields[column]) if column < len(fields) else None
            if score is not None:
                return fields[0], fields[1], score, column
        return f"expected a number as score in column {columns[0] + 1}"

    def is_header(self, line: str) -> bool:
        """Whether a line has the columns of a pair and no number in them."""
        fields = self.split(line)
        return len(fields) >= 3 and not any(_number(field.strip()) is not None for field in fields)


def _separator(line: str, path: str, number: int) -> Callable[[str], list[str]]:
    if "\t" in line:
        return lambda text: text.split("\t")
    if ";" in line:
        _refuse("E07", f"columns are separated by semicolons: {_excerpt(line)}", path, line=number)
    if "," in line:
        return lambda text: text.split(",")
    if len(line.split()) < 3:
        _refuse(
            "E07",
            f"expected two words and a score, separated by tabs, commas or blanks: {_excerpt(line)}",
            path,
            line=number,
        )
    return str.split


def _number(text: str) -> float | None:
    """The number that an ASCII decimal stands for; None for anything else, and for what is not finite."""
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _lines(path: str, identifier: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line that says something, without blanks around it."""
    try:
        with open(path, "rb") as file:
            number = 0
            while line := file.readline(_LONGEST_LINE + 1):
                number += 1
                if len(line) > _LONGEST_LINE:
                    _refuse(identifier, f"more than {_LONGEST_LINE:,} bytes in a line", path, line=number)
                text = _decode(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
                if text is None:
                    _refuse(identifier, "not UTF-8", path, line=number, fix="convert the file with iconv")
                text = text.strip()
                if text and not text.startswith("#"):
                    yield number, text
    except OSError as error:
        _refuse(identifier, f"cannot read: {error.strerror or error}", path, fix="check the path of the file")


def _decode(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _excerpt(line: str) -> str:
    return repr(line if len(line) <= 60 else line[:60] + "...")


def _refuse(
    identifier: str,
    problem: str,
    path: str,
    *,
    line: int | None = None,
    fix: str = "mend the line, or leave such lines out with --skip-bad",
) -> NoReturn:
    raise InputError(identifier, problem, path=path, line=line, fix=fix)
