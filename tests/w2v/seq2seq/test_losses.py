"""The loss, against a loop in float64: means of tokens, padding left out."""

import math

import numpy as np
import pytest
import torch

from tests.reference import reference_cross_entropy
from tests.w2v.seq2seq.toy import random_sentences, small_translator
from w2v.seq2seq.data import Pairs, Sentences, Skipped, make_batch
from w2v.seq2seq.losses import MEASURED_PAIRS, autocast, mean_loss, next_words, word_losses
from w2v.seq2seq.vocabulary import END, START


def random_pairs(n_pairs):
    """Pairs of the words of a small translator."""
    sides = (random_sentences(n_pairs, n_words, longest=8, seed=n_words) for n_words in (9, 7))
    return Pairs(*map(Sentences.of, sides), Skipped(), (0.0, 0.0))


def slow_losses(model, pairs):
    """The loss of each target sentence, alone, from its logits."""
    losses = []
    for row in range(len(pairs)):
        source, target = (side.ids[side.offsets[row] : side.offsets[row + 1]] for side in pairs[:2])
        words = torch.tensor([[START, *target]])
        with torch.no_grad():
            logits = model(
                torch.from_numpy(source[None].astype(np.int64)), torch.tensor([len(source)]), words
            )
        losses.append(reference_cross_entropy(logits[0], [*target, END]))
    return losses


def test_losses_of_sentences_equal_a_loop():
    """Of each sentence the sum over its tokens with <eos>, as the pairs are ordered, over several batches."""
    translator, pairs = small_translator(), random_pairs(MEASURED_PAIRS + 9)
    seen = []

    found = word_losses(translator.model.train(), pairs, report=lambda: seen.append(1))
    expected = slow_losses(translator.model, pairs)

    np.testing.assert_allclose(found.sums, expected, rtol=1e-5)
    assert found.n_tokens.tolist() == (pairs.target.lengths + 1).tolist()
    assert found.mean == pytest.approx(math.fsum(expected) / found.n_tokens.sum(), rel=1e-6)
    assert found.sums.dtype == np.float64
    assert not translator.model.training
    assert len(seen) == 2


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_the_loss_of_a_batch_is_the_mean_of_its_tokens(label_smoothing):
    """Not of its sentences; smoothing moves a share of the aim to all words alike."""
    translator, pairs = small_translator(), random_pairs(12)
    batch = make_batch(pairs, np.arange(12))
    with torch.no_grad():
        logits = next_words(translator.model, batch, torch.device("cpu"))

    expected = 0.0
    for row, target in enumerate(batch.target[:, 1:].tolist()):
        words = [word for word in target if word]
        scores = logits[row, : len(words)]
        expected += (1 - label_smoothing) * reference_cross_entropy(scores, words)
        for word in range(logits.shape[2]):
            evenly = label_smoothing / logits.shape[2]
            expected += evenly * reference_cross_entropy(scores, [word] * len(words))

    found = float(mean_loss(logits, batch, label_smoothing=label_smoothing))
    assert found == pytest.approx(expected / batch.n_tokens, rel=1e-6)


def test_half_the_bits_come_near():
    """In bfloat16 the loss is that of float32 within a percent, and is itself no bfloat16."""
    translator, pairs = small_translator(attention=True), random_pairs(40)

    exact, near = (word_losses(translator.model, pairs, precision=p) for p in ("float32", "bfloat16"))

    assert near.mean == pytest.approx(exact.mean, rel=0.01)
    assert near.mean != exact.mean


def test_other_precisions_are_refused():
    """With the choice there is."""
    with pytest.raises(ValueError, match="one of float32, bfloat16, got 'float16'"):
        autocast(torch.device("cpu"), "float16")
