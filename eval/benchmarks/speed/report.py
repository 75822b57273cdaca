"""The figures of the suite as a page and as a picture.  Pure but for the writing: numbers in, text and shapes out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from eval.benchmarks.speed.figures import OURS, Figure
from eval.benchmarks.speed.tried import TRIED
from eval.benchmarks.tables import table

_TITLES = {
    "imports": "Import",
    "ask": "One question from the command line",
    "serve": "The server's start",
    "memory": "Memory",
    "library": "A library from nothing",
    "embed": "Embedding",
    "search": "Search",
    "eval": "Evaluation",
    "page": "A page of results",
    "map": "The map",
    "export": "Export",
}
_NOTE = """Each row was measured in one run, peers and Citewell one after the other on the same machine with the same
weights; medians of repeats. A loop is, for embedding, 1 GFLOP of matrix product in the embedder's own precision, on
all cores; of what starts processes, the start of an interpreter; else a piece of plain Python. `--check` compares
loops, not seconds. The limit of embedding is the number of operations of the model over the rate of its matrix
products. Peers: LlamaIndex's starter tutorial, txtai's hybrid index, sentence-transformers in float32; all cut texts
at 256 tokens, Citewell embeds every token. Not measured: a server over 100,000 papers, whose library takes longer to
make than the whole suite."""
_ROW, _LABEL, _BAR, _WIDTH = 22, 330, 300, 760
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.t{font-weight:600}.o{fill:#2f8f7f}.p{fill:#b9b4a7}.l{fill:#5b7fc7}"
    ".a{stroke:#c0653a;stroke-width:2}@media(prefers-color-scheme:dark){text{fill:#ddd}.p{fill:#66706f}}"
)


def write(kept: Mapping[str, Any], file: Path) -> None:
    """Write the figures, and beside them the page and the picture."""
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    file.with_suffix(".md").write_text(page(kept, file.with_suffix(".svg").name), "utf-8")
    file.with_suffix(".svg").write_text(picture(kept["rows"]), "utf-8")


def page(kept: Mapping[str, Any], image: str) -> str:
    """Make the page."""
    made = f"Made on {kept['made_at'][:10]} by `make bench`. {kept['machine']}  \n{kept['versions']}"
    parts = ["# Speed", made, _NOTE, f"![The figures as bars]({image})"]
    head = ("measured", "who", "figure", "aim", "loops")
    for name, row in kept["rows"].items():
        lines = [_cells(_figure(each), each["ratio"]) for each in row["figures"]]
        speed = row["speed"]
        machine = (
            f"Machine then: {speed['float32']:,.0f} GFLOP/s in float32, {speed['bfloat16']:,.0f} in bfloat16,"
            f" Python loop {speed['python_ms']:.1f} ms, an interpreter's start {speed['start_ms']:.0f} ms."
        )
        parts += [f"## {_TITLES[name]}", table(head, lines), machine]
    tried = table(("tried and did not pay", "why"), TRIED)
    return "\n\n".join([*parts, "## Tried", tried]) + "\n"


def picture(rows: Mapping[str, Any]) -> Markup:
    """Draw every figure as a bar, Citewell's in colour; bars of one kind share a scale, a line stands at the aim."""
    parts, y = [], 6.0
    for name, row in rows.items():
        groups: dict[str, list[Figure]] = {}
        for each in row["figures"]:
            figure = _figure(each)
            if figure.unit != "1":
                groups.setdefault(figure.unit, []).append(figure)
        if groups:
            parts.append(f'<text class="t" x="0" y="{y + 14:.0f}">{escape(_TITLES[name])}</text>')
            y += _ROW
        for figures in groups.values():
            parts += _bars(figures, y)
            y += _ROW * len(figures)
        y += 8 if groups else 0
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y:.0f}" role="img" aria-label="Speed">'
    return Markup(f"{head}<style>{_STYLE}</style>{''.join(parts)}</svg>\n")  # every text in it went through escape()


def _bars(figures: Sequence[Figure], top: float) -> list[str]:
    longest = max(max(figure.value, figure.aim or 0) for figure in figures) or 1
    parts = []
    for number, figure in enumerate(figures):
        y, length = top + _ROW * number, max(_BAR * figure.value / longest, 1)
        kind = {OURS: "o", "limit": "l"}.get(figure.who, "p")
        name = figure.what.replace("`", "") + ("" if figure.who == OURS else f" ({figure.who})")
        parts.append(f'<text x="{_LABEL - 8}" y="{y + 14:.0f}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect class="{kind}" x="{_LABEL}" y="{y + 3:.0f}" width="{length:.1f}" height="14" rx="2"/>')
        after = _LABEL + max(length, _BAR * (figure.aim or 0) / longest) + 8
        parts.append(f'<text x="{after:.0f}" y="{y + 14:.0f}">{escape(_shown(figure.value, figure.unit))}</text>')
        if figure.aim is not None:
            x = _LABEL + _BAR * figure.aim / longest
            parts.append(f'<line class="a" x1="{x:.1f}" x2="{x:.1f}" y1="{y + 1:.0f}" y2="{y + 19:.0f}"/>')
    return parts


def _cells(figure: Figure, times: float) -> tuple[str, ...]:
    sign = "≥" if figure.more_is_better else "≤"
    aim = (
        "" if figure.aim is None else f"{sign} {_shown(figure.aim, figure.unit)}{'' if figure.reached else ' (missed)'}"
    )
    loops = "" if figure.loop == "none" or figure.unit in {"1", "MB"} else f"{times:,.3g}"
    return figure.what, figure.who, _shown(figure.value, figure.unit), aim, loops


def _shown(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    if unit == "1":
        return f"{value:.4g}"
    return f"{value:,.{digits}f}{unit if unit == '/s' else ' ' + unit}"


def _figure(told: Mapping[str, Any]) -> Figure:
    return Figure(**{key: value for key, value in told.items() if key != "ratio"})
