"""A conversation, or one answer of it, as a file: Markdown, HTML or JSON; or the papers that it cites.

The HTML stands alone: its style is inside, and its policy forbids the browser to load anything.  Text of papers, models
and users is escaped in each format's own way.  Knows no page and no conversation store.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from index_store.types import Paper
from rag.links import link_of
from rag.types import Answer, Citation
from ui.cards import marked_html, short_authors
from ui.display import display_text
from ui.making import made_by
from ui.markers import source_id
from ui.references import CSV, PAPER_FORMATS, Format, readable, references
from ui.render import answer_html

if TYPE_CHECKING:
    from jinja2 import Environment

MARKDOWN = Format("markdown", "Markdown", "md", "text/markdown")
HTML = Format("html", "HTML", "html", "text/html")
JSON = Format("json", "JSON", "json", "application/json")
FORMATS: tuple[Format, ...] = (MARKDOWN, HTML, JSON, *PAPER_FORMATS)

_LONGEST_NAME = 60
_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]<>|~])|^(\s*)([#+\-=>]|\d+[.)])", re.MULTILINE)
_MARKDOWN_DANGERS = re.compile(r"<(?=[A-Za-z/!?])|(?<=\])(?=[(\[:])")
_NO_ANSWER = "No answer that these papers support."


def export(format_name: str, title: str, answers: Sequence[Answer]) -> tuple[str, bytes]:
    """Write answers, in their order, as one file; gives its name and its content.

    The bibliographic formats hold each cited paper once.  Raises ``KeyError`` where ``FORMATS`` has no such name.
    """
    chosen = {known.name: known for known in FORMATS}[format_name]
    write = _WRITERS.get(format_name)
    text = write(title, answers) if write else references(format_name, cited_papers(answers))
    return file_name(title, chosen), encoded(chosen, text)


def export_papers(format_name: str, title: str, papers: Sequence[Paper]) -> tuple[str, bytes]:
    """Write papers as one file; gives its name and its content.  Raises ``KeyError`` for an unknown format."""
    chosen = {known.name: known for known in PAPER_FORMATS}[format_name]
    return file_name(title, chosen), encoded(chosen, references(format_name, papers))


def cited_papers(answers: Sequence[Answer]) -> list[Paper]:
    """Give the papers that the answers cite, each once, in the order of their first use."""
    return list({c.paper.id: c.paper for answer in answers for c in answer.citations}.values())


def file_name(title: str, chosen: Format) -> str:
    """Make a file name of a title that every system takes: ASCII letters, digits and hyphens."""
    ascii_only = unicodedata.normalize("NFKD", readable(title)).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", "-", ascii_only).strip("-").lower()[:_LONGEST_NAME].strip("-")
    return f"citewell-{words or 'export'}.{chosen.extension}"


def encoded(chosen: Format, text: str) -> bytes:
    """Encode a file's text; a CSV begins with a mark, without which Excel takes UTF-8 for something else."""
    return text.encode("utf-8-sig" if chosen is CSV else "utf-8", "replace")


def markdown(title: str, answers: Sequence[Answer]) -> str:
    """Write answers as Markdown, each followed by its numbered sources with the quoted sentences."""
    blocks = [f"# {_in_markdown(title)}"]
    for answer in answers:
        blocks += [f"## {_in_markdown(answer.question)}", _markdown_body(answer)]
        blocks += [f"*{_in_markdown(said)}*" for said in (made_by(answer), answer.notice) if said]
        blocks += [block for citation in answer.citations for block in _markdown_source(citation)]
    return "\n\n".join(blocks) + "\n"


def html(title: str, answers: Sequence[Answer]) -> str:
    """Write answers as one HTML page that needs nothing else."""
    return _templates().get_template("export.html.j2").render(title=readable(title), answers=answers)


def document(title: str, answers: Sequence[Answer]) -> str:
    """Write answers as JSON; each reads back with ``Answer.from_dict``."""
    made = {"title": title, "answers": [answer.to_dict() for answer in answers]}
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def _markdown_body(answer: Answer) -> str:
    if answer.abstained:
        return _in_markdown(answer.text) or _NO_ANSWER
    if answer.answerer == "quote":
        paragraphs = re.split(r"\n\s*\n", answer.text)
        return "\n\n".join(filter(None, map(_in_markdown, paragraphs)))
    # A model's own Markdown stays, but no raw HTML and no link or image, which a viewer would fetch.
    return _MARKDOWN_DANGERS.sub(r"\\\g<0>", display_text(answer.text).strip())


def _markdown_source(citation: Citation) -> list[str]:
    paper, address = citation.paper, link_of(citation.paper)
    people = short_authors([readable(name) for name in paper.authors])
    told = [f"**{_in_markdown(paper.title)}**", ", ".join(filter(None, (_in_markdown(people), str(paper.year or ""))))]
    if address and not re.search("[<>]", address):
        told.append(f"<{address}>")
    line = f"\\[{citation.number}\\] {'. '.join(filter(None, told))}"
    return [line, *(f"> “{_in_markdown(quote.text)}”" for quote in citation.quotes)]


def _in_markdown(text: str) -> str:
    """Escape a text, in one line, so that Markdown shows it as it stands."""
    return _MARKDOWN_SIGNS.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}{_held(m[3])}", readable(text))


def _held(start: str) -> str:
    """Keep what begins a line from being a heading, a list or a quotation."""
    return f"{start[:-1]}\\{start[-1]}"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("ui", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"readable": readable, "people": lambda p: short_authors([readable(n) for n in p.authors])}
    made.globals |= {"answer_html": answer_html, "marked_html": marked_html, "link_of": link_of, "source_id": source_id}
    return made


_WRITERS: dict[str, Callable[[str, Sequence[Answer]], str]] = {
    "markdown": markdown,
    "html": html,
    "json": document,
}
