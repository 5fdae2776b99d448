"""Writing what would be lost otherwise: tried again while there is hope that the disk gets room."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from corpora.errors import StorageError

TRY_EVERY = 10.0  # seconds
MOST_PATIENCE = 600.0  # seconds that a command waits for a disk; never longer than the work took

T = TypeVar("T")


def try_again(write: Callable[[], T], what: str, *, patience: float, note: Callable[[str], object]) -> T:
    """Returns what `write` returns, once it succeeds.

    Args:
        write: is called every ten seconds until then.
        what: is kept in memory meanwhile, for the note.
        patience: seconds after which the error comes out; 0 tries once.
        note: gets a line about each failure but the last.

    Raises:
        StorageError: that of the last try.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return write()
        except StorageError as error:
            left = deadline - time.monotonic()
            if left <= 0:
                raise
            note(
                f"{error.place}{error.problem}; {what} kept in memory, and it is tried again every "
                f"{TRY_EVERY:.0f}s for {left:.0f}s more: make room, or give up by Ctrl-C"
            )
            time.sleep(min(TRY_EVERY, left))
