"""Which row of the vectors each word of a model gets, and how many words that are."""

from __future__ import annotations

import enum
import operator
from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np

from corpora.errors import InputError
from w2v.transfer.spelling import nearest_spellings
from w2v.vectors import Vectors


class Origin(enum.IntEnum):
    """Where a row of the table comes from."""

    FILLED = 0  # the vectors have no row for it
    EXACT = 1
    LOWERCASE = 2
    SPELLING = 3
    PADDING = 4


class Coverage(NamedTuple):
    """How many rows of a table come from the vectors, counted by token and by frequency.

    The padding row is in none of the numbers but `n_tokens`.
    """

    n_tokens: int  # rows of the table
    n_exact: int  # found as they stand
    n_lowercase: int  # found in lower case
    n_spelling: int  # have the row of the word spelt most alike
    missing: tuple[int, ...]  # rows of the table that the vectors have no row for
    n_occurrences: int | None  # sum of the vectors' counts; None where they are unknown
    n_covered: int | None  # the part of them that is of words found exactly or in lower case

    @property
    def token_share(self) -> float:
        """Share of the tokens that were found, exactly or in lower case."""
        found = self.n_exact + self.n_lowercase
        return found / (found + self.n_spelling + len(self.missing))

    @property
    def occurrence_share(self) -> float | None:
        """Share of the running text behind the vectors whose words were found; None without counts."""
        return self.n_covered / self.n_occurrences if self.n_occurrences else None


class Alignment(NamedTuple):
    """Where each of n words finds its row."""

    rows: np.ndarray  # int64 (n,), rows of the vectors; -1 for what has none
    origins: np.ndarray  # uint8 (n,), of Origin
    padding: int | None  # the row that is zero
    coverage: Coverage


def align(
    vectors: Vectors,
    words: Sequence[str | None],
    *,
    padding: str | int | None = None,
    lowercase: bool = False,
    spelling: bool = False,
) -> Alignment:
    """Finds the row of the vectors for each word.

    Args:
        vectors: where rows come from.
        words: n words; a word may stand in several places. None for a row that stands for no word.
        padding: the word of the padding row, or the row itself; it is never looked up.
        lowercase: look a word that is not found up once more in lower case.
        spelling: give a word still not found the row of the word spelt most alike, if one is near.

    Raises:
        TypeError: `vectors` or `words` are of another kind.
        ValueError: there are no words, or `padding` is not one of them.
        InputError: no word has a row (V11).
    """
    if not isinstance(vectors, Vectors):
        raise TypeError(f"vectors must be Vectors, got {type(vectors).__name__}; w2v.load_vectors reads them")
    words = _check_words(words)
    padding_row = None if padding is None else _find_padding(words, padding)
    rows = np.fromiter((vectors.ids.get(word, -1) for word in words), dtype=np.int64, count=len(words))
    origins = np.where(rows >= 0, Origin.EXACT, Origin.FILLED).astype(np.uint8)
    if padding_row is not None:
        rows[padding_row], origins[padding_row] = -1, Origin.PADDING
    if lowercase:
        places = np.flatnonzero(origins == Origin.FILLED)
        lowered = (vectors.ids.get(words[place].lower(), -1) if words[place] else -1 for place in places)
        _accept(rows, origins, places, np.fromiter(lowered, np.int64, len(places)), Origin.LOWERCASE)
    if not (rows >= 0).any():
        raise _nothing_found(vectors, words)
    found = rows[rows >= 0]
    if spelling:
        places = np.flatnonzero(origins == Origin.FILLED)
        near = nearest_spellings([words[place] or "" for place in places], vectors.words)
        _accept(rows, origins, places, np.array(near, dtype=np.int64), Origin.SPELLING)
    coverage = _measure(vectors, origins=origins, found=found)
    return Alignment(rows, origins, padding_row, coverage)


def _check_words(words: Sequence[str | None]) -> list[str | None]:
    if isinstance(words, (str, bytes)):
        raise TypeError(f"words must be a sequence of strings, got one {type(words).__name__}")
    if isinstance(words, (Mapping, Set)):
        raise TypeError(
            f"words must be in the order of the rows, got a {type(words).__name__}; "
            "pass sorted(ids, key=ids.get) for a map of ids"
        )
    words = list(words)
    for word in words:
        if not isinstance(word, str) and word is not None:
            raise TypeError(f"words must be strings, got {type(word).__name__} {word!r}")
    if not words:
        raise ValueError("words must be one or more, got none")
    return words


def _find_padding(words: list[str | None], padding: str | int) -> int:
    if isinstance(padding, str):
        if words.count(padding) != 1:
            raise ValueError(
                f"padding must be one of the words, {padding!r} is {words.count(padding)} of them"
            )
        return words.index(padding)
    row = operator.index(padding)
    if not 0 <= row < len(words):
        raise ValueError(f"padding must be a word or a row from 0 to {len(words) - 1}, got {padding}")
    return row


def _accept(
    rows: np.ndarray, origins: np.ndarray, places: np.ndarray, found: np.ndarray, origin: Origin
) -> None:
    """Notes the rows that a second look has found for the words at `places`."""
    places, found = places[found >= 0], found[found >= 0]
    rows[places], origins[places] = found, origin


def _nothing_found(vectors: Vectors, words: list[str | None]) -> InputError:
    words = [word for word in words if word is not None]
    shown = ", ".join(repr(word[:40]) for word in words[:3])
    known = ", ".join(repr(word[:40]) for word in vectors.words[:3])
    return InputError(
        "V11",
        f"0 of {len(words)} tokens ({shown}, ...) are among the {len(vectors)} words of the vectors "
        f"({known}, ...)",
        fix="check that both are of one language, case and way of cutting words",
    )


def _measure(vectors: Vectors, *, origins: np.ndarray, found: np.ndarray) -> Coverage:
    amounts = np.bincount(origins, minlength=len(Origin))
    occurrences = covered = None
    if vectors.counts is not None:
        occurrences = int(vectors.counts.sum())
        covered = int(vectors.counts[np.unique(found)].sum())
    return Coverage(
        n_tokens=len(origins),
        n_exact=int(amounts[Origin.EXACT]),
        n_lowercase=int(amounts[Origin.LOWERCASE]),
        n_spelling=int(amounts[Origin.SPELLING]),
        missing=tuple(np.flatnonzero(origins == Origin.FILLED).tolist()),
        n_occurrences=occurrences,
        n_covered=covered,
    )
