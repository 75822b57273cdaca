"""A question from the command line: on a terminal the words as they come, a dim line for thinking, then the papers.

Where nobody watches, the answer is printed once it is complete.  Leaving, be it by Ctrl-C, closes the assistant's
stream, which stops the model; what a model had written before it failed is printed.  Knows no command.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from rag.errors import AnswererError
from rag.types import Answer, AnswerEvent, DeltaEvent, Event, Request, ThoughtEvent
from ui import terminal
from ui.stopping import stopping

_LONGEST_WORD = 300  # characters held back for a formula that does not end
_DIM, _PLAIN, _WIPE = "\x1b[2m", "\x1b[0m", "\r\x1b[2K"


class Asked(Protocol):
    """Who answers: an assistant of our own, or one that runs elsewhere."""

    def ask(self, request: Request) -> Answer: ...

    def stream(self, request: Request) -> Iterator[Event]: ...


def ask_and_print(assistant: Asked, request: Request, *, as_json: bool) -> None:
    """Ask, and print the answer to stdout.  Raises ``CitewellError``."""
    if sys.stdout.isatty() and not as_json:
        ask_live(assistant, request, sys.stdout, sys.stderr)
        return
    try:
        _print(assistant.ask(request), as_json=as_json)
    except AnswererError as exc:
        if exc.partial is not None:
            _print(exc.partial, as_json=as_json)
        raise


def _print(answer: Answer, *, as_json: bool) -> None:
    text = json.dumps(answer.to_dict(), ensure_ascii=False, indent=2) if as_json else terminal.answer(answer)
    print(text)  # noqa: T201


def ask_live(assistant: Asked, request: Request, out: TextIO, err: TextIO) -> Answer:
    """Ask, and write the answer to ``out`` as it comes.

    Raises ``CitewellError``; what had come before it stands there already, with its papers.
    """
    words, thinking = Wrapped(out), _Thinking(err)
    try:
        with stopping(assistant.stream(request)) as events:
            for event in events:
                match event:
                    case ThoughtEvent():
                        thinking.show()
                    case DeltaEvent(text):
                        thinking.end()
                        words.write(text)
                    case AnswerEvent(answer):
                        thinking.end()
                        _finish(answer, words, out)
                        return answer
    except AnswererError as exc:
        thinking.end()
        if exc.partial is not None:
            _finish(exc.partial, words, out)
        raise
    finally:
        thinking.end()
    raise AssertionError("a stream ends with its answer")


@dataclass
class Wrapped:
    """Writes text to a terminal word by word, in lines of a readable length."""

    out: TextIO
    width: int = field(default_factory=lambda: min(terminal.WIDTH, shutil.get_terminal_size().columns))
    text: str = ""
    _held: str = ""
    _column: int = 0

    def write(self, text: str) -> None:
        """Write what is complete of ``text`` and of what came before."""
        self.text += text
        for character in text:
            if character.isspace() and not _is_open(self._held):
                self._flush()
                self._gap(character)
            else:
                self._held += character
        self.out.flush()

    def end(self) -> None:
        """Write the rest, and end the line."""
        self._flush()
        if self._column:
            self._line()
        self.out.flush()

    def _flush(self) -> None:
        word, self._held = terminal.display_text(self._held), ""
        if not word:
            return
        if self._column and self._column + 1 + len(word) > self.width:
            self._line()
        space = " " if self._column else ""
        self.out.write(space + word)
        self._column += len(space + word)

    def _gap(self, character: str) -> None:
        if character == "\n":
            self._line()

    def _line(self) -> None:
        self.out.write("\n")
        self._column = 0


@dataclass
class _Thinking:
    """A line that says for how long the model has been thinking; none where nobody watches."""

    err: TextIO
    began: float = field(default_factory=time.monotonic)
    shown: int = 0
    live: bool = False

    def show(self) -> None:
        seconds = max(1, round(time.monotonic() - self.began))
        if self.err.isatty() and seconds != self.shown:
            self.shown, self.live = seconds, True
            self.err.write(f"{_WIPE}{_DIM}thinking… {seconds} s{_PLAIN}")
            self.err.flush()

    def end(self) -> None:
        if self.live:
            self.live = False
            self.err.write(_WIPE)
            self.err.flush()


def _finish(answer: Answer, words: Wrapped, out: TextIO) -> None:
    """Complete the text, which may be another than the one that came, and list the papers."""
    words.end()
    if words.text.strip() != answer.text:
        words.write(("\n" if words.text.strip() else "") + answer.text)
        words.end()
    if below := terminal.sources(answer, links=_has_links(out)):
        out.write(f"\n{below}\n")
    out.flush()


def _has_links(out: TextIO) -> bool:
    return out.isatty() and os.environ.get("TERM") != "dumb"


def _is_open(word: str) -> bool:
    """Tell whether a formula goes on after ``word``, so that its spaces are no place to break the line."""
    dollars = len(re.findall(r"\$(?!\d)", word))  # before a digit it is money
    return len(word) < _LONGEST_WORD and (dollars % 2 == 1 or word.count("{") > word.count("}"))
