"""Progress: lines that come ever more rarely where there is no terminal, a bar where there is one."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from cli import progress
from cli.progress import ReadingBar, TrainingBar, format_seconds
from w2v.watch import Progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            """What it shows."""
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


@pytest.fixture
def lines(capsys):
    """Gives all lines so far on a stderr that is no terminal."""
    printed = io.StringIO()

    def read():
        printed.write(capsys.readouterr().err)
        return printed.getvalue().splitlines()

    return read


def test_first_line_comes_after_five_seconds(clock, lines):
    """A short run says nothing; one that lasts 5 seconds says where it is."""
    with ReadingBar() as bar:
        clock.now += 4.9
        bar.show(10, 100)
        before = lines()
        clock.now += 0.1
        bar.show(20, 100)

    assert before == []
    assert lines() == ["reading 20%"]


def test_lines_come_ever_more_rarely(clock, lines):
    """In an hour of calls ten times a second: after 5, 15, 35, 75 seconds, and then every minute."""
    times = []

    with ReadingBar() as bar:
        for tenth in range(36_000):
            clock.now = 1000 + tenth / 10
            n_lines = len(lines())
            bar.show(tenth, 36_000)
            if len(lines()) > n_lines:
                times.append(tenth / 10)

    assert times[:6] == [5, 15, 35, 75, 135, 195]
    assert len(times) == 4 + (3600 - 75) // 60


def test_reading_of_unknown_length_shows_bytes(clock, lines):
    """Standard input has no size: the bytes so far are shown instead of a share."""
    with ReadingBar() as bar:
        clock.now += 5
        bar.show(1_234_567, 0)

    assert lines() == ["reading 1,234,567 B"]


def test_training_line_tells_pace_rate_and_time_left(clock, lines):
    """300 of 900 words in 2 seconds: a third, 150 words a second, 4 seconds left."""
    with TrainingBar() as bar:
        clock.now += 5
        bar.show(Progress(1, 3, 300, 900, 0.0125, 2.0))

    assert lines() == ["epoch 1/3 33% 150 words/s, learning rate 0.0125, 4.0s left"]


def test_training_line_tells_the_losses_that_are_known(clock, lines):
    """The loss of the training and that of the held-out part, four digits each; before them nothing."""
    with TrainingBar() as bar:
        clock.now += 5
        bar.show(Progress(1, 3, 300, 900, 0.0125, 2.0, 2.71828))
        clock.now += 10
        bar.show(Progress(1, 3, 300, 900, 0.0125, 2.0, 2.71828, 2.5))

    assert [line.partition(" words/s, ")[2] for line in lines()] == [
        "loss 2.7183, learning rate 0.0125, 4.0s left",
        "loss 2.7183, held-out loss 2.5000, learning rate 0.0125, 4.0s left",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0s"),
        (0.44, "0.4s"),
        (12.4, "12s"),
        (59.6, "1m 00s"),
        (200, "3m 20s"),
        (18_720, "5h 12m"),
        (float("inf"), "?"),
    ],
)
def test_seconds_are_short(seconds, text):
    """Two units at most, rounded; unknown is a question mark."""
    assert format_seconds(seconds) == text


def test_terminal_gets_a_bar(planted_text, tmp_path):
    """On a terminal of 80 columns training draws a bar with epoch and losses, and clears it at the end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    options = ["--dim", "50", "--epochs", "40", "--holdout", "5%", "-o", str(tmp_path / "out.txt")]
    command = [sys.executable, "-m", "cli.main", "train", str(planted_text), *options]

    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        screen = read_all(ours)
        out = process.stdout.read()

    assert process.returncode == 0
    assert re.search(r"epoch \d+/40", screen)
    assert re.search(r"loss \d\.\d{3}/\d\.\d{3}\]", screen)
    assert "%|" in screen
    assert screen.endswith("\r")
    assert b"vectors" in out


def test_no_terminal_gets_no_bar(w2v_command, planted_text):
    """Into a file or a pipe no carriage return is written."""
    done = w2v_command("train", planted_text, "--dim", 4, "--epochs", 2)

    assert "\r" not in done.err
    assert "%|" not in done.err


def test_closed_stderr_is_no_obstacle(planted_text, tmp_path):
    """A run without any stderr, as some job schedulers give, trains to its end."""
    command = (
        f"{sys.executable} -m cli.main train {planted_text} --dim 4 --epochs 1 -o {tmp_path}/out.txt 2>&-"
    )

    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=Path(__file__).parents[2], capture_output=True, timeout=600
    )

    assert done.returncode == 0
    assert (tmp_path / "out.txt").exists()


def read_all(descriptor):
    """What is written to a pseudo-terminal until its other end is closed."""
    parts = []
    while True:
        try:
            parts.append(os.read(descriptor, 65536))
        except OSError:  # EIO: nobody is left who could write
            break
        if not parts[-1]:
            break
    os.close(descriptor)
    return b"".join(parts).decode()
