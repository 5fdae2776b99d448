"""Plain Python threads around kernels that let go of the interpreter lock."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable

from corpora.control_groups import processors

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 1.0


def default_threads() -> int:
    """Cores that this process may use: those of the machine, or fewer by affinity or a container's limit."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(n_cores, math.ceil(processors())))


def run_threads(
    work: Callable[[int, threading.Event], None], n_threads: int, *, poll: Callable[[], None] | None = None
) -> None:
    """Runs work(thread, stop) in `n_threads` threads until all return; the first error of one stops them all.

    Args:
        work: must look at `stop` at least every quarter of a second and return when it is set, since neither
            Ctrl-C nor another thread's error reaches into it.
        n_threads: how many.
        poll: called by the main thread every tenth of a second; what it raises stops the threads, too.
    """
    stop = threading.Event()
    errors: list[BaseException] = []
    finished = [threading.Event() for _ in range(n_threads)]

    def guarded(thread: int) -> None:
        try:
            work(thread, stop)
        except BaseException as error:  # noqa: BLE001 - it is raised again, by the main thread
            errors.append(error)
            stop.set()
        finally:
            finished[thread].set()

    threads = [
        threading.Thread(target=guarded, args=(i,), name=f"w2v-{i}", daemon=True) for i in range(n_threads)
    ]
    n_begun = 0
    try:
        for thread in threads:
            n_begun += 1  # first: a signal may interrupt the start of a thread that runs all the same
            thread.start()
        while not stop.is_set() and (alive := [thread for thread in threads if thread.is_alive()]):
            alive[0].join(POLL_SECONDS)
            if poll is not None:
                poll()
    finally:
        stop.set()
        _join(threads[:n_begun], finished)
    if errors:
        raise errors[0]


def _join(threads: list[threading.Thread], finished: list[threading.Event]) -> None:
    """Waits for threads that were told to stop; one that sits at an empty pipe is left behind."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for thread, event in zip(threads, finished, strict=False):
        if event.wait(max(0.0, deadline - time.monotonic())):
            thread.join()
