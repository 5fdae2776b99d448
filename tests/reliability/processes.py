"""P1, P13, P20: the real command, killed and interrupted by real signals, and racing with itself."""

import contextlib
import random
import shutil
import signal
import subprocess
import time

from corpora import planted
from tests.reliability.training import W2V
from w2v import load_vectors
from w2v.checkpoint_files import checkpoint_paths, read_checkpoint
from w2v.selftest import LostError

SLOWEST_STOP = 2.0  # seconds
SLOWEST_START = 300.0  # on a machine that has much else to do
ENDLESS = ("--epochs", "1000000000", "--dim", "8", "--checkpoint-every", "0.05s")


def killed_and_resumed(folder, n):
    """P1: SIGKILL at random moments; each time all checkpoints are whole, and it goes on."""
    _write_text(folder)
    rng = random.Random(0)
    arguments = ["planted.txt", "-o", "out.safetensors", "--checkpoint", "checkpoints", *ENDLESS]
    reached = -1
    for number in range(n):
        process = _start(folder, arguments)
        _await_checkpoint(folder, process, beyond=reached)
        time.sleep(0.3 * rng.random())
        process.kill()
        process.communicate()
        states = [read_checkpoint(path).state for path in checkpoint_paths(folder / "checkpoints")]
        if not 1 <= len(states) <= 3 or states[0]["tokens"] < reached:
            raise LostError(
                f"kill {number}: {len(states)} checkpoints, the newest at {states[0]['tokens']} words"
            )
        reached = states[0]["tokens"]
        arguments = ["--resume", "checkpoints"]
    return n


def interrupted(folder, n):
    """P13: SIGINT and SIGTERM at random moments, 1 and 4 threads (or all cores): saved in 2 s, and ended."""
    _write_text(folder)
    rng = random.Random(0)
    taken = []
    for number in range(n):
        kind = (signal.SIGINT, signal.SIGTERM)[number % 2]
        threads = ("1", "4")[number // 2 % 2]
        arguments = [
            "planted.txt",
            "-o",
            "out.safetensors",
            "--checkpoint",
            "checkpoints",
            "--threads",
            threads,
        ]
        process = _start(folder, [*arguments, *ENDLESS])
        _await_checkpoint(folder, process)
        time.sleep(rng.random())
        sent = time.monotonic()
        process.send_signal(kind)
        said = _end(process, seconds=SLOWEST_START)
        taken.append(time.monotonic() - sent)
        if process.returncode != 128 + kind or "go on with: w2v train --resume" not in said:
            raise LostError(f"{kind.name}: exit code {process.returncode}, {said[-300:]}")
        read_checkpoint(checkpoint_paths(folder / "checkpoints")[0])
        if (folder / "out.safetensors").exists() or list(folder.glob(".*.tmp")):
            raise LostError(f"{kind.name}: something unfinished is left")
        shutil.rmtree(folder / "checkpoints")
    taken.sort()
    slowest, late = taken[-1 - n // 100], sum(seconds > SLOWEST_STOP for seconds in taken)
    if slowest > SLOWEST_STOP:
        raise LostError(f"{late} of {n} took longer than {SLOWEST_STOP} s, one of them {taken[-1]:.1f} s")
    return n, f"stopped in {taken[n // 2]:.1f} s, 99 of 100 in {slowest:.1f} s"


def raced(folder, n):
    """P20: two commands for one output begin together: one ends well, the other exits 5, naming it."""
    _write_text(folder)
    for number in range(n):
        out = folder / f"out-{number}.safetensors"
        options = ["planted.txt", "-o", out.name, "--dim", "8", "--threads", "1", "--epochs", "60"]
        processes = [_start(folder, options) for _ in range(2)]
        said = [_end(process, seconds=SLOWEST_START) for process in processes]
        codes = [process.returncode for process in processes]
        if sorted(codes) == [0, 5]:
            if "another run is writing this: " not in said[codes.index(5)]:
                raise LostError(f"race {number}: {said[codes.index(5)][-300:]}")
        elif codes != [0, 0]:  # one had ended before the other began to write
            raise LostError(f"race {number}: exit codes {codes}, {said}")
        load_vectors(out)
    return n


def _write_text(folder):
    (folder / "planted.txt").write_bytes(b"".join(planted.generate(60_000)))


def _start(folder, arguments):
    command = [*W2V, "train", *arguments]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, preexec_fn=_heed_signals, **pipes)


def _heed_signals():
    """A shell lets what it starts in the background ignore Ctrl-C, and w2v leaves that so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end(process, *, seconds):
    """What a process has said, when it has ended; one that does not is killed."""
    try:
        return process.communicate(timeout=seconds)[1]
    except subprocess.TimeoutExpired as error:
        process.kill()
        raise LostError(f"it has not ended in {seconds} s: {process.communicate()[1][-300:]}") from error


def _await_checkpoint(folder, process, *, beyond=-1):
    """Waits until the command has saved something new."""
    deadline = time.monotonic() + SLOWEST_START
    while process.poll() is None and time.monotonic() < deadline:
        paths = checkpoint_paths(folder / "checkpoints")
        with contextlib.suppress(Exception):  # it may be removed while it is read
            if paths and read_checkpoint(paths[0]).state["tokens"] > beyond:
                return
        time.sleep(0.01)
    code = process.poll()
    process.kill()
    raise LostError(f"no checkpoint in {SLOWEST_START} s: {code}, {process.communicate()[1][-300:]}")
