"""How many heaps the C library keeps for the threads of a server.

glibc gives threads that allocate at the same time heaps of their own, up to eight for each core, and what is freed
stays in its heap: a server whose hundred threads answer in turn went on growing, to twice the memory that it needs.
Knows no server.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

_M_ARENA_MAX = -8  # as malloc.h of glibc has it
_FEW = 2


def share_heaps() -> None:
    """Have all threads of this process share few heaps, unless its environment says how many.

    Call it before there are threads.  Where the C library is another, nothing happens.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(AttributeError, OSError, TypeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _FEW)
