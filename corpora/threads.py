"""Plain Python threads around kernels that let go of the interpreter lock."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

POLL_SECONDS = 0.1


def default_threads() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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

    def guarded(thread: int) -> None:
        try:
            work(thread, stop)
        except BaseException as error:  # noqa: BLE001 - it is raised again, by the main thread
            errors.append(error)
            stop.set()

    threads = [threading.Thread(target=guarded, args=(i,), name=f"w2v-{i}") for i in range(n_threads)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(POLL_SECONDS)
                if poll is not None:
                    poll()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
