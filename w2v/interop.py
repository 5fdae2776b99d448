"""Vectors to and from gensim, which is imported here alone, and only when one of the two is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from w2v.vectors import Vectors

if TYPE_CHECKING:
    from gensim.models import KeyedVectors


def to_gensim(vectors: Vectors) -> KeyedVectors:
    """The same words and numbers as gensim's KeyedVectors, with the counts where they are known.

    The matrix is copied, since gensim's users may change theirs.

    Raises:
        ImportError: gensim is not installed.
    """
    try:
        from gensim.models import KeyedVectors
    except ImportError as error:
        raise ImportError("to_gensim needs gensim; install it with: pip install gensim") from error
    keyed = KeyedVectors(vectors.dim)
    keyed.add_vectors(list(vectors.words), np.array(vectors.matrix))
    if vectors.counts is not None:
        keyed.expandos["count"] = np.array(vectors.counts)  # as set_vecattr does, word by word
    return keyed


def from_gensim(keyed_vectors: KeyedVectors) -> Vectors:
    """Vectors of gensim's KeyedVectors, such as the `wv` of a Word2Vec model.

    Words keep their order, which in gensim is that of falling counts. Counts come along where there are any;
    gensim makes some up for files of vectors that hold none. Of fastText's models only the words come.

    Raises:
        TypeError: it is a model and not its `wv`, or something else, or its keys are not words.
    """
    words = getattr(keyed_vectors, "index_to_key", None)
    matrix = getattr(keyed_vectors, "vectors", None)
    if words is None or not isinstance(matrix, np.ndarray):
        found = type(keyed_vectors).__name__
        raise TypeError(f"from_gensim needs gensim's KeyedVectors, got {found}; of a model pass its .wv")
    counts = keyed_vectors.expandos.get("count")
    if counts is not None and (len(counts) != len(words) or counts.dtype.kind not in "iu"):
        counts = None  # gensim leaves the array behind when words are added later
    return Vectors(
        tuple(words),
        np.array(matrix[: len(words)], dtype=np.float32),
        None if counts is None else counts.astype(np.int64),
        {"source": f"gensim {type(keyed_vectors).__name__}"},
    )
