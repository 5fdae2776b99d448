"""The one exception family of the project.

Everything met in the world (a broken file, a full disk, too little memory) is a `W2VError`; bad arguments of
a call are `ValueError` or `TypeError`. A class stands for an exit code of the command line.
"""

from __future__ import annotations

import os


class W2VError(Exception):
    """Something outside the program is not as it must be; says what, where, and the way out.

    Args:
        identifier: stable name of the case, such as "C05", shown as [W2V-C05].
        problem: what was found and what was expected, with the values in it.
        fix: the way out, as an instruction.
        path: the file it was found in.
        line: the line in it, counted from 1.
        byte: the byte in it, counted from 0.
    """

    exit_code = 1

    def __init__(
        self,
        identifier: str,
        problem: str,
        *,
        fix: str,
        path: str | os.PathLike[str] | None = None,
        line: int | None = None,
        byte: int | None = None,
    ) -> None:
        self.identifier = identifier
        self.problem = problem
        self.fix = fix
        self.path = None if path is None else os.fspath(path)
        self.line = line
        self.byte = byte
        super().__init__(f"{self.place}{problem}; {fix}")

    @property
    def place(self) -> str:
        """Where it was found, as "corpus.txt, line 3 (byte 41): ", or an empty string."""
        parts = [] if self.path is None else [self.path]
        if self.line is not None:
            parts.append(f"line {self.line}" + (f" (byte {self.byte})" if self.byte is not None else ""))
        elif self.byte is not None:
            parts.append(f"byte {self.byte}")
        return ", ".join(parts) + ": " if parts else ""


class InputError(W2VError):
    """An input file is missing, empty, broken, or of another kind than expected."""

    exit_code = 3


class CheckpointError(W2VError):
    """A checkpoint is damaged, or of another training than the one that is to go on."""

    exit_code = 4


class StorageError(W2VError):
    """A file or folder cannot be written."""

    exit_code = 5


class MemoryLimitError(W2VError):
    """The work needs more memory than there is or than was allowed."""

    exit_code = 6


class DivergedError(W2VError):
    """Training left the range of useful numbers."""

    exit_code = 7


class WorkerError(W2VError):
    """A worker thread died."""

    exit_code = 8
