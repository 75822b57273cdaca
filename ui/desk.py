"""What the tabs of the page share: where the user is, which papers he talks to, and the paper that is open.

A tab writes into these; the others listen to their ``change``.  Knows no tab.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from time import monotonic_ns
from typing import Any

import gradio as gr

from index_store.types import Scope


@dataclass(frozen=True, slots=True)
class Desk:
    """The shared components of one page, made once per page, each with its own value per browser tab.

    ``tabs``: select one with ``gr.Tabs(selected="chat")``; the ids are chat, papers, map, library, models, evaluate.
    ``scope``: a wire to the chat: ``wanted(scope)`` given to it has the open conversation talk to those papers.
    ``paper``: the id of the paper to show in the Papers tab, or None.
    """

    tabs: gr.Tabs
    scope: gr.HTML
    paper: gr.State


def wanted(scope: Scope) -> dict[str, Any]:
    """Give what tells the chat to talk to some papers; the same papers twice are two wishes."""
    return {"scope": asdict(scope), "n": monotonic_ns()}
