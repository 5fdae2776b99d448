"""Disks that fail: one that dies at its k-th operation, one that returns errors, one that loses power.

They take the place of the real one with `corpora.disk.use_disk`. `w2v selftest` tries them where its user
stores files, and the tests everywhere. Each can be asked afterwards whether its fault was met at all.
"""

from __future__ import annotations

import errno
import os
import random
import threading
from collections.abc import Callable
from typing import Any

ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EROFS)
REMOVALS = (os.unlink, os.rmdir)


class Crash(BaseException):
    """The process is dead: nothing that it does from here on reaches the disk."""


class DyingDisk:
    """Performs some operations, then half of one, and then none.

    What dies is as good as killed: no later operation, such as the tidying up in a `finally`, does anything.

    Args:
        at: the operation it dies at, counted from 0.
        seed: decides how much of the last one is done: of a write, a part; of another, all or nothing.
    """

    def __init__(self, at: int, seed: int = 0) -> None:
        self.at = at
        self.n_operations = 0
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    @property
    def was_met(self) -> bool:
        """Whether it has died."""
        return self.n_operations > self.at

    def __call__(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        """Performs the operation, if it still lives."""
        with self._lock:
            number, self.n_operations = self.n_operations, self.n_operations + 1
        if number == self.at:
            self._do_half(operation, *arguments)
        if number >= self.at:
            raise Crash
        return operation(*arguments)

    def _do_half(self, operation: Callable[..., Any], *arguments: Any) -> None:
        if operation is os.write:
            descriptor, data = arguments
            data = memoryview(data).cast("B")
            os.write(descriptor, data[: self._random.randint(0, len(data))])
        elif self._random.random() < 0.5:
            made = operation(*arguments)
            if operation is os.open:
                os.close(made)


class BrokenDisk:
    """Returns an error at one operation, or at all from it on.

    Where it goes on for ever, removing still works, as it does on a disk that is full.

    Args:
        at: the operation it begins at, counted from 0.
        number: the error, such as errno.ENOSPC; None makes short writes instead, which are no errors.
        forever: go on failing.
    """

    def __init__(self, at: int, number: int | None, *, forever: bool = False) -> None:
        self.at = at
        self.number = number
        self.forever = forever
        self.n_operations = 0
        self.n_faults = 0
        self._lock = threading.Lock()

    @property
    def was_met(self) -> bool:
        """Whether it has failed once."""
        return self.n_faults > 0

    def __call__(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        """Performs the operation, or fails."""
        with self._lock:
            number, self.n_operations = self.n_operations, self.n_operations + 1
        is_due = number == self.at or (self.forever and number > self.at and operation not in REMOVALS)
        if not is_due:
            return operation(*arguments)
        if self.number is not None:
            self.n_faults += 1
            raise OSError(self.number, os.strerror(self.number))
        if operation is os.write and len(arguments[1]) > 1:
            self.n_faults += 1
            descriptor, data = arguments
            data = memoryview(data).cast("B")
            return os.write(descriptor, data[: len(data) // 2])
        return operation(*arguments)
