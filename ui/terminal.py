"""Answers, hits and reports as text for a terminal.  Pure.

What comes from a paper or a model loses its control characters: a terminal would obey them.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from index_store.counting import counted, holdings
from index_store.types import Hit, Paper
from rag.links import link_of
from rag.types import Answer, Citation
from ui import display
from ui.making import made_by
from ui.places import file_names

if TYPE_CHECKING:
    from index_store.build import IndexReport
    from index_store.departures import Departed
    from index_store.doctor import Finding
    from index_store.removal import Removed
    from rag.models import ModelInfo

WIDTH = 96
_SHOWN = 20  # papers that are named one by one
_WEB = re.compile(r"https?://[!-~]+", re.IGNORECASE)  # nothing in it that a terminal would obey
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def display_text(text: str) -> str:
    """Text of a paper or a model, readable and without power over the terminal."""
    return _inert(display.display_text(text))


def answer(given: Answer) -> str:
    """The answer, its numbered papers with what they are quoted for, and who worded it."""
    return f"{_wrapped(display_text(given.text))}\n\n{sources(given)}".rstrip()


def sources(given: Answer, *, links: bool = False) -> str:
    """What stands under the text of an answer: its numbered papers, who worded it, what there is to know.

    With ``links``, a paper's number and title open its address (the sequence OSC 8, which other terminals pass over).
    """
    lines: list[str] = []
    for citation in given.citations:
        lines += _citation(citation, links=links)
    if given.abstained and given.hits:
        lines += ["Nearest papers:", *(f"  - {display_text(hit.title)}" for hit in given.hits[:3]), ""]
    if given.invented_markers:
        lines += [f"Markers that name no paper found: {_inert(', '.join(given.invented_markers))}", ""]
    if not given.abstained:
        lines.append(f"{_inert(made_by(given))}.")
    if given.notice:
        lines.append(_wrapped(display_text(given.notice)))
    return "\n".join(lines).rstrip()


def hits(found: Sequence[Hit]) -> str:
    """One numbered paper a paragraph, best first, with the start of its best passage."""
    if not found:
        return "No paper found."
    blocks = []
    for number, hit in enumerate(found, 1):
        passage = display_text(hit.passages[0].passage.text) if hit.passages else ""
        head = f"{number:2}. {display_text(hit.paper.title)}{_year(hit.paper)}  ({hit.score:.2f})"
        blocks.append(f"{head}\n{_indented(textwrap.shorten(passage, 180, placeholder=' …'))}")
    return "\n".join(blocks)


def papers(listed: Sequence[Paper]) -> str:
    """One paper a line, and how many there are."""
    lines = [f"{display_text(paper.title)}{_year(paper)}" for paper in listed]
    return "\n".join([*lines, "", f"{counted(len(listed), 'paper')}."])


def removed(papers: Sequence[Removed], *, back: bool) -> str:
    """One line for each paper that is out of the library, or that has just come ``back``, with its id."""
    if not papers:
        return "No paper was removed."
    lines = [f"{paper.id}  {display_text(paper.title)}" for paper in papers]
    if back:
        return "\n".join([*lines, "", "Back in the library."])
    return "\n".join([*lines, "", "Out of the library; `citewell papers --restore ID` brings one back."])


def index_summary(report: IndexReport) -> str:
    """What a run did, in one or two lines."""
    parts = [
        f"{count:,} {name}"
        for name, count in (
            ("added", report.added),
            ("updated", report.updated),
            ("merged", report.merged),
            ("unchanged", report.unchanged),
            ("rejected", len(report.rejected)),
        )
        if count
    ]
    done = f"Read {counted(report.read, 'entry')} in {report.seconds:.1f} s: {', '.join(parts) or 'nothing to do'}."
    return f"{done}\nThe library holds {holdings(report.papers, report.passages)}."


def departed(papers: Sequence[Departed], *, removed: bool) -> str:
    """The papers that were read from what is no longer there, and how to have them out of the library, or back."""
    lines = [f"  {display_text(paper.title)}  ({_place(paper)})" for paper in papers[:_SHOWN]]
    lines += [f"  and {len(papers) - _SHOWN:,} more"] if len(papers) > _SHOWN else []
    what = f"{counted(len(papers), 'paper')}"
    if removed:
        head = f"Removed {what} that no file has any more; `citewell papers --restore ID` brings one back:"
    else:
        head = f"{what} came only from what is no longer there; the same command with --remove-gone takes them out:"
    return "\n".join([head, *lines])


def models(installed: Sequence[ModelInfo]) -> str:
    """One model a line: name, size, quantisation, context length, what it can do."""
    if not installed:
        from rag.models import DEFAULT_MODEL

        return f"No model is installed. Run `citewell pull {DEFAULT_MODEL}`."
    lines = []
    for model in installed:
        context = f"{model.context_length:,} tokens" if model.context_length else ""
        size = f"{model.size / 1e9:.1f} GB" if model.size else ""
        parts = (f"{model.name:32}", size, model.quantization, context, ", ".join(model.capabilities))
        lines.append("  ".join(part for part in parts if part))
    return "\n".join(lines)


def findings(found: Sequence[Finding]) -> str:
    """One line for each part, with the way to mend it where it is not sound."""
    return "\n".join(f"{'ok ' if f.ok else 'BAD'}  {f.part}: {f.message}" for f in found)


def _citation(citation: Citation, *, links: bool) -> list[str]:
    paper = citation.paper
    address = link_of(paper)
    place = address or ", ".join(file_names(paper))
    head = f"[{citation.number}] {display_text(paper.title)}{_year(paper)}"
    if links and address and _WEB.fullmatch(address):
        head = f"\x1b]8;;{address}\x1b\\{head}\x1b]8;;\x1b\\"
    lines = [head]
    if place:
        lines.append(f"    {_inert(place)}")
    lines += [_indented(f"“{display_text(quote.text)}”") for quote in citation.quotes]
    return [*lines, ""]


def _place(paper: Departed) -> str:
    path = display_text(paper.path)
    return f"{path}:{paper.line}" if paper.line else path


def _year(paper: Paper) -> str:
    return f" ({paper.year})" if paper.year is not None else ""


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.fill(line, WIDTH) for line in text.splitlines())


def _indented(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="    ", subsequent_indent="    ")


def _inert(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or _is_inert(c))


def _is_inert(character: str) -> bool:
    """Tell whether a terminal only shows it: no control character, none that turns the direction of text."""
    return unicodedata.category(character) != "Cc" and character not in _TURNING
