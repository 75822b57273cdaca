"""How does a library grow?  Build speed, size, memory and the times of every call, at several sizes.

    python -m eval.benchmarks.scale --papers 10000 100000 1000000 [--out eval/results] [--work .citewell/scale]

A library stays in the work folder until it is removed: a build that was cut short goes on where it was, and one that
was finished is only asked again.  The figures of other sizes stay in ``scale.json``.
Papers are made up (see ``generated``) and vectors and token codes too (see ``synthetic``) at every size, for embedding
1,000,000 abstracts would take this machine days; the catalogue, its cuts and merges, the word index and all files are
the real ones.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from eval.benchmarks.scale import building, report
from eval.benchmarks.scale.asking import ask
from eval.benchmarks.speed.figures import OURS

_SPEED = Path(__file__).parents[2] / "results" / "speed.json"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, nargs="+", default=[10_000, 100_000], help="sizes")
    parser.add_argument("--out", type=Path, default=Path("eval/results"), help="where scale.json, .md and .svg go")
    parser.add_argument("--beyond", type=Path, default=Path("index_store/SCALE.md"), help="the page of arithmetic")
    parser.add_argument("--work", type=Path, default=Path(".citewell/scale"), help="where the libraries are made")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)  # the process that only builds
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)  # the one that only asks
    given = parser.parse_args(arguments)
    if given.build:
        _build(given.build, given.papers[0])
        return
    if given.ask:
        json.dump(ask(given.ask, given.papers[0], given.questions), sys.stdout, default=asdict)
        return
    for papers in given.papers:
        row = measure(given.work / str(papers), papers, given.questions)
        report.keep(given.out / "scale.json", papers, row, _embedding(), given.beyond)
        click.echo(f"{papers:,} papers: {given.out / 'scale.md'} is written.", err=True)


def measure(folder: Path, papers: int, questions: int) -> dict[str, Any]:
    """Measure one size; what was built before is kept."""
    built = folder / "built.json"
    if not built.exists():
        _alone("--build", folder, papers, questions)
    row: dict[str, Any] = json.loads(built.read_text("utf-8"))
    return {**row, **json.loads(_alone("--ask", folder / "library", papers, questions))}


def _alone(step: str, folder: Path, papers: int, questions: int) -> str:
    """Do a step in a process of its own; gives what it writes.

    With one thread for products of matrices: idle ones wait by spinning, which would count as work.
    """
    command = [sys.executable, "-m", "eval.benchmarks.scale", step, str(folder)]
    command += ["--papers", str(papers), "--questions", str(questions)]
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environ).stdout


def _build(folder: Path, papers: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "library"
    found = building.build_library(library, papers, folder / "steps.json")
    found |= building.add(library, papers) | building.examine(library)
    (folder / "built.json").write_text(json.dumps(found), "utf-8")


def _embedding() -> float:
    """Give the abstracts a second that ``make bench`` measured."""
    figures = json.loads(_SPEED.read_text("utf-8"))["rows"]["embed"]["figures"]
    return next(float(each["value"]) for each in figures if each["unit"] == "/s" and each["who"] == OURS)


if __name__ == "__main__":
    main()
