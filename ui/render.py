"""The answer as safe HTML: markers that lead to the papers, sentences with too little support underlined.

Pure: an ``Answer`` in, markup out.  Every character that comes from a paper, a model or a user passes through
``html.escape``; the markup around it is written here.  What a model writes is read as Markdown without links, images
and raw HTML; what was quoted is shown as it stands.  Ids and addresses come from numbers only.

Knows no page and no browser; the cards that the markers lead to are ``ui.cards``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import pairwise

from rag.types import Answer, Claim
from ui.display import display_text
from ui.formulas import readable_html
from ui.making import is_told, made_by
from ui.markers import MARKER, Markers
from ui.prose import Prose

_SUPPORT_SAYS = {
    "partial": "The cited abstract says only part of this.",
    "unsupported": "No cited abstract says this.",
}
_LONGEST_THOUGHT = 20_000  # characters shown, the last ones: the page sends them again with every later message
_UNCITED = "This names no source, and no abstract that was found says it."
_NO_ANSWER = "I have no answer that these papers support."
_OPENERS = {
    "off_topic": "Nothing in this library is about that.",
    "not_in_abstract": "There are papers about this here, but their abstracts do not say.",
    "empty_library": "The library is empty.",
}


@dataclass(frozen=True, slots=True)
class _Edge:
    """A place in a text where a claim begins or ends."""

    offset: int
    claim: Claim | None


def question_html(question: str) -> str:
    """Give what the user wrote, as they wrote it."""
    return f'<div class="cw-question">{_lines(question)}</div>'


def pending_html(text: str, turn: int, *, prose: bool = False) -> str:
    """Give the part of an answer that has arrived, ``prose`` of a model; its markers do not lead anywhere yet."""
    if not text:
        return '<div class="cw-answer cw-waiting"><span class="cw-dots">Reading</span></div>'
    to_html = _markdown_html if prose else _quoted_html
    return f'<div class="cw-answer cw-arriving">{to_html(text, Markers(turn, (), ()))}</div>'


def answer_html(answer: Answer, turn: int, told: Collection[str] = ()) -> str:
    """Give a finished answer: text, caution, what was searched for, how it was made, the fallback unless ``told``."""
    body = _abstention(answer) if answer.abstained else _body(answer, turn)
    caution = f'<p class="cw-caution">{_with_code(answer.caution)}</p>' if answer.caution else ""
    is_new = answer.fallback and answer.fallback not in told
    notice = f'<p class="cw-notice">{_with_code(answer.fallback or "")}</p>' if is_new else ""
    made = made_by(answer)
    meta = f'{_searched(answer)}<p class="cw-meta">{escape(made)}</p>' if made else ""
    return f'<div class="cw-answer">{body}{caution}{meta}{notice}</div>'


def thinking_html(seconds: float) -> str:
    """Say that the model thinks, and for how long it has."""
    return f'<div class="cw-answer cw-waiting"><p class="cw-thought">thinking… {_seconds(seconds)}</p></div>'


def thought_html(thought: str, seconds: float) -> str:
    """Give what the model thought before it answered, closed; it is no part of the answer."""
    return (
        f'<details class="cw-thought"><summary>thought for {_seconds(seconds)}</summary>'
        f"<p>{_lines(thought[-_LONGEST_THOUGHT:])}</p></details>"
    )


def _searched(answer: Answer) -> str:
    """Say what was searched for, where a question of the conversation was read otherwise than it was put."""
    searched = " ".join(display_text(answer.standalone_question).split())
    if answer.standalone_question == answer.question or not searched or is_told(answer):
        return ""
    return f'<p class="cw-searched">Searched for: {escape(searched)}</p>'


def _seconds(seconds: float) -> str:
    return f"{max(1, round(seconds))} s"


def _body(answer: Answer, turn: int) -> str:
    markers = Markers(turn, answer.citations, answer.invented_markers)
    to_html = _quoted_html if answer.answerer == "quote" else _markdown_html
    return to_html(answer.text, markers, answer.claims)


def _abstention(answer: Answer) -> str:
    """Say that there is no answer, in the assistant's words where it has some; near misses are beside it as cards."""
    said = answer.text.strip() or _OPENERS.get(answer.reason or "", _NO_ANSWER)
    return f'<div class="cw-abstained"><p>{_with_code(display_text(said))}</p></div>'


def failure_html(message: str, arrived: str = "") -> str:
    """Give an error as one sentence in the conversation, under what had arrived before it."""
    before = f"<p>{_lines(arrived)}</p>" if arrived else ""
    return f'<div class="cw-answer">{before}{_failure("That did not work.", message)}</div>'


def broken_html(written: Answer, turn: int, message: str) -> str:
    """Give the part of an answer that a model wrote before it failed, with its citations, and why it ends there."""
    failure = _failure("The answer breaks off here.", message)
    return f'<div class="cw-answer">{_body(written, turn)}{failure}</div>'


def _failure(opener: str, message: str) -> str:
    return f'<div class="cw-failure"><p class="cw-opener">{opener}</p><p>{_with_code(message)}</p></div>'


def stopped_html(arrived: str, turn: int) -> str:
    """Give what had arrived when the user pressed Stop."""
    body = _markdown_html(arrived, Markers(turn, (), ())) if arrived else ""
    return f'<div class="cw-answer">{body}<p class="cw-meta">Stopped.</p></div>'


def _quoted_html(text: str, markers: Markers, claims: Sequence[Claim] = ()) -> str:
    """Show ``text`` as it stands, a paragraph for each block of lines; the title that one begins with stands out."""
    edges = _edges(text, claims)
    shown = []
    for match in re.finditer(r"(?:(?!\n\s*\n).)+", text, re.DOTALL):
        paragraph = match.group().strip()
        title = markers.title_of(paragraph)
        head = f'<strong class="cw-named">{readable_html(title)}</strong>' if title else ""
        span = match.start() + match.group().find(paragraph) + len(title), match.end()
        if paragraph:
            shown.append(f"<p>{head}{_underlined(text, span, edges, markers.html)}</p>")
    return "".join(shown)


def _markdown_html(text: str, markers: Markers, claims: Sequence[Claim] = ()) -> str:
    """Show what a model wrote: paragraphs, lists, emphasis, code; no links, no images, no raw HTML."""
    prose = Prose(text)
    edges = _edges(prose.words, claims)

    def shown(start: int, end: int, code: bool) -> str:
        return _underlined(prose.words, (start, end), edges, partial(markers.html, code=code))

    return prose.html(shown)


def _underlined(
    text: str, span: tuple[int, int], edges: Sequence[_Edge], to_html: Callable[[str, Claim | None], str]
) -> str:
    """Give a stretch of ``text`` as markup, with the claims in it that lack support wrapped."""
    start, end = span
    parts = []
    last: Claim | None = None
    for edge, following in pairwise((*edges, _Edge(len(text), None))):
        left, right = max(start, edge.offset), min(end, following.offset)
        last = edge.claim or last
        if left >= right:
            continue
        inner = to_html(text[left:right], last)
        reason = _doubt(edge.claim) if edge.claim else None
        if edge.claim and reason and text[left:right].strip():
            inner = f'<span class="cw-doubt cw-{edge.claim.support}" tabindex="0" title="{reason}">{inner}</span>'
        parts.append(inner)
    return "".join(parts)


def _doubt(claim: Claim) -> str | None:
    """Say why a sentence is underlined; None where it is supported."""
    return _SUPPORT_SAYS.get(claim.support) if claim.citations else _UNCITED


def _edges(text: str, claims: Sequence[Claim]) -> list[_Edge]:
    """Find where each claim stands in ``text``, comparing only what is neither blank, marker nor markup."""
    blanked = MARKER.sub(lambda match: " " * len(match.group()), text)
    offsets = [i for i, character in enumerate(blanked) if _counts(character)]
    letters = "".join(blanked[i] for i in offsets)
    edges, position = [_Edge(0, None)], 0
    for claim in claims:
        wanted = "".join(character for character in MARKER.sub("", claim.text) if _counts(character))
        found = letters.find(wanted, position) if wanted else -1
        if found < 0:
            continue
        position = found + len(wanted)
        edges += [_Edge(offsets[found], claim), _Edge(offsets[position - 1] + 1, None)]
    return edges


def _counts(character: str) -> bool:
    return not character.isspace() and character not in "*_`#>"


def _lines(text: str) -> str:
    return escape(text.strip()).replace("\n", "<br>")


def _with_code(text: str) -> str:
    """Escape ``text`` and set what stands between backticks as code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", _lines(text))
