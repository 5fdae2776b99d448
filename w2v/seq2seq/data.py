"""Sentence pairs as arrays of ids, and the padded batches that a model is trained on."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch

from corpora.errors import InputError
from w2v.seq2seq.text import ParallelText
from w2v.seq2seq.vocabulary import END, PADDING, START, UNKNOWN, TokenVocabulary

POOL_BATCHES = 50  # sentences of alike length are looked for among those of so many batches


class Sentences(NamedTuple):
    """n sentences: ids int32, one behind the other; sentence i is ids[offsets[i]:offsets[i + 1]]."""

    ids: np.ndarray
    offsets: np.ndarray  # int64 (n + 1,)

    @classmethod
    def of(cls, sentences: Iterable[Sequence[int]]) -> Sentences:
        """From lists of ids."""
        growing = _GrowingSentences()
        for sentence in sentences:
            growing.add(sentence)
        return growing.finish()

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """int64 (n,)."""
        return np.diff(self.offsets)


class Skipped(NamedTuple):
    """Pairs that were left out, counted: one side was empty, or longer than allowed."""

    n_empty: int = 0
    n_long: int = 0


class Pairs(NamedTuple):
    """n sentence pairs, what was left out, and how many of the words are not in the vocabularies."""

    source: Sentences
    target: Sentences
    skipped: Skipped
    unknown_share: tuple[float, float]  # of the words of source and target

    def __len__(self) -> int:
        return len(self.source)


class Batch(NamedTuple):
    """B sentence pairs, padded behind their ends.

    Args:
        source: int64 (B, S).
        lengths: int64 (B,), of the source.
        target: int64 (B, T + 1): `<sos>`, the words, `<eos>`. The model sees all but the last column and
            is to tell all but the first.
        n_tokens: of the target to tell, padding left out.
    """

    source: torch.Tensor
    lengths: torch.Tensor
    target: torch.Tensor
    n_tokens: int


def read_pairs(
    text: ParallelText, source: TokenVocabulary, target: TokenVocabulary, *, max_length: int
) -> Pairs:
    """Reads sentence pairs as ids.

    Args:
        text: where they are.
        source: words of the source side.
        target: words of the target side.
        max_length: pairs with more words than this on a side are left out and counted.

    Raises:
        InputError: a file cannot be read, or no pair is left (S03).
    """
    n_empty = n_long = 0
    growing = _GrowingSentences(), _GrowingSentences()
    for pair in text.read():
        if pair.is_empty:
            n_empty += 1
        elif pair.longest > max_length:
            n_long += 1
        else:
            growing[0].add(source.encode(pair.source))
            growing[1].add(target.encode(pair.target))
    sides = growing[0].finish(), growing[1].finish()
    if not len(sides[0]):
        raise InputError(
            "S03",
            f"no sentence pair is left: {n_empty:,} have an empty side, {n_long:,} are longer than "
            f"{max_length} words",
            path=text.name,
            fix="check the files, or raise --max-length",
        )
    shares = float((sides[0].ids == UNKNOWN).mean()), float((sides[1].ids == UNKNOWN).mean())
    return Pairs(*sides, Skipped(n_empty, n_long), shares)


def order_batches(pairs: Pairs, batch_pairs: int, *, seed: int) -> list[np.ndarray]:
    """The pairs of each batch of an epoch: shuffled, with lengths alike in a batch.

    Pairs are shuffled, those of POOL_BATCHES batches at a time sorted by length and cut into batches, and the
    batches shuffled again, so that there is little padding and each epoch's batches are others.

    Returns:
        int64 arrays of at most `batch_pairs` pairs; each pair is in one of them.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    order = rng.permutation(len(pairs))
    lengths = pairs.source.lengths, pairs.target.lengths  # the last one is sorted by first
    batches = []
    for start in range(0, len(order), POOL_BATCHES * batch_pairs):
        pool = order[start : start + POOL_BATCHES * batch_pairs]
        pool = pool[np.lexsort([side[pool] for side in lengths])]
        batches += [pool[first : first + batch_pairs] for first in range(0, len(pool), batch_pairs)]
    return [batches[place] for place in rng.permutation(len(batches))]


def make_batch(pairs: Pairs, rows: np.ndarray) -> Batch:
    """The pairs with these numbers, padded to the longest of them."""
    source, lengths = pad_sentences(pairs.source, rows)
    target, target_lengths = pad_sentences(pairs.target, rows, framed=True)
    n_tokens = int(target_lengths.sum()) + len(rows)
    return Batch(torch.from_numpy(source), torch.from_numpy(lengths), torch.from_numpy(target), n_tokens)


def pad_sentences(
    sentences: Sentences, rows: np.ndarray, *, framed: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Ids int64 (B, S) of the sentences with these numbers, and their lengths int64 (B,).

    With `framed`, `<sos>` stands before each and `<eos>` behind it, which the lengths do not count.
    """
    starts = sentences.offsets[rows]
    lengths = sentences.offsets[rows + 1] - starts
    places = np.arange(lengths.max(initial=0))
    is_word = places < lengths[:, None]
    first = 1 if framed else 0
    ids = np.full((len(rows), len(places) + 2 * first), PADDING, dtype=np.int64)
    inside = ids[:, first : first + len(places)]
    inside[is_word] = sentences.ids[(starts[:, None] + places)[is_word]]
    if framed:
        ids[:, 0] = START
        ids[np.arange(len(rows)), lengths + 1] = END
    return ids, lengths


def in_order(sentences: Sentences, batch_pairs: int) -> Iterator[np.ndarray]:
    """Batches of alike length, each sentence in one of them, the shortest first: to measure or translate."""
    order = np.argsort(sentences.lengths, kind="stable")
    for first in range(0, len(order), batch_pairs):
        yield order[first : first + batch_pairs]


class _GrowingSentences:
    """Sentences that are added one by one, in 4 bytes a word."""

    def __init__(self) -> None:
        self._ids, self._offsets = array("i"), array("q", [0])

    def add(self, ids: Iterable[int]) -> None:
        self._ids.extend(ids)
        self._offsets.append(len(self._ids))

    def finish(self) -> Sentences:
        return Sentences(np.array(self._ids, dtype=np.int32), np.array(self._offsets, dtype=np.int64))
