"""What a training needs of memory, told before anything is allocated."""

from __future__ import annotations

import os

from corpora.errors import MemoryLimitError

PROGRAM_BYTES = 250 << 20  # interpreter, numba and buffers


def require_memory(n_words: int, dim: int) -> None:
    """Raises MemoryLimitError if two tables of V rows and D columns would not fit, and says what would."""
    needed = 2 * 4 * n_words * dim + PROGRAM_BYTES
    available = available_bytes()
    if needed <= available:
        return
    fitting_dim = max((available - PROGRAM_BYTES) // (8 * n_words), 0)
    fitting_words = max((available - PROGRAM_BYTES) // (8 * dim), 0)
    fixes = [f"--dim {fitting_dim}"] if fitting_dim else []
    fixes += [f"--max-vocab {fitting_words}"] if fitting_words >= 2 else []
    raise MemoryLimitError(
        "T15",
        f"two tables of {n_words:,} words x {dim:,} need {needed / 2**30:,.1f} GiB of memory, "
        f"{available / 2**30:,.1f} GiB are free",
        fix=f"use {' or '.join(fixes)}, which would fit" if fixes else "free some memory",
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
