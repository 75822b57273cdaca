"""Results and comparisons as text for a terminal.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from eval.compare import SIGNIFICANT, Comparison, Difference
from eval.questions import TYPES
from eval.report import NONE, label, number
from eval.results import Document
from index_store.counting import counted

_COLUMNS = {
    "recall@1": "R@1",
    "recall@5": "R@5",
    "recall@10": "R@10",
    "mrr": "MRR",
    "ndcg@10": "nDCG",
    "fact_recall": "facts",
    "citation_precision": "cit.P",
    "citation_recall": "cit.R",
    "answer_words": "words",
    "answerable_refused": "refused",
    "abstention_recall": "abst.R",
    "abstention_auroc": "AUROC",
}
_CHANGES = 20


def questions(document: Document) -> str:
    """A line for each type of question, the overall figures with their intervals, the latency."""
    lines = [f"{document['name']}: {counted(document['overall']['questions'], 'question')}", "", _types(document), ""]
    bounds = document["intervals"]["overall"]
    width = max(len(label(name)) for name in document["overall"])
    for name, value in document["overall"].items():
        if name != "questions":
            lines.append(f"{label(name):<{width}}  {_with_interval(name, value, bounds[name])}")
    if judge := document["judge"]:
        lines += ["", f"Opinion of {judge['model']}, which is no measurement:"]
        lines += [
            f"{name:<{width}}  {_with_interval(name, judge[name], judge['intervals'][name])}"
            for name in judge["intervals"]
        ]
    stages = [f"{stage} {times['p50']:.1f} / {times['p95']:.1f}" for stage, times in document["ms"].items()]
    return "\n".join([*lines, "", f"Milliseconds, p50 / p95: {', '.join(stages) or NONE}"])


def beir(document: Document) -> str:
    """The three measures with their intervals, the size, the latency."""
    lines = [f"{document['name']}: {document['queries']:,} queries, {document['documents']:,} documents", ""]
    for name, bounds in document["intervals"].items():
        lines.append(f"{label(name):<12}{_with_interval(name, document[name], bounds)}")
    times = document["ms"]
    return "\n".join([*lines, "", f"Milliseconds a search, p50 / p95: {times['p50']:.1f} / {times['p95']:.1f}"])


def comparison(found: Comparison) -> str:
    """A line for each measure, then the questions won and lost, the greatest changes first."""
    lines = [
        f"{found.before['name']}, {found.before['made_at']}  →  {found.after['name']}, {found.after['made_at']}",
        *_conditions(found.before, found.after),
        "",
        f"{'':<24}{'before':>9}{'after':>9}{'change':>9}  {'95% interval':<18}{'p':>7}  {'won':>5}{'lost':>6}",
        *(_difference(difference) for difference in found.differences),
        "",
        *_changes(found),
    ]
    if any(found.unpaired):
        lines.append(f"Left out: {found.unpaired[0]} questions only before, {found.unpaired[1]} only after.")
    worse = ", ".join(label(name) for name in found.worse)
    lines.append(f"Significantly worse (p < {SIGNIFICANT:g}): {worse or 'nothing'}.")
    return "\n".join(lines)


def _conditions(before: Document, after: Document) -> list[str]:
    """Say what else differs between two results: the library, the program, the settings."""
    lines = []
    for name, first, second in (
        ("library", _digest(before), _digest(after)),
        ("version", before.get("citewell"), after.get("citewell")),
    ):
        if first != second:
            lines.append(f"Another {name}: {first} → {second}")
    old, new = before.get("settings", {}), after.get("settings", {})
    changed = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return lines + [f"Another setting: {name} {old.get(name)} → {new.get(name)}" for name in changed]


def _digest(document: Document) -> str:
    return str(document.get("library", {}).get("digest"))[:16]


def _types(document: Document) -> str:
    head = f"{'':<10}{'n':>5}" + "".join(f"{short:>9}" for short in _COLUMNS.values())
    lines = [head]
    for type_ in TYPES:
        measures = document["by_type"][type_]
        if not measures["questions"]:
            lines.append(f"{type_:<10}{0:>5}  {NONE}")
            continue
        cells = "".join(f"{_cell(name, measures[name]):>9}" for name in _COLUMNS)
        lines.append(f"{type_:<10}{measures['questions']:>5}{cells}")
    return "\n".join([*lines, "(· where the measure has no such questions)"])


def _cell(name: str, value: float | None) -> str:
    return "·" if value is None else number(name, value)


def _with_interval(name: str, value: float | None, bounds: Sequence[float] | None) -> str:
    if value is None or not bounds:
        return NONE
    return f"{number(name, value):>6}  [{number(name, bounds[0])}, {number(name, bounds[1])}]"


def _difference(d: Difference) -> str:
    interval = f"[{d.low:+.3f}, {d.high:+.3f}]"
    mark = " worse" if d.is_worse else ""
    values = f"{d.before:>9.3f}{d.after:>9.3f}{d.difference:>+9.3f}  {interval:<18}{d.p:>7.3f}"
    name = "Words, mean" if d.metric == "answer_words" else label(d.metric)  # pairs have no difference of medians
    return f"{name:<24}{values}  {d.wins:>5}{d.losses:>6}{mark}"


def _changes(found: Comparison) -> list[str]:
    lines = []
    for verdict, sign in (("lost", "-"), ("won", "+"), ("mixed", "±")):
        changed = [change for change in found.changes if change.verdict == verdict]
        if changed:
            lines.append(f"{counted(len(changed), 'question')} {verdict}:")
        for change in changed[:_CHANGES]:
            moves = ", ".join(f"{name} {before:.2f}→{after:.2f}" for name, (before, after) in change.moves.items())
            lines.append(f"  {sign} {change.key}: {moves}")
        if len(changed) > _CHANGES:
            lines.append(f"    and {len(changed) - _CHANGES} more; --json lists all")
    return [*lines, ""] if lines else ["No question moved.", ""]
