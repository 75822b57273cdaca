"""The README's table of measured quality, made from the kept results: ``python -m eval.benchmarks.readme``.

A test holds the README against it, so that its numbers can always be checked.  Knows no library: it reads
``eval/results/{seeds,starter,everyday-seeds,everyday-starter}-test.json`` and ``scifact.json``, which ``citewell eval``
wrote.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"
_KEPT = ("seeds-test", "starter-test", "scifact", "everyday-seeds-test", "everyday-starter-test")
_SINGLE = ("fact", "concept", "named", "followup")


def table(folder: Path = RESULTS) -> str:
    """Make the table as Markdown."""
    kept: list[Any] = [json.loads((folder / f"{name}.json").read_text("utf-8")) for name in _KEPT]
    seeds, starter, scifact, everyday, everyday_starter = kept
    counts = [
        f"{result['overall']['questions']} questions, {result['library']['papers']} papers"
        for result in (seeds, starter)
    ]
    rows = [
        (
            "measured on the test half, by quoting, without a model",
            *(f"{n} ({c})" for n, c in zip(("seeds", "starter"), counts, strict=True)),
        ),
        ("---", "---", "---"),
        _row("right paper first: fact / concept / named / follow-up", seeds, starter, _first),
        _row(
            "right papers among the first ten, several asked for",
            seeds,
            starter,
            lambda r: _two(r["by_type"]["multi"]["recall@10"]),
        ),
        _row("facts in the answer / its median length", seeds, starter, _facts),
        _row(
            "quoted sentences that come from a right paper",
            seeds,
            starter,
            lambda r: _two(r["overall"]["citation_precision"]),
        ),
        _row("off-topic questions refused / answerable ones refused", seeds, starter, _refused),
        _row("AUROC of the confidence: off-topic / near-topic", seeds, starter, _auroc),
        _row(
            "everyday questions: facts / sentences from a right paper / refused", everyday, everyday_starter, _everyday
        ),
        _row("answer in ms, p50 / p95", seeds, starter, _milliseconds),
    ]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    found = (
        f"SciFact ({scifact['documents']:,} abstracts, {scifact['queries']} claims): nDCG@10 {scifact['ndcg@10']:.3f},"
    )
    return "\n".join([*lines, "", f"{found} recall@10 {scifact['recall@10']:.3f}."])


def _row(name: str, seeds: Any, starter: Any, cell: Any) -> tuple[str, str, str]:
    return name, cell(seeds), cell(starter)


def _two(number: float | None) -> str:
    return "–" if number is None else f"{number:.2f}"


def _first(result: Any) -> str:
    return " / ".join(_two(result["by_type"][kind]["recall@1"]) for kind in _SINGLE)


def _facts(result: Any) -> str:
    return f"{_two(result['overall']['fact_recall'])} / {result['overall']['answer_words']:.0f} words"


def _refused(result: Any) -> str:
    return f"{_two(result['overall']['abstention_recall_off'])} / {_two(result['overall']['answerable_refused'])}"


def _auroc(result: Any) -> str:
    return f"{_two(result['overall']['abstention_auroc_off'])} / {_two(result['overall']['abstention_auroc_near'])}"


def _everyday(result: Any) -> str:
    overall = result["overall"]
    shares = " / ".join(_two(overall[name]) for name in ("fact_recall", "citation_precision", "answerable_refused"))
    return f"{shares} ({overall['questions']} questions)"


def _milliseconds(result: Any) -> str:
    return f"{result['ms']['total']['p50']:.0f} / {result['ms']['total']['p95']:.0f}"


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
