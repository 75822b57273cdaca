"""Sentences that a model wrote without a source: a marker is added where one of the papers says the sentence.

Works while the text arrives: a sentence is over when the next one begins or its line ends, and only then is it known
to have no marker.  Its marker comes before anything that follows is numbered, so papers stay numbered by first use.
What says nothing about the papers' subject ("Here is a summary.", headings) needs no source.  Knows no paper: which
source says a sentence is asked of a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from index_store.sentences import sentence_spans
from rag.citations import MarkerStream
from rag.markers import Marker, Token
from rag.vocabulary import content_words

LONGEST_SENTENCE = 1500
"""Characters; what goes on for longer is no sentence, and no source is looked for."""

_MOST_ASKED = 40  # sentences of one answer that a source is looked for; a model that runs wild is not followed
_MAY_END = re.compile(r"[.!?][^\s\w]*\s+\S|\S[ \t]*\n")
_LINE_END = re.compile(r"\S([ \t]*)\n")
_ENDED = re.compile(r"[.!?][\"'”’)*\]]*$")
_LEAD = re.compile(
    r"^(?:[-*•>#\s]|\d{1,2}[.)]\s)*(?:(?:in (?:short|summary|conclusion|brief|other words)|to (?:sum up|summari[sz]e)"
    r"|overall|sure|certainly|of course|yes|no|first|second|third|finally|therefore|thus|also)\b[\s,:.!]*)*",
    re.IGNORECASE,
)
_SOURCES = (
    r"(?:(?:the|these|those|all|your|provided|given|above|following|numbered)\s+)*"
    r"(?:sources?|abstracts?|papers?|passages?)"
)
_REMARK = re.compile(
    r"(?:here (?:is|are)|here[’']s|below (?:is|are)|the following|let me|based on|according to (?:the|these)|if you"
    r"|i (?:hope|can|could|cannot|can[’']t|am|will|have)\b|please|note that the (?:sources|abstracts)|feel free"
    rf"|{_SOURCES}\s+(?:do|does|did|can)\s*(?:not|n[’']t)\b|(?:none|no|neither) of {_SOURCES})",
    re.IGNORECASE,
)
_ABOUT_TEXT = re.compile(
    r"\b(?:summary|answers?|overview|explanation|sources?|abstracts?|papers?|passages?|question|information|details?|know"
    r"|ask|helps?)\b",
    re.IGNORECASE,
)


def is_remark(sentence: str) -> bool:
    """Tell whether a sentence makes no claim: a heading, a lead-in, a remark on the answer or on the sources."""
    bare = sentence.strip().strip("*_ ")
    if bare.startswith("#") or bare.endswith((":", "?")):
        return True
    rest = _LEAD.sub("", bare, count=1)
    if not content_words(rest):
        return True
    return bool(_REMARK.match(rest) and _ABOUT_TEXT.search(rest))


class AttributedStream(MarkerStream):
    """Renumbers markers by first use, and adds one after each sentence without any that ``find`` knows a source for.

    ``find`` gives the index (from 0) of the source that says a sentence, or None.  ``attributed`` are the sentences
    that got their marker here.  The work is bounded, however long and unpunctuated the text is.
    """

    def __init__(self, n_sources: int, find: Callable[[str], int | None]) -> None:
        super().__init__(n_sources)
        self._find = find
        self._sentence = ""  # since the last end of a sentence, markers left out
        self._shown_to = 0  # how much of it has been given out; white space after an end mark waits
        self._cited = False
        self._asked = 0
        self.attributed: list[str] = []

    def finish(self) -> str:
        """Read the end of the text; a last sentence that is not complete gets no marker."""
        rest = super().finish()
        marker = self._marker(self._sentence) if _ENDED.search(self._sentence.rstrip()) else ""
        return rest + marker + self._sentence[self._shown_to :]

    def _shown(self, token: Token) -> str:
        if isinstance(token, Marker):
            space = self._sentence[self._shown_to :]
            self._shown_to = len(self._sentence)
            self._cited = True
            return space + super()._shown(token)
        self._sentence += token.text
        ready = []
        while (end := _end_of_sentence(self._sentence)) is not None:
            ready += [self._sentence[self._shown_to : end], self._marker(self._sentence[:end])]
            self._shown_to = max(self._shown_to - end, 0)
            self._sentence = self._sentence[end:]
            self._cited = False
        bare = self._sentence.rstrip()
        certain = max(len(bare), self._shown_to) if _ENDED.search(bare) else len(self._sentence)
        ready.append(self._sentence[self._shown_to : certain])
        self._shown_to = certain
        if certain > LONGEST_SENTENCE:
            self._sentence, self._shown_to, self._cited = self._sentence[certain:], 0, True
        return "".join(ready)

    def _marker(self, sentence: str) -> str:
        if self._cited or self._asked >= _MOST_ASKED or len(sentence) > LONGEST_SENTENCE or is_remark(sentence):
            return ""
        self._asked += 1
        source = self._find(sentence.strip())
        if source is None:
            return ""
        self.attributed.append(sentence.strip())
        space = "" if sentence[-1:].isspace() else " "
        return f"{space}[{self._number(source)}]"


def _end_of_sentence(text: str) -> int | None:
    """Where the first sentence of ``text`` ends, if what follows it has begun."""
    if not _MAY_END.search(text):
        return None
    line = _LINE_END.search(text)
    limit = line.start() + 1 if line else len(text)
    spans = sentence_spans(text[:limit])
    if len(spans) > 1:
        return spans[0].end
    return limit if line else None
