"""Each promise, at the small sizes of every day; and that each trial notices when its protection is off."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from corpora import storage
from corpora.threads import run_threads
from tests.reliability import counting, processes, storing, training
from tests.reliability.__main__ import key_of, memory_folder, publish, try_promise
from tests.reliability.promises import PROMISES
from w2v.formats import text_rows
from w2v.schedule import Schedule
from w2v.selftest import LostError

ROOT = Path(__file__).parents[2]
TRIALS = [(name, trial) for name, (_, trials) in PROMISES.items() for trial in trials]


@pytest.fixture
def folder():
    """A folder in memory, so that a thousand syncs take no time."""
    made = Path(tempfile.mkdtemp(prefix="w2v-test-", dir=memory_folder()))
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize(("promise", "trial"), TRIALS, ids=[f"{name}-{trial.what}" for name, trial in TRIALS])
def test_promise_holds(folder, promise, trial, monkeypatch):
    """As often as it is tried; where it cannot be tried, as without root, it is skipped.

    How quickly a training ends is for a full run on a quiet machine to say: this one may have much to do.
    """
    monkeypatch.setattr(processes, "SLOWEST_STOP", processes.SLOWEST_START)
    monkeypatch.setattr(training, "SLOWEST_END", processes.SLOWEST_START)

    held = trial.run(folder, trial.small, **({"hours": 0} if trial.full_hours else {}))
    held = held[0] if isinstance(held, tuple) else held

    if held == 0:
        pytest.skip(f"{promise}: {trial.what} cannot be tried here")
    assert held >= trial.small


def test_the_table_is_written_from_the_results(tmp_path):
    """A line for each trial, with how often it held; one that is tried again takes its older line's place."""
    results = list(try_promise("P16", False, None))[:1]
    other = results[0]._replace(promise="P9", what=PROMISES["P9"][1][0].what, figure="a figure")
    gone = results[0]._replace(what="what is not tried any more")

    publish(tmp_path / "table.md", [other, results[0], gone])
    publish(tmp_path / "table.md", [results[0]._replace(held=31)])

    lines = [line for line in (tmp_path / "table.md").read_text().splitlines() if line.startswith("| **P")]
    assert [key_of(line)[0] for line in lines] == ["P9", "P16"]
    assert " | 30 of 3,000: a figure | " in lines[0]
    assert " | 31 of 3,000 | " in lines[1]


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


def changed_command(*changes):
    """The command line with some of its protections off, for trials that run it as a process of its own."""
    program = "; ".join([*changes, "import sys", "from cli.main import main", "main(sys.argv[1:])"])
    return [sys.executable, "-c", program]


def test_without_an_order_of_files_other_bytes_are_noticed(folder, monkeypatch):
    """P5: the files of a folder in the order in which the system gives them."""
    change = "import corpora.sources; corpora.sources.sorted = list"
    monkeypatch.setattr(training, "W2V", changed_command(change))

    with pytest.raises(LostError, match="gave 2 different files"):
        training.same_bytes(folder, 2)


def test_without_the_count_of_rows_cuts_are_noticed(folder, monkeypatch):
    """P8: a text that ends early is taken as it is."""
    read_rows = text_rows.read_rows
    monkeypatch.setattr(
        text_rows,
        "read_rows",
        lambda file, layout, *rest: read_rows(file, layout._replace(n_rows=None), *rest),
    )

    with pytest.raises(LostError, match=r"cut\.txt cut to \d+ bytes was read"):
        storing.cuts_noticed(folder, 4_000)


def test_without_looking_at_sizes_cut_checkpoints_are_noticed(folder, monkeypatch):
    """P8: checkpoints whose sizes and checksums nobody looks at."""
    monkeypatch.setattr("w2v.checkpoint_files._require_layout", lambda *_: None)
    monkeypatch.setattr("w2v.checkpoint_files._read_tensor", lambda *_: None)

    with pytest.raises(LostError, match="though it is damaged"):
        storing.cut_checkpoints_noticed(folder, 300)


def test_without_refusing_running_out_of_memory_is_noticed(folder, monkeypatch):
    """P12: what does not fit is tried all the same, and nobody tells that there was no memory."""
    changes = (
        "import w2v.memory as m; m.require_memory = print",
        "import cli.main as c; c.MemoryError = c.W2VError",
    )
    monkeypatch.setattr(training, "W2V", changed_command(*changes))

    with pytest.raises(LostError, match="with 1024 MiB: exit code 1"):
        training.memory_refused(folder, 2)


def test_without_saving_on_signals_it_is_noticed(folder, monkeypatch):
    """P13: a signal that interrupts at once, and saves nothing."""
    change = "import cli.signals as s; s.StopRequest.receive = lambda self, *signal: s.interrupt(*signal)"
    monkeypatch.setattr(processes, "W2V", changed_command(change))

    with pytest.raises(LostError, match="SIGINT: exit code 130"):
        processes.interrupted(folder, 1)


def test_a_training_that_stops_late_is_noticed(folder, monkeypatch):
    """P13: one that takes a nap of three seconds before it saves."""
    nap = "import time, w2v.saving as s; save = s.Saver.pause"
    pause = "s.Saver.pause = lambda self, p: (time.sleep(3 * self.watch.is_stopping), save(self, p))"
    monkeypatch.setattr(processes, "W2V", changed_command(nap, pause))

    with pytest.raises(LostError, match=r"took longer than 2.0 s"):
        processes.interrupted(folder, 1)


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
        counting.large_counts(folder, 3)


LEAKING = """
import sys
from pathlib import Path
import numpy as np
from tests.reliability import training
kept = []
training.load_vectors = lambda _path: kept.append(np.ones(1 << 20))
training.soak(Path(sys.argv[1]), 12, hours=0)
"""


def test_a_leak_is_noticed(folder):
    """P21: some megabytes a cycle, in a process that has nothing else to give back."""
    done = subprocess.run(
        [sys.executable, "-c", LEAKING, folder], cwd=ROOT, capture_output=True, text=True, timeout=600
    )

    assert "LostError: memory +" in done.stderr
