"""The figures of growth as a page and a picture.  Pure but for the writing: numbers in, text and shapes out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log10
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from eval.benchmarks.scale import beyond
from eval.benchmarks.tables import machine, table, versions

Row = Mapping[str, Any]

_NOTE = """Papers are made by `eval/benchmarks/generated.py`: words of no language with the lengths and frequencies of
real abstracts. Real at every size: catalogue, merging of papers that come twice, cuts, word index, files, searches.
Synthetic at every size: vectors (clustered, 384 numbers) and token codes (as many and as large as real ones), by
`eval/benchmarks/scale/synthetic.py`; making papers and embedding them is left out of all times. Publishing includes
making the token codes, a quarter of it, which is done where the embedding is. Times are those that the process had of
the processors, all its threads together: the machine is shared, and the clock would tell what others do. Memory is what
opening and asking adds to the process."""
_PARTS = ("catalogue", "vectors", "lexical", "tokens")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 380, 230, 52, 118, 26, 28
_COLOURS = ("#2f8f7f", "#c0653a", "#5b7fc7", "#9a7bb0", "#8a8372", "#b5485d")
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#222}.t{font-weight:600}.g{stroke:#ccc;stroke-width:1}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.g{stroke:#444}}"
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A row of the page: its name, its figure for one size, how it is written, and the aim at 1,000,000 passages."""

    name: str
    value: Callable[[Row], float]
    write: str = "{:,.0f}"
    aim: str = ""


def _rate(seconds: str, of: str = "passages") -> Callable[[Row], float]:
    return lambda row: float(row[of] / row[seconds])


def _search(name: str, share: str = "p95") -> Callable[[Row], float]:
    return lambda row: float(row["search"][name][share])


def _listing(name: str) -> Callable[[Row], float]:
    return lambda row: float(row["listing"][name]["p95"])


def _bytes(part: str) -> Callable[[Row], float]:
    return lambda row: float(row[f"{part}_bytes"] / row["passages"])


def slowest_filter(row: Row) -> float:
    """Tell how many times as long the slowest filtered search takes as one of the whole library, p95."""
    times = {name: float(each["p95"]) for name, each in row["search"].items()}
    return max(time for name, time in times.items() if name not in {"fused", "dense", "lexical"}) / times["fused"]


BUILDING = (
    Measure("read, merged and cut, papers/s", _rate("reading_s", "papers")),
    Measure("vectors, passages/s", _rate("vectors_s")),
    Measure("words, passages/s", _rate("lexical_s")),
    Measure("token codes, passages/s", _rate("tokens_s")),
    Measure("published, all of it, passages/s", _rate("publishing_s"), aim="≥ 2,000"),
    Measure("1,000 papers added, s", lambda row: float(row["add_s"]), "{:.1f}"),
    Measure("doctor, s", lambda row: float(row["doctor_s"]), "{:.1f}"),
)
HOLDING = (
    *(Measure(f"{part}, bytes a passage", _bytes(part)) for part in _PARTS),
    Measure("disk, bytes a passage", lambda row: sum(_bytes(part)(row) for part in _PARTS), aim="≤ 4,096"),
    Measure("memory, MB", lambda row: row["memory_bytes"] / 1e6, aim="≤ 5,000"),
    Measure("opening, s", lambda row: float(row["open_s"]), "{:.2f}"),
    Measure("opening and the first search, s", lambda row: float(row["ready_s"]), "{:.2f}", "≤ 5"),
)
SEARCHING = (
    Measure("dense, p50 ms", _search("dense", "p50"), "{:.1f}"),
    Measure("dense, p95 ms", _search("dense"), "{:.1f}"),
    Measure("lexical, p50 ms", _search("lexical", "p50"), "{:.1f}"),
    Measure("lexical, p95 ms", _search("lexical"), "{:.1f}"),
    Measure("fused, p50 ms", _search("fused", "p50"), "{:.1f}"),
    Measure("fused, p95 ms", _search("fused"), "{:.1f}", "≤ 60"),
    *(
        Measure(f"fused, {name}, p95 ms", _search(name), "{:.1f}")
        for name in ("one year", "five years", "most years", "half the papers", "1,000 papers")
    ),
    Measure("slowest filter, times the whole", slowest_filter, "{:.2f}", "≤ 2"),
)
LISTING = (
    *(
        Measure(f"{name}, p95 ms", _listing(name), "{:.1f}", "≤ 50")
        for name in (
            "first",
            "deep",
            "deep by year",
            "of five years",
            "of half the papers",
            "by a word",
            "by a syllable",
        )
    ),
    Measure("the first deep one after a change, ms", lambda row: float(row["deep_first_ms"])),
    Measure("the first by a word after a change, ms", lambda row: float(row["word_first_ms"])),
)
_SECTIONS = {
    "Building": BUILDING,
    "Holding": HOLDING,
    "Searching": SEARCHING,
    "A page of the list of papers": LISTING,
}


def keep(file: Path, papers: int, row: Row, embedding: float, beyond_page: Path) -> None:
    """Put the figures of one size among the others, and make the pages and the picture of all.

    ``embedding``: abstracts a second, measured elsewhere.
    """
    kept: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {"rows": {}}
    made = {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), "versions": versions()}
    rows = {**kept["rows"], str(papers): {**_rounded(row), "made": f"{made['made_at'][:10]}. {made['machine']}"}}
    kept = {**made, "embedding": embedding, "rows": dict(sorted(rows.items(), key=lambda pair: int(pair[0])))}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    file.with_suffix(".md").write_text(page(kept, file.with_suffix(".svg").name), "utf-8")
    beyond_page.write_text(beyond.page(kept), "utf-8")
    file.with_suffix(".svg").write_text(picture(list(kept["rows"].values())), "utf-8")


def page(kept: Mapping[str, Any], image: str) -> str:
    """Make the page."""
    rows = list(kept["rows"].values())
    made = f"Made by `python -m eval.benchmarks.scale`. {kept['versions']}  \n" + "  \n".join(
        f"{row['papers']:,} papers: {row['made']}" for row in rows
    )
    head = ("papers", *(f"{row['papers']:,}" for row in rows), "aim at 1,000,000 passages")
    parts = ["# Size", made, _NOTE, f"![Growth]({image})"]
    for title, measures in _SECTIONS.items():
        lines = [(m.name, *(m.write.format(m.value(row)) for row in rows), m.aim) for m in measures]
        if title == "Building":
            lines.insert(0, ("passages", *(f"{row['passages']:,}" for row in rows), ""))
        parts += [f"## {title}", table(head, lines)]
    return "\n\n".join(parts) + "\n"


def picture(rows: Sequence[Row]) -> Markup:
    """Draw how each figure grows with the number of papers; both axes are logarithmic."""
    panels = {
        "passages a second": dict(zip(("vectors", "words", "token codes", "published"), BUILDING[1:5], strict=True)),
        "bytes a passage": dict(zip((*_PARTS, "all"), HOLDING[:5], strict=True)),
        "search, p95 ms": {
            name: Measure(name, _search(key))
            for name, key in {"dense": "dense", "words": "lexical", "fused": "fused", "in a year": "one year"}.items()
        },
        "seconds": {"opening": HOLDING[7], "1,000 added": BUILDING[5], "doctor": BUILDING[6]},
    }
    parts = []
    for number, (title, measures) in enumerate(panels.items()):
        x, y = _WIDTH * (number % 2), _HEIGHT * (number // 2)
        parts += [f'<g transform="translate({x},{y})">', *_panel(title, rows, measures), "</g>"]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _WIDTH} {2 * _HEIGHT}" role="img"'
    return Markup(f'{head} aria-label="Growth"><style>{_STYLE}</style>{"".join(parts)}</svg>\n')  # escaped below


def _panel(title: str, rows: Sequence[Row], measures: Mapping[str, Measure]) -> list[str]:
    across = [log10(row["papers"]) for row in rows]
    lines = {name: [measure.value(row) for row in rows] for name, measure in measures.items()}
    values = [log10(max(value, 1e-6)) for line in lines.values() for value in line]
    low, high = int(min(values) // 1), int(-(-max(values) // 1))
    high += high == low
    wide = max(across[-1] - across[0], 0.1)

    def at(x: float, value: float) -> tuple[float, float]:
        left = _LEFT + (_WIDTH - _LEFT - _RIGHT) * (x - across[0]) / wide
        return left, _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (log10(max(value, 1e-6)) - low) / (high - low)

    parts = [f'<text class="t" x="{_LEFT}" y="16">{escape(title)}</text>']
    for tick in range(low, high + 1):
        y = at(across[0], 10**tick)[1]
        parts.append(f'<line class="g" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10**tick:,g}</text>')
    for x, row in zip(across, rows, strict=True):
        parts.append(f'<text x="{at(x, 1)[0]:.1f}" y="{_HEIGHT - 10}" text-anchor="middle">{row["papers"]:,}</text>')
    for colour, line in zip(_COLOURS, lines.values(), strict=False):
        points = [at(x, value) for x, value in zip(across, line, strict=True)]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{drawn}"/>')
        parts += [f'<circle fill="{colour}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
    ends = sorted((at(across[-1], line[-1])[1], name) for name, line in lines.items())
    below = 0.0
    for y, name in ends:
        below = max(y + 4, below + 12)  # labels of lines that end together stand below each other
        parts.append(f'<text x="{_WIDTH - _RIGHT + 8}" y="{below:.1f}">{escape(name)}</text>')
    return parts


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return round(value, 4) if isinstance(value, float) else value
