"""What the page's script tells the server, read with care: the script is ours, but what arrives may be anyone's.

Values of the wrong kind are as if they were not there.  Knows no component and no store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from index_store.types import WHOLE_LIBRARY, Scope
from rag.conversations import ALONE, Rating
from ui.scopebar import read_scope

_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Signal:
    """One message: which conversation is open in which ``view`` of the tab, and what is wanted with it.

    ``exchange`` is 0 where none is meant.  ``text`` is a question, a title, a search or the name of a file format.
    """

    conversation: str | None = None
    view: int = 0
    exchange: int = 0
    text: str = ""
    search: str = ""
    paper: str | None = None
    rating: Rating = 0
    scope: Scope = WHOLE_LIBRARY


def read(message: object) -> Signal:
    """Read a message."""
    data = message if isinstance(message, dict) else {}
    rating: Rating = 1 if data.get("rating") == 1 else -1 if data.get("rating") == -1 else 0
    return Signal(
        conversation=_text(data, "conversation") or None,
        view=_number(data, "view"),
        exchange=_number(data, "exchange"),
        text=_text(data, "text"),
        search=_text(data, "search")[:200],
        paper=_text(data, "paper") or None,
        rating=rating,
        scope=read_scope(data.get("scope")),
    )


def name_of(request: gr.Request) -> str:
    """Name who asks, where users sign in; else nothing."""
    return "" if request.username in (None, ALONE) else str(request.username)


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return value[:_LONGEST] if isinstance(value, str) else ""


def _number(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else 0
