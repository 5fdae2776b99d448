"""The loss while training: sums of many threads, and a fixed small part of the windows."""

import threading

import numpy as np
import pytest

from corpora.windows import Windows, WindowSampler
from w2v import loss
from w2v.loss import LossMeter, LossSum, first_windows, measured_part, n_predictions

WINDOWS = Windows(
    np.array([5, 6, 7], np.int32),
    np.array([1, 2, 3, 1, 2, 4], np.int32),
    np.array([0, 3, 4, 6], np.int64),
    np.array([[8], [9], [8]], np.int32),
)
OF_PAIRS = WINDOWS._replace(negatives=np.arange(6, dtype=np.int32)[:, None])


def test_predictions_are_contexts_or_windows():
    """Skip-gram makes a prediction for each context, CBOW one for each window."""
    assert n_predictions(WINDOWS, "skipgram") == 6
    assert n_predictions(WINDOWS, "cbow") == 3


def test_mean_of_nothing_is_unknown():
    """No prediction, no loss: neither 0 nor an error."""
    assert LossSum(0.0, 0).mean is None
    assert LossMeter().sum().mean is None


def test_no_measurement_of_any_thread_is_lost():
    """Eight threads that add 2,000 each while another reads: the sum is exact in the end."""
    meter = LossMeter()
    threads = [
        threading.Thread(target=lambda: [meter.add(LossSum(0.5, 3)) for _ in range(2000)]) for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        meter.sum()

    assert meter.sum() == LossSum(8000.0, 48_000)


@pytest.mark.parametrize("windows", [WINDOWS, OF_PAIRS])
@pytest.mark.parametrize("n_windows", [0, 1, 2, 3, 9])
def test_first_windows_are_whole(windows, n_windows):
    """Each of the first windows keeps its center, contexts and negatives; the arrays are views."""
    part = first_windows(windows, n_windows)

    n_windows = min(n_windows, 3)
    n_contexts = [0, 3, 4, 6][n_windows]
    assert part.centers.tolist() == windows.centers[:n_windows].tolist()
    assert part.contexts.tolist() == windows.contexts[:n_contexts].tolist()
    assert part.offsets.tolist() == windows.offsets[: n_windows + 1].tolist()
    assert len(part.negatives) == (n_windows if windows is WINDOWS else n_contexts)
    assert all(np.shares_memory(a, b) or not a.size for a, b in zip(part, windows, strict=True))


def test_a_fixed_share_of_long_chunks_is_measured(planted_corpus):
    """64 windows of every fourth chunk, from the first on."""
    sampler = WindowSampler(planted_corpus, subsample=0)

    parts = [measured_part(sampler.sample(0, chunk), chunk) for chunk in range(sampler.n_chunks)]

    assert [part is not None for part in parts] == [chunk % 4 == 0 for chunk in range(sampler.n_chunks)]
    assert {len(part.centers) for part in parts if part} == {loss.MEASURED_WINDOWS}
