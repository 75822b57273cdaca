"""Tells a model's thinking from its answer where both come in one text, between ``<think>`` and ``</think>``.

Tags may be cut anywhere between two pieces.  Pure; knows no model.
"""

from __future__ import annotations

import re

from rag.answerers import Said, Thought

_TAG = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_TAGS = ("<think>", "</think>", "<thinking>", "</thinking>")


class ThinkSplitter:
    """Cuts text at think tags; the answer loses the white space before its first word."""

    def __init__(self) -> None:
        self._pending = ""
        self._thinking = False
        self._spoke = False

    def feed(self, text: str) -> list[Said | Thought]:
        """Read a further piece; gives what is certain."""
        self._pending += text
        return self._drain(final=False)

    def finish(self) -> list[Said | Thought]:
        """Read the end of the text; gives the rest."""
        return self._drain(final=True)

    def _drain(self, final: bool) -> list[Said | Thought]:
        pieces: list[Said | Thought] = []
        while tag := _TAG.search(self._pending):
            self._add(pieces, self._pending[: tag.start()])
            self._thinking = not tag[1]
            self._pending = self._pending[tag.end() :]
        held = 0 if final else _length_of_cut_tag(self._pending)
        self._add(pieces, self._pending[: len(self._pending) - held])
        self._pending = self._pending[len(self._pending) - held :]
        return pieces

    def _add(self, pieces: list[Said | Thought], text: str) -> None:
        if not self._thinking and not self._spoke:
            text = text.lstrip()
        if text:
            self._spoke = self._spoke or not self._thinking
            pieces.append(Thought(text) if self._thinking else Said(text))


def _length_of_cut_tag(text: str) -> int:
    """How many characters at the end of ``text`` may be the beginning of a tag."""
    at = text.rfind("<")
    if at < 0 or not any(tag.startswith(text[at:].lower()) for tag in _TAGS):
        return 0
    return len(text) - at
