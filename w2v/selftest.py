"""Faults by the thousand, tried on a folder of the user's own: what was stored before must always be there.

A case stores version 1 of something in a new folder, then version 2 on a disk that dies or fails, and looks
what it finds: a whole version, the old or the new, or the trial has failed. The tests try the same cases, and
more of them.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from corpora.disk import use_disk
from corpora.errors import StorageError, W2VError
from corpora.faults import ERRORS, BrokenDisk, Crash, DyingDisk
from corpora.storage import make_folder, open_new_folder, require_writable_folder
from corpora.temporaries import make_temporary, remove_tree
from corpora.vocabulary import Vocabulary
from w2v.checkpoint_files import checkpoint_paths, read_checkpoint, save_next
from w2v.formats import load_vectors, save_vectors
from w2v.vectors import Vectors

N_WORDS = 20


class Case(NamedTuple):
    """Something that is stored.

    Args:
        name: for people.
        write: stores a version, 1 or more, in a folder.
        read: the version that is there, or 0 for none; raises W2VError or LostError for a broken one.
    """

    name: str
    write: Callable[[Path, int], object]
    read: Callable[[Path], int]


class Fault(NamedTuple):
    """A trial: what is stored, the disk it is stored on, and what that disk does."""

    case: Case
    disk: Any
    description: str


class LostError(Exception):
    """A fault has cost something: a file is lost or broken, or success was claimed without one."""


class Tally(NamedTuple):
    """What came of it.

    Args:
        crashes: times that the process died while it stored something.
        errors: times that the disk returned an error, or wrote less than it was told to.
    """

    crashes: int
    errors: int


def run(
    folder: str | os.PathLike[str], n_faults: int, *, report: Callable[[int], None] | None = None
) -> Tally:
    """Tries so many faults, half of them crashes, in a folder that is made inside `folder` and removed again.

    Raises:
        LostError: something was lost; the message says what, and at which fault.
        StorageError: the folder cannot be written at all.
    """
    require_writable_folder(folder)
    inside, descriptor = make_temporary(Path(folder).absolute() / "w2v-selftest", open_new_folder)
    n_crashes = (n_faults + 1) // 2
    try:
        for n_met in try_faults(crashes(CASES), n_crashes, inside):
            if report is not None:
                report(n_met)
        for n_met in try_faults(errors(CASES), n_faults - n_crashes, inside):
            if report is not None:
                report(n_crashes + n_met)
    finally:
        os.close(descriptor)
        remove_tree(inside)
    return Tally(n_crashes, n_faults - n_crashes)


def try_faults(faults: Iterator[Fault], n_faults: int, folder: Path) -> Iterator[int]:
    """Tries one after the other until so many were met, and yields how many were after each."""
    n_met = 0
    while n_met < n_faults:
        fault = next(faults)
        try_fault(fault, folder / "trial")
        n_met += fault.disk.was_met
        yield n_met


def crashes(cases: Sequence[Case]) -> Iterator[Fault]:
    """A crash at each operation of each case, again and again, with other halves of the last one done."""
    for seed in itertools.count():
        for case in cases:
            yield from until_unmet(case, lambda at, seed=seed: DyingDisk(at, seed), f"crash, seed {seed}")


def errors(cases: Sequence[Case]) -> Iterator[Fault]:
    """Each error, once and for ever, and short writes, at each operation of each case, again and again."""
    for number, forever in itertools.cycle(itertools.product((None, *ERRORS), (False, True))):
        kind = "short write" if number is None else os.strerror(number)
        for case in cases:
            yield from until_unmet(
                case,
                lambda at, number=number, forever=forever: BrokenDisk(at, number, forever=forever),
                f"{kind}, {'for ever' if forever else 'once'}",
            )


def until_unmet(case: Case, make_disk: Callable[[int], Any], description: str) -> Iterator[Fault]:
    """Faults at operation 0, 1, 2 ... until the case ends before it; a short write is met at writes alone."""
    for at in itertools.count():
        disk = make_disk(at)
        yield Fault(case, disk, f"{case.name}: {description}, operation {at}")
        if disk.n_operations <= at:
            return


def try_fault(fault: Fault, folder: Path) -> None:
    """Stores version 1, then version 2 with the fault, and looks; then version 3 without one.

    Raises:
        LostError: the trial has failed.
    """
    make_folder(folder)
    fault.case.write(folder, 1)
    before = set(os.listdir(folder))
    end = _write_with(fault, folder)
    found = _read(fault, folder)
    if found != 2 and (found != 1 or end == "done"):
        raise LostError(f"{fault.description}: {end}, and version {found} is found")
    if end == "refused" and found == 1 and set(os.listdir(folder)) != before:
        raise LostError(f"{fault.description}: left over {sorted(set(os.listdir(folder)) - before)}")
    fault.case.write(folder, 3)
    if _read(fault, folder) != 3 or any(name.endswith(".tmp") for name in os.listdir(folder)):
        raise LostError(f"{fault.description}: the folder is not usable afterwards")
    shutil.rmtree(folder)


def _write_with(fault: Fault, folder: Path) -> str:
    """How storing version 2 ends: "done", "crashed", or "refused" with exit code 5."""
    try:
        with use_disk(fault.disk):
            fault.case.write(folder, 2)
    except Crash:
        return "crashed"
    except StorageError:
        return "refused"
    return "done"


def _read(fault: Fault, folder: Path) -> int:
    try:
        return fault.case.read(folder)
    except W2VError as error:
        raise LostError(f"{fault.description}: {error}") from error


def _vectors(version: int) -> Vectors:
    words = tuple(f"word{i}" for i in range(N_WORDS))
    return Vectors(words, np.full((N_WORDS, 8), version, dtype=np.float32), None, {})


def _vectors_case(suffix: str) -> Case:
    def read(folder: Path) -> int:
        path = folder / f"vectors{suffix}"
        if not path.exists():
            return 0
        vectors = load_vectors(path)
        version = int(vectors.matrix[0, 0])
        _require_same(vectors.matrix, _vectors(version).matrix)
        return version

    return Case(
        f"vectors in {suffix}",
        lambda folder, version: save_vectors(_vectors(version), folder / f"vectors{suffix}"),
        read,
    )


def _write_vocabulary(folder: Path, version: int) -> None:
    Vocabulary.from_counts((f"word{i}", version) for i in range(N_WORDS)).save(folder / "vocabulary.txt")


def _read_vocabulary(folder: Path) -> int:
    if not (folder / "vocabulary.txt").exists():
        return 0
    counts = Vocabulary.load(folder / "vocabulary.txt").counts
    _require_same(counts, np.full(N_WORDS, counts[0]))
    return int(counts[0])


def _write_checkpoint(folder: Path, version: int) -> None:
    existing = checkpoint_paths(folder / "checkpoints")
    tensors = {name: np.full((N_WORDS, 8), version, dtype=np.float32) for name in ("input", "output")}
    save_next(
        folder / "checkpoints", {"version": version}, tensors, previous=existing[0] if existing else None
    )


def _read_checkpoint(folder: Path) -> int:
    """The newest is read, and the one before it must be whole as well."""
    paths = checkpoint_paths(folder / "checkpoints")
    if not paths:
        return 0
    newest, *older = [read_checkpoint(path) for path in paths]
    for checkpoint in (newest, *older):
        for tensor in checkpoint.tensors.values():
            _require_same(tensor, np.full((N_WORDS, 8), checkpoint.state["version"], dtype=np.float32))
    return newest.state["version"]


def _require_same(found: np.ndarray, expected: np.ndarray) -> None:
    if not np.array_equal(found, expected):
        raise LostError("the numbers are not those of one version")


CASES = (
    *(_vectors_case(suffix) for suffix in (".safetensors", ".txt", ".bin")),
    Case("vocabulary", _write_vocabulary, _read_vocabulary),
    Case("checkpoints", _write_checkpoint, _read_checkpoint),
)
