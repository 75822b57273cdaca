"""What Linux tells of a process, against what the process knows of itself."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading

import pytest

from eval.benchmarks.server_process import told_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of processes in /proc")


def test_memory_is_told_in_kib() -> None:
    assert 0 < told_of(os.getpid(), "VmRSS") <= told_of(os.getpid(), "VmHWM")
    assert told_of(os.getpid(), "VmHWM") == pytest.approx(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, rel=0.1)


def test_a_thread_more_is_told() -> None:
    before, over = told_of(os.getpid(), "Threads"), threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert told_of(os.getpid(), "Threads") == before + 1
    finally:
        over.set()
        thread.join()


def test_of_a_process_that_is_gone_nothing_is_told() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert told_of(gone.pid, "VmRSS") == 0
