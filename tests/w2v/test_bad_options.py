"""Bad training options: each row of the table gets its exit code, the value, the range and the way out.

The id of a row stands in the id of its test. Rows T10 and T11 are about config files, of which there are none
yet; T22, about GPUs, is in tests/cli/test_engine_options.py. T12, T13, T16, T20, T21 and T24 are kept where
their functions are tested, too.
"""

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path
from typing import NamedTuple

import pytest

from corpora import kernel_cache

ROOT = Path(__file__).parents[2]
OUTPUT = "out.safetensors"
REFUSED = [
    ("T01-zero", 2, ["--dim", "0"], ["dim", "1 or more", "got 0"]),
    ("T01-negative", 2, ["--dim", "-1"], ["dim", "1 or more", "got -1"]),
    ("T01-float", 2, ["--dim", "1e9"], ["--dim", "1e9", "integer"]),
    ("T01-huge", 6, ["--dim", "1000000000"], ["1,000,000,000", "GiB", "--dim"]),
    ("T02-zero", 2, ["--window", "0"], ["window", "1 to 1000", "got 0"]),
    ("T02-negative", 2, ["--window", "-3"], ["window", "1 to 1000", "got -3"]),
    ("T03-zero", 2, ["--learning-rate", "0"], ["--learning-rate", "above 0", "got 0"]),
    ("T03-negative", 2, ["--learning-rate", "-0.1"], ["--learning-rate", "above 0", "got -0.1"]),
    ("T03-nan", 2, ["--learning-rate", "nan"], ["--learning-rate", "finite", "got nan"]),
    ("T03-inf", 2, ["--learning-rate", "inf"], ["--learning-rate", "finite", "got inf"]),
    ("T04", 2, ["--learning-rate", "0.1", "--min-learning-rate", "0.2"], ["--learning-rate", "0.2", "0.1"]),
    ("T05-zero", 2, ["--epochs", "0"], ["epochs", "1 or more", "got 0"]),
    ("T06-zero", 2, ["--negatives", "0"], ["negatives", "1 to 64", "got 0", "hierarchical softmax"]),
    ("T06-negative", 2, ["--negatives", "-1"], ["negatives", "1 to 64", "got -1"]),
    ("T06-many", 2, ["--negatives", "65"], ["negatives", "1 to 64", "got 65"]),
    ("T07-negative", 2, ["--subsample", "-1"], ["subsample", "0 or more", "got -1"]),
    ("T07-nan", 2, ["--subsample", "nan"], ["subsample", "finite", "got nan"]),
    ("T07-tiny", 3, ["--subsample", "1e-30"], ["about 0 of", "needs 100", "raise --subsample"]),
    ("T08-zero", 2, ["--threads", "0"], ["--threads", "0", "x>=1"]),
    ("T08-negative", 2, ["--threads", "-1"], ["--threads", "-1", "x>=1"]),
    ("T09-negative", 2, ["--seed", "-1"], ["seed", "0 to 18446744073709551615", "got -1"]),
    ("T09-wide", 2, ["--seed", str(2**64)], ["seed", "0 to 18446744073709551615", str(2**64)]),
    ("T09-text", 2, ["--seed", "lucky"], ["--seed", "lucky", "integer"]),
    ("T14-50", 7, ["--learning-rate", "50"], ["diverged", "lower --learning-rate"]),
    ("T14-1e30", 7, ["--learning-rate", "1e30"], ["diverged", "lower --learning-rate"]),
]
TAKEN = [
    ("T01", ["--dim", "1"]),
    ("T02", ["--window", "1000"]),
    ("T06", ["--negatives", "64"]),
    ("T07", ["--subsample", "0"]),
    ("T09-lowest", ["--seed", "0"]),
    ("T09-highest", ["--seed", str(2**64 - 1)]),
]


def by_row(rows):
    """Parametrization by rows, the id of the row first."""
    return [pytest.param(*row[1:], id=row[0]) for row in rows]


def run_program(program, **environment):
    """A Python program in a process of its own, with the environment changed; None removes a variable."""
    changed = {**os.environ, **environment}
    changed = {name: value for name, value in changed.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=changed, capture_output=True, text=True, timeout=600
    )


@pytest.mark.parametrize(("code", "options", "said"), by_row(REFUSED))
def test_bad_option_is_refused(w2v_command, planted_text, tmp_path, code, options, said):
    """The exit code is the table's, the message says what, the range and the way out, and no file appears."""
    done = w2v_command("train", planted_text, "-o", OUTPUT, "--epochs", 2, *options)

    assert done.code == code, done.err
    assert all(part in done.err for part in said), done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", by_row(TAKEN))
def test_option_at_the_edge_is_taken(w2v_command, planted_text, tmp_path, options):
    """The ends of the ranges train and write a file."""
    done = w2v_command("train", planted_text, "-o", OUTPUT, "--dim", 4, "--epochs", 1, *options)

    assert done.code == 0, done.err
    assert (tmp_path / OUTPUT).stat().st_size > 0


@pytest.mark.parametrize("rate", ["1.5", "1e3"])
def test_t03_steep_learning_rate_is_warned_of(w2v_command, planted_text, rate):
    """A rate above 1 is warned of with usual ones; what comes of it is vectors or exit code 7."""
    done = w2v_command("train", planted_text, "-o", OUTPUT, "--dim", 4, "--learning-rate", rate)

    assert f"a learning rate of {float(rate):g} is likely to diverge; 0.025 to 0.1 is usual" in done.err
    assert done.code in (0, 7)


def test_t03_usual_learning_rate_is_not_warned_of(w2v_command, planted_text):
    """At the default rate there is no note about it."""
    done = w2v_command("train", planted_text, "-o", OUTPUT, "--dim", 4, "--epochs", 1)

    assert "diverge" not in done.err


def test_t05_number_of_epochs_has_64_bits(w2v_command, planted_text, monkeypatch):
    """2^40 epochs are taken and begun with, and end when the report says so."""

    def show(_, progress):
        raise ArithmeticError(f"{progress.epochs} epochs are enough")

    monkeypatch.setattr("cli.progress.TrainingBar.show", show)
    done = w2v_command("train", planted_text, "-o", OUTPUT, "--epochs", 2**40)

    assert done.code == 1
    assert f"{2**40} epochs are enough" in done.err


@pytest.mark.parametrize("verb", ["train", "vocab"])
def test_t08_more_threads_than_cores_are_clamped(w2v_command, planted_text, verb):
    """10,000 threads become as many as there are cores, with a note of both numbers."""
    done = w2v_command(verb, planted_text, "-o", OUTPUT, "--threads", 10_000)

    assert done.code == 0
    assert "threads instead of 10000" in done.err


def test_t14_old_file_survives_a_training_that_diverges(w2v_command, planted_text, tmp_path):
    """The file of an earlier training stays, byte for byte, and nothing stands beside it."""
    (tmp_path / OUTPUT).write_bytes(b"old")

    done = w2v_command("train", planted_text, "-o", OUTPUT, "--learning-rate", 50)

    assert done.code == 7
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(OUTPUT, b"old")]


def test_t15_memory_is_refused_with_what_fits(w2v_command, planted_text, monkeypatch):
    """Where 1 MB is left for tables, exit code 6 names a dim; with that dim the training runs."""
    from w2v import memory

    monkeypatch.setattr(memory, "available_bytes", lambda: memory.PROGRAM_BYTES + 1_000_000)
    done = w2v_command("train", planted_text, "-o", OUTPUT, "--dim", 300)
    fitting = done.err.partition("--dim ")[2].split()[0]
    again = w2v_command("train", planted_text, "-o", OUTPUT, "--dim", fitting, "--epochs", 1)

    assert done.code == 6, done.err
    assert again.code == 0, again.err


def test_t16_error_inside_a_worker_is_a_bug_report(w2v_command, planted_text, tmp_path, monkeypatch):
    """Exit code 1, with the kind of the error, and no file; the threads are joined."""
    from w2v.engines.hogwild import HogwildEngine

    def step(*_):
        raise ZeroDivisionError("injected")

    monkeypatch.setattr(HogwildEngine, "compile", lambda *_: None)
    monkeypatch.setattr(HogwildEngine, "_step", lambda *_: step)
    done = w2v_command("train", planted_text, "-o", OUTPUT)

    assert done.code == 1
    assert "ZeroDivisionError: injected" in done.err
    assert list(tmp_path.iterdir()) == []


KERNEL = """
import numpy
from corpora.sampling import noise_table
table = noise_table(numpy.array([3, 2, 1]), 0.75)
assert len(table.draw(10, seed=1)) == 10
import os
print(os.environ["NUMBA_CACHE_DIR"])
"""


def test_t17_no_folder_for_kernels_is_no_obstacle(tmp_path):
    """Without HOME or a cache folder that can be written to, kernels run, with one note; nothing is left."""
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "below")

    done = run_program(KERNEL, HOME=nowhere, XDG_CACHE_HOME=nowhere, NUMBA_CACHE_DIR=None)

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("note: no folder to keep compiled kernels in") == 1
    assert not Path(done.stdout.strip()).exists()


def test_t17_private_folder_below_home_is_used(tmp_path):
    """With a HOME that can be written to, kernels are kept there in a folder of mode 0700, without a note."""
    done = run_program(KERNEL, HOME=str(tmp_path), XDG_CACHE_HOME=None, NUMBA_CACHE_DIR=None)

    folder = Path(done.stdout.strip())
    assert tmp_path in folder.parents
    assert folder.stat().st_mode & 0o777 == 0o700
    assert done.stderr == ""


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o707, 0o1777])
def test_t18_folder_that_others_can_write_to_is_refused(tmp_path, mode):
    """Its pickles could be anybody's: another folder is chosen, and a note names the refused one."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)
    program = "import corpora, os; print(os.environ['NUMBA_CACHE_DIR'])"

    done = run_program(program, NUMBA_CACHE_DIR=str(shared), HOME=str(tmp_path), XDG_CACHE_HOME=None)

    assert f"note: NUMBA_CACHE_DIR={shared} can be written to by others" in done.stderr
    assert shared not in [Path(done.stdout.strip()), *Path(done.stdout.strip()).parents]


def test_t18_folder_of_ones_own_is_kept(tmp_path):
    """A NUMBA_CACHE_DIR of mode 0700 is used as it stands."""
    tmp_path.chmod(0o700)
    program = "import corpora, os; print(os.environ['NUMBA_CACHE_DIR'])"

    done = run_program(program, NUMBA_CACHE_DIR=str(tmp_path))

    assert (done.stdout.strip(), done.stderr) == (str(tmp_path), "")


@pytest.mark.parametrize("path", ["corpora/kernels.py", "w2v/engines/kernels.py"])
def test_t19_cache_key_follows_the_source_of_every_kernel(tmp_path, monkeypatch, path):
    """One more line in a kernel's file changes the name of the cache folder; the same source does not."""
    for name in ("corpora/kernels.py", "w2v/engines/kernels.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(kernel_cache, "__file__", str(tmp_path / "corpora" / "kernel_cache.py"))

    before, again = kernel_cache._version_name(), kernel_cache._version_name()
    with (tmp_path / path).open("a") as file:
        file.write("\n# changed\n")
    after = kernel_cache._version_name()

    assert before == again != after


def test_t23_nohup_is_respected(planted_text, tmp_path):
    """Where the shell ignores SIGHUP for us, as nohup does, the command goes on ignoring it."""
    program = f"""
import os, signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
import cli.main
cli.main._run = lambda arguments: os.kill(os.getpid(), signal.SIGHUP) or 0
cli.main.main(["vocab", {str(planted_text)!r}])
"""

    done = run_program(program)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_t23_second_signal_leaves_at_once(name):
    """While the first is still being obeyed, and would be for ever, a second ends the process."""
    program = f"""
import os, signal
import cli.main

def never_done(_):
    try:
        os.kill(os.getpid(), signal.{name})
    finally:
        os.kill(os.getpid(), signal.{name})
        while True:
            signal.pause()

cli.main._run = never_done
cli.main.main([])
"""

    done = run_program(program)

    assert done.returncode == 128 + getattr(signal, name)
    assert done.stderr == ""


def test_t23_patience_with_a_stuck_thread_ends():
    """A thread that never returns, such as one that reads a pipe, does not keep the process for ever."""
    program = """
import os, signal, threading
import cli.main, cli.signals
cli.signals.PATIENCE_SECONDS = 0.1

def stuck(_):
    thread = threading.Thread(target=threading.Event().wait)
    thread.start()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        thread.join()

cli.main._run = stuck
cli.main.main([])
"""

    done = run_program(program)

    assert done.returncode == 143


# T23 in real processes: reading, compiling, training


class Running(NamedTuple):
    """A `w2v train` in a process of its own, with a terminal of 80 columns as stderr."""

    process: subprocess.Popen
    screen: int  # our end of the terminal
    folder: Path

    def wait_for(self, sign):
        """Reads the screen until a sign of life is on it."""
        seen = b""
        while sign not in seen:
            seen += os.read(self.screen, 65536)

    def rest_of_screen(self):
        """What else is written until the process has ended."""
        parts = []
        with contextlib.suppress(OSError):  # EIO: nobody is left who could write
            while part := os.read(self.screen, 65536):
                parts.append(part)
        return b"".join(parts).decode()


@pytest.fixture
def start_training(tmp_path):
    """Starts `w2v train` on a corpus, with a folder for temporary files that can be looked into."""
    running = []

    def start(corpus, *options, **environment):
        (tmp_path / "temporary").mkdir()
        changed = os.environ | {"TMPDIR": str(tmp_path / "temporary"), "PYTHONPATH": str(ROOT)} | environment
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        command = [sys.executable, "-m", "cli.main", "train", str(corpus), "-o", OUTPUT, *options]
        process = subprocess.Popen(command, cwd=tmp_path, env=changed, stdout=theirs, stderr=theirs)
        os.close(theirs)
        running.append(Running(process, ours, tmp_path))
        return running[-1]

    yield start
    for run in running:
        run.process.kill()
        run.process.wait()
        os.close(run.screen)


def assert_stops_well(run, name):
    """After the signal: its exit code, one note, no traceback, and no file begun or temporary."""
    number = getattr(signal, name)
    run.process.send_signal(number)
    screen = run.rest_of_screen()

    assert run.process.wait(timeout=600) == 128 + number
    assert f"note: stopped by {name}" in screen
    assert "Traceback" not in screen
    assert "ignored" not in screen
    assert not [path for path in run.folder.rglob("*") if path.name.endswith(".tmp") or path.name == OUTPUT]
    assert list((run.folder / "temporary").iterdir()) == []


EACH_SIGNAL = pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])


@EACH_SIGNAL
def test_t23_signal_ends_training(start_training, planted_text, name):
    """In the middle of a trillion epochs."""
    run = start_training(planted_text, "--epochs", str(10**12))
    run.wait_for(b"epoch")

    assert_stops_well(run, name)


@EACH_SIGNAL
def test_t23_signal_ends_reading(start_training, planted_text, tmp_path, name):
    """In the middle of a text without end, which comes through a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    run = start_training(pipe)
    text = planted_text.read_bytes()

    def feed():
        with contextlib.suppress(BrokenPipeError), pipe.open("wb") as file:
            while True:
                file.write(text)

    feeder = threading.Thread(target=feed, daemon=True)  # it waits for a reader, should none come
    feeder.start()
    run.wait_for(b"reading")

    assert_stops_well(run, name)
    feeder.join(timeout=600)


def test_t23_signal_ends_waiting_for_standard_input(start_training, tmp_path):
    """With nothing to read at all, as after a mistyped `w2v train -`, the process ends with its code."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    run = start_training(pipe)

    with pipe.open("r+b", buffering=0):  # for reading, too: so it need not wait for a reader
        run.wait_for(b"reading")
        run.process.send_signal(signal.SIGINT)

        assert run.process.wait(timeout=600) == 130


def test_t23_signal_ends_compiling(start_training, planted_text, tmp_path):
    """In the first seconds of the first run, while the kernels are compiled."""
    (tmp_path / "kernels").mkdir(mode=0o700)
    run = start_training(planted_text, NUMBA_CACHE_DIR=str(tmp_path / "kernels"))
    run.wait_for(b"compiling")

    assert_stops_well(run, "SIGINT")
