"""Both distributions are those of gensim, number by number within its rounding."""

import numpy as np
import pytest

from corpora.sampling import keep_probabilities, noise_table

COUNTS = np.sort((10**6 / np.arange(1, 2001) ** 1.1).astype(np.int64) + 5)[::-1]


def gensim_model(*, threshold, exponent):
    """A gensim model whose vocabulary has COUNTS, built and not trained."""
    from gensim.models import Word2Vec

    model = Word2Vec(sample=threshold, ns_exponent=exponent, min_count=1, vector_size=1)
    model.build_vocab_from_freq({f"w{n}": int(count) for n, count in enumerate(COUNTS)})
    return model


@pytest.mark.parametrize("threshold", [1e-3, 1e-4, 1e-5])
def test_keep_probabilities_are_gensims(threshold):
    """An occurrence is kept by gensim where 32 random bits are below its sample_int, rounded down."""
    model = gensim_model(threshold=threshold, exponent=0.75)
    theirs = np.array([model.wv.get_vecattr(f"w{n}", "sample_int") for n in range(len(COUNTS))])

    ours = keep_probabilities(COUNTS, threshold)

    np.testing.assert_allclose(ours, theirs.astype(np.float64) / (2**32 - 1), rtol=0, atol=2**-31)
    assert ours.min() < 0.5 < ours.max()


@pytest.mark.parametrize("exponent", [0.75, 0.0, -0.5, 1.0])
def test_noise_is_gensims(exponent):
    """The steps of gensim's cumulative table, 31 bits of it, are the chances of our alias table."""
    model = gensim_model(threshold=1e-3, exponent=exponent)
    steps = np.diff(model.cum_table.astype(np.float64), prepend=0) / model.cum_table[-1]
    by_word = np.empty(len(COUNTS))
    by_word[[int(word[1:]) for word in model.wv.index_to_key]] = steps

    ours = noise_table(COUNTS, exponent).probabilities()

    np.testing.assert_allclose(ours, by_word, rtol=0, atol=2 * 2**-31)
