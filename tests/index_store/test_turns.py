"""So many threads at a time, the others in their order, and no turn is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from index_store.turns import Turns

_SOON = 10.0  # seconds after which a test that waits has failed


class Caller:
    """A thread that takes a turn, says so, and gives it back when told."""

    def __init__(self, turns: Turns, has_it: Callable[[], None] = lambda: None) -> None:
        self.has, self._leave = threading.Event(), threading.Event()

        def take() -> None:
            with turns.taken():
                has_it()
                self.has.set()
                assert self._leave.wait(_SOON)

        self._thread = threading.Thread(target=take)
        self._thread.start()

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(_SOON)
        assert not self._thread.is_alive()


def waiting(turns: Turns, count: int) -> None:
    """Wait until ``count`` threads wait for a turn."""
    tick = threading.Event()
    for _ in range(int(_SOON / 0.01)):
        if len(turns._waiting) == count:
            return
        tick.wait(0.01)
    raise AssertionError(f"{len(turns._waiting)} threads wait, not {count}")


def test_two_have_turns_and_the_others_follow_in_the_order_in_which_they_came() -> None:
    turns, came = Turns(2), list[int]()
    callers = []
    for number in range(5):
        callers.append(Caller(turns, lambda number=number: came.append(number)))  # type: ignore[misc]
        if number < 2:
            assert callers[number].has.wait(_SOON)
        else:
            waiting(turns, number - 1)
    assert came == [0, 1]
    for number, caller in enumerate(callers):
        assert caller.has.wait(_SOON)
        caller.leave()
        assert all(each.has.wait(_SOON) for each in callers[number + 1 : number + 3])
    assert came == [0, 1, 2, 3, 4]


def test_who_has_a_turn_takes_no_second_one() -> None:
    turns = Turns(1)
    with turns.taken(), turns.taken():
        other = Caller(turns)
        waiting(turns, 1)
    assert other.has.wait(_SOON)
    other.leave()


def test_a_turn_in_which_something_fails_is_given_back() -> None:
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.taken():
            raise ZeroDivisionError
    with turns.taken():
        pass


class Interrupted:
    """A lock in whose waiting Ctrl-C is pressed, after ``before`` has been called."""

    def __init__(self, before: Callable[[], None]) -> None:
        self._before, self._times = before, 0

    def acquire(self) -> bool:
        self._times += 1
        if self._times == 2:
            self._before()
            raise KeyboardInterrupt
        return True

    def release(self) -> None:
        pass


@pytest.mark.parametrize("given_meanwhile", [False, True])
def test_no_turn_is_lost_to_a_wait_that_is_interrupted(
    monkeypatch: pytest.MonkeyPatch, *, given_meanwhile: bool
) -> None:
    turns = Turns(1)
    first = Caller(turns)
    assert first.has.wait(_SOON)
    with monkeypatch.context() as patched:
        own = Interrupted(first.leave if given_meanwhile else lambda: None)
        patched.setattr("index_store.turns.Lock", lambda: own)
        with pytest.raises(KeyboardInterrupt), turns.taken():
            pytest.fail("it has no turn")
    if not given_meanwhile:
        first.leave()
    last = Caller(turns)
    assert last.has.wait(_SOON)
    last.leave()
