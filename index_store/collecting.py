"""Python's collector of garbage waits while much is imported.

A start imports a quarter of a million objects, which stay; looking through them again and again took a fifth of it.
Knows nothing of what is imported.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def put_off() -> Iterator[None]:
    """Collect nothing until the ``with`` ends, or ``take_up`` is called before."""
    if not gc.isenabled():  # whoever has put it off before takes it up
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        take_up()


def take_up() -> None:
    """Collect again, but of what comes from now on: what is there stays, and is looked through no more."""
    gc.freeze()
    gc.enable()
