"""Steps hold the sampler's windows, all of them and in their order, however long they are."""

import threading

import numpy as np
import pytest

from corpora.windows import WindowSampler
from w2v.engines.steps import ahead, cut_steps, join_windows
from w2v.loss import measured_part


def windows_of(sampler, *, epoch=0):
    """The windows of an epoch, chunk after chunk."""
    return [sampler.sample(epoch, chunk) for chunk in range(sampler.n_chunks)]


def assert_equal(windows, expected):
    """All four arrays are."""
    for array, other in zip(windows, expected, strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize("share_negatives", [True, False])
@pytest.mark.parametrize("windows_per_step", [1000, 8192, 10**6])
def test_steps_are_the_windows_of_the_chunks(planted_corpus, windows_per_step, share_negatives):
    """Put together, the steps are the chunks put together; all but the last are of the length asked for."""
    sampler = WindowSampler(planted_corpus, chunk_tokens=3000, share_negatives=share_negatives)

    steps = list(cut_steps(sampler, 1, windows_per_step))

    assert_equal(join_windows([step.windows for step in steps]), join_windows(windows_of(sampler, epoch=1)))
    assert all(len(step.windows.centers) == windows_per_step for step in steps[:-1])
    assert 0 < len(steps[-1].windows.centers) <= windows_per_step


def test_step_belongs_to_the_chunk_where_it_begins(planted_corpus):
    """Counted by hand: the chunk that holds the first window of the step."""
    sampler = WindowSampler(planted_corpus, chunk_tokens=3000)
    ends = np.cumsum([len(windows.centers) for windows in windows_of(sampler)])

    steps = list(cut_steps(sampler, 0, 700))

    begins = np.arange(len(steps)) * 700
    assert [step.chunk for step in steps] == np.searchsorted(ends, begins, side="right").tolist()


def test_step_knows_its_widest_window(planted_corpus):
    """The most contexts are those of the window that has most."""
    for step in cut_steps(WindowSampler(planted_corpus, window=3), 0, 50):
        assert step.most_contexts == np.diff(step.windows.offsets).max() <= 6


def test_each_measured_part_comes_once_and_before_its_windows(planted_corpus):
    """The parts are those of the loss, and none comes later than the step of its first window."""
    sampler = WindowSampler(planted_corpus, chunk_tokens=3000)
    expected = [(chunk, measured_part(windows, chunk)) for chunk, windows in enumerate(windows_of(sampler))]

    given = [(step.chunk, part) for step in cut_steps(sampler, 0, 4000) for part in step.measured]

    assert len(given) == sum(part is not None for _, part in expected)
    for (step_chunk, part), (chunk, same) in zip(given, (e for e in expected if e[1]), strict=True):
        assert step_chunk <= chunk
        assert_equal(part, same)


def test_steps_are_made_by_another_thread_in_order():
    """What comes is what was made, though a thread made it."""
    makers = []

    def numbers():
        for number in range(5):
            makers.append(threading.current_thread().name)
            yield number

    assert list(ahead(numbers())) == [0, 1, 2, 3, 4]
    assert all(name.startswith("w2v-ahead") for name in makers)


def test_error_of_the_maker_comes_out():
    """What the other thread meets is met by the one that waits for it; no thread is left."""

    def broken():
        yield 1
        raise ZeroDivisionError("injected")

    with pytest.raises(ZeroDivisionError, match="injected"):
        list(ahead(broken()))

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("w2v-")]
