"""Threads that stop together, whatever ends one of them."""

import threading

import pytest

from corpora import threads
from corpora.threads import default_threads, run_threads


def test_every_thread_is_run_once():
    """Each number from 0 is one thread's."""
    seen = []

    run_threads(lambda thread, _stop: seen.append(thread), 5)

    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_threads_run_at_the_same_time():
    """Three that wait for one another all pass: none is waited for before the next is started."""
    barrier = threading.Barrier(3, timeout=300)

    run_threads(lambda _thread, _stop: barrier.wait(), 3)

    assert not barrier.broken


def test_the_error_of_one_stops_the_others_and_comes_out():
    """The others see `stop`, and the caller gets the very error."""
    error = RuntimeError("of thread 1")
    stopped = []

    def work(thread, stop):
        if thread == 1:
            raise error
        stopped.append(stop.wait(30))

    with pytest.raises(RuntimeError) as caught:
        run_threads(work, 4)

    assert caught.value is error
    assert stopped == [True, True, True]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, ZeroDivisionError])
def test_what_poll_raises_stops_the_threads(monkeypatch, kind):
    """Ctrl-C reaches the main thread: it ends the others and comes out, with no thread left."""
    monkeypatch.setattr(threads, "POLL_SECONDS", 0.001)
    before = threading.active_count()
    stopped = []

    def interrupt():
        raise kind

    with pytest.raises(kind):
        run_threads(lambda thread, stop: stopped.append(stop.wait(30)), 3, poll=interrupt)

    assert stopped == [True, True, True]
    assert threading.active_count() == before


def test_poll_is_called_while_threads_run(monkeypatch):
    """The caller hears from the main thread until the work ends."""
    monkeypatch.setattr(threads, "POLL_SECONDS", 0.001)
    polled = threading.Event()
    callers = []

    def poll():
        callers.append(threading.current_thread())
        polled.set()

    run_threads(lambda _thread, _stop: polled.wait(30), 2, poll=poll)

    assert set(callers) == {threading.main_thread()}


def test_threads_by_default_are_the_cores_of_this_process():
    """At least one, and no more than may be used."""
    assert default_threads() >= 1


def test_a_thread_that_cannot_look_at_stop_is_left_behind(monkeypatch):
    """An error comes out although another thread sits at an empty pipe; it is a daemon."""
    monkeypatch.setattr(threads, "PATIENCE_SECONDS", 0.01)
    pipe_has_data = threading.Event()

    def work(thread, _stop):
        if thread == 0:
            raise ZeroDivisionError
        pipe_has_data.wait(30)

    with pytest.raises(ZeroDivisionError):
        run_threads(work, 2)

    left = [thread for thread in threading.enumerate() if thread.name == "w2v-1"]
    assert [thread.daemon for thread in left] == [True]
    pipe_has_data.set()


def test_a_thread_whose_start_is_interrupted_is_waited_for(monkeypatch):
    """Ctrl-C inside Thread.start leaves a thread that runs a moment later: it, too, is stopped and joined."""
    real_start = threading.Thread.start
    gate = threading.Event()
    stopped = []

    def start(thread):
        if not thread.name.startswith("w2v-"):
            return real_start(thread)
        threading.Thread(target=lambda: (gate.wait(30), real_start(thread))).start()
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", start)
    monkeypatch.setattr(threads.time, "monotonic", lambda: gate.set() or 0.0)

    with pytest.raises(KeyboardInterrupt):
        run_threads(lambda _thread, stop: stopped.append(stop.wait(30)), 1)

    assert stopped == [True]
