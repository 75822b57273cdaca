"""The heaps of a process with many threads, counted by the C library itself."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Each thread that allocates for the first time gets a heap of its own, while there may be more.
HEAPS_OF_30_THREADS = """
import ctypes, sys, threading
from ui.arenas import share_heaps

if sys.argv[1] == "few":
    share_heaps()
together = threading.Barrier(30)

def allocate():
    kept = bytearray(9_000)
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(30)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def heaps(folder: Path, how_many: str, **environ: str) -> int:
    """Give how many heaps a process has after 30 threads allocated at once."""
    told = folder / "told.xml"
    command = [sys.executable, "-c", HEAPS_OF_30_THREADS, how_many, str(told)]
    subprocess.run(command, cwd=ROOT, env={"PATH": "", **environ}, check=True, timeout=60)
    return told.read_text().count("<heap ")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have other heaps")
def test_many_threads_share_few_heaps_unless_the_environment_says_otherwise(tmp_path: Path) -> None:
    assert heaps(tmp_path, "few") == 2
    assert heaps(tmp_path, "few", MALLOC_ARENA_MAX="5") == 5
    assert heaps(tmp_path, "many") > 5
