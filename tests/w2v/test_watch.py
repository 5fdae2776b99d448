"""The watch over a training: what it reports, when it measures, and that its counts are exact."""

import numpy as np
import pytest

from w2v import watch as watch_module
from w2v.initialization import initial_rows
from w2v.loss import LossSum
from w2v.schedule import Schedule
from w2v.watch import Progress, Watch

STARTS = np.array([0, 100, 200, 300], dtype=np.int64)


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        """What it shows."""
        return self.now


class MeasuringEngine:
    """Measures one loss after the other, each in so many seconds."""

    def __init__(self, clock, losses, seconds=0.0):
        self.clock = clock
        self.losses = iter(losses)
        self.seconds = seconds

    def measure(self, tables, sampler):
        """The next loss, of two predictions."""
        self.clock.now += self.seconds
        return LossSum(2 * next(self.losses), 2)

    def fetch(self, tables, n_rows=None):
        """Nothing is anywhere else."""


@pytest.fixture
def clock(monkeypatch):
    """The clock that the watch looks at."""
    clock = Clock()
    monkeypatch.setattr(watch_module, "time", clock)
    return clock


def watching(engine, report, *, heldout=object(), epochs=3, starts=STARTS):  # noqa: B008 - any object will do
    """A watch over two rows."""
    return Watch(
        initial_rows(2, 2, seed=1),
        engine,
        schedule=Schedule(starts, epochs, 0.025, 1e-4),
        heldout=heldout,
        best=None,
        report=report,
        release_memory=lambda: None,
    )


def test_pace_and_time_left_follow_from_tokens_and_seconds():
    """300 of 900 tokens in 2 seconds are 150 a second, with 600 / 150 = 4 seconds left."""
    progress = Progress(1, 3, 300, 900, 0.01, 2.0)

    assert progress.tokens_per_second == 150
    assert progress.seconds_left == 4


def test_time_left_is_unknown_at_first():
    """Before the first token the time left is infinite, not a division by zero."""
    assert Progress(1, 3, 0, 900, 0.01, 0.0).seconds_left == float("inf")


@pytest.mark.parametrize("offset", [2**31 - 10, 2**53 - 10])
def test_progress_counts_in_whole_tokens_beyond_any_word_size(offset):
    """Tokens done and in all are Python integers, exact over 2^40 epochs (T05, P16)."""
    starts = np.array([0, offset, offset + 4096], dtype=np.int64)
    reports = []
    watch = watching(None, reports.append, heldout=None, epochs=2**40, starts=starts)

    watch.begin(2**40 - 1)
    watch.look(1)

    assert reports[0].tokens_done == (2**40 - 1) * (offset + 4096) + offset
    assert reports[0].tokens_total == 2**40 * (offset + 4096)
    assert not reports[0].is_epoch_end


def test_loss_is_the_mean_of_the_epoch_so_far(clock):
    """It is unknown at first, then sums over predictions, and starts anew with each epoch."""
    reports = []
    watch = watching(None, reports.append, heldout=None)

    watch.begin(0)
    watch.look(1)
    watch.meter.add(LossSum(6.0, 2))
    watch.meter.add(LossSum(2.0, 6))
    watch.look(3)
    watch.end()
    watch.begin(1)
    watch.meter.add(LossSum(4.0, 2))
    watch.look(3)
    watch.end()

    ends = [report.loss for report in reports if report.is_epoch_end]
    assert reports[0].loss is None
    assert ends == [1.0, 2.0]
    assert watch.describe()["losses"] == [1.0, 2.0]


def test_heldout_loss_is_measured_at_the_end_of_each_epoch(clock):
    """A report comes with each, though far less than a tenth of a second has passed."""
    reports = []
    watch = watching(MeasuringEngine(clock, [3.0, 2.0]), reports.append)

    for epoch in range(2):
        watch.begin(epoch)
        watch.look(3)
        watch.end()

    assert [report.heldout_loss for report in reports if report.is_epoch_end] == [3.0, 2.0]


def test_heldout_loss_is_measured_in_long_epochs_too(clock):
    """In five minutes of one epoch it is measured every half minute, and reported at once."""
    reports = []
    watch = watching(MeasuringEngine(clock, range(1, 100)), reports.append)

    watch.begin(0)
    for _ in range(3000):
        clock.now += 0.1
        watch.look(1)

    assert 8 <= reports[-1].heldout_loss <= 10


def test_measuring_in_the_middle_takes_a_fiftieth_of_the_time(clock):
    """A measurement of ten seconds is made once in 500 seconds, not every 30."""
    reports = []
    watch = watching(MeasuringEngine(clock, range(1, 100), seconds=10.0), reports.append)

    watch.begin(0)
    while clock.now < 1000 + 2000:
        clock.now += 1
        watch.look(1)

    assert 3 <= reports[-1].heldout_loss <= 4


def test_nobody_need_listen(clock):
    """Without `report` the losses are kept all the same."""
    watch = watching(MeasuringEngine(clock, [3.0]), None)

    watch.begin(0)
    watch.meter.add(LossSum(1.0, 1))
    watch.look(3)
    watch.end()

    assert watch.losses == [1.0]
    assert watch.heldout_losses == [3.0]
