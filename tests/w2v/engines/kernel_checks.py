"""What the GPU's kernels must do: sample the same windows as the CPU, and take the same steps.

With TRITON_INTERPRET=1, set before Triton is imported, they run in Python on the CPU; without it, on a GPU.
test_fused.py runs this file in a process of its own.
"""

import os

import numpy as np
import pytest
import torch

from corpora.corpus import Corpus
from corpora.windows import WindowSampler, cut_windows
from tests.reference import reference_cbow_step, reference_skipgram_step
from w2v.config import TrainConfig
from w2v.engines.fused import epochs
from w2v.engines.fused.epochs import FusedEpochs, why_not_fused
from w2v.engines.minibatch import MinibatchEngine
from w2v.loss import measured_part
from w2v.objective import negative_sampling_loss
from w2v.training import train

DEVICE = "cpu" if os.environ.get("TRITON_INTERPRET") == "1" else "cuda"
BOTH = pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
STEPS = {"skipgram": reference_skipgram_step, "cbow": reference_cbow_step}
DIM = 6


def small_sampler(**options):
    """Some 30 windows in four chunks; one sentence has a single word, one is longer than a block."""
    rng = np.random.default_rng(2)
    lengths = [7, 1, 4, 2, 11, 3, 6]
    sentences = [[f"w{word}" for word in rng.integers(0, 20, length)] for length in lengths]
    corpus = Corpus.from_sentences(sentences, min_count=1)
    options = {"window": 2, "negatives": 2, "subsample": 0.1, "seed": 2**63 + 5, "chunk_tokens": 9} | options
    return WindowSampler(corpus, **options)


def random_weights(sampler):
    """Tables of normal numbers."""
    rng = np.random.default_rng(0)
    shape = len(sampler.corpus.vocabulary), DIM
    return tuple(torch.tensor(rng.normal(size=shape), dtype=torch.float32, device=DEVICE) for _ in range(2))


def train_in_their_order(sampler, weights, architecture, rates, n_programs):
    """The reference's steps, in the order in which programs that run one after the other take them."""
    tables = [weight.double().cpu().numpy().copy() for weight in weights]
    chunks = [sampler.sample(1, chunk) for chunk in range(sampler.n_chunks)]
    most = int(np.diff(sampler.chunk_starts).max())
    for program in range(n_programs):
        for index in range(program, most * len(chunks), n_programs):
            chunk, w = index % len(chunks), index // len(chunks)
            if w < len(chunks[chunk].centers):
                STEPS[architecture](cut_windows(chunks[chunk], w, w + 1), *tables, rates[chunk])
    return tables


def assert_steps_are_the_reference(sampler, weights, architecture, n_programs):
    """An epoch leaves the tables as the twins do, and ends with the number of chunks."""
    rates = np.linspace(0.1, 0.05, sampler.n_chunks)
    expected = train_in_their_order(sampler, weights, architecture, rates, n_programs)
    polled = []

    kernels = FusedEpochs(weights, sampler, architecture, n_programs)
    kernels.run(1, learning_rates=rates, record=lambda _: None, poll=polled.append)

    assert polled[-1] == sampler.n_chunks
    for weight, table in zip(weights, expected, strict=True):
        np.testing.assert_allclose(weight.cpu(), table, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shrink", [True, False])
def test_words_kept_on_the_device_are_those_of_the_sampler(monkeypatch, shrink):
    """Centers, their sentences, and the random numbers that follow are the same bits, chunk by chunk."""
    monkeypatch.setattr(epochs, "BLOCK", 8)  # shorter than the longest sentence
    sampler = small_sampler(shrink=shrink)
    kernels = FusedEpochs(random_weights(sampler), sampler, "skipgram", 1)

    done = kernels.launch(kernels.group(3, 0, sampler.n_chunks, np.zeros(sampler.n_chunks)))

    kept, all_places, all_lengths, _, n_windows = (array.cpu().numpy() for array in done.windows)
    for chunk, start in enumerate(sampler.chunk_starts[:-1].tolist()):
        windows = sampler.sample(3, chunk)
        found = slice(start, start + n_windows[chunk])
        np.testing.assert_array_equal(kept[found], windows.centers)
        if not shrink:  # then the place in the sentence and its length are seen in the contexts
            places, lengths = all_places[found], all_lengths[found]
            left, right = np.minimum(places, 2), np.minimum(lengths - 1 - places, 2)
            np.testing.assert_array_equal(left + right, np.diff(windows.offsets))


@BOTH
@pytest.mark.parametrize(("shrink", "n_programs"), [(True, 1), (False, 3 if DEVICE == "cpu" else 1)])
def test_steps_are_those_of_the_reference(architecture, shrink, n_programs):
    """Same windows, same negatives, same changes; with several programs where one runs after the other."""
    sampler = small_sampler(shrink=shrink, negatives=2 if shrink else 3)

    assert_steps_are_the_reference(sampler, random_weights(sampler), architecture, n_programs)


@BOTH
def test_loss_is_that_of_the_objective(architecture):
    """At a rate of 0 the loss told is that of torch over the measured windows of every fourth chunk."""
    sampler = small_sampler(chunk_tokens=5)
    weights, told = random_weights(sampler), []

    kernels = FusedEpochs(weights, sampler, architecture, 2)
    kernels.run(0, learning_rates=np.zeros(sampler.n_chunks), record=told.append, poll=lambda _: None)

    parts = [measured_part(sampler.sample(0, chunk), chunk) for chunk in range(sampler.n_chunks)]
    expected = sum(float(negative_sampling_loss(*weights, part, architecture)) for part in parts if part)
    assert sum(part.total for part in told) == pytest.approx(expected, rel=1e-5)
    n_contexts = sum(
        len(part.contexts if architecture == "skipgram" else part.centers) for part in parts if part
    )
    assert sum(part.n_predictions for part in told) == n_contexts


def test_groups_of_chunks_and_pauses_make_no_difference(monkeypatch):
    """An epoch in groups of one chunk, paused after the first, ends where one without pauses ends."""
    monkeypatch.setattr(epochs, "GROUP_TOKENS", 1)
    sampler = small_sampler()
    rates = np.full(sampler.n_chunks, 0.1)
    whole, parts = random_weights(sampler), random_weights(sampler)

    for weights, poll in ((whole, lambda _: False), (parts, lambda chunks: chunks == 1)):
        kernels, place = FusedEpochs(weights, sampler, "skipgram", 1), 0
        places = []
        while place is not None:
            places.append(place)
            place = kernels.run(0, learning_rates=rates, record=lambda _: None, poll=poll, place=place)

    assert len(places) == 2
    for weight, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(weight, other)


def test_compiling_changes_nothing():
    """Both kernels are run on a chunk of no sentences: the tables keep every bit."""
    sampler = small_sampler()
    weights = random_weights(sampler)

    FusedEpochs(weights, sampler, "skipgram", 4).compile()

    for weight, other in zip(weights, random_weights(sampler), strict=True):
        torch.testing.assert_close(weight, other)


def test_engine_trains_with_the_kernels():
    """train() with the fused engine: the same number of windows, a loss, vectors that have moved."""
    corpus = Corpus.from_sentences([["a", "b", "c", "d"]] * 30, min_count=1)
    engine = MinibatchEngine(fused=True, windows_per_step=2, device=DEVICE)

    vectors = train(corpus, TrainConfig(dim=4, epochs=1, window=1, negatives=1, subsample=0), engine=engine)

    assert vectors.metadata["engine"]["fused"] is True
    assert vectors.metadata["training"]["losses"][0] > 0
    assert (vectors.matrix != 0).all()


def test_what_the_kernels_cannot_do_is_told():
    """Negatives of pairs and rows too long are reasons, and so is a device that is no GPU."""
    device = torch.device(DEVICE)

    assert why_not_fused(device, 100, small_sampler()) is None
    assert "negatives_per is pair" in why_not_fused(device, 100, small_sampler(share_negatives=False))
    assert "too many numbers" in why_not_fused(device, 2**19, small_sampler())
    assert "not on mps" in why_not_fused(torch.device("mps"), 100, small_sampler())
