"""The whole way on real English: the words are gensim's, and the vectors are as good."""

import lzma
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors, Word2Vec

from corpora.corpus import Corpus
from w2v.config import TrainConfig
from w2v.training import train

DATA = Path(__file__).parents[3] / "shared" / "data"
PACKED = DATA / "enwiki-1m.txt.xz"
PAIRS = DATA / "eval" / "wordsim353.tsv"
OPTIONS = {"window": 5, "min_count": 5}

pytestmark = pytest.mark.skipif(
    not PACKED.exists(), reason=f"{PACKED} is missing: a million words of Wikipedia"
)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """The text unpacked, for gensim."""
    path = tmp_path_factory.mktemp("enwiki") / "enwiki-1m.txt"
    path.write_bytes(lzma.decompress(PACKED.read_bytes()))
    return path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The text read as it lies there, packed."""
    return Corpus.prepare([PACKED], cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def gensim_model(text):
    """Skip-gram of gensim with the same options."""
    model = Word2Vec(sg=1, vector_size=100, negative=5, sample=1e-3, workers=1, seed=1, **OPTIONS)
    model.build_vocab(corpus_file=str(text))
    model.train(
        corpus_file=str(text),
        total_words=model.corpus_total_words,
        total_examples=model.corpus_count,
        epochs=5,
    )
    return model


def spearman(keyed):
    """Rank correlation with WordSim-353, by gensim's own evaluation."""
    return keyed.evaluate_word_pairs(str(PAIRS))[1][0]


def test_words_and_counts_are_those_of_gensim(corpus, gensim_model):
    """The same words with the same counts; ties apart, which gensim leaves as it met them, the same order."""
    keyed = gensim_model.wv
    theirs = {word: keyed.get_vecattr(word, "count") for word in keyed.index_to_key}

    ours = dict(zip(corpus.vocabulary.words, corpus.vocabulary.counts.tolist(), strict=True))
    assert ours == theirs
    assert sorted(theirs.values(), reverse=True) == list(ours.values())


def test_vectors_are_as_good_as_those_of_gensim(corpus, gensim_model):
    """Over three seeds, word similarity is at gensim's level: within 0.03 on the mean, a standard error."""
    theirs = spearman(gensim_model.wv)

    ours = []
    for seed in (1, 2, 3):
        vectors = train(corpus, TrainConfig(seed=seed))
        keyed = KeyedVectors(vectors.dim)
        keyed.add_vectors(list(vectors.words), vectors.matrix)
        ours.append(spearman(keyed))

    assert theirs > 0.2
    assert np.mean(ours) > theirs - 0.03
