"""Ctrl-C and its kin: how a signal ends the program in good order, and a second one at once."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType

PATIENCE_SECONDS = 5.0  # for stopping in good order
ANSWER_SECONDS = 1.5  # for a training to answer that it stops at the next chunk


class Interrupted(BaseException):
    """A signal asked the program to end; `met` is the number of the one that has, if one has."""

    met: int | None = None

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


class StopRequest:
    """A signal that waits to be looked at, so that a training can save itself before it ends.

    `number` is the signal that has come, or None. Before the training `listens`, and where it does not
    `answer` in time, the signal interrupts as usual.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.listens = False

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Handles a signal; the next one leaves at once."""
        if not self.listens:
            interrupt(number, frame)
        on_signals(leave)
        self.number = number
        signal.signal(signal.SIGALRM, lambda _alarm, frame: interrupt(number, frame))
        signal.setitimer(signal.ITIMER_REAL, ANSWER_SECONDS)

    def answer(self) -> None:
        """The training has seen the request: from here on it takes the time it needs."""
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Within the block a signal makes a request; if one came, the block ends with Interrupted."""
    request = StopRequest()
    on_signals(request.receive)
    try:
        yield request
    finally:
        if request.number is None:
            on_signals(interrupt)
    if request.number is not None:
        request.answer()
        Interrupted.met = request.number
        raise Interrupted(request.number)


def on_signals(handler: Callable[[int, FrameType | None], None]) -> None:
    """Sets what happens on Ctrl-C and its kin; what nohup or a shell ignores for us stays ignored."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name)
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def interrupt(number: int, _frame: FrameType | None) -> None:
    """Raises Interrupted; a second signal, or patience that has run out, leaves at once."""
    on_signals(leave)
    signal.signal(signal.SIGALRM, lambda _alarm, frame: leave(number, frame))
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_SECONDS)
    Interrupted.met = number
    raise Interrupted(number)


def leave(number: int, _frame: FrameType | None) -> None:
    """Waits for nothing and nobody."""
    os._exit(128 + number)
