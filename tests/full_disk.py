"""A disk that is full for a while, and a clock that moves while somebody sleeps."""

import errno
import os


class Clock:
    """Time that passes while somebody sleeps, and only then."""

    def __init__(self):
        self.now, self.slept = 100.0, []

    def monotonic(self):
        """Seconds since whenever."""
        return self.now

    def sleep(self, seconds):
        """Time passes."""
        self.slept.append(seconds)
        self.now += seconds


def full_disk(operation, *arguments):
    """A disk, for `use_disk`, that has no room for a byte."""
    if operation is os.write:
        raise OSError(errno.ENOSPC, "No space left on device")
    return operation(*arguments)


def full(clock, until):
    """A disk that has no room until a time."""

    def disk(operation, *arguments):
        return full_disk(operation, *arguments) if clock.now < until else operation(*arguments)

    return disk
