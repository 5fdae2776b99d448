"""How the rows of the two tables start: NumPy alone, so that a training on the CPU need not load torch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from w2v.config import INITIALIZATIONS

if TYPE_CHECKING:
    from corpora.vocabulary import Vocabulary
    from w2v.vectors import Vectors

LINE_BYTES = 64
BLOCK_ROWS = 65_536


class Rows(NamedTuple):
    """The two tables as plain arrays; `w2v.tables.EmbeddingTables` makes layers of them, on the same memory.

    Args:
        input_rows: float32 (V, D), which become the vectors.
        output_rows: float32 (V, D).
    """

    input_rows: np.ndarray
    output_rows: np.ndarray


def initial_rows(n_words: int, dim: int, *, seed: int, init: str = "word2vec") -> Rows:
    """Returns rows to start a training from: input rows drawn at random, output rows zero.

    With zeros on one side every score is 0 before the first step, and no word is preferred to another.

    Args:
        n_words: V.
        dim: D.
        seed: decides the input rows.
        init: how they are distributed, a name of `DISTRIBUTIONS`.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    rows = _aligned_rows(n_words, dim)
    DISTRIBUTIONS[init](rng, rows)
    return Rows(rows, _aligned_rows(n_words, dim))


class Coverage(NamedTuple):
    """How much of a vocabulary is among given vectors.

    Args:
        n_found: words that are.
        n_words: V.
        token_share: of all occurrences, those of words that are.
        has_output: whether the vectors brought output rows, too.
    """

    n_found: int
    n_words: int
    token_share: float
    has_output: bool = False


def put_vectors(rows: Rows, vocabulary: Vocabulary, vectors: Vectors) -> Coverage:
    """Writes given vectors over the rows of the words of the same name; the other rows stay.

    Without an `output` of the given vectors all output rows stay, and the first steps have to find them.

    Args:
        rows: of the vocabulary's words.
        vocabulary: V words.
        vectors: of any words, with D numbers each.

    Raises:
        ValueError: the rows of the two are not of the same length.
    """
    if vectors.dim != rows.input_rows.shape[1]:
        raise ValueError(
            f"the given vectors have {vectors.dim} dimensions, dim asks for {rows.input_rows.shape[1]}; "
            f"set dim to {vectors.dim}"
        )
    given = np.array([vectors.ids.get(word, -1) for word in vocabulary.words], dtype=np.int64)
    found = np.flatnonzero(given >= 0)
    for first in range(0, len(found), BLOCK_ROWS):  # a copy of a whole table would take as much memory again
        block = found[first : first + BLOCK_ROWS]
        rows.input_rows[block] = vectors.matrix[given[block]]
        if vectors.output is not None:
            rows.output_rows[block] = vectors.output[given[block]]
    token_share = int(vocabulary.counts[found].sum()) / int(vocabulary.counts.sum())
    return Coverage(len(found), len(vocabulary), token_share, vectors.output is not None)


def _fill_word2vec(rng: np.random.Generator, rows: np.ndarray) -> None:
    """Evenly in +-0.5 / D.

    Reference:
        The authors' C program word2vec.c.
    """
    _fill_evenly(rng, rows, 0.5 / rows.shape[1])


def _fill_normal(rng: np.random.Generator, rows: np.ndarray) -> None:
    """N(0, 1), as `torch.nn.Embedding` starts."""
    rng.standard_normal(dtype=np.float32, out=rows)


def _fill_scaled_normal(rng: np.random.Generator, rows: np.ndarray) -> None:
    """N(0, 1 / D), a standard deviation of 1 / sqrt(D): rows of about length 1, whatever D is."""
    _fill_normal(rng, rows)
    rows /= np.float32(math.sqrt(rows.shape[1]))


def _fill_xavier(rng: np.random.Generator, rows: np.ndarray) -> None:
    """Evenly in +-sqrt(6 / (V + D)), as `torch.nn.init.xavier_uniform_` fills a V x D weight.

    Reference:
        Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks",
        equation 16.
    """
    _fill_evenly(rng, rows, math.sqrt(6 / sum(rows.shape)))


def _fill_kaiming(rng: np.random.Generator, rows: np.ndarray) -> None:
    """Evenly in +-sqrt(6 / D), as `torch.nn.init.kaiming_uniform_` fills a V x D weight.

    Reference:
        He et al. 2015, "Delving Deep into Rectifiers", equation 10: a variance of 2 / D.
    """
    _fill_evenly(rng, rows, math.sqrt(6 / rows.shape[1]))


DISTRIBUTIONS = dict(
    zip(
        INITIALIZATIONS,
        (_fill_word2vec, _fill_normal, _fill_scaled_normal, _fill_xavier, _fill_kaiming),
        strict=True,
    )
)


def _fill_evenly(rng: np.random.Generator, rows: np.ndarray, bound: float) -> None:
    rng.random(dtype=np.float32, out=rows)
    rows -= np.float32(0.5)
    rows *= np.float32(2 * bound)


def _aligned_rows(n_words: int, dim: int) -> np.ndarray:
    """Zeros that begin on a line of the cache: rows of 128 or 256 numbers train a quarter faster so.

    NumPy asks for huge pages by itself, which torch does not.
    """
    memory = np.zeros(n_words * dim + LINE_BYTES // 4, dtype=np.float32)
    start = -memory.ctypes.data % LINE_BYTES // 4
    return memory[start : start + n_words * dim].reshape(n_words, dim)
