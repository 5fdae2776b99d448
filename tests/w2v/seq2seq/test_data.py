"""Pairs of ids and their batches: nothing lost, nothing twice, and padding where it belongs."""

import numpy as np
import pytest
import torch

from corpora.errors import InputError
from tests.w2v.seq2seq.toy import letters, random_sentences, write_pairs
from w2v.seq2seq.data import (
    POOL_BATCHES,
    Pairs,
    Sentences,
    Skipped,
    in_order,
    make_batch,
    order_batches,
    pad_sentences,
    read_pairs,
)
from w2v.seq2seq.text import ParallelText
from w2v.seq2seq.vocabulary import END, PADDING, START, UNKNOWN

SOURCE, TARGET = letters(6), letters(6, first="p")


def random_pairs(n_pairs, *, longest=9, seed=0):
    """Pairs of random sentences."""
    sides = (
        Sentences.of(random_sentences(n_pairs, 6, longest=longest, seed=seed + side)) for side in range(2)
    )
    return Pairs(*sides, Skipped(), (0.0, 0.0))


def test_sentences_are_kept_as_given():
    """Ids one behind the other, and where each sentence begins; a sentence may be empty."""
    sentences = Sentences.of([[4, 5], [], [6]])

    assert sentences.ids.tolist() == [4, 5, 6]
    assert sentences.ids.dtype == np.int32
    assert sentences.offsets.tolist() == [0, 2, 2, 3]
    assert sentences.lengths.tolist() == [2, 0, 1]
    assert len(sentences) == 3


def test_pairs_are_read_as_ids_and_the_left_out_counted(tmp_path):
    """Empty sides and long ones are counted apart; the unknown words are told of the pairs that are left."""
    source = ("a b", "", "a", "c c c", "a x", "")
    target = ("p", "q", " ", "p", "q r x y", "")
    paths = write_pairs(tmp_path, source, target)

    pairs = read_pairs(ParallelText(*paths), SOURCE, TARGET, max_length=2)
    longer = read_pairs(ParallelText(*paths), SOURCE, TARGET, max_length=4)

    assert pairs.skipped == Skipped(n_empty=3, n_long=2)
    assert pairs.source.ids.tolist() == [4, 5]
    assert pairs.target.ids.tolist() == [4]
    assert len(longer) == 3
    assert longer.source.ids.tolist() == [4, 5, 6, 6, 6, 4, UNKNOWN]
    assert longer.unknown_share == (1 / 7, 2 / 6)


def test_no_pair_left_is_refused(tmp_path):
    """S03 says how many were empty and how many too long."""
    text = ParallelText(*write_pairs(tmp_path, ("", "a a a"), ("p", "p")))

    with pytest.raises(InputError, match="1 have an empty side, 1 are longer than 2 words") as caught:
        read_pairs(text, SOURCE, TARGET, max_length=2)

    assert caught.value.identifier == "S03"


@pytest.mark.parametrize(("n_pairs", "batch"), [(1, 4), (7, 1), (64, 8), (1000, 3), (1001, 16)])
def test_each_pair_is_in_exactly_one_batch(n_pairs, batch):
    """An epoch sees every pair once, in batches of at most the size asked for."""
    batches = order_batches(random_pairs(n_pairs), batch, seed=5)

    assert sorted(np.concatenate(batches).tolist()) == list(range(n_pairs))
    assert max(map(len, batches)) <= batch
    assert sum(len(rows) < batch for rows in batches) <= -(-n_pairs // (batch * POOL_BATCHES))


def test_the_order_follows_from_the_seed_alone():
    """The same seed gives the same batches; another gives others."""
    pairs = random_pairs(200)
    first, again, other = ([rows.tolist() for rows in order_batches(pairs, 8, seed=s)] for s in (1, 1, 2))

    assert first == again
    assert first != other
    assert {tuple(sorted(rows)) for rows in first} != {tuple(sorted(rows)) for rows in other}


def test_lengths_are_alike_in_a_batch():
    """Targets of one batch differ less than by chance: within a pool they are sorted by length."""
    pairs = random_pairs(POOL_BATCHES * 8, longest=40)
    lengths = pairs.target.lengths

    batches = order_batches(pairs, 8, seed=3)
    sorted_lengths = np.sort(lengths).reshape(-1, 8)

    assert sum(np.ptp(lengths[rows]) for rows in batches) == np.ptp(sorted_lengths, axis=1).sum()


@pytest.mark.parametrize("framed", [False, True])
def test_padded_arrays_equal_a_loop(framed):
    """Each row is the sentence, between <sos> and <eos> where it is framed, and padding behind it."""
    listed = random_sentences(30, 9, longest=12, seed=2)
    rng = np.random.default_rng(1)

    for _ in range(20):
        rows = rng.permutation(30)[: rng.integers(1, 9)]
        ids, lengths = pad_sentences(Sentences.of(listed), rows, framed=framed)
        chosen = [[START, *listed[row], END] if framed else listed[row] for row in rows]
        widest = max(map(len, chosen))

        assert ids.tolist() == [words + [PADDING] * (widest - len(words)) for words in chosen]
        assert lengths.tolist() == [len(listed[row]) for row in rows]


def test_a_batch_counts_the_tokens_to_tell():
    """Those of the target with <eos> of each; tensors are int64, as torch wants them."""
    pairs = random_pairs(20)
    rows = np.array([3, 11, 7])

    batch = make_batch(pairs, rows)

    assert batch.n_tokens == pairs.target.lengths[rows].sum() + 3
    assert batch.n_tokens == int((batch.target[:, 1:] != PADDING).sum())
    assert batch.lengths.tolist() == pairs.source.lengths[rows].tolist()
    assert {part.dtype for part in batch[:3]} == {torch.int64}


def test_in_order_has_each_sentence_once_the_shortest_first():
    """To measure or translate: nothing is shuffled, and the order of equally long ones stays."""
    sentences = Sentences.of(random_sentences(50, 4, longest=8))

    rows = np.concatenate(list(in_order(sentences, 7)))

    assert rows.tolist() == sorted(range(50), key=lambda row: sentences.lengths[row])
