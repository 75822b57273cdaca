"""The collector of garbage is put off for a start, and works again after it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from index_store.collecting import put_off, take_up


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.enable()


def test_it_is_put_off_until_the_start_is_over() -> None:
    with put_off():
        assert not gc.isenabled()
        take_up()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    assert gc.isenabled()


def test_a_start_inside_another_one_does_not_end_it() -> None:
    with put_off():
        with put_off():
            assert not gc.isenabled()
        assert not gc.isenabled()
        assert gc.get_freeze_count() == 0
    assert gc.isenabled()


def test_a_start_that_fails_puts_it_off_no_longer() -> None:
    with pytest.raises(OSError, match="taken"), put_off():
        raise OSError("the port is taken")
    assert gc.isenabled()


def test_what_comes_later_is_collected() -> None:
    with put_off():
        take_up()
    loop: list[object] = []
    loop.append(loop)
    del loop
    assert gc.collect() > 0
