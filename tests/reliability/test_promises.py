"""Each promise, at the small sizes of every day; and that each trial notices when its protection is off."""

import contextlib
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from corpora import storage
from corpora.threads import run_threads
from tests.reliability import storing, training
from tests.reliability.__main__ import describe, memory_folder, try_promise
from tests.reliability.promises import PROMISES
from w2v.schedule import Schedule
from w2v.selftest import LostError

TRIALS = [(name, trial) for name, (_, trials) in PROMISES.items() for trial in trials]


@pytest.fixture
def folder():
    """A folder in memory, so that a thousand syncs take no time."""
    made = Path(tempfile.mkdtemp(prefix="w2v-test-", dir=memory_folder()))
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize(("promise", "trial"), TRIALS, ids=[f"{name}-{trial.what}" for name, trial in TRIALS])
def test_promise_holds(folder, promise, trial):
    """As often as it is tried; where it cannot be tried, as without root, it is skipped."""
    held = trial.run(folder, trial.small)

    if held == 0:
        pytest.skip(f"{promise}: {trial.what} cannot be tried here")
    assert held >= trial.small


def test_the_table_is_written_from_the_results():
    """A line for each trial, with how often it held."""
    results = list(try_promise("P16", False, None))

    assert "| 30 of 3,000 | 30 |" in describe(results, is_full=False)
    assert results[0].held == 30


# Each protection switched off once


def test_without_atomic_folders_crashes_are_noticed(folder, monkeypatch):
    """P1: a checkpoint that grows under its own name."""

    @contextlib.contextmanager
    def write_in_place(path):
        path.mkdir()
        yield path

    monkeypatch.setattr("w2v.checkpoint_files.write_folder", write_in_place)

    with pytest.raises(LostError, match="checkpoints: crash"):
        storing.crash_points(folder, 500)


def test_without_tidying_up_leftovers_are_noticed(folder, monkeypatch):
    """P2: a temporary file that stays after an error."""
    monkeypatch.setattr(storage.os, "unlink", lambda _path: None)

    with pytest.raises(LostError, match=r"left over|not usable"):
        storing.disk_errors(folder, 100)


def test_without_syncing_power_cuts_are_noticed(folder, monkeypatch):
    """P3: data that is renamed before it is on the disk."""
    monkeypatch.setattr(storage, "sync", lambda file: file.flush())

    with pytest.raises(Exception, match=r".") as caught:
        storing.power_cuts(folder, 500)

    assert isinstance(caught.value, (LostError, storing.W2VError))


def test_without_syncing_folders_power_cuts_are_noticed(folder, monkeypatch):
    """P3: a name that is not on the disk when success is told."""
    monkeypatch.setattr(storage, "sync_folder", lambda _path: None)

    with pytest.raises(LostError, match="after a power cut"):
        storing.power_cuts(folder, 500)


def test_without_checksums_flipped_bits_are_noticed(folder, monkeypatch):
    """P9."""
    monkeypatch.setattr("w2v.checkpoint_files._sha256", lambda _tensor: "")

    with pytest.raises(LostError, match="though it is damaged"):
        storing.flipped_bits(folder, 2_000)


def test_without_a_seed_other_bytes_are_noticed(folder, monkeypatch):
    """P4: a training that goes on from its start is another."""
    monkeypatch.setattr("w2v.saving.Saver.begin", lambda _saver: training_place())

    with pytest.raises(LostError, match="other vectors"):
        training.resumed_the_same(folder, 3)


def training_place():
    """The start of a training."""
    from w2v.saving import Place

    return Place()


def test_without_the_guard_garbage_is_noticed(folder, monkeypatch):
    """P14."""
    for module in ("training", "saving", "watch"):
        monkeypatch.setattr(f"w2v.{module}.require_finite", lambda *_: None)

    with pytest.raises(LostError, match="what is no number"), np.errstate(all="ignore"):
        training.absurd_rates(folder, 4)


def test_threads_that_swallow_errors_are_noticed(folder, monkeypatch):
    """P15."""

    def run_quietly(*arguments, **options):
        with contextlib.suppress(ZeroDivisionError):
            run_threads(*arguments, **options)

    monkeypatch.setattr("w2v.engines.hogwild.run_threads", run_quietly)

    with pytest.raises(LostError, match="with its own error"):
        training.worker_faults(folder, 1)


def test_counters_of_32_bits_are_noticed(folder, monkeypatch):
    """P16."""
    narrow = property(lambda schedule: int(np.int64(schedule.chunk_starts[-1]).astype(np.int32)))
    monkeypatch.setattr(Schedule, "tokens_per_epoch", narrow)

    with pytest.raises(LostError, match=r"overflow|rate"):
        training.large_counts(folder, 3)


def test_a_leak_is_noticed(folder, monkeypatch):
    """P21: some megabytes a cycle."""
    kept = []
    monkeypatch.setattr(training, "load_vectors", lambda _path: kept.append(np.ones(1 << 20)))

    with pytest.raises(LostError, match="bytes a cycle"):
        training.soak(folder, 12)
