"""The held-out part: of the size asked for, from all over the corpus, and never trained on."""

import numpy as np
import pytest

from corpora.corpus import Corpus
from corpora.errors import InputError
from corpora.windows import CHUNK_TOKENS, WindowSampler
from w2v.config import TrainConfig
from w2v.engines.hogwild import HogwildEngine
from w2v.holdout import chunk_tokens, split_heldout
from w2v.training import train


def sampler_of(corpus, **options):
    """A sampler with the chunks of a training that holds something out."""
    return WindowSampler(corpus, subsample=0, chunk_tokens=chunk_tokens(corpus.n_tokens), **options)


def sentences_of(sampler):
    """The numbers of all sentences of a sampler."""
    return [s for chunk in range(sampler.n_chunks) for s in range(*sampler.sentences_of(chunk))]


@pytest.mark.parametrize("share", [0.005, 0.05, 0.5])
def test_parts_are_the_whole(planted_corpus, share):
    """Each sentence is in one of both parts, and the held-out one has about the share asked for."""
    training, heldout = split_heldout(sampler_of(planted_corpus), share)

    assert sorted(sentences_of(training) + sentences_of(heldout)) == list(range(planted_corpus.n_sentences))
    assert heldout.n_tokens / planted_corpus.n_tokens == pytest.approx(share, rel=0.3)
    assert training.n_tokens + heldout.n_tokens == planted_corpus.n_tokens


def test_heldout_part_is_spread_over_the_corpus(planted_corpus):
    """With a twentieth held out, each tenth of the text has some of it."""
    _, heldout = split_heldout(sampler_of(planted_corpus), 0.05)

    tenths = np.array(sentences_of(heldout)) * 10 // planted_corpus.n_sentences
    assert set(tenths) == set(range(10))


def test_seed_decides_the_heldout_part(planted_corpus):
    """The same seed holds out the same sentences, another one others."""
    first, again, other = (
        sentences_of(split_heldout(sampler_of(planted_corpus, seed=seed), 0.05)[1]) for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def test_windows_are_those_of_the_whole(planted_corpus):
    """Both parts have the windows that the whole sampler has for the same sentences."""
    sampler = sampler_of(planted_corpus)
    whole = {
        sampler.sentences_of(chunk): b"".join(array.tobytes() for array in sampler.sample(3, chunk))
        for chunk in range(sampler.n_chunks)
    }

    for part in split_heldout(sampler, 0.1):
        for chunk in range(part.n_chunks):
            windows = part.sample(3, chunk)
            assert b"".join(array.tobytes() for array in windows) == whole[part.sentences_of(chunk)]


def test_chunks_of_a_long_text_are_as_ever():
    """Short chunks are for short texts; none is longer than otherwise, or empty."""
    assert chunk_tokens(10**9) == CHUNK_TOKENS
    assert chunk_tokens(1_000_000) == 1000
    assert chunk_tokens(7) == 1


def test_a_single_sentence_cannot_be_split():
    """Where all words are one piece, no part is left to be trained on, and the error says so."""
    corpus = Corpus.from_sentences([["a", "b"] * 200], min_count=1)

    with pytest.raises(InputError, match="all 400 words stand in one piece"):
        train(corpus, TrainConfig(dim=4, subsample=0, holdout=0.1))


def test_a_part_too_small_to_measure_is_refused(planted_corpus):
    """A held-out part of a handful of words is refused with their number, and the option that makes more."""
    with pytest.raises(InputError, match=r"about \d+ of [\d,]+ words are held out") as caught:
        train(planted_corpus, TrainConfig(dim=4, holdout=1e-4))

    assert "--holdout" in caught.value.fix


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_words_that_are_all_held_out_do_not_move(architecture):
    """Words that occur in a held-out sentence alone keep their first rows, however long the training."""
    common = [[f"w{(i + j) % 9}" for j in range(6)] for i in range(400)]
    sentences = [*common[:200], ["once", "twice"] * 3, *common[200:]]
    corpus = Corpus.from_sentences(sentences, min_count=1)
    sampler = sampler_of(corpus)
    seed = next(
        seed
        for seed in range(1000)
        if 200 in sentences_of(split_heldout(sampler_of(corpus, seed=seed), 0.1)[1])
    )
    config = TrainConfig(architecture=architecture, dim=4, subsample=0, holdout=0.1, seed=seed, epochs=2)

    rows = [
        train(corpus, config, engine=HogwildEngine(architecture, threads=1)).matrix[
            [corpus.vocabulary.ids[word] for word in ("once", "twice", "w1")]
        ]
        for config in (config, TrainConfig(**{**vars(config), "epochs": 4}))
    ]

    assert sampler.n_chunks > 100
    np.testing.assert_array_equal(rows[0][:2], rows[1][:2])
    assert (rows[0][2] != rows[1][2]).any()
