"""Goes on quoting where an answer stopped: "tell me more" asks for what of the abstract has not been quoted yet.

Knows no search and no model; English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index_store.sentences import sentence_spans
from index_store.types import Hit, Span
from rag.answerers import Brief, Done, Piece, Quoted, Remark
from rag.finishing import joined
from rag.parts import Speaker
from rag.types import Request

_WORDS = 160  # at most, of one answer

_POLITELY = r"\W*(?:(?:please|ok(?:ay)?|and|yes|can\s+you|could\s+you)\W+)*"
_ABOUT_IT = r"(?:\s+(?:about|on)\s+(?:it|this|that|the\s+paper|this\s+paper|that\s+paper))?(?:\W+please)?\W*"
_MORE = re.compile(
    rf"{_POLITELY}(?:(?:(?:tell|give|show)\s+(?:me\s+)?)?(?:some\s+)?more(?:\s+details?)?|say\s+more"
    r"|go\s+on|continue|elaborate|what\s+else\s+does\s+(?:it|the\s+(?:abstract|paper))\s+say"
    rf"|explain\s+(?:it\s+|that\s+|this\s+)?(?:further|more|in\s+more\s+detail)){_ABOUT_IT}",
    re.IGNORECASE,
)
_IT = r"(?:it|this|that|the\s+answer)"
_SIMPLER = (
    r"(?:simpler|more\s+simply|shorter|simply|briefly|in\s+(?:simple|simpler|plain|other|fewer|one)\s+\w+(?:\s+\w+)?)"
)
_REWORDED = re.compile(
    rf"{_POLITELY}(?:(?:explain|say|put|make|tell\s+me|summari[sz]e)\s+{_IT}\s+(?:a\s+bit\s+)?{_SIMPLER}"
    rf"|(?:rephrase|simplify|shorten|reword|paraphrase)\s+{_IT}|(?:a\s+bit\s+)?{_SIMPLER})(?:\W+please)?\W*",
    re.IGNORECASE,
)

_NOT_REWORDED = "Quoting keeps to the words of the abstract; simpler or shorter ones need a model."


def asks_to_continue(question: str) -> bool:
    """Tell whether a whole question asks for more of what was answered."""
    return _MORE.fullmatch(question) is not None


def asks_to_reword(question: str) -> bool:
    """Tell whether a whole question asks for the same in simpler or shorter words."""
    return _REWORDED.fullmatch(question) is not None


def continued(speaker: Speaker, request: Request) -> Speaker:
    """Let a speaker that quotes go on where it stopped, or say that it cannot reword; another speaks as it is."""
    if speaker.answerer.name != "quote" or not request.history:
        return speaker
    if asks_to_continue(request.question):
        return replace(speaker, answerer=Continuing())
    if asks_to_reword(request.question):
        return replace(speaker, notice=joined(_NOT_REWORDED, speaker.notice))
    return speaker


class Continuing:
    """An ``Answerer`` that quotes what the answers so far left out."""

    name = "quote"

    def stream(self, brief: Brief) -> Iterator[Piece]:
        """Quote on in the abstract of a paper that the last answer quotes, else of the best one, in its order."""
        answers = [turn.content for turn in brief.history if turn.role == "assistant"]
        last, said = " ".join(answers[-1:]), " ".join(answers)
        quoted = [at for at, hit in enumerate(brief.hits) if len(_left_out(hit, last)) < len(_sentences(hit))]
        for at in quoted or range(len(brief.hits[:1])):
            if left := _left_out(brief.hits[at], said):
                yield from (Quoted(at + 1, span) for span in _fitting(left))
                break
        else:
            yield Remark("That was all: the abstract has no further sentence.")
        yield Done()


def _sentences(hit: Hit) -> list[tuple[Span, str]]:
    abstract = hit.paper.abstract
    return [(span, abstract[span.start : span.end]) for span in sentence_spans(abstract)]


def _left_out(hit: Hit, said: str) -> list[tuple[Span, str]]:
    return [(span, text) for span, text in _sentences(hit) if text not in said]


def _fitting(sentences: Sequence[tuple[Span, str]]) -> Iterator[Span]:
    """Give the first sentence, and those after it that fit."""
    words = 0
    for span, text in sentences:
        words += len(text.split())
        if words > _WORDS and span != sentences[0][0]:
            return
        yield span
