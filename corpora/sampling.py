"""The two distributions of word2vec: which occurrences are kept, and which words are drawn as noise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from corpora import kernels


class AliasTable(NamedTuple):
    """Walker's alias table: one draw costs one random number and one look at memory, whatever V is.

    Args:
        packed: uint64 (V,). A draw picks a row evenly, keeps it where 32 random bits are below the row's high
            half, and takes the word in its low half otherwise: one cache line for each draw.

    Reference:
        Walker 1977, "An Efficient Method for Generating Discrete Random Variables with General
        Distributions".
    """

    packed: np.ndarray

    def draw(self, n_draws: int, *, seed: int) -> np.ndarray:
        """Draws int32 (n_draws,) word ids, the same ones for the same seed."""
        out = np.empty(n_draws, dtype=np.int32)
        kernels.draw_words(self.packed, random_state(seed), out)
        return out

    def probabilities(self) -> np.ndarray:
        """Chance of each word, float64 (V,), read back from the table."""
        n_words = len(self.packed)
        threshold = (self.packed >> np.uint64(32)).astype(np.float64) / 2**32
        alias = (self.packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
        threshold[alias == np.arange(n_words)] = 1.0
        shares = threshold + np.bincount(alias, weights=1.0 - threshold, minlength=n_words)
        return shares / n_words


def keep_probabilities(counts: np.ndarray, threshold: float) -> np.ndarray:
    """Chance that one occurrence of each word survives subsampling.

    Frequent words teach little per occurrence, so each is kept with probability
    min(1, sqrt(t / f) + t / f), where f is the word's share of the corpus.

    Args:
        counts: int64 (V,), occurrences of each word, all at least 1.
        threshold: t, a share of the corpus, usually 1e-3 to 1e-5; 0 keeps every word.

    Returns:
        float64 (V,), each in (0, 1].

    Raises:
        ValueError: `threshold` is negative or not a number.

    Reference:
        Mikolov et al. 2013, "Distributed Representations of Words and Phrases", section 2.3.
        The second term follows the authors' C program; the paper has the square root alone.
    """
    if not threshold >= 0:
        raise ValueError(f"threshold must be 0 or more, got {threshold}")
    if threshold == 0:
        return np.ones(len(counts), dtype=np.float64)
    ratio = threshold * counts.sum(dtype=np.float64) / counts
    return np.minimum(1.0, np.sqrt(ratio) + ratio)


def noise_table(counts: np.ndarray, exponent: float) -> AliasTable:
    """Alias table over count^exponent, the distribution that negatives are drawn from.

    Args:
        counts: int64 (V,), occurrences of each word, all at least 1.
        exponent: 0.75 in word2vec; 1 draws as in the text, 0 draws evenly, less than 0 prefers rare words.

    Raises:
        ValueError: there is no word, a count is below 1, or the exponent is not finite.

    Reference:
        Mikolov et al. 2013, "Distributed Representations of Words and Phrases", section 2.2 (the exponent);
        Vose 1991, "A Linear Algorithm for Generating Random Numbers with a Given Distribution" (the table).
    """
    if len(counts) == 0 or counts.min() < 1:
        raise ValueError("counts must hold at least one word, each counted once or more")
    if not np.isfinite(exponent):
        raise ValueError(f"exponent must be a finite number, got {exponent}")
    logs = exponent * np.log(counts.astype(np.float64))
    weights = np.exp(logs - logs.max())  # a large exponent would overflow as count ** exponent
    shares = weights * (len(counts) / weights.sum())
    packed = np.empty(len(counts), dtype=np.uint64)
    scratch = np.empty((2, len(counts)), dtype=np.int64)
    kernels.fill_alias_table(shares, packed, scratch[0], scratch[1])
    return AliasTable(packed)


def random_state(*numbers: int) -> np.ndarray:
    """A uint64 (1,) state for the kernels' random numbers: a hash of the given integers, in their order.

    Every stream of the project starts here, from (seed, epoch, chunk), so that it never depends on threads.
    """
    state = 0
    for number in numbers:
        state = _mix64((state ^ (number & _MASK_64)) + 0x9E3779B97F4A7C15)
    return np.array([state], dtype=np.uint64)


_MASK_64 = (1 << 64) - 1


def _mix64(number: int) -> int:
    """The mixing function of SplitMix64."""
    number &= _MASK_64
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9 & _MASK_64
    number = (number ^ (number >> 27)) * 0x94D049BB133111EB & _MASK_64
    return number ^ (number >> 31)
