"""How fast Citewell is on this machine, beside what one would pick instead: ``make bench``.

    python -m eval.benchmarks.suite --seeds FOLDER --scifact FOLDER [--peers PYTHON] [--work FOLDER] [--only ROW]...
    python -m eval.benchmarks.suite --check [--only ROW]...
    python -m eval.benchmarks.suite --written

The first measures and writes ``eval/results/speed.{json,md,svg}``; ``--only`` measures some rows again and keeps the
others.  Without the peers' Python their figures stay out.  ``--check`` measures Citewell alone, writes nothing, and
fails where a figure needs much more work than the committed one: each is compared as a multiple of a loop that was
timed beside it, and a row with such a figure is measured again, so that it was no other work.  ``--written`` makes
the page and the picture anew from the figures as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ui  # noqa: F401  # its threads of numpy are those that users get
from eval.benchmarks.speed import embedding, processes, surfaces
from eval.benchmarks.speed.figures import OURS, Figure, Speed, ratio, to_json, worse
from eval.benchmarks.speed.place import Place
from eval.benchmarks.speed.report import write
from eval.benchmarks.tables import machine, versions
from index_store.errors import InputError

Row = Callable[[Place], Iterator[Figure]]
RESULT = Path(__file__).parents[1] / "results" / "speed.json"
ROWS: dict[str, Row] = {
    "imports": processes.imports,
    "ask": processes.ask,
    "serve": processes.serve,
    "memory": processes.memory,
    "library": processes.library,
    "embed": embedding.embed,
    "search": embedding.search,
    "eval": surfaces.evaluation,
    "page": surfaces.page,
    "map": surfaces.atlas,
    "export": surfaces.export,
}
_TRIES = 3
_SHARED = Path(__file__).parents[3] / "shared"


def measure(rows: Mapping[str, Row], place: Place, keep: Callable[[str, dict[str, Any]], None]) -> None:
    """Measure the rows one after the other, each with the machine's speed of that moment."""
    for name, row in rows.items():
        speed = Speed.now()
        figures = [
            to_json(figure) | {"ratio": round(ratio(figure, speed, place.embedder.precision), 4)}
            for figure in row(place)
        ]
        shown = "; ".join(f"{each['who']}: {each['what']} {each['value']:g} {each['unit']}" for each in figures)
        _say(f"{name}: {shown}")
        keep(name, {"made_at": _now(), "speed": to_json_of(speed), "figures": figures})


def compare(before: Mapping[str, Any], name: str, now: Mapping[str, Any]) -> dict[str, str]:
    """Give one sentence for each of Citewell's figures of a row that needs much more work than it did."""
    committed = {(each["who"], each["what"]): each for each in before.get(name, {}).get("figures", ())}
    found = {}
    for each in now["figures"]:
        was = committed.get((each["who"], each["what"]))
        if was is None or each["who"] != OURS:
            continue
        figure = Figure(**{key: value for key, value in was.items() if key != "ratio"})
        if worse(figure, was["ratio"], each["value"], each["ratio"]):
            found[figure.what] = (
                f"{name}: {figure.what}: {each['ratio']:.3g} loops where it was {was['ratio']:.3g}"
                f" ({each['value']:g} {figure.unit} now, {figure.value:g} {figure.unit} then)."
            )
    return found


def check(rows: Mapping[str, Row], place: Place, before: Mapping[str, Any]) -> list[str]:
    """Measure the rows that need much more work than before up to ``_TRIES`` times; tells what did in each of them."""
    left: dict[str, dict[str, str]] = {}

    def keep(name: str, measured: dict[str, Any]) -> None:
        found = compare(before, name, measured)
        left[name] = {what: told for what, told in found.items() if what in left.get(name, found)}

    measure(rows, place, keep)
    for _ in range(_TRIES - 1):
        measure({name: rows[name] for name, found in left.items() if found}, place, keep)
    return [told for found in left.values() for told in found.values()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write, or check."""
    given = _parser().parse_args(arguments)
    kept: dict[str, Any] = json.loads(given.out.read_text("utf-8")) if given.out.exists() else {"rows": {}}
    if given.written:
        write(kept, given.out)
        return 0
    rows = {name: row for name, row in ROWS.items() if not given.only or name in given.only}
    complaints: list[str] = []

    def keep(name: str, measured: dict[str, Any]) -> None:
        kept["rows"] = {each: (kept["rows"] | {name: measured})[each] for each in ROWS if each in {*kept["rows"], name}}
        kept.update(made_at=_now(), machine=machine(), versions=versions())
        write(kept, given.out)

    with tempfile.TemporaryDirectory() as scratch:
        work = given.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        try:
            if given.check:
                complaints = check(rows, Place(work, given.seeds, given.scifact, None), kept["rows"])
            else:
                measure(rows, Place(work, given.seeds, given.scifact, given.peers), keep)
        except InputError as exc:
            _say(str(exc))
            return 1
    for complaint in complaints:
        _say(complaint)
    return 1 if complaints else 0


def to_json_of(speed: Speed) -> dict[str, float]:
    """Give the machine's speed as JSON."""
    return {name: round(getattr(speed, name), 2) for name in ("float32", "bfloat16", "python_ms", "start_ms")}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    seeds = os.environ.get("CITEWELL_SEEDS") or _SHARED / "seeds"
    parser.add_argument("--seeds", type=Path, default=seeds, help="folder of the seed documents")
    parser.add_argument("--scifact", type=Path, default=_SHARED / "benchmarks" / "scifact", help="folder of SciFact")
    parser.add_argument("--peers", type=Path, help="the Python that the peers are installed for")
    parser.add_argument("--work", type=Path, help="folder for what is made once; a temporary one by default")
    parser.add_argument("--only", action="append", choices=list(ROWS), metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--check", action="store_true", help="compare with the committed figures")
    parser.add_argument("--written", action="store_true", help="measure nothing, write page and picture anew")
    parser.add_argument("--out", type=Path, default=RESULT, help="the file of the figures")
    return parser


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
