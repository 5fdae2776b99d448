"""What a file of vectors is, found in one walk through it with a block of rows in memory at a time."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import numpy as np

from w2v.formats import open_vectors
from w2v.formats.reading import ReadOptions

_BLOCK_BYTES = 1 << 20
_FIRST_WORDS = 5


def describe_vectors(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002
    options: ReadOptions | None = None,
) -> dict[str, Any]:
    """Format, words, dimension, norms, digest and settings of a file, as values that JSON can hold.

    Args:
        path: as for `load_vectors`.
        format: as for `load_vectors`.
        options: as for `load_vectors`.

    Raises:
        InputError: as `load_vectors`; a word that occurs twice is counted.
    """
    with open_vectors(path, format=format, options=options) as opened:
        source, known, reading = opened
        words, norms = [], []
        for block in reading.blocks:
            words += block.words
            norms.append(np.linalg.norm(block.rows.astype(np.float64), axis=1))
        lengths = np.concatenate(norms) if norms else np.zeros(1)
        digest = hashlib.sha256()
        source.file.seek(0)
        while block_bytes := source.file.read(_BLOCK_BYTES):
            digest.update(block_bytes)
        return {
            "path": os.fspath(path),
            "format": known.name,
            "packed": source.size is None,
            "words": len(words),
            "dim": reading.dim,
            "dtype": reading.dtype,
            "first_words": words[:_FIRST_WORDS],
            "duplicate_words": len(words) - len(set(words)),
            "has_counts": reading.counts is not None,
            "has_output": reading.has_output,
            "norms": {
                "min": float(lengths.min()),
                "mean": float(lengths.mean()),
                "max": float(lengths.max()),
            },
            "zero_rows": int((lengths == 0).sum()),
            "sha256": digest.hexdigest(),
            "metadata": dict(reading.metadata),
            "remarks": reading.remarks,
        }
