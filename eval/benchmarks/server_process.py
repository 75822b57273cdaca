"""``citewell serve`` in a process of its own, and what Linux tells of any process.  Knows no client."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server_process(home: Path, environ: Mapping[str, str], *, quiet: bool = False) -> Iterator[tuple[str, int]]:
    """Serve a home as users do, until the ``with`` ends; gives the address, once it is told, and the process's id.

    ``quiet``: what the server says beside its address is thrown away.
    """
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--home", str(home), "serve", "--port", "0"]
    said = subprocess.DEVNULL if quiet else None
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=said, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip().removeprefix("Citewell is ready at "), server.pid
        finally:
            server.terminate()


def told_of(process: int, name: str) -> int:
    """Give a number of ``/proc/PID/status``: ``Threads``, or KiB of memory, ``VmRSS`` now and ``VmHWM`` at most.

    0 where there is no such file.
    """
    status = Path(f"/proc/{process}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
