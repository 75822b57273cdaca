"""From an answerer's pieces to the text, claims and citations of an answer.

Papers are numbered by first use.  A model's text keeps its words; its markers are renumbered, a sentence without any
gets that of the paper that says it, and each sentence is checked against what it cites.  A quoted sentence is its own
proof.  Knows no search, no model and no page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from index_store.types import Hit, Paper
from rag.answerers import Quoted, Remark, Said
from rag.attribution import AttributedStream, is_remark
from rag.citations import claims, strip_markers
from rag.types import Citation, Claim, Quote, Support

_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the cited abstracts say a sentence, and where: quotes by position in the papers asked about."""

    support: Support
    quotes: tuple[tuple[int, Quote], ...] = ()


class SupportCheck(Protocol):
    def check(self, sentence: str, papers: Sequence[Paper]) -> Verdict:
        """Tell whether the abstracts of ``papers`` say ``sentence``."""
        ...


@dataclass(frozen=True, slots=True)
class Draft:
    """A finished draft: final text, its claims, the papers it cites, and the markers that name none.

    ``attributed``: the claims, by position, that came without a source and got theirs from the support check.
    """

    text: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    invented: tuple[str, ...] = ()
    attributed: tuple[int, ...] = ()


class QuoteDrafting:
    """Collects quoted sentences; each is shown verbatim, followed by its paper's number."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self._hits = hits
        self._quotes: dict[int, list[Quote]] = {}
        self._claims: list[Claim] = []
        self._text = ""

    def take(self, piece: Quoted | Remark) -> str:
        """Add a sentence or a remark; gives the text to show."""
        if isinstance(piece, Remark):
            return self._shown(piece.text)
        paper = self._hits[piece.source - 1].paper
        start, end = piece.span.start, piece.span.end
        quote = Quote(paper.abstract[start:end], start, end)
        self._quotes.setdefault(piece.source, []).append(quote)
        number = list(self._quotes).index(piece.source) + 1
        self._claims.append(Claim(quote.text, (number,), "supported"))
        gap = "" if not self._text or self._text[-1].isspace() else " "
        return self._shown(f"{gap}{quote.text} [{number}]")

    def finish(self) -> Draft:
        citations = (
            Citation(number, self._hits[source - 1].paper, tuple(sorted(quotes, key=lambda q: q.start)))
            for number, (source, quotes) in enumerate(self._quotes.items(), 1)
        )
        return Draft(self._text.strip(), tuple(self._claims), tuple(citations))

    def _shown(self, text: str) -> str:
        self._text += text
        return text


class ProseDrafting:
    """Collects a model's text, numbers its citations by first use, and checks every sentence at the end."""

    def __init__(self, hits: Sequence[Hit], support: SupportCheck) -> None:
        self._hits = hits
        self._support = support
        self._markers = AttributedStream(len(hits), self._source_of)
        self._text = ""

    def take(self, piece: Said) -> str:
        """Add a piece; gives the text to show, which lags behind where a marker may be under way."""
        return self._shown(self._markers.feed(piece.text))

    def rest(self) -> str:
        """Give what was held back for a marker that did not come."""
        return self._shown(self._markers.finish())

    def finish(self, *, whole: bool = True) -> Draft:
        """Check the sentences; of a text that is not ``whole`` the last one only where it is complete."""
        text = self._text.strip()
        papers = [self._hits[source].paper for source in self._markers.order]
        quotes: list[dict[Quote, None]] = [{} for _ in papers]
        checked = []
        sentences = claims(text if whole else _complete(text), len(papers))
        sentences = tuple(s for s in sentences if s.citations or not is_remark(s.text))
        for sentence in sentences:
            cited = [number - 1 for number in sentence.citations]
            said = strip_markers(sentence.text)
            verdict = self._support.check(said, [papers[i] for i in cited]) if cited else Verdict("unsupported")
            checked.append(Claim(sentence.text, sentence.citations, verdict.support))
            for position, quote in verdict.quotes:
                quotes[cited[position]][quote] = None
        citations = (
            Citation(i + 1, paper, tuple(sorted(quotes[i], key=lambda q: q.start))) for i, paper in enumerate(papers)
        )
        given = {_letters(sentence) for sentence in self._markers.attributed}
        attributed = tuple(at for at, claim in enumerate(checked) if claim.citations and _letters(claim.text) in given)
        return Draft(text, tuple(checked), tuple(citations), self._markers.invented, attributed)

    def _source_of(self, sentence: str) -> int | None:
        """Find the paper whose abstract says a sentence that names none: the nearest that says it."""
        papers = [hit.paper for hit in self._hits]
        quoted = self._support.check(sentence, papers)
        for source in dict.fromkeys(position for position, _ in quoted.quotes):
            if self._support.check(sentence, [papers[source]]).support == "supported":
                return source
        return None

    def _shown(self, text: str) -> str:
        self._text += text
        return text


def _letters(sentence: str) -> str:
    """What a sentence has in common with itself in a list, set in bold, or cut to its claim."""
    return "".join(c for c in _LIST_NUMBER.sub("", sentence) if c.isalnum()).casefold()


def _complete(text: str) -> str:
    """Give the text up to the last sentence that has its end."""
    ends = list(re.finditer(r"[.!?][\"'”’)*]*(?:\s*\[\d+\])*(?=\s|$)", text))
    return text[: ends[-1].end()] if ends else ""
