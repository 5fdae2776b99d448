"""What a training needs of memory, told before anything is allocated."""

from __future__ import annotations

from corpora.errors import MemoryLimitError
from w2v.free_memory import available_bytes

PROGRAM_BYTES = 250 << 20  # interpreter, numba and buffers
ROW_COPIES = 3  # of every row that a step of torch reads: itself, its gradient, and room to spare
SMALL_STEP_BYTES = 64 << 20  # not worth a look at what is free


def require_memory(n_words: int, dim: int, *, keeps_best: bool = False, state_pairs: int = 0) -> None:
    """Raises MemoryLimitError if two tables of V rows and D columns would not fit, and says what would.

    Args:
        n_words: V.
        dim: D.
        keeps_best: two more are needed, the copies of the best epoch.
        state_pairs: twice so many more, for what an optimizer remembers of each number.
    """
    needed = training_bytes(n_words, dim, keeps_best=keeps_best, state_pairs=state_pairs)
    available = available_bytes()
    if needed <= available:
        return
    room = available - PROGRAM_BYTES
    number_bytes = tables_bytes(1, 1, keeps_best=keeps_best, state_pairs=state_pairs)
    fitting_dim, fitting_words = (max(room // (number_bytes * size), 0) for size in (n_words, dim))
    fixes = [f"--dim {fitting_dim}"] if fitting_dim else []
    fixes += [f"--max-vocab {fitting_words}"] if fitting_words >= 2 else []
    if keeps_best and tables_bytes(n_words, dim, state_pairs=state_pairs) <= room:
        fixes.append("no --patience")
    if state_pairs and tables_bytes(n_words, dim, keeps_best=keeps_best) <= room:
        fixes.append("--optimizer sgd")
    besides = ["copies of the best epoch's"] * keeps_best + ["the optimizer's memory"] * bool(state_pairs)
    tables = f"two tables, with {' and '.join(besides)}," if besides else "two tables"
    raise MemoryLimitError(
        "T15",
        f"{tables} of {n_words:,} words x {dim:,} need {needed / 2**30:,.1f} GiB of memory, "
        f"{available / 2**30:,.1f} GiB are free",
        fix=f"use {' or '.join(fixes)}, which would fit" if fixes else "free some memory",
    )


def training_bytes(n_words: int, dim: int, *, keeps_best: bool = False, state_pairs: int = 0) -> int:
    """Memory that training takes: its tables and the program."""
    return tables_bytes(n_words, dim, keeps_best=keeps_best, state_pairs=state_pairs) + PROGRAM_BYTES


def tables_bytes(n_words: int, dim: int, *, keeps_best: bool = False, state_pairs: int = 0) -> int:
    """Of two tables of V rows and D columns, and of those that `require_memory` counts besides."""
    return 8 * (1 + keeps_best + state_pairs) * n_words * dim


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
