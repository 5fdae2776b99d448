"""What a training needs of memory, told before anything is allocated."""

from __future__ import annotations

import os

from corpora.errors import MemoryLimitError

PROGRAM_BYTES = 250 << 20  # interpreter, numba and buffers
ROW_COPIES = 3  # of every row that a step of torch reads: itself, its gradient, and room to spare
SMALL_STEP_BYTES = 64 << 20  # not worth a look at what is free


def require_memory(n_words: int, dim: int, *, keeps_best: bool = False) -> None:
    """Raises MemoryLimitError if two tables of V rows and D columns would not fit, and says what would.

    `keeps_best` is for two more, the copies of the best epoch.
    """
    number_bytes = tables_bytes(1, 1, keeps_best=keeps_best)
    needed = training_bytes(n_words, dim, keeps_best=keeps_best)
    available = available_bytes()
    if needed <= available:
        return
    fitting_dim = max((available - PROGRAM_BYTES) // (number_bytes * n_words), 0)
    fitting_words = max((available - PROGRAM_BYTES) // (number_bytes * dim), 0)
    fixes = [f"--dim {fitting_dim}"] if fitting_dim else []
    fixes += [f"--max-vocab {fitting_words}"] if fitting_words >= 2 else []
    fixes += ["no --patience"] if keeps_best else []
    tables = "two tables, and copies of the best epoch's," if keeps_best else "two tables"
    raise MemoryLimitError(
        "T15",
        f"{tables} of {n_words:,} words x {dim:,} need {needed / 2**30:,.1f} GiB of memory, "
        f"{available / 2**30:,.1f} GiB are free",
        fix=f"use {' or '.join(fixes)}, which would fit" if fixes else "free some memory",
    )


def training_bytes(n_words: int, dim: int, *, keeps_best: bool = False) -> int:
    """Memory that training takes: its tables and the program."""
    return tables_bytes(n_words, dim, keeps_best=keeps_best) + PROGRAM_BYTES


def tables_bytes(n_words: int, dim: int, *, keeps_best: bool = False) -> int:
    """Of two tables of V rows and D columns, and of two more where the best epoch's are kept."""
    return (16 if keeps_best else 8) * n_words * dim


def require_step_memory(n_windows: int, n_rows: int, dim: int) -> None:
    """Raises MemoryLimitError if a step over so many windows would not fit, and says how many would.

    Args:
        n_windows: of the step.
        n_rows: that a window reads, at most.
        dim: D.
    """
    window_bytes = ROW_COPIES * 4 * n_rows * dim
    if n_windows * window_bytes <= SMALL_STEP_BYTES:
        return
    available = available_bytes() - PROGRAM_BYTES
    if n_windows * window_bytes <= available:
        return
    n_fitting = max(available // window_bytes, 0)
    raise MemoryLimitError(
        "T22",
        f"a step over {n_windows:,} windows needs {n_windows * window_bytes / 2**30:,.1f} GiB of memory, "
        f"{max(available, 0) / 2**30:,.1f} GiB are free",
        fix=f"use --windows-per-step {n_fitting}, which would fit" if n_fitting else "free some memory",
    )


def available_bytes() -> int:
    """Memory that can be taken without swapping, in bytes, within the limit of this process."""
    free = _system_bytes()
    if os.name == "posix":
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            free = min(free, limit)
    return free


def _system_bytes() -> int:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", ()):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 1 << 62
