"""What a row of the suite gives: figures, and the speed of the machine while they were taken.

Machines differ, and so does one machine from hour to hour.  Three loops are timed right before each row: a matrix
product in the embedder's own precision, a piece of plain Python, and the start of an interpreter that imports some of
the standard library and numpy, for what starts processes: a machine can calculate fast and open files slowly.  A figure
divided by its loop's time says how much work it was, whatever the machine.  Pure but for the clock and the processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Literal

Loop = Literal["matrix", "python", "start", "none"]
OURS = "citewell"

_SIDE = 1024  # of the square matrices
_SECONDS = 0.4
_REPEATS = 9
_START = "import asyncio, csv, email.message, http.client, json, logging, numpy, sqlite3, tempfile, typing"
_MOST_MORE = {"ms": 2.0, "s": 2.0, "MB": 1.3, "/s": 2.0}
"""How much more work a figure may be than it was before ``worse`` tells: below what a busy machine does to it."""
_LEAST = {"s": 0.03}
"""Under this a figure is not told: processes that do the same differ by as much."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement: ``value`` of ``what`` by ``who``, in ``unit`` (ms, s, MB, /s, or 1 for a plain number).

    ``aim`` is what the project wants to reach: at most that, or at least where more is better.  ``loop``: the time
    that it is to be compared with.
    """

    what: str
    value: float
    unit: str
    who: str = OURS
    aim: float | None = None
    loop: Loop = "python"

    @property
    def more_is_better(self) -> bool:
        return self.unit in {"/s", "1"}

    @property
    def reached(self) -> bool | None:
        """Tell whether the aim is reached; None where there is none."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.more_is_better else self.value <= self.aim


@dataclass(frozen=True, slots=True)
class Speed:
    """The machine's speed: GFLOP/s of all cores in float32 and in bfloat16, ms of the Python loop and of a start."""

    float32: float
    bfloat16: float
    python_ms: float
    start_ms: float

    @classmethod
    def now(cls) -> Speed:
        """Measure; takes about four seconds."""
        import torch

        return cls(_matrix_rate(torch.float32), _matrix_rate(torch.bfloat16), _best_ms(_words), _best_ms(_started))

    def rate(self, precision: str) -> float:
        """Give the GFLOP/s in ``float32`` or ``bfloat16``."""
        return self.bfloat16 if precision == "bfloat16" else self.float32


def ratio(figure: Figure, speed: Speed, precision: str) -> float:
    """Give a figure as a multiple of its loop, so that more is always more work; where it has none, itself."""
    if figure.unit in {"1", "MB"} or figure.loop == "none":
        return figure.value
    loops = {"python": speed.python_ms / 1000, "start": speed.start_ms / 1000, "matrix": 1 / speed.rate(precision)}
    seconds = {"ms": figure.value / 1000, "s": figure.value, "/s": 1 / max(figure.value, 1e-9)}[figure.unit]
    return seconds / loops[figure.loop]


def worse(before: Figure, was: float, value: float, now: float) -> bool:
    """Tell whether ``value``, whose ratio is ``now``, is so much above what it ``was`` that no noise explains it."""
    most = _MOST_MORE.get(before.unit)
    return most is not None and before.loop != "none" and now > most * was and value > _LEAST.get(before.unit, 0.0)


def to_json(figure: Figure) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(figure).items()}


def _matrix_rate(precision: Any) -> float:
    """Give the GFLOP/s of square matrix products, one in each core at a time."""
    import torch

    torch.set_num_threads(1)
    cores = os.cpu_count() or 1
    factors = [torch.ones((_SIDE, _SIDE), dtype=precision) for _ in range(cores)]

    def products(factor: Any) -> int:
        done, end = 0, time.perf_counter() + _SECONDS
        with torch.inference_mode():
            while time.perf_counter() < end:
                factor @ factor
                done += 1
        return done

    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(products, factors))  # the first products load the code that multiplies
        began = time.perf_counter()
        done = sum(pool.map(products, factors))
        return done * 2 * _SIDE**3 / (time.perf_counter() - began) / 1e9


def _best_ms(work: Callable[[], object]) -> float:
    """Give the shortest of some times: what the machine can do, not what it was kept from."""
    return min(_timed_ms(work) for _ in range(_REPEATS))


def _words() -> int:
    """Do what Python programs do: make strings, put them in dictionaries, sort them."""
    counts: dict[str, int] = {}
    for number in range(60_000):
        word = f"word {number * 7919 % 5003}"
        counts[word] = counts.get(word, 0) + 1
    return len(sorted(counts, key=lambda word: (-counts[word], word)))


def _started() -> None:
    subprocess.run([sys.executable, "-c", _START], check=True)


def _timed_ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
