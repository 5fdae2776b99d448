"""Going on with a finished model on a new text: what it brings along, and what becomes of its other words."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from corpora.errors import InputError, MemoryLimitError
from w2v.free_memory import available_bytes
from w2v.memory import PROGRAM_BYTES, tables_bytes
from w2v.vectors import Vectors

if TYPE_CHECKING:
    from corpora.vocabulary import Vocabulary

_DESCRIBED = ("corpus", "config", "init_vectors")  # what a model's metadata say of how it was made


def load_model(path: str | os.PathLike[str]) -> Vectors:
    """Reads a file of vectors with both tables, where it keeps both.

    Raises:
        InputError: as `load_vectors`.
    """
    from w2v.formats import ReadOptions, open_vectors, read_source
    from w2v.formats.reading import gather

    with open_vectors(path) as (source, known, reading):
        vectors = gather(reading, path=source.path)
        if not reading.has_output:
            return vectors
        other = read_source(source, known, ReadOptions(table="output"))
        return dataclasses.replace(vectors, output=gather(other, path=source.path).matrix)


def describe_model(model: Vectors) -> dict[str, Any]:
    """What vectors say of the model that they started from: its digest, text, settings, and its own start."""
    made = {name: model.metadata[name] for name in _DESCRIBED if name in model.metadata}
    return {"digest": digest_of(model), **made}


def digest_of(model: Vectors) -> str:
    """A SHA-256 in hexadecimal over words, both tables and counts, whatever file they came in."""
    digest = hashlib.sha256()
    words = [word.encode(errors="surrogatepass") for word in model.words]
    digest.update(np.array([len(word) for word in words], dtype="<i8").data)
    digest.update(b"".join(words))
    for array in (model.matrix, model.output, model.counts):
        digest.update(b"" if array is None else np.ascontiguousarray(array).data.cast("B"))
    return digest.hexdigest()


class AbsentWords:
    """The words of a model that a new text lacks, which are not trained on and keep their rows.

    Args:
        model: what the training starts from.
        vocabulary: of the new text.

    Raises:
        InputError: V08, the counts of both sum to more than 2^63 - 1.
    """

    def __init__(self, model: Vectors, vocabulary: Vocabulary) -> None:
        self.model = model
        rows = [row for row, word in enumerate(model.words) if word not in vocabulary.ids]
        self.rows = np.array(rows, dtype=np.int64)
        words = [*vocabulary.words, *(model.words[row] for row in rows)]
        self._counts = _add_counts(model, vocabulary, self.rows)
        self._order = np.arange(len(words))
        if self._counts is not None:
            counts = self._counts.tolist()
            in_order = sorted(
                range(len(words)), key=lambda i: (-counts[i], words[i].encode(errors="surrogatepass"))
            )
            self._order = np.array(in_order, dtype=np.int64)
            self._counts = self._counts[self._order]
        self._words = tuple(words[place] for place in self._order.tolist())

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def model_digest(self) -> str:
        """Tells the model from another."""
        return digest_of(self.model)

    def require_memory(self, dim: int, *, keep_output: bool) -> None:
        """Raises MemoryLimitError if the rows of all words would not fit beside the two tables."""
        n_trained = len(self._words) - len(self)
        joined = tables_bytes(len(self._words), dim) // (1 if keep_output else 2)
        needed = tables_bytes(n_trained, dim) + joined + PROGRAM_BYTES
        available = available_bytes()
        if needed > available:
            raise MemoryLimitError(
                "T15",
                f"tables of {n_trained:,} words x {dim:,}, and then the rows of {len(self._words):,}, need "
                f"{needed / 2**30:,.1f} GiB of memory, {available / 2**30:,.1f} GiB are free",
                fix="leave the words that the text lacks out with --init-vocab new, or free some memory",
            )

    def join(self, trained: Vectors) -> Vectors:
        """The trained words and these in one table, the most frequent first.

        A count is the sum of both: how often the word stands in all texts together. Where the model has no
        counts the result has none, and these words come last.
        """
        output = None
        if trained.output is not None:
            output = self._join(trained.output, self.model.output)
        matrix = self._join(trained.matrix, self.model.matrix)
        return Vectors(self._words, matrix, self._counts, trained.metadata, output=output)

    def _join(self, trained: np.ndarray, kept: np.ndarray | None) -> np.ndarray:
        """(V, D), in order; of a table that the model does not have, zeros, as untrained words have."""
        n_trained = len(trained)
        joined = np.zeros((len(self._words), trained.shape[1]), dtype=np.float32)
        places = np.empty(len(self._words), dtype=np.int64)  # of each word of both, in the joined table
        places[self._order] = np.arange(len(self._words))
        joined[places[:n_trained]] = trained
        if kept is not None:
            joined[places[n_trained:]] = kept[self.rows]
        return joined


def _add_counts(model: Vectors, vocabulary: Vocabulary, absent: np.ndarray) -> np.ndarray | None:
    """Of the words of the text, then of the absent ones; None where the model has none."""
    if model.counts is None:
        return None
    known = np.array([model.ids.get(word, -1) for word in vocabulary.words], dtype=np.int64)
    counts = vocabulary.counts.copy()
    counts[known >= 0] += model.counts[known[known >= 0]]
    counts = np.concatenate([counts, model.counts[absent]])
    if (counts < 0).any() or counts.astype(np.float64).sum() >= 2.0**63:
        raise InputError(
            "V08",
            "the counts of the model and of the text sum to more than 2^63 - 1",
            fix="convert the model to .bin and back, which leaves its counts out",
        )
    return counts
