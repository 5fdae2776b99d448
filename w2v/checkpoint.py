"""Checkpoints of a training: when one is saved, and whether another training may go on from it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from corpora.errors import CheckpointError, StorageError
from w2v.checkpoint_files import Checkpoint, save_next
from w2v.free_memory import available_bytes
from w2v.retrying import try_again

DEFAULT_EVERY = "10m"
RETRY_SECONDS = 30.0
SPARE_BYTES = 500 << 20  # left free when a copy of the tables is made
_EVERY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h|kwords|Mwords|Gwords)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "kwords": 10**3, "Mwords": 10**6, "Gwords": 10**9}

T = TypeVar("T")


class Every(NamedTuple):
    """How often: after so many seconds, or after so many words; the other is infinite."""

    seconds: float
    words: float


def parse_every(text: str) -> Every:
    """Reads "30s", "10m", "2h", "500kwords" or "50Mwords".

    Raises:
        ValueError: it is none of these, or nothing at all.
    """
    found = _EVERY.fullmatch(text)
    amount = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not amount:
        raise ValueError(f"checkpoint_every must be like 30s, 10m, 2h or 50Mwords, got {text!r}")
    return Every(float("inf"), amount) if found[2].endswith("words") else Every(amount, float("inf"))


class Checkpoints:
    """Saves a training now and then into a folder, where the last two checkpoints are kept.

    While one is written, the training goes on: it stands still only to copy its tables, if there is memory
    for a copy. A disk that is full stops nothing: the failure is told, and saving is tried again.

    Args:
        folder: is made if it is not there.
        every: as `parse_every` has it.
        resumed: the checkpoint that the training goes on from; None starts a new one.
        run: what whoever resumes the training has to know, such as the options of a command line.
        note: gets a line about each failure to save.
        patience: seconds, at most, that a training which is about to end waits for a disk that is full; no
            longer than it has run.

    Raises:
        ValueError: `every` is no time and no number of words.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        every: str = DEFAULT_EVERY,
        resumed: Checkpoint | None = None,
        run: Mapping[str, Any] | None = None,
        note: Callable[[str], object] | None = None,
        patience: float = 0.0,
    ) -> None:
        self.folder = Path(folder)
        self.every = parse_every(every)
        self.resumed = resumed
        self.run = dict(run or {})
        self.note = note or (lambda _: None)
        self.patience = patience
        self.has_end = resumed is not None and bool(resumed.state.get("is_over"))  # the last is of the end
        self.last = None if resumed is None else resumed.path  # the newest that is known to be whole
        self.words_saved = 0  # in the last one
        self._started = time.monotonic()
        self._due = self._started + self.every.seconds
        self._copies: dict[str, np.ndarray] = {}
        self._pool = ThreadPoolExecutor(1)
        self._writing: Future[Path] | None = None

    def is_due(self, n_words: int) -> bool:
        """Whether it is time for the next one, after so many words."""
        if self._writing is not None and not self._writing.done():
            return False
        self._take_result()
        return time.monotonic() >= self._due or n_words - self.words_saved >= self.every.words

    def save(self, state: Mapping[str, Any], tensors: Mapping[str, np.ndarray], n_words: int) -> None:
        """Saves while the training goes on, or before it does where memory is short.

        Args:
            state: what JSON holds.
            tensors: are copied before this returns.
            n_words: how many the training has seen, for `every`.
        """
        self.words_saved, self._due = n_words, time.monotonic() + self.every.seconds
        self._await_writing()
        if copies := self._copy(tensors):
            self._writing = self._pool.submit(self._write, state, copies)
            return
        try:
            self._write(state, tensors)
        except StorageError as error:
            self._tell_failure(error)

    def save_now(self, state: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Path:
        """Saves before this returns, because there will be no other time.

        Raises:
            StorageError: it cannot be written, and patience has ended; which checkpoint is the last is said.
        """
        self._await_writing()
        try:
            return self.keep_trying(lambda: self._write(state, tensors), "the training is")
        except StorageError as error:
            problem, fix = f"{error.problem}; there is no checkpoint", error.fix
            if self.last is not None:
                problem = f"{error.problem}; the last checkpoint is {self.last}"
                fix = "make room, and go on from it with --resume"
            raise StorageError(error.identifier, problem, path=error.path, fix=fix) from error

    def save_last(self, state: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> None:
        """Saves a training that is done; where that fails it is told, and no more is lost."""
        self._await_writing()
        try:
            self._write(state, tensors)
            self.has_end = True
        except StorageError as error:
            self.note(f"the end of the training could not be saved as a checkpoint: {error}")

    def keep_trying(self, write: Callable[[], T], what: str) -> T:
        """Does what cannot be done later, as `w2v.retrying.try_again`, with the patience of this run."""
        patience = min(self.patience, time.monotonic() - self._started)
        return try_again(write, what, patience=patience, note=self.note)

    def close(self) -> None:
        """Waits for the checkpoint that is being written."""
        self._await_writing()
        self._pool.shutdown()

    def _write(self, state: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Path:
        self.last = save_next(self.folder, {**state, "run": self.run}, tensors, previous=self.last)
        return self.last

    def _copy(self, tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Copies into memory that is taken once; nothing where there is not enough of it."""
        if self._copies.keys() != tensors.keys():
            self._copies = {}
            if available_bytes() < sum(tensor.nbytes for tensor in tensors.values()) + SPARE_BYTES:
                return {}
            self._copies = {name: np.empty_like(tensor) for name, tensor in tensors.items()}
        for name, tensor in tensors.items():
            np.copyto(self._copies[name], tensor)
        return self._copies

    def _await_writing(self) -> None:
        if self._writing is not None:
            self._writing.exception()
        self._take_result()

    def _take_result(self) -> None:
        """Looks at how the last writing has ended."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            writing.result()
        except StorageError as error:
            self._tell_failure(error)

    def _tell_failure(self, error: StorageError) -> None:
        self._due = time.monotonic() + min(RETRY_SECONDS, self.every.seconds)
        self.note(f"no checkpoint could be saved, the training goes on and will try again: {error}")


def require_same(checkpoint: Checkpoint, identity: Mapping[str, Any]) -> None:
    """Refuses to go on with another training than the one that was saved.

    Args:
        checkpoint: what was saved.
        identity: of the training that is to go on: in parts such as "config", each a mapping.

    Raises:
        CheckpointError: K06, K07 or K09; each difference is named.
    """
    saved = checkpoint.state.get("identity")
    if not isinstance(saved, dict):
        raise CheckpointError("K11", "the state names no training", path=checkpoint.path, fix="pass another")
    differences = [
        f"{part} {name}: {_shown(saved.get(part), name)} saved, {_shown(now, name)} now"
        for part, now in identity.items()
        for name in dict.fromkeys([*(saved.get(part) or {}), *now])
        if _shown(saved.get(part), name) != _shown(now, name)
    ]
    if not differences:
        return
    identifier = "K07" if differences[0].startswith("corpus") else "K06"
    raise CheckpointError(
        identifier,
        f"this checkpoint is of another training: {'; '.join(differences)}",
        path=checkpoint.path,
        fix="resume with the corpus, the options and the version it was begun with, or start anew elsewhere",
    )


def require_tensors(checkpoint: Checkpoint, expected: Mapping[str, tuple[int, ...]], *, besides: str) -> None:
    """Refuses a checkpoint whose tensors are not float32 of these shapes, or hold what is no number.

    Those whose names begin with `besides` may be of any shape.

    Raises:
        CheckpointError: K11.
    """
    found = {name: t.shape for name, t in checkpoint.tensors.items() if not name.startswith(besides)}
    problem = None
    if missing := set(expected) - set(found):
        problem = f"the tensor {min(missing)!r} is missing"
    elif extra := set(found) - set(expected):
        problem = f"the tensor {min(extra)[:60]!r} has no place in this training"
    for name in found if problem is None else ():
        tensor = checkpoint.tensors[name]
        if tensor.shape != expected[name] or tensor.dtype != np.float32:
            problem = f"the tensor {name!r} is {tensor.dtype} {tensor.shape}, not float32 {expected[name]}"
        elif not np.isfinite(tensor.sum(dtype=np.float64)):
            problem = f"the tensor {name!r} holds NaN or infinity"
    if problem is not None:
        raise CheckpointError("K11", problem, path=checkpoint.path, fix="go on from another checkpoint")


def _shown(part: Any, name: str) -> Any:
    return part.get(name) if isinstance(part, Mapping) else None
