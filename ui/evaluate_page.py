"""The Evaluate tab's markup: a run under way, the report, what changed since the last run.  Pure; texts are escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from eval.compare import Comparison, Difference
from eval.report import html as report_html
from eval.report import label

_COMPARED = ("recall@1", "recall@5", "recall@10", "fact_recall", "citation_precision", "answerable_refused")
_MOVED = 20


def progress_html(done: int, total: int) -> str:
    """Give how far a run is; ``total`` 0: it is being prepared."""
    if not total:
        return '<p class="cw-soft" role="status">Reading the questions…</p>'
    return (
        f'<p class="cw-evaluating" role="status"><span>{done:,} of {total:,} questions</span>'
        f'<progress aria-label="Questions asked" max="{total}" value="{done}"></progress></p>'
    )


def frame_html(document: Mapping[str, Any]) -> str:
    """Give a result's report in a frame of its own, which runs no script."""
    title = f"Report of {document.get('name', '')}"
    page = escape(report_html(dict(document)))
    return f'<iframe class="cw-report" title="{escape(title)}" sandbox="" srcdoc="{page}"></iframe>'


def comparison_html(comparison: Comparison | None) -> str:
    """Give what changed since the last run of the same questions."""
    if comparison is None:
        return '<p class="cw-soft">There is no earlier run of these questions to compare with.</p>'
    differences = {difference.metric: difference for difference in comparison.differences}
    rows = "".join(_row(differences[name]) for name in _COMPARED if name in differences)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Measure", "Before", "Now", "Difference", "p"))
    made = escape(str(comparison.before.get("made_at", "")))
    scrolled = 'class="cw-scroll" tabindex="0" role="group" aria-label="Figures of both runs"'
    table = f'<div {scrolled}><table class="cw-compared"><tr>{head}</tr>{rows}</table></div>'
    return f"<h3>Since the run of {made}</h3>{table}{_moved(comparison)}"


def _row(difference: Difference) -> str:
    state = "worse" if difference.is_worse else ""
    cells = (
        f"{difference.before:.3f}",
        f"{difference.after:.3f}",
        f"{difference.difference:+.3f}",
        f"{difference.p:.3f}",
    )
    name = f'<th scope="row">{escape(label(difference.metric))}</th>'
    return f'<tr data-state="{state}">{name}{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _moved(comparison: Comparison) -> str:
    if not comparison.changes:
        return '<p class="cw-soft">No question moved.</p>'
    items = "".join(
        f'<li data-verdict="{change.verdict}"><b>{change.verdict}</b> {escape(change.question or change.key)}</li>'
        for change in comparison.changes[:_MOVED]
    )
    more = len(comparison.changes) - _MOVED
    rest = f'<p class="cw-soft">and {more:,} more</p>' if more > 0 else ""
    count = len(comparison.changes)
    noun = "question" if count == 1 else "questions"
    return f"<details><summary>{count:,} {noun} moved</summary><ul>{items}</ul>{rest}</details>"
