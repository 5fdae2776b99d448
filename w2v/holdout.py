"""The held-out part of a corpus: chunks that are not trained on, to measure the loss on text never seen."""

from __future__ import annotations

import numpy as np

from corpora.errors import InputError
from corpora.windows import CHUNK_TOKENS, WindowSampler

PARTS = 1000  # so that a tenth of a percent can be held out, from as many places as it has chunks
STREAM = 0x401D  # tells its random numbers from those of the rows, which the same seed decides


def chunk_tokens(n_tokens: int) -> int:
    """How long chunks are where some are held out: short in a short text, to take them from many places."""
    return max(1, min(CHUNK_TOKENS, n_tokens // PARTS))


def split_heldout(sampler: WindowSampler, share: float) -> tuple[WindowSampler, WindowSampler]:
    """Two samplers: of the chunks to train on, and of those held out, about `share` of all.

    One chunk is drawn, by the seed, from each of as many stretches of equal length, so that the held-out part
    is spread over the corpus. The words of both parts are in the vocabulary, and in the counts that negatives
    and subsampling go by: held out are the windows. They are subsampled like the others, so that both losses
    are those of the same objective and can be compared; epoch 0 is measured every time, so that windows and
    negatives stay.

    Args:
        sampler: of the whole corpus.
        share: above 0, at most a half.

    Raises:
        InputError: the corpus has a single chunk.
    """
    n_chunks = sampler.n_chunks
    if n_chunks < 2:
        raise InputError(
            "T07",
            f"all {sampler.n_tokens:,} words stand in one piece, of which no part can be held out",
            fix="pass a text of more lines, or leave --holdout out",
        )
    n_heldout = max(1, round(share * n_chunks))
    edges = np.arange(n_heldout + 1) * n_chunks // n_heldout
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([STREAM, sampler.seed])))
    heldout = rng.integers(edges[:-1], edges[1:])
    return sampler.take(np.setdiff1d(np.arange(n_chunks), heldout)), sampler.take(heldout)
