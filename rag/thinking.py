"""Tells a model's thinking from its answer where both come in one text, between ``<think>`` and ``</think>``.

Thinking comes first, so an opening tag counts until the answer has begun; a later one is a word of the answer.  Chat
templates may have opened the thought already, and then ``</think>`` comes alone.  It ends a thought where it begins a
line, or ends one after a whole sentence; elsewhere, and after an opening tag that is a word, it is a word as well.

Tags may be cut anywhere between two pieces.  Pure; knows no model.
"""

from __future__ import annotations

import re

from rag.answerers import Anew, Said, Thought

_TAG = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_TAGS = ("<think>", "</think>", "<thinking>", "</thinking>")
_SPACE = " \t\r"  # what follows a tag is its line's end, or is not, after these
_LINE_BEGINS = re.compile(rf"(?:^|\n)[{_SPACE}]*$")
_SENTENCE_ENDS = re.compile(rf"[.!?…][\"'”’)*]*[{_SPACE}]*$")
_LINE_ENDS = re.compile(rf"[{_SPACE}]*\n")

_Piece = Said | Thought | Anew


class ThinkSplitter:
    """Cuts text at think tags; the answer loses the white space before its first word."""

    def __init__(self) -> None:
        self._pending = ""
        self._thinking = False
        self._names_tags = False
        self._said: list[str] = []

    def feed(self, text: str) -> list[_Piece]:
        """Read a further piece; gives what is certain."""
        self._pending += text
        return self._drain(final=False)

    def finish(self) -> list[_Piece]:
        """Read the end of the text; gives the rest."""
        return self._drain(final=True)

    def _drain(self, final: bool) -> list[_Piece]:
        pieces: list[_Piece] = []
        held = "" if final else _cut_tag(self._pending)
        ready = self._pending.removesuffix(held)
        while tag := _TAG.search(ready):
            self._add(pieces, ready[: tag.start()])
            ready = ready[tag.end() :]
            self._turn(pieces, tag, ready)
        self._add(pieces, ready)
        self._pending = held
        return pieces

    def _turn(self, pieces: list[_Piece], tag: re.Match[str], following: str) -> None:
        """Read a tag: thinking begins or ends, it ends what seemed to be the answer, or it is a word."""
        opens = not tag[1]
        if self._thinking or not self._said:
            self._thinking = opens
        elif not opens and not self._names_tags and self._was_thought(following):
            pieces += [Anew(), Thought("".join(self._said))]
            self._said = []
        else:
            self._names_tags = self._names_tags or opens
            self._add(pieces, tag.group())

    def _was_thought(self, following: str) -> bool:
        """Tell from where a closing tag stands whether it ends what was said."""
        said = "".join(self._said)
        return bool(_LINE_BEGINS.search(said) or (_LINE_ENDS.match(following) and _SENTENCE_ENDS.search(said)))

    def _add(self, pieces: list[_Piece], text: str) -> None:
        if not self._thinking and not self._said:
            text = text.lstrip()
        if text and self._thinking:
            pieces.append(Thought(text))
        elif text:
            self._said.append(text)
            pieces.append(Said(text))


def _cut_tag(text: str) -> str:
    """Give what at the end of ``text`` may be the beginning of a tag, or be a tag whose line may end after it."""
    end = text[text.rfind("<") :].lower() if "<" in text else ""
    may_be = any(tag.startswith(end) for tag in _TAGS) or end.rstrip(_SPACE) in _TAGS
    return text[len(text) - len(end) :] if may_be else ""
