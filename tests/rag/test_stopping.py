"""Work that is ended from another thread, before it begins, while it waits and when it is over."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from rag.errors import OllamaFailed
from rag.stopping import Stoppable, Work


def waiting(work: Work, woken: threading.Event, log: list[str]) -> Generator[int, None, None]:
    """Give 1, then wait until ``woken``, then fail as a cut wire does."""
    try:
        work.attach(woken.set)
        yield 1
        assert woken.wait(5)
        raise OllamaFailed("the wire is cut")
    finally:
        log.append("left")


def test_another_thread_ends_work_that_waits_and_no_failure_comes_of_it() -> None:
    work, woken, log = Work(), threading.Event(), []
    steps = Stoppable(waiting(work, woken, log), work)
    seen: list[int] = []
    reader = threading.Thread(target=lambda: seen.extend(steps))
    reader.start()
    while not seen:
        pass
    steps.close()
    reader.join(5)
    assert not reader.is_alive()
    assert (seen, log, steps.is_stopped) == ([1], ["left"], True)
    assert list(steps) == []


def test_a_failure_of_work_that_nobody_ended_is_raised() -> None:
    work, woken = Work(), threading.Event()
    steps = Stoppable(waiting(work, woken, []), work)
    assert next(steps) == 1
    woken.set()
    with pytest.raises(OllamaFailed):
        next(steps)
    assert not steps.is_stopped


def test_what_is_attached_to_ended_work_ends_at_once() -> None:
    work, ended = Work(), []
    work.stop()
    work.attach(lambda: ended.append(1))
    assert ended == [1]


def test_closed_before_it_began_it_does_nothing() -> None:
    log: list[str] = []
    work = Work()
    steps = Stoppable(waiting(work, threading.Event(), log), work)
    steps.close()
    steps.close()
    assert list(steps) == log == []
