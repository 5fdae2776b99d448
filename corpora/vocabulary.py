"""The words of a corpus, their counts, and the files that hold them."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from corpora.errors import InputError
from corpora.storage import write_file

LARGEST_COUNT = 2**63 - 1


@dataclass(frozen=True, eq=False, repr=False)
class Vocabulary:
    """Words and how often each occurs, the most frequent first, ties in the order of their UTF-8 bytes.

    The place of a word is its id, the row of its vector.

    Args:
        words: V distinct strings.
        counts: int64 (V,), all at least 1, never rising.

    Raises:
        ValueError: lengths differ, a word occurs twice, or counts rise or are below 1.
    """

    words: tuple[str, ...]
    counts: np.ndarray

    def __post_init__(self) -> None:
        if len(self.words) != len(self.counts):
            raise ValueError(f"{len(self.words)} words and {len(self.counts)} counts")
        if len(set(self.words)) != len(self.words):
            raise ValueError("a word occurs twice")
        if len(self.counts) and (self.counts[-1] < 1 or (self.counts[1:] > self.counts[:-1]).any()):
            raise ValueError("counts must be 1 or more and never rise; use Vocabulary.from_counts")
        self.counts.setflags(write=False)

    @classmethod
    def from_counts(cls, pairs: Iterable[tuple[str, int]]) -> Vocabulary:
        """A vocabulary of (word, count) pairs in any order.

        Raises:
            ValueError: a word occurs twice, a count is below 1, or all together are more than 2^63 - 1.
        """
        ordered = sorted(pairs, key=lambda pair: (-pair[1], pair[0].encode()))
        words = tuple(word for word, _ in ordered)
        total = sum(count for _, count in ordered)
        if total > LARGEST_COUNT:
            raise ValueError(f"the counts sum to {total}, more than 2^63 - 1")
        return cls(words, np.array([count for _, count in ordered], dtype=np.int64))

    def __repr__(self) -> str:
        return f"Vocabulary({len(self):,} words)"

    def __len__(self) -> int:
        return len(self.words)

    @functools.cached_property
    def ids(self) -> dict[str, int]:
        """The id of each word."""
        return {word: word_id for word_id, word in enumerate(self.words)}

    def prune(self, *, min_count: int = 1, max_words: int | None = None) -> Vocabulary:
        """The same without words that occur less than `min_count` times, and at most `max_words` of them."""
        n_words = int(np.searchsorted(-self.counts, -min_count, side="right"))
        n_words = n_words if max_words is None else min(n_words, max_words)
        return Vocabulary(self.words[:n_words], self.counts[:n_words].copy())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a "word count" line for each word, as word2vec.c's -save-vocab does."""
        with write_file(path) as file:
            for start in range(0, len(self), 100_000):
                part = zip(
                    self.words[start : start + 100_000], self.counts[start : start + 100_000], strict=True
                )
                file.write("".join(f"{word} {count}\n" for word, count in part).encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, remarks: list[str] | None = None) -> Vocabulary:
        """Reads "word count" lines in any order; a byte-order mark, CRLF and final blank lines are fine.

        Args:
            path: the file.
            remarks: gets a line where the words had to be sorted.

        Raises:
            InputError: the file is missing, empty, or has a line that is not a word, one space, and a count.
        """
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise InputError(
                "V10",
                f"cannot read: {error.strerror}",
                path=path,
                fix="check the path of the vocabulary file",
            ) from error
        lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
        if lines == [b""]:
            raise InputError("V10", "empty vocabulary file", path=path, fix="write one with `w2v vocab`")
        pairs = _parse_lines(lines, path)
        if remarks is not None and any(b[1] > a[1] for a, b in itertools.pairwise(pairs)):
            remarks.append(
                f"{os.fspath(path)}: its words were not in the order of their counts, and were sorted"
            )
        return cls.from_counts(pairs)


def _parse_lines(lines: list[bytes], path: str | os.PathLike[str]) -> list[tuple[str, int]]:
    first_lines: dict[str, int] = {}
    pairs = []
    total = 0
    for number, line in enumerate(lines, start=1):
        word, count = _parse_line(line, path, number)
        if word in first_lines:
            _refuse("V06", f"the word {word!r} stands in line {first_lines[word]} already", path, number)
        first_lines[word] = number
        total += count
        if total > LARGEST_COUNT:
            _refuse("V08", f"the counts up to here sum to {total}, more than 2^63 - 1", path, number)
        pairs.append((word, count))
    return pairs


def _parse_line(line: bytes, path: str | os.PathLike[str], number: int) -> tuple[str, int]:
    word, space, count = line.rpartition(b" ")
    if not space or not word or any(blank in word for blank in b" \t\n\r\v\f\0"):
        _refuse("V10", f"expected a word, one space and a count, found {line[:80]!r}", path, number)
    if not (count.isascii() and count.isdigit()) or len(count) > 19 or int(count) == 0:
        _refuse("V07", f"expected a whole number of at least 1 as count, found {count[:80]!r}", path, number)
    try:
        return word.decode(), int(count)
    except UnicodeDecodeError:
        _refuse("V10", f"the word is not UTF-8: {word[:80].hex(' ')}", path, number)


def _refuse(identifier: str, problem: str, path: str | os.PathLike[str], line: int) -> NoReturn:
    raise InputError(identifier, problem, path=path, line=line, fix="mend the line or leave it out")
