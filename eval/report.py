"""A stored result as a page and as Markdown: tables, plots, the worst failures.  Pure but for its own templates.

The page is one file with everything in it; it asks the network for nothing, and follows the reader's light or dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from eval import failures, plots
from eval.plots import Mark
from eval.questions import TYPES
from eval.results import Document
from eval.summary import METRICS

NONE = "no such questions"
_PLOTTED = ("recall@1", "recall@5", "recall@10", "fact_recall", "citation_precision", "citation_recall")
_CARDS = (
    "recall@1",
    "recall@10",
    "fact_recall",
    "citation_precision",
    "answer_words",
    "answerable_refused",
    "abstention_recall_off",
    "abstention_auroc_near",
)
_BEIR_CARDS = {"ndcg@10": "nDCG@10", "recall@10": "Recall@10", "recall@100": "Recall@100"}
_LABELS = {metric.name: metric.label for metric in METRICS}


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the head: its value and its interval, as text."""

    label: str
    value: str
    interval: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot with its title and the sentence that says how to read it."""

    title: str
    svg: Markup
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; the first column names the row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class View:
    """Everything that both templates show, ready to be printed."""

    title: str
    facts: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...]
    by_type: tuple[Panel, ...]
    panels: tuple[Panel, ...]
    tables: tuple[tuple[str, Table], ...]
    failures: tuple[failures.Failure, ...]
    failed: int
    rejected: tuple[str, ...]
    meanings: tuple[tuple[str, str], ...]
    judge: tuple[Card, ...]
    judge_model: str


def html(document: Document) -> str:
    """Give the page."""
    return _templates(escaped=True).get_template("report.html.j2").render(view=_view(document))


def markdown(document: Document) -> str:
    """Give the same as Markdown, without the plots."""
    return _templates(escaped=False).get_template("report.md.j2").render(view=_view(document))


def pages(document: Document) -> dict[str, str]:
    """Give both by the suffix of their file."""
    return {"html": html(document), "md": markdown(document)}


def number(name: str, value: float | None) -> str:
    """Write a value the way its measure is read: shares with three digits, words whole."""
    if value is None:
        return NONE
    return f"{value:.0f}" if name == "answer_words" else f"{value:.3f}"


def label(name: str) -> str:
    """Name a measure for a reader, also its halves ``…_near`` and ``…_off``."""
    for half in ("near", "off"):
        if name.endswith(f"_{half}"):
            return f"{_LABELS[name.removesuffix(f'_{half}')]}, {half}"
    return _LABELS.get(name, _BEIR_CARDS.get(name, name))


def _templates(*, escaped: bool) -> Environment:
    loader = PackageLoader("eval", "assets")
    environment = Environment(
        loader=loader, autoescape=escaped, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["cell"] = lambda text: " ".join(str(text).replace("|", "\\|").split())
    return environment


def _view(document: Document) -> View:
    is_beir = document["kind"] == "beir"
    return View(
        title=document["name"],
        facts=_facts(document),
        cards=_beir_cards(document) if is_beir else _cards(document),
        by_type=() if is_beir else _by_type(document),
        panels=() if is_beir else _panels(document),
        tables=() if is_beir else _tables(document),
        failures=tuple(failures.worst(document)),
        failed=failures.count(document),
        rejected=tuple(document.get("rejected", ())),
        meanings=() if is_beir else tuple((metric.label, metric.meaning) for metric in METRICS),
        judge=_judge_cards(document.get("judge")),
        judge_model=(document.get("judge") or {}).get("model", ""),
    )


def _facts(document: Document) -> tuple[tuple[str, str], ...]:
    library = document["library"]
    measured_on = f"{len(document['rows']):,} questions"
    if document["kind"] == "beir":
        times = document["ms"]
        measured_on += f", {document['documents']:,} documents"
        measured_on += f", {times['p50']:.1f} / {times['p95']:.1f} ms a search (p50 / p95)"
    return (
        ("Measured on", measured_on),
        ("Library", f"{library['papers']:,} papers in {library['passages']:,} passages"),
        ("Library digest", str(library["digest"])[:16]),
        ("Embedder", library["embedder"]),
        (
            "Answered by",
            ", ".join(f"{who} ({n:,})" for who, n in document.get("answerers", {}).items()) or "search only",
        ),
        ("Citewell", document["citewell"]),
        ("Made", document["made_at"].replace("T", " ").replace("+00:00", " UTC")),
    )


def _card(name: str, title: str, value: float | None, bounds: Sequence[float] | None) -> Card:
    interval = f"{number(name, bounds[0])} – {number(name, bounds[1])}" if bounds else ""
    return Card(title, number(name, value), interval)


def _cards(document: Document) -> tuple[Card, ...]:
    overall, bounds = document["overall"], document["intervals"]["overall"]
    return tuple(_card(name, label(name), overall[name], bounds[name]) for name in _CARDS)


def _beir_cards(document: Document) -> tuple[Card, ...]:
    return tuple(_card(n, title, document[n], document["intervals"][n]) for n, title in _BEIR_CARDS.items())


def _judge_cards(judge: Mapping[str, Any] | None) -> tuple[Card, ...]:
    if not judge:
        return ()
    names = {"faithfulness": "Faithful to what is cited", "answer_relevance": "Relevant to the question"}
    return tuple(_card(name, title, judge[name], judge["intervals"][name]) for name, title in names.items())


def _by_type(document: Document) -> tuple[Panel, ...]:
    asked = [name for name in TYPES if document["by_type"][name]["questions"] and name not in ("near", "off")]
    return tuple(
        Panel(label(metric), plots.interval_plot([_mark(document, name, metric) for name in asked]))
        for metric in _PLOTTED
        if asked
    )


def _mark(document: Document, type_: str, metric: str) -> Mark:
    value, bounds = document["by_type"][type_][metric], document["intervals"]["by_type"][type_][metric]
    return Mark(type_, value, *bounds) if bounds else Mark(type_, None)


def _panels(document: Document) -> tuple[Panel, ...]:
    rows = document["rows"]
    answered = [row for row in rows if not row["abstained"]]
    now = (len(answered) / len(rows), sum(r["answerable"] for r in answered) / len(answered)) if answered else None
    return (
        Panel(
            "Coverage and precision",
            plots.coverage_plot(document["coverage_curve"], now),
            "Answering only what the confidence allows: how much would be answered, and how much of it rightly.",
        ),
        Panel(
            "Calibration",
            plots.calibration_plot(document["calibration"]),
            "On the line, the confidence is the share of questions that the library does answer.",
        ),
        Panel(
            "Latency by stage",
            plots.latency_plot(document["ms"]),
            "Milliseconds: median in full, 95th percentile pale.",
        ),
    )


def _tables(document: Document) -> tuple[tuple[str, Table], ...]:
    return (("By type", _type_table(document)), ("Overall, with 95% intervals", _overall_table(document)))


def _type_table(document: Document) -> Table:
    asked = [name for name in TYPES if document["by_type"][name]["questions"]]
    rows = [("questions", *(str(document["by_type"][name]["questions"]) for name in asked))]
    for metric in METRICS:
        values = [document["by_type"][name][metric.name] for name in asked]
        if any(value is not None for value in values):
            rows.append((metric.label, *("–" if v is None else number(metric.name, v) for v in values)))
    return Table(("", *asked), tuple(rows))


def _overall_table(document: Document) -> Table:
    overall, bounds = document["overall"], document["intervals"]["overall"]
    rows = []
    for name, value in overall.items():
        if name != "questions":
            card = _card(name, label(name), value, bounds[name])
            rows.append((card.label, card.value, card.interval))
    return Table(("", "value", "95% interval"), tuple(rows))
