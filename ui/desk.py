"""What the tabs of the page share: where the user is, which papers he talks to, the paper to open; and how they act.

A tab gives a wish to a wire, and the script of the tab that it concerns is told.  There is no ``gr.State``: a page that
has one keeps a connection open for ever, and a browser has six for all its tabs.  Knows no tab.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from time import monotonic_ns
from typing import Any

import gradio as gr

from index_store.types import Scope

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""How an event of the page goes on: nothing is drawn over what it changes, and no program is offered it."""
_TO_CHAT = "watch('value', () => import('/look/chat/start.js').then((chat) => chat.narrow(props.value.scope)));"
_TO_PAPERS = "watch('value', () => window.citewellPapers?.told(props.value.paper));"


@dataclass(frozen=True, slots=True)
class Desk:
    """The shared components of one page, made once per page.

    ``tabs``: select one with ``gr.Tabs(selected="chat")``; the ids are chat, papers, map, library, models, evaluate.
    ``scope``: takes a ``wish`` that the open conversation talk to a ``scope`` of papers.
    ``paper``: takes a ``wish`` to show a ``paper``, by its id, in the Papers tab.
    """

    tabs: gr.Tabs
    scope: gr.HTML
    paper: gr.HTML

    @classmethod
    def of(cls, tabs: gr.Tabs) -> Desk:
        """Make the wires beside the tabs: they hear what comes before a tab is first shown."""
        return cls(tabs, _wire(_TO_CHAT), _wire(_TO_PAPERS))


def wish(scope: Scope | None = None, paper: str | None = None) -> dict[str, Any]:
    """Give a wish; the same one twice is two, so that it is told twice."""
    return {"scope": asdict(scope) if scope else None, "paper": paper, "n": monotonic_ns()}


def start_or_stop(*, busy: bool) -> tuple[Any, Any]:
    """Give what the buttons that start something and stop it become while it goes on, and after."""
    return gr.update(interactive=not busy), gr.update(visible=busy)


def _wire(script: str) -> gr.HTML:
    """Make a component that shows nothing and hands each value to a script."""
    return gr.HTML(None, html_template="", elem_classes="cw-wire", apply_default_css=False, js_on_load=script)
