"""Memory that this process may still take: what the machine has free, within the limits set on it."""

from __future__ import annotations

import os
import sys

from corpora.control_groups import NO_LIMIT, memory_left
from corpora.errors import MemoryLimitError

PROGRAM_SPACE = 512 << 20  # addresses that Python, numpy, scipy and numba take before they do anything
TORCH_SPACE = 1024 << 20  # and torch besides
THREAD_SPACE = 64 << 20  # and OpenBLAS for each of its threads: without it, it tries for ever
MOST_THREADS = 64  # that the OpenBLAS of numpy and scipy starts


def available_bytes() -> int:
    """Memory that can be taken without swapping or being killed, in bytes.

    It is what the machine has free, or less where the process is limited: by RLIMIT_AS, or by control groups,
    which is how containers and batch systems limit their jobs.
    """
    return min(_system_bytes(), _address_space_bytes(), memory_left())


def require_address_space(*, with_torch: bool = False) -> None:
    """Raises MemoryLimitError (P12) where the addresses of this process are too few for the program alone.

    Libraries that run out of them while they are loaded fail in ways that tell nothing, or hang; those that
    are loaded already need no more.
    """
    needed = 0 if "numba" in sys.modules else PROGRAM_SPACE + THREAD_SPACE * _blas_threads()
    needed += TORCH_SPACE * (with_torch and "torch" not in sys.modules)
    limit = _address_space_bytes()
    if limit < needed:
        raise MemoryLimitError(
            "P12",
            f"the address space is limited to {limit >> 20:,} MiB, the program alone wants {needed >> 20:,}",
            fix="raise the limit (ulimit -v unlimited), or set OPENBLAS_NUM_THREADS=1, which takes less",
        )


def _blas_threads() -> int:
    asked = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    return min(int(asked) if asked.isdecimal() and int(asked) else os.cpu_count() or 1, MOST_THREADS)


def _address_space_bytes() -> int:
    if os.name == "posix":
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            return limit
    return NO_LIMIT


def _system_bytes() -> int:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", ()):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return NO_LIMIT
