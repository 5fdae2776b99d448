"""Greedy and beam search, against searches in plain Python, and sentence by sentence."""

import math

import numpy as np
import pytest
import torch

from tests.reference import reference_beam_search
from tests.w2v.seq2seq.toy import random_sentences, small_translator
from w2v.seq2seq.data import Sentences, pad_sentences
from w2v.seq2seq.search import SPARE_TOKENS, search
from w2v.seq2seq.vocabulary import END, PADDING, START, UNKNOWN

FORBIDDEN = (PADDING, START, UNKNOWN)


def lively(seed, *, end_bias=0.0, **settings):
    """A model in float64 whose words hang on its state, and which ends sooner or later."""
    model = small_translator(seed=seed, **settings).model.double()
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "embedding" not in name:
                weight.copy_(torch.from_numpy(rng.normal(0, 1.2, weight.shape)))
        model.decoder.output.bias[END] += end_bias
        model.decoder.output.bias[list(FORBIDDEN)] += 5.0  # tempting
    return model


def batch_of(sentences):
    """Padded ids and lengths."""
    ids, lengths = pad_sentences(Sentences.of(sentences), np.arange(len(sentences)))
    return torch.from_numpy(ids), torch.from_numpy(lengths)


def slow_greedy(model, sentence):
    """The best word at each step, by the model as it is."""
    source, lengths = batch_of([sentence])
    words = []
    with torch.no_grad():
        while len(words) < 2 * len(sentence) + SPARE_TOKENS:
            scores = model(source, lengths, torch.tensor([[START, *words]]))[0, -1].numpy().copy()
            scores[list(FORBIDDEN)] = -np.inf
            best = int(scores.argmax())
            if best == END:
                break
            words.append(best)
    return words


def slow_beam(model, sentence, beam, length_power):
    """The beam search of the definition."""
    source, lengths = batch_of([sentence])

    def next_scores(words):
        with torch.no_grad():
            logits = model(source, lengths, torch.tensor([[START, *words]]))[0, -1]
        return logits.log_softmax(dim=0).tolist()

    limit = 2 * len(sentence) + SPARE_TOKENS
    return reference_beam_search(next_scores, beam, limit, length_power, END, FORBIDDEN)


def test_a_beam_of_one_is_greedy():
    """For many random models: the words of a search in plain Python that takes the best at each step."""
    n_ended = n_limited = 0

    for seed in range(16):
        sentences = random_sentences(4, 9, longest=3, seed=seed)
        model = lively(seed, attention=seed % 2 == 1, end_bias=seed % 4)
        found = search(model, *batch_of(sentences), beam=1)
        assert found == [slow_greedy(model, sentence) for sentence in sentences]
        limits = [2 * len(sentence) + SPARE_TOKENS for sentence in sentences]
        n_limited += sum(len(words) == limit for words, limit in zip(found, limits, strict=True))
        n_ended += sum(len(words) < limit for words, limit in zip(found, limits, strict=True))

    assert n_ended > 10
    assert n_limited > 10


@pytest.mark.parametrize("beam", [1, 2, 3, 12])
def test_beam_search_is_that_of_the_definition(beam):
    """For tiny vocabularies, with more beginnings than there are words, too, and any power of the length."""
    n_words = set()

    for seed, length_power in ((0, 0.0), (1, 0.6), (2, 1.0), (3, 1.0), (4, 1.7)):
        sentences = random_sentences(2, 9, longest=2, seed=seed)
        model = lively(seed, n_target=2, attention=seed % 2 == 0, end_bias=seed - 4)
        found = search(model, *batch_of(sentences), beam=beam, length_power=length_power)
        assert found == [slow_beam(model, sentence, beam, length_power)[0] for sentence in sentences]
        n_words.update(map(len, found))

    assert len(n_words) > 1


def test_a_beam_that_holds_everything_finds_the_best_sentence():
    """With no beginning ever dropped, the result is the best of all sentences there are."""
    model, sentence = lively(3, n_target=1, end_bias=-1.0), [4]
    limit = 2 + SPARE_TOKENS  # the only word some times over: one sentence of each length up to the limit
    source, lengths = batch_of([sentence])

    def score(words):
        with torch.no_grad():
            logits = model(source, lengths, torch.tensor([[START, *words[:-1]]]))[0].log_softmax(dim=1)
        return math.fsum(float(logits[place, word]) for place, word in enumerate(words)) / len(words)

    everything = [[4] * n + [END] for n in range(limit)] + [[4] * limit]
    best = max(everything, key=score)

    assert search(model, source, lengths, beam=64) == [[word for word in best if word != END]]


@pytest.mark.parametrize("beam", [1, 4])
@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("more", [{}, {"bidirectional": True, "layers": 2}])
def test_a_batch_decodes_as_each_alone(beam, attention, more):
    """Neither the company of a sentence nor its place matters: lengths, limits and ends are its own."""
    n_words = set()
    for seed in range(3):
        model = lively(seed, attention=attention, end_bias=seed - 1, **more)
        sentences = random_sentences(7, 9, longest=5, seed=seed)
        alone = [search(model, *batch_of([sentence]), beam=beam)[0] for sentence in sentences]

        assert search(model, *batch_of(sentences), beam=beam) == alone
        assert search(model, *batch_of(sentences[::-1]), beam=beam) == alone[::-1]
        n_words.update(map(len, alone))

    assert len(n_words) > 3


@pytest.mark.parametrize("beam", [1, 5])
def test_what_is_no_word_is_never_chosen(beam):
    """<pad>, <sos> and <unk> are not in a translation, however likely the model holds them."""
    found = search(lively(1), *batch_of(random_sentences(20, 9)), beam=beam)

    assert not {word for words in found for word in words} & {*FORBIDDEN, END}
    assert any(found)


@pytest.mark.parametrize("beam", [1, 3])
def test_a_model_that_never_ends_is_ended(beam):
    """At twice the length of the source and ten, each sentence at its own."""
    model = lively(1, end_bias=-1e4)
    sentences = [[4], [5] * 7, [6] * 3]

    found = search(model, *batch_of(sentences), beam=beam)

    assert [len(words) for words in found] == [12, 24, 16]


@pytest.mark.parametrize("beam", [1, 3])
def test_a_model_that_ends_at_once_says_nothing(beam):
    """<eos> first is an empty translation."""
    assert search(lively(1, end_bias=1e4), *batch_of([[4], [5, 6]]), beam=beam) == [[], []]


def test_a_search_leaves_no_gradient_and_wants_evaluation_mode():
    """Wrong arguments are refused with their values."""
    model, batch = lively(0), batch_of([[4, 5]])

    with pytest.raises(ValueError, match="beam must be at least 1, got 0"):
        search(model, *batch, beam=0)
    search(model, *batch)
    assert all(weight.grad is None for weight in model.parameters())
    model.train()
    with pytest.raises(ValueError, match="evaluation mode"):
        search(model, *batch)
