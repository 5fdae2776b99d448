"""A disk that is full for a while, and a clock that moves while somebody sleeps."""

import errno


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


def full(clock, until):
    """A disk that has no room until a time."""

    def disk(operation, *arguments):
        if operation.__name__ == "write" and clock.now < until:
            raise OSError(errno.ENOSPC, "No space left on device")
        return operation(*arguments)

    return disk
