"""A local model words a question that leans on the conversation so that it stands alone.

The model sees the last few turns, cut short, and the paper that the rules take the question to be about; all of it is
data.  What comes back is searched for only if it is one plain question; a model that is slow, away or odd leaves the
question to the rules, and a slow one is not asked again for a while.  Knows no search.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Protocol, runtime_checkable

from rag.answerers import Said
from rag.citations import strip_markers
from rag.errors import AnswererError
from rag.followup import names
from rag.parts import Speakers
from rag.prompts import Message, is_abstention, neutralise
from rag.stopping import Stoppable, Work
from rag.types import Request, Turn
from rag.weighty import content_words

SYSTEM = """\
You rewrite the last question of a conversation about research papers, so that it can be understood on its own.

Rules:
1. Replace words such as "it", "that one" or "the second paper" by the names that they stand for.
2. Add what the question leaves out because it was said before. Add nothing else. Do not answer it.
3. Keep the language of the question. Reply with the question alone, on one line."""

_SECONDS = 4.0  # a question that waits longer is better searched for as the rules have it
_REST_SECONDS = 300.0  # a model that was too slow once is too slow for the next question as well
_TOKENS = 80
_LONGEST = 300  # characters of a rewritten question, or twice the question where that is longer
_RUNAWAY = 10_000  # characters after which no more is read: the server knows no limit
_TURNS = 6
_TURN_CHARS = 400
_LABEL = re.compile(r"^(?:(?:the )?(?:rewritten|standalone|stand-alone)?\s*question(?: is)?\s*:\s*)", re.IGNORECASE)
_MARKUP = re.compile(r"[<>{}\[\]|`\\]|https?:|^\s*[#*-]\s|[\x00-\x08\x0b-\x1f]")


@runtime_checkable
class Says(Protocol):
    """An answerer that also gives short replies: ``rag.ollama.OllamaAnswerer``."""

    def say(self, messages: Sequence[Message], tokens: int) -> Stoppable[object]: ...


class ModelRewriter:
    """``rag.understanding.Rewriter`` by the model that answers; where none does, the rules have the question."""

    def __init__(self, speakers: Speakers, seconds: float = _SECONDS) -> None:
        self._speakers = speakers
        self._seconds = seconds
        self._rests_until = 0.0

    def rewrite(self, request: Request, subject: str, work: Work) -> str | None:
        """Word the question of ``request`` so that it stands alone; None where no model does it properly in time."""
        if time.monotonic() < self._rests_until:
            return None
        with suppress(AnswererError):
            answerer = self._speakers.choose(request.answerer, request.model).answerer
            if isinstance(answerer, Says):
                reply = self._reply(answerer.say(rewriting_messages(request, subject), _TOKENS), work)
                return proper_question(reply, request.question, subject)
        return None

    def _reply(self, pieces: Stoppable[object], work: Work) -> str:
        """Read a reply; nothing where it takes too long."""
        work.attach(pieces.close)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            pieces.close()

        timer = threading.Timer(self._seconds, give_up)
        timer.daemon = True
        timer.start()
        try:
            reply = _text(pieces)
        finally:
            timer.cancel()
            pieces.close()
        if late.is_set():
            self._rests_until = time.monotonic() + _REST_SECONDS
            return ""
        return reply


def rewriting_messages(request: Request, subject: str) -> tuple[Message, ...]:
    """Give the messages that ask for the question of ``request`` in a form that stands alone."""
    turns = "\n".join(_shown(turn) for turn in request.history[-_TURNS:])
    question = neutralise(request.question.strip())
    told = (
        f"<conversation>\n{turns}\n</conversation>\n\nThe question is probably about the paper “{neutralise(subject)}”."
    )
    return Message("system", SYSTEM), Message("user", f"{told}\n\nQuestion: {question}\nRewritten question:")


def proper_question(reply: str, question: str, subject: str) -> str | None:
    """Give a model's reply as a question to search for; None where it is none that one would want to.

    It must be one line without markup, not too long, no refusal, and share a word or name with the question or with the
    paper that this is about.
    """
    lines = [line.strip() for line in reply.strip().splitlines() if line.strip()]
    if len(lines) != 1:
        return None
    text = " ".join(_LABEL.sub("", lines[0].strip("\"“”'* ")).strip("\"“”'* ").split())
    if not text or len(text) > max(_LONGEST, 2 * len(question)) or _MARKUP.search(text) or is_abstention(text):
        return None
    known = {*content_words(question), *content_words(subject), *(name.lower() for name in names(question))}
    shared = known & {*content_words(text), *(name.lower() for name in names(text))}
    return text if shared or not known else None


def _text(pieces: Iterable[object]) -> str:
    reply = ""
    for piece in pieces:
        if isinstance(piece, Said):
            reply += piece.text
        if len(reply) > _RUNAWAY:
            break
    return reply


def _shown(turn: Turn) -> str:
    text = neutralise(strip_markers(turn.content))
    return f"{'User' if turn.role == 'user' else 'Assistant'}: {text[:_TURN_CHARS]}"
