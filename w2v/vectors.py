"""Vectors: words and the matrix of their numbers, immutable; lookup, nearest words and analogies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from types import MappingProxyType
from typing import Any

import numpy as np

from corpora.errors import InputError
from w2v.neighbors import ExactSearch, Neighbors

_ANALOGY = np.array([-1.0, 1.0, 1.0])  # a, b, c: b - a + c
_SPELLING_WORDS = 5_000
_SPELLING_LENGTH = 60


@dataclass(frozen=True, eq=False, repr=False)
class Vectors:
    """V words, each with a row of D numbers; row i belongs to words[i].

    Args:
        words: distinct strings, most frequent first where the counts are known.
        matrix: float32 (V, D), D at least 1; kept as a read-only view, not copied.
        counts: int64 (V,), occurrences of each word, or None where unknown.
        metadata: where the vectors come from: settings, corpus digest, versions; values that JSON can hold.
        output: float32 (V, D), the vectors of the words as targets of a prediction, where they are kept.

    Raises:
        TypeError: `words` holds something other than strings, or `matrix` or `counts` is no array.
        ValueError: shapes or dtypes do not fit, a count is negative, or a word occurs twice.
    """

    words: tuple[str, ...]
    matrix: np.ndarray
    counts: np.ndarray | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    output: np.ndarray | None = None

    def __post_init__(self) -> None:
        if isinstance(self.words, str):
            raise TypeError(f"words must be a sequence of strings, got one string; pass [{self.words!r}]")
        words = tuple(self.words)
        _require_words(words)
        matrix = _read_only("matrix", self.matrix, dtype=np.float32, letters="VD")
        if len(matrix) != len(words) or matrix.shape[1] < 1:
            raise ValueError(f"matrix must be ({len(words)} words, 1 number or more), got {matrix.shape}")
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "matrix", matrix)
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))
        if self.counts is not None:
            counts = _read_only("counts", self.counts, dtype=np.int64, letters="V")
            if len(counts) != len(words) or (counts < 0).any():
                raise ValueError(f"counts must be {len(words)} numbers, 0 or more, got {counts}")
            object.__setattr__(self, "counts", counts)
        if self.output is not None:
            output = _read_only("output", self.output, dtype=np.float32, letters="VD")
            if output.shape != matrix.shape:
                raise ValueError(f"output must be {matrix.shape} as the matrix is, got {output.shape}")
            object.__setattr__(self, "output", output)

    def __repr__(self) -> str:
        return f"Vectors({len(self)} words, {self.dim} dimensions)"

    def __reduce__(self) -> tuple[type[Vectors], tuple[Any, ...]]:
        """Lets a Vectors travel to another process, such as a worker of a DataLoader."""
        return Vectors, (self.words, self.matrix, self.counts, dict(self.metadata), self.output)

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.ids

    def __getitem__(self, key: str | Sequence[str]) -> np.ndarray:
        """The row of a word, float32 (D,), or the rows of a list of n words, float32 (n, D)."""
        if isinstance(key, str):
            return self.matrix[self._id(key)]
        if isinstance(key, (list, tuple)):
            return self.matrix[self._ids(key)]
        raise TypeError(
            f"needs a word or a list of words, got {type(key).__name__}; for row numbers use .matrix"
        )

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The row of each word."""
        return MappingProxyType({word: row for row, word in enumerate(self.words)})

    @property
    def dim(self) -> int:
        """Numbers per word, D."""
        return self.matrix.shape[1]

    def similarity(self, a: str, b: str) -> float:
        """Cosine similarity of two words; 0 where a row is all zeros or not finite."""
        unit_a, unit_b = self._exact.unit_rows(self._ids([a, b]))
        return float(np.float32(unit_a @ unit_b))

    def most_similar(
        self, positive: str | Sequence[str], negative: str | Sequence[str] = (), *, top: int = 10
    ) -> list[tuple[str, float]]:
        """The words nearest to the sum of the positive unit vectors less the negative ones.

        The words asked with are never answers, nor are rows that are not finite. Equal scores keep the order
        of the rows.

        Args:
            positive: a word or several.
            negative: a word or several to stay away from.
            top: how many answers, at least 1; all there are if that is fewer.

        Returns:
            Pairs of word and cosine similarity, best first.

        Raises:
            ValueError: no word is given, or `top` is below 1.
            InputError: a word is unknown (E08).
        """
        positive = [positive] if isinstance(positive, str) else list(positive)
        negative = [negative] if isinstance(negative, str) else list(negative)
        if not positive and not negative:
            raise ValueError("most_similar needs at least one word, got none")
        weights = np.array([1.0] * len(positive) + [-1.0] * len(negative))
        return self._named(self._exact.nearest(self._ids(positive + negative)[None], weights, top=top))[0]

    def most_similar_many(self, words: Sequence[str], *, top: int = 10) -> list[list[tuple[str, float]]]:
        """The words nearest to each of `words`: for each a list as `most_similar` gives it."""
        if isinstance(words, str):
            raise TypeError("words must be a list of words, got one string; use most_similar")
        return self._named(self._exact.nearest(self._ids(words)[:, None], np.ones(1), top=top))

    def analogy(self, a: str, b: str, c: str, *, top: int = 10) -> list[tuple[str, float]]:
        """The words that are to `c` as `b` is to `a`: nearest to b - a + c on unit vectors.

        None of the three is an answer. The result is as that of `most_similar`.
        """
        return self._named(self._exact.nearest(self._ids([a, b, c])[None], _ANALOGY, top=top))[0]

    def analogies(self, questions: np.ndarray, *, top: int = 1, n_rows: int | None = None) -> Neighbors:
        """Answers many analogies at once, each as `analogy` does.

        Args:
            questions: integers (Q, 3), the rows of a, b and c.
            top: answers for each question, at least 1.
            n_rows: answers come from the first `n_rows` rows only; None for all.

        Returns:
            Rows and scores, each (Q, min(top, n_rows)).

        Raises:
            ValueError: the shape is another, a row does not exist, or `top` or `n_rows` is below 1.
        """
        questions = np.asarray(questions)
        if questions.ndim != 2 or questions.shape[1] != 3 or questions.dtype.kind not in "iu":
            raise ValueError(f"questions must be integers (Q, 3), got {questions.dtype} {questions.shape}")
        wrong = questions[(questions < 0) | (questions >= len(self))]
        if len(wrong):
            raise ValueError(f"questions must hold rows from 0 to {len(self) - 1}, got {wrong[0]}")
        return self._exact.nearest(questions.astype(np.int64), _ANALOGY, top=top, n_rows=n_rows)

    def to_gensim(self) -> Any:
        """A copy as gensim's KeyedVectors, with the counts; raises ImportError without gensim."""
        from w2v.interop import to_gensim

        return to_gensim(self)

    @classmethod
    def from_gensim(cls, keyed_vectors: Any) -> Vectors:
        """A copy of gensim's KeyedVectors, with the counts; raises TypeError for anything else."""
        from w2v.interop import from_gensim

        return from_gensim(keyed_vectors)

    @cached_property
    def _exact(self) -> ExactSearch:
        return ExactSearch(self.matrix)

    def _named(self, found: Neighbors) -> list[list[tuple[str, float]]]:
        return [
            [(self.words[row], score) for row, score in zip(ids, scores, strict=True) if row >= 0]
            for ids, scores in zip(found.ids.tolist(), found.scores.tolist(), strict=True)
        ]

    def _ids(self, words: Iterable[str]) -> np.ndarray:
        return np.array([self._id(word) for word in words], dtype=np.int64)

    def _id(self, word: str) -> int:
        if not isinstance(word, str):
            raise TypeError(f"a word is a string, got {type(word).__name__}")
        row = self.ids.get(word)
        if row is None:
            raise _unknown_word(self, word)
        return row


def _require_words(words: tuple[str, ...]) -> None:
    if set(map(type, words)) - {str} and not all(isinstance(word, str) for word in words):
        wrong = next(word for word in words if not isinstance(word, str))
        raise TypeError(f"words must be strings, got {type(wrong).__name__} {wrong!r}")
    if len(set(words)) != len(words):
        seen: set[str] = set()
        twice = next(word for word in words if word in seen or seen.add(word))
        raise ValueError(f"words must be distinct, {twice!r} occurs twice")


def _read_only(name: str, array: np.ndarray, *, dtype: type, letters: str) -> np.ndarray:
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} must be a numpy array, got {type(array).__name__}")
    if array.dtype != dtype or array.ndim != len(letters):
        shape = ", ".join(letters)
        raise ValueError(f"{name} must be {np.dtype(dtype).name} ({shape}), got {array.dtype} {array.shape}")
    view = array.view()
    view.flags.writeable = False
    return view


def _unknown_word(vectors: Vectors, word: str) -> InputError:
    shown = repr(word) if len(word) <= _SPELLING_LENGTH else repr(word[:_SPELLING_LENGTH]) + "..."
    near = _nearest_spellings(vectors, word) if len(word) <= _SPELLING_LENGTH else []
    fix = f"the nearest are {', '.join(map(repr, near))}" if near else "check the spelling and the case of it"
    return InputError("E08", f"no vector for {shown} among {len(vectors)} words", fix=fix)


def _nearest_spellings(vectors: Vectors, word: str) -> list[str]:
    """Up to 3 known words: other cases of the unknown one, then those most alike of a bounded number."""
    from difflib import get_close_matches  # late, since few runs need it

    cases = [case for case in (word.lower(), word.title(), word.upper()) if case in vectors]
    alike = (
        known
        for known in vectors.words
        if abs(len(known) - len(word)) <= 2 and (known[:1] == word[:1] or known[-2:] == word[-2:])
    )
    close = get_close_matches(word, list(islice(alike, _SPELLING_WORDS)), n=3)
    return list(dict.fromkeys(cases + close))[:3]
