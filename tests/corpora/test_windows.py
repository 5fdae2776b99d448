"""Windows: a pure function of (seed, epoch, chunk), within sentences, of the right width."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.stats import chi2, chisquare

from corpora import windows as windows_module
from corpora.corpus import Corpus
from corpora.windows import Windows, WindowSampler, cut_windows
from tests.reference import reference_keep_probabilities, reference_state, reference_windows, splitmix64

SANE = 1e-4  # a draw that follows its distribution fails this with one fixed seed of ten thousand


def random_corpus(n_sentences=900, n_words=50, longest=40, seed=0):
    """Sentences of 1 to `longest` words, drawn by a law like Zipf's."""
    rng = np.random.default_rng(seed)
    words = np.minimum(rng.zipf(1.5, n_sentences * longest), n_words)
    cuts = np.cumsum(rng.integers(1, longest + 1, n_sentences))
    return Corpus.from_sentences(
        [[f"w{w}" for w in part] for part in np.split(words, cuts)[:-1]], min_count=1
    )


def lines_corpus(*lines):
    """A corpus of the given lines."""
    return Corpus.from_sentences([line.split() for line in lines], min_count=1)


def as_list(windows):
    """The windows as (center, contexts, negatives), plain Python."""
    return [
        (
            int(windows.centers[w]),
            windows.contexts[windows.offsets[w] : windows.offsets[w + 1]].tolist(),
            windows.negatives[w].tolist(),
        )
        for w in range(len(windows.centers))
    ]


def all_windows(sampler, epoch=0):
    """The windows of all chunks of an epoch."""
    return [window for chunk in range(sampler.n_chunks) for window in as_list(sampler.sample(epoch, chunk))]


def sentences_of_chunk(corpus, sampler, chunk):
    """The sentences, as lists of word ids, between two chunk starts."""
    first, last = sampler.chunk_starts[chunk], sampler.chunk_starts[chunk + 1]
    starts = corpus.offsets[(corpus.offsets >= first) & (corpus.offsets <= last)]
    return [corpus.tokens[a:b].tolist() for a, b in itertools.pairwise(starts)]


@pytest.fixture(scope="module")
def corpus():
    """Some 18,000 tokens, so several chunks."""
    return random_corpus()


@pytest.mark.parametrize("shrink", [True, False])
@pytest.mark.parametrize("subsample", [0.0, 1e-2])
def test_windows_of_every_chunk_equal_their_twin(corpus, shrink, subsample):
    """Each chunk's windows are those of the twin for (seed, epoch, chunk)."""
    sampler = WindowSampler(corpus, seed=8, window=4, negatives=3, subsample=subsample, shrink=shrink)
    keep = reference_keep_probabilities(corpus.vocabulary.counts.tolist(), subsample)

    assert sampler.n_chunks > 2
    for chunk in range(sampler.n_chunks):
        assert as_list(sampler.sample(2, chunk)) == reference_windows(
            sentences_of_chunk(corpus, sampler, chunk),
            keep,
            sampler.noise.packed,
            splitmix64(reference_state(8, 2, chunk)),
            window=4,
            n_negatives=3,
            shrink=shrink,
        )


def test_negatives_of_each_pair_equal_their_twin(corpus):
    """Where negatives are not shared, each context has K of its own, and all else is as the twin has it."""
    sampler = WindowSampler(corpus, seed=8, window=4, negatives=3, subsample=0, share_negatives=False)
    keep = reference_keep_probabilities(corpus.vocabulary.counts.tolist(), 0.0)

    windows = sampler.sample(2, 1)

    spans = list(itertools.pairwise(windows.offsets))
    found = [
        (int(center), windows.contexts[a:b].tolist(), windows.negatives[a:b].tolist())
        for center, (a, b) in zip(windows.centers, spans, strict=True)
    ]
    assert found == reference_windows(
        sentences_of_chunk(corpus, sampler, 1),
        keep,
        sampler.noise.packed,
        splitmix64(reference_state(8, 2, 1)),
        window=4,
        n_negatives=3,
        shrink=True,
        share_negatives=False,
    )
    assert windows.negatives.shape == (len(windows.contexts), 3)


def test_chunks_are_all_sentences_once(corpus):
    """Chunks of about 8,192 tokens start and end with sentences, and leave none out."""
    sampler = WindowSampler(corpus)

    starts = sampler.chunk_starts
    assert starts[0] == 0
    assert starts[-1] == corpus.n_tokens
    assert np.isin(starts, corpus.offsets).all()
    assert (np.diff(starts) > 0).all()
    assert np.diff(starts).max() < windows_module.CHUNK_TOKENS + 40


@pytest.mark.parametrize(
    "lengths", [[1], [9000], [8191, 2, 1], [8192, 8192], [20_000, 1, 20_000], [1] * 9000]
)
def test_chunks_of_any_sentences_are_whole(lengths):
    """Sentences longer than a chunk, of just its length, and of one word are each in one chunk."""
    ids = np.arange(sum(lengths)) % 2
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    vocabulary = lines_corpus("a b").vocabulary
    sampler = WindowSampler(Corpus(vocabulary, ids.astype(np.int32), offsets), subsample=0, window=1)

    n_windows = [len(sampler.sample(0, chunk).centers) for chunk in range(sampler.n_chunks)]

    assert np.isin(sampler.chunk_starts, offsets).all()
    assert sum(n_windows) == sum(length for length in lengths if length > 1)


def test_windows_do_not_depend_on_the_order_of_calls(corpus):
    """Backwards, twice, or through one sampler or another: the windows are the same."""
    sampler = WindowSampler(corpus, seed=3)
    expected = [as_list(sampler.sample(1, chunk)) for chunk in range(sampler.n_chunks)]

    backwards = [as_list(sampler.sample(1, chunk)) for chunk in reversed(range(sampler.n_chunks))]
    another = [as_list(WindowSampler(corpus, seed=3).sample(1, chunk)) for chunk in range(sampler.n_chunks)]

    assert backwards[::-1] == expected
    assert another == expected


def test_windows_do_not_depend_on_threads(corpus):
    """Eight threads that sample at once get what one gets."""
    sampler = WindowSampler(corpus, seed=3)
    places = [(epoch, chunk) for epoch in range(12) for chunk in range(sampler.n_chunks)]
    expected = [as_list(sampler.sample(*place)) for place in places]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda place: as_list(sampler.sample(*place)), places))

    assert found == expected


@pytest.mark.parametrize(("seed", "epoch", "chunk"), [(4, 0, 0), (3, 1, 0), (3, 0, 1), (2**64 - 1, 0, 0)])
def test_another_place_draws_other_numbers(seed, epoch, chunk):
    """The same sentences with another seed, epoch or chunk number have other widths and negatives."""
    block = [f"w{n % 9}" for n in range(windows_module.CHUNK_TOKENS)]
    corpus = Corpus.from_sentences([block, block], min_count=1)

    here = WindowSampler(corpus, seed=3, subsample=0).sample(0, 0)
    there = WindowSampler(corpus, seed=seed, subsample=0).sample(epoch, chunk)

    assert here.centers.tolist() == there.centers.tolist()
    assert np.mean(here.negatives == there.negatives) < 0.5
    assert np.diff(here.offsets).tolist() != np.diff(there.offsets).tolist()


def test_room_that_was_used_before_gives_the_same(corpus):
    """Arrays written over again and again change nothing."""
    sampler = WindowSampler(corpus, seed=3)
    room = sampler.allocate()

    for chunk in range(sampler.n_chunks):
        assert as_list(sampler.sample(0, chunk, room=room)) == as_list(sampler.sample(0, chunk))


def test_results_without_room_stay_as_they_are(corpus):
    """A result is not written over by the next call."""
    sampler = WindowSampler(corpus, seed=3)
    first = sampler.sample(0, 0)
    expected = as_list(first)

    sampler.sample(0, 1)

    assert as_list(first) == expected


@pytest.mark.parametrize("subsample", [0, 1e-4])
def test_every_window_has_a_context(corpus, subsample):
    """Sentences of one word that is left give no window."""
    windows = all_windows(WindowSampler(corpus, subsample=subsample))

    assert windows
    assert min(len(contexts) for _, contexts, _ in windows) >= 1


def test_windows_never_cross_sentences():
    """With a window wider than the text, contexts are of the own sentence."""
    lines = [" ".join(f"s{sentence}w{word}" for word in range(5)) for sentence in range(40)]
    corpus = lines_corpus(*lines, "alone")
    words = corpus.vocabulary.words

    windows = all_windows(WindowSampler(corpus, window=1000, subsample=0, shrink=False))

    assert len(windows) == 200
    for center, contexts, _ in windows:
        own = words[center].split("w")[0]
        assert sorted(words[c] for c in [center, *contexts]) == [f"{own}w{word}" for word in range(5)]


def test_fixed_windows_are_full():
    """Without shrinking, a center has all words up to the window's width, in the order of the text."""
    corpus = lines_corpus("a b c d e")
    ids = corpus.vocabulary.ids

    windows = all_windows(WindowSampler(corpus, window=2, subsample=0, shrink=False))

    named = {center: contexts for center, contexts, _ in windows}
    expected = {"a": "bc", "b": "acd", "c": "abde", "d": "bce", "e": "cd"}
    assert named == {ids[center]: [ids[word] for word in contexts] for center, contexts in expected.items()}


def test_shrunk_windows_have_even_widths():
    """Each width from 1 to the window is drawn as often as another, by a chi-squared test."""
    corpus = Corpus.from_sentences([[f"w{n % 7}" for n in range(9000)]] * 6, min_count=1)
    sampler = WindowSampler(corpus, window=5, subsample=0, negatives=1)

    widths = np.concatenate(
        [np.diff(sampler.sample(0, chunk).offsets)[5:-5] for chunk in range(sampler.n_chunks)]
    )

    assert len(widths) > 49_000
    assert set(widths) == {2, 4, 6, 8, 10}
    assert chisquare(np.bincount(widths // 2)[1:]).pvalue > SANE


def test_occurrences_survive_as_their_keep_probabilities_say():
    """Kept counts of every word over many epochs follow its chance, by a chi-squared test."""
    corpus = random_corpus(n_sentences=2000, longest=30)
    sampler = WindowSampler(corpus, subsample=1e-2, negatives=1, window=1, shrink=False)
    n_epochs = 20
    counts = corpus.vocabulary.counts

    kept = np.zeros(len(counts))
    for epoch in range(n_epochs):
        for chunk in range(sampler.n_chunks):
            kept += np.bincount(sampler.sample(epoch, chunk).centers, minlength=len(counts))

    # A word that alone is kept of its sentence has no window: that many are expected to be missing.
    n_drawn = counts * n_epochs
    expected = n_drawn * sampler.keep_probabilities
    expected -= n_epochs * expected_lone(corpus, sampler.keep_probabilities)
    subsampled = sampler.keep_probabilities < 1
    found = np.stack([kept, n_drawn - kept])[:, subsampled]
    expected = np.stack([expected, n_drawn - expected])[:, subsampled]
    assert subsampled.sum() > 5
    assert chi2.sf(((found - expected) ** 2 / expected).sum(), subsampled.sum()) > SANE


def expected_lone(corpus, chances):
    """How often each word is expected to be the only one of its sentence that is kept."""
    lone = np.zeros(len(chances))
    for start, end in itertools.pairwise(corpus.offsets):
        tokens = corpus.tokens[start:end]
        drops = 1 - chances[tokens]
        for place, token in enumerate(tokens):
            lone[token] += chances[token] * np.prod(np.delete(drops, place))
    return lone


def test_negatives_follow_the_noise_distribution(corpus):
    """Negatives of all windows are drawn as count^0.75, by a chi-squared test."""
    sampler = WindowSampler(corpus, negatives=20, subsample=0)

    drawn = np.concatenate([sampler.sample(0, chunk).negatives.ravel() for chunk in range(sampler.n_chunks)])

    weights = corpus.vocabulary.counts**0.75
    expected = len(drawn) * weights / weights.sum()
    assert chisquare(np.bincount(drawn, minlength=len(weights)), expected).pvalue > SANE


def test_effective_tokens_are_what_survives(corpus):
    """The expected number of kept tokens is near the number of windows, over ten epochs."""
    sampler = WindowSampler(corpus, subsample=1e-2, negatives=1)

    found = np.mean(
        [sum(len(sampler.sample(e, c).centers) for c in range(sampler.n_chunks)) for e in range(10)]
    )

    assert found == pytest.approx(sampler.effective_tokens, rel=0.03)


def test_effective_tokens_of_shards_add_up(corpus):
    """A shard expects its own part of the tokens and not those of the whole."""
    whole = WindowSampler(corpus, subsample=1e-2)

    parts = [WindowSampler(corpus.shard(rank, 3), subsample=1e-2) for rank in range(3)]

    assert sum(part.effective_tokens for part in parts) == pytest.approx(whole.effective_tokens)


def test_shards_hold_all_windows(corpus):
    """Full windows of the shards together are those of the corpus."""
    options = {"window": 3, "subsample": 0, "shrink": False, "negatives": 1}

    found = [w[:2] for rank in range(4) for w in all_windows(WindowSampler(corpus.shard(rank, 4), **options))]

    assert found == [w[:2] for w in all_windows(WindowSampler(corpus, **options))]


def test_an_empty_shard_has_no_chunks():
    """More shards than sentences leave some without a window, and without an error."""
    corpus = lines_corpus("a b c d", "b a")

    samplers = [WindowSampler(corpus.shard(rank, 5), subsample=0) for rank in range(5)]

    assert sum(len(all_windows(sampler)) for sampler in samplers) == 6
    assert min(sampler.n_chunks for sampler in samplers) == 0


@pytest.mark.parametrize("chunk", [-1, 99])
def test_a_chunk_that_is_not_there_is_refused(corpus, chunk):
    """An index out of range is an IndexError."""
    with pytest.raises(IndexError, match=f"chunk {chunk} of"):
        WindowSampler(corpus).sample(0, chunk)


@pytest.mark.parametrize("options", [{"window": 0}, {"negatives": 0}, {"subsample": -1}])
def test_options_out_of_range_are_refused(corpus, options):
    """A window or negatives below 1, and a negative threshold, are a ValueError."""
    with pytest.raises(ValueError, match="must be"):
        WindowSampler(corpus, **options)


def test_taken_chunks_keep_their_windows(corpus):
    """Some chunks in an order of their own: counted from 0, with the tokens and windows they had."""
    sampler = WindowSampler(corpus, seed=3)

    taken = sampler.take(np.array([2, 0]))

    lengths = np.diff(sampler.chunk_starts)
    assert taken.n_chunks == 2
    assert taken.chunk_starts.tolist() == [0, lengths[2], lengths[2] + lengths[0]]
    assert taken.n_tokens == lengths[2] + lengths[0]
    assert [as_list(taken.sample(1, chunk)) for chunk in (0, 1)] == [
        as_list(sampler.sample(1, chunk)) for chunk in (2, 0)
    ]
    assert taken.effective_tokens / sampler.effective_tokens == pytest.approx(
        taken.n_tokens / sampler.n_tokens
    )


def test_chunks_taken_from_taken_ones_are_those_of_the_whole(corpus):
    """Taking twice counts in what was taken first; the sampler itself stays whole."""
    sampler = WindowSampler(corpus, seed=3)

    taken = sampler.take(np.array([2, 0, 1])).take(np.array([2]))

    assert taken.sentences_of(0) == sampler.sentences_of(1)
    assert as_list(taken.sample(0, 0)) == as_list(sampler.sample(0, 1))
    assert sampler.n_tokens == corpus.n_tokens


def test_chunks_are_as_long_as_asked_for(corpus):
    """About 100 tokens each, whole sentences as ever."""
    sampler = WindowSampler(corpus, chunk_tokens=100)

    assert np.isin(sampler.chunk_starts, corpus.offsets).all()
    assert np.diff(sampler.chunk_starts).max() < 140
    assert sampler.n_tokens == corpus.n_tokens


def test_cut_begins_at_zero_again():
    """Windows 1 and 2 of three: their contexts, and offsets from 0."""
    windows = Windows(np.array([7, 8, 9]), np.arange(6), np.array([0, 1, 3, 6]), np.array([[70], [80], [90]]))

    cut = cut_windows(windows, 1, 3)

    assert [array.tolist() for array in cut] == [[8, 9], [1, 2, 3, 4, 5], [0, 2, 5], [[80], [90]]]


def test_cut_takes_the_negatives_of_pairs_along():
    """Where each context has negatives of its own, those of the cut's contexts come along."""
    windows = Windows(np.array([7, 8]), np.arange(3), np.array([0, 1, 3]), np.array([[1], [2], [3]]))

    cut = cut_windows(windows, 1, 2)

    assert [array.tolist() for array in cut] == [[8], [1, 2], [0, 2], [[2], [3]]]
