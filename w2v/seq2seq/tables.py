"""The tables of a Seq2Seq model: random rows, or rows of vectors where a word has one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from w2v.seq2seq.vocabulary import PADDING, SPECIALS, TokenVocabulary
from w2v.transfer.alignment import Origin, align
from w2v.transfer.filling import fill
from w2v.vectors import Vectors

ROW_DEVIATION = 1.0  # standard deviation of the numbers of a row, random or given: that of nn.Embedding


class TableCoverage(NamedTuple):
    """How much of a vocabulary has rows of given vectors; the four special tokens are not counted.

    Args:
        n_words: of the vocabulary.
        n_found: have a vector.
        text_share: of the running words of the training text; words outside the vocabulary are not found.
        missing: the most frequent words without a vector, at most ten.
    """

    n_words: int
    n_found: int
    text_share: float
    missing: tuple[str, ...]


def random_table(vocabulary: TokenVocabulary, dim: int, *, seed: int) -> nn.Embedding:
    """A table of normal random numbers, with a zero row for padding."""
    rng = np.random.Generator(np.random.Philox(seed))
    rows = ROW_DEVIATION * rng.standard_normal((len(vocabulary), dim), dtype=np.float32)
    rows[PADDING] = 0
    return nn.Embedding.from_pretrained(torch.from_numpy(rows), freeze=False, padding_idx=PADDING)


def start_from_vectors(
    table: nn.Embedding, vocabulary: TokenVocabulary, vectors: Vectors, ids: np.ndarray, *, seed: int
) -> TableCoverage:
    """Writes the rows of vectors into a table, by one factor as large as random ones would be.

    Words without a vector, and the special tokens but padding, get rows drawn with the mean and deviation of
    the found ones.

    Args:
        table: (words, D), of the vocabulary.
        vocabulary: of one side.
        vectors: D columns.
        ids: of the running words of the training text, to tell the coverage by.
        seed: of the drawn rows.

    Raises:
        ValueError: the vectors are of another width than the table.
        InputError: no word has a vector (V11).
    """
    if vectors.dim != table.embedding_dim:
        raise ValueError(f"the vectors have {vectors.dim} columns, the table has {table.embedding_dim}")
    words = [None] * len(SPECIALS) + list(vocabulary.tokens[len(SPECIALS) :])
    alignment = align(vectors, words, padding=PADDING)
    rows = fill(vectors, alignment, missing="normal", scale=ROW_DEVIATION, seed=seed)
    with torch.no_grad():
        table.weight.copy_(torch.from_numpy(rows))
    return _measure(vocabulary, alignment.origins == Origin.EXACT, ids)


def _measure(vocabulary: TokenVocabulary, is_found: np.ndarray, ids: np.ndarray) -> TableCoverage:
    counts = np.bincount(ids, minlength=len(vocabulary))
    missing = np.flatnonzero(~is_found)
    missing = missing[missing >= len(SPECIALS)]
    frequent = missing[np.argsort(-counts[missing], kind="stable")][:10]
    return TableCoverage(
        n_words=len(vocabulary) - len(SPECIALS),
        n_found=int(is_found.sum()),
        text_share=float(counts[is_found].sum() / max(1, counts.sum())),
        missing=tuple(vocabulary.tokens[row] for row in frequent),
    )
