"""Words in a file of their own beside the numbers, one a line, in UTF-8."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import decode_words
from w2v.formats.reading import Block, ReadOptions


def read_word_lines(file: BinaryIO, path: str, options: ReadOptions) -> list[str]:
    """The words of all lines; what stands between two line feeds is a word, whatever it is.

    Raises:
        InputError: a word is not UTF-8 (RT13), or the lines end as those of Windows do (RT12).
    """
    tokens = file.read().split(b"\n")
    if not tokens[-1]:
        tokens.pop()
    if tokens and all(token.endswith(b"\r") for token in tokens):
        tokens = [token[:-1] for token in tokens]
    return decode_words(tokens, "RT13", path=path, first_line=1, errors=options.encoding_errors)


def write_word_lines(file: BinaryIO, words: Sequence[str]) -> None:
    """Writes a line for each word."""
    file.write("".join(f"{word}\n" for word in words).encode())


def name_blocks(blocks: Iterator[np.ndarray], words: list[str], *, path: str) -> Iterator[Block]:
    """The rows with their words.

    Raises:
        InputError: there are more or fewer rows than words (RT01).
    """
    n_rows = 0
    for rows in blocks:
        named = words[n_rows : n_rows + len(rows)]
        n_rows += len(rows)
        if len(named) < len(rows):
            raise count_differs(len(words), f"{n_rows} or more", path=path)
        yield Block(named, rows)
    if n_rows < len(words):
        raise count_differs(len(words), str(n_rows), path=path)


def count_differs(n_words: int, n_rows: str, *, path: str) -> InputError:
    """RT01 of two files that do not belong together."""
    problem = f"{n_words} words stand beside {n_rows} rows"
    return InputError("RT01", problem, path=path, fix="put the words and the numbers of one export together")
