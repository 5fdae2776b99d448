"""The table of promises: what is promised, what is tried, and how often in the small and in the full run."""

from collections.abc import Callable
from typing import NamedTuple

from tests.corpora.test_locks import race
from tests.reliability import counting, full_disks, processes, storing, training
from w2v.selftest import LostError


class Trial(NamedTuple):
    """Something that is tried n times; it returns how often it held, and raises where it did not.

    It may return a figure for the table as well: (how often, "what was measured").

    Args:
        what: for the table.
        run: takes an empty folder and n.
        small: n in the tests of every day.
        full: n for RELIABILITY.md.
        full_hours: how long it lasts there, at least; `run` then takes `hours`.
    """

    what: str
    run: Callable[..., int | tuple[int, str]]
    small: int
    full: int
    full_hours: float = 0.0


def races(folder, n):
    """P20: eight threads want one lock; one gets it."""
    for number in range(n):
        n_winners = race(folder / "out", 8)
        if n_winners != 1:
            raise LostError(f"race {number}: {n_winners} hold the lock")
    return n


PROMISES = {
    "P1": (
        "The last checkpoint survives a crash",
        (
            Trial("crashes at each operation of storing", storing.crash_points, 400, 20_000),
            Trial("crashes while a text is encoded", storing.encoding_crashes, 40, 1_000),
            Trial("two crashes in a row", storing.crashes_in_a_row, 50, 2_000),
            Trial("SIGKILLs of the command, resumed", processes.killed_and_resumed, 3, 500),
        ),
    ),
    "P2": (
        "A full disk costs no file",
        (
            Trial("errors and short writes at each operation", storing.disk_errors, 400, 5_000),
            Trial("errors while a text is encoded", storing.encoding_errors, 40, 500),
            Trial("files limited in size (RLIMIT_FSIZE)", full_disks.small_files_only, 60, 500),
            Trial("full file systems (tmpfs of 1 MB)", full_disks.full_file_systems, 20, 200),
        ),
    ),
    "P3": (
        "Power may go at any moment",
        (Trial("unsynced writes lost, torn or reordered", storing.power_cuts, 500, 20_000),),
    ),
    "P4": (
        "A resumed training is as if it had never stopped",
        (
            Trial("runs stopped 1, 2 or 5 times, same bytes", training.resumed_the_same, 12, 600),
            Trial("runs on all cores, resumed and not, same scores", training.scores_of_resumed, 1, 20),
        ),
    ),
    "P5": (
        "The same input gives the same bytes",
        (Trial("runs over 5 hash seeds, 3 locales, 3 folders", training.same_bytes, 2, 50),),
    ),
    "P8": (
        "A file that is cut off is noticed",
        (
            Trial("vectors cut at every byte", storing.cuts_noticed, 1_500, 20_000),
            Trial("checkpoints cut at every byte", storing.cut_checkpoints_noticed, 300, 600),
        ),
    ),
    "P9": (
        "A flipped bit in a checkpoint is noticed",
        (Trial("bits flipped, one by one", storing.flipped_bits, 2_000, 327_680),),
    ),
    "P12": (
        "It refuses before it runs out of memory",
        (Trial("address spaces (RLIMIT_AS), exit 0 or 6", training.memory_refused, 2, 20),),
    ),
    "P13": (
        "Ctrl-C is safe and quick",
        (Trial("signals at random moments, saved in 2 s", processes.interrupted, 4, 400),),
    ),
    "P14": (
        "It never trains on garbage for hours",
        (
            Trial("NaN and infinity at random rows and times", training.garbage_found, 2, 100),
            Trial("absurd learning rates", training.absurd_rates, 4, 10),
        ),
    ),
    "P15": (
        "Nothing hangs",
        (
            Trial("faults in the threads of a training", training.worker_faults, 9, 60),
            Trial("trainings of one, two and three words", training.small_vocabularies, 9, 9),
        ),
    ),
    "P16": (
        "Counts beyond 2^31 are right",
        (
            Trial("schedules and counts against exact fractions", counting.large_counts, 30, 3_000),
            Trial(
                "words of a real text, counted and trained on", counting.real_text, 2_000_000, 2**31 + 10**7
            ),
        ),
    ),
    "P20": (
        "Two runs cannot ruin each other",
        (
            Trial("races of eight threads for one lock", races, 50, 2_000),
            Trial("races of two commands for one output", processes.raced, 1, 200),
        ),
    ),
    "P21": (
        "It keeps going",
        (Trial("cycles of train, stop, resume, export, load", training.soak, 12, 1_000, full_hours=2.0),),
    ),
}
