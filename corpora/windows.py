"""The windows that training reads: who stands around whom, and what they are told apart from.

A chunk is a run of whole sentences of about CHUNK_TOKENS tokens. Its windows are a pure function of
(seed, epoch, chunk): the same for one thread or sixty-four, for the CPU or a GPU.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np

from corpora import kernels
from corpora.corpus import Corpus
from corpora.sampling import keep_probabilities, noise_table, random_state

PART_CHUNKS = 1_024  # each maps some 64 KiB of the offsets file into memory
CHUNK_TOKENS = 8192  # some milliseconds of training: short for Ctrl-C and the schedule, long for the caches


class Windows(NamedTuple):
    """Windows of one chunk; skip-gram and CBOW read the same four arrays.

    Args:
        centers: int32 (W,), the word each window predicts.
        contexts: int32 (M,), the words around them, in the order of the text.
        offsets: int64 (W + 1,): window w has contexts[offsets[w]:offsets[w + 1]], at least one.
        negatives: int32 (W, K), noise words, shared by the contexts of a window; or (M, K), those of each
            context. One equal to the center counts for nothing: the objective and the kernels skip it.
    """

    centers: np.ndarray
    contexts: np.ndarray
    offsets: np.ndarray
    negatives: np.ndarray


class WindowSampler:
    """Draws the windows of any chunk of a corpus in any epoch.

    `chunk_starts`, int64 (n_chunks + 1,), are the tokens of an epoch before each chunk; the last is all.

    Args:
        corpus: the tokens; word ids below `len(corpus.vocabulary)`.
        window: largest distance between a center and a context, in tokens that survived subsampling.
        negatives: K, noise words for each window.
        subsample: threshold of `keep_probabilities`; 0 keeps every token.
        noise_exponent: exponent of `noise_table`.
        seed: any integer of 64 bits.
        share_negatives: draw K negatives for each window; False draws K for each of its contexts.
        shrink: draw each window's width evenly from 1 to `window`, which weighs near words higher (as in
            word2vec.c); False takes full windows.
        chunk_tokens: about how long a chunk is.
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        window: int = 5,
        negatives: int = 5,
        subsample: float = 1e-3,
        noise_exponent: float = 0.75,
        seed: int = 1,
        share_negatives: bool = True,
        shrink: bool = True,
        chunk_tokens: int = CHUNK_TOKENS,
    ) -> None:
        if window < 1 or negatives < 1:
            raise ValueError(f"window and negatives must be 1 or more, got {window} and {negatives}")
        counts = corpus.vocabulary.counts
        self.corpus = corpus
        self.window = window
        self.negatives = negatives
        self.seed = seed
        self.share_negatives = share_negatives
        self.shrink = shrink
        self.keep_probabilities = keep_probabilities(counts, subsample)
        self.noise = noise_table(counts, noise_exponent)
        self.keep_thresholds = _thresholds(self.keep_probabilities)
        self._chunk_sentences, self.chunk_starts = _cut_chunks(corpus, chunk_tokens)
        self._numbers = np.arange(len(self.chunk_starts) - 1)

    @property
    def n_chunks(self) -> int:
        """Number of chunks in one epoch."""
        return len(self._numbers)

    @property
    def n_tokens(self) -> int:
        """Tokens in one epoch, before subsampling."""
        return int(self.chunk_starts[-1])

    @property
    def effective_tokens(self) -> float:
        """Tokens expected to survive subsampling in one epoch."""
        counts = self.corpus.vocabulary.counts
        return float(self.keep_probabilities @ counts / counts.sum(dtype=np.float64)) * self.n_tokens

    def take(self, chunks: np.ndarray) -> WindowSampler:
        """A sampler of some of the chunks alone, counted from 0 again; their windows are what they were.

        Args:
            chunks: int64, any of 0 to n_chunks - 1, in the order to be counted in.
        """
        taken = copy.copy(self)
        taken._numbers = self._numbers[chunks]
        taken.chunk_starts = np.concatenate([[0], np.cumsum(np.diff(self.chunk_starts)[chunks])])
        return taken

    def sentences_of(self, chunk: int) -> tuple[int, int]:
        """The first sentence of a chunk, and the first one behind it."""
        number = self._numbers[chunk]
        return int(self._chunk_sentences[number]), int(self._chunk_sentences[number + 1])

    def state_of(self, epoch: int, chunk: int) -> np.ndarray:
        """Where the random numbers of a chunk start, uint64 (1,)."""
        return random_state(self.seed, epoch, int(self._numbers[chunk]))

    def sample(self, epoch: int, chunk: int, *, room: kernels.WindowArrays | None = None) -> Windows:
        """Returns the windows of one chunk in one epoch.

        Args:
            epoch: counted from 0.
            chunk: counted from 0, less than `n_chunks`.
            room: arrays of `allocate`, written over; the result then is a view of them. New ones by default.
        """
        if not 0 <= chunk < self.n_chunks:
            raise IndexError(f"chunk {chunk} of {self.n_chunks}")
        room = self.allocate() if room is None else room
        first, last = self.sentences_of(chunk)
        offsets = self.corpus.offsets[first : last + 1]
        n_windows = kernels.fill_windows(
            self.corpus.tokens[offsets[0] : offsets[-1]],
            offsets[1:] - offsets[0],
            self.keep_thresholds,
            self.noise.packed,
            self.state_of(epoch, chunk),
            self.window,
            self.shrink,
            self.share_negatives,
            room,
        )
        n_contexts = room.offsets[n_windows]
        n_draws = n_windows if self.share_negatives else n_contexts
        return Windows(
            room.centers[:n_windows],
            room.contexts[:n_contexts],
            room.offsets[: n_windows + 1],
            room.negatives[:n_draws],
        )

    def allocate(self) -> kernels.WindowArrays:
        """Room for the windows of any chunk, for one thread to use again and again."""
        largest = int(np.diff(self.chunk_starts).max(initial=0))
        most_contexts = largest * 2 * min(self.window, largest) + 1
        most_draws = largest if self.share_negatives else most_contexts
        return kernels.WindowArrays(
            centers=np.empty(largest, dtype=np.int32),
            contexts=np.empty(most_contexts, dtype=np.int32),
            offsets=np.empty(largest + 1, dtype=np.int64),
            negatives=np.empty((most_draws, self.negatives), dtype=np.int32),
            kept=np.empty(largest + 1, dtype=np.int32),
        )


def cut_windows(windows: Windows, first: int, last: int) -> Windows:
    """The windows from the first to the one before the last, as views where offsets need no change."""
    offsets = windows.offsets[first : last + 1]
    start, stop = offsets[0], offsets[-1]
    is_shared = len(windows.negatives) == len(windows.centers)
    return Windows(
        windows.centers[first:last],
        windows.contexts[start:stop],
        offsets - start if start else offsets,
        windows.negatives[first:last] if is_shared else windows.negatives[start:stop],
    )


def _thresholds(probabilities: np.ndarray) -> np.ndarray:
    """uint32 (V,): 32 random bits at or below it keep the word; exact to 2^-32, and 1 keeps always."""
    return np.maximum(np.round(probabilities * 2**32) - 1, 0).astype(np.uint32)


def _cut_chunks(corpus: Corpus, chunk_tokens: int) -> tuple[np.ndarray, np.ndarray]:
    """int64 (n_chunks + 1,) each: the sentence, and the token, where each chunk starts; then their ends.

    The offsets of a large corpus are a large file: it is gone through part by part.
    """
    targets = np.append(np.arange(chunk_tokens, corpus.n_tokens, chunk_tokens), corpus.n_tokens)
    sentences, starts = [np.zeros(1, dtype=np.int64)], [np.zeros(1, dtype=np.int64)]
    for first in range(0, len(targets), PART_CHUNKS):
        sentences.append(np.searchsorted(corpus.offsets, targets[first : first + PART_CHUNKS], side="left"))
        starts.append(corpus.offsets[sentences[-1]])
        corpus.release_memory()
    chunk_sentences, places = np.unique(np.concatenate(sentences), return_index=True)
    return chunk_sentences, np.concatenate(starts)[places]
