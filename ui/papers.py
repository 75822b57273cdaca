"""The Papers tab: browse the library, open a paper, ask about some.

Wiring only: ``papers_routes`` gives what is shown, ``assets/papers.js`` shows it and tells what the user wants of the
other tabs.  A paper is open in the browser where its address says so (``?paper=ID``).
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from index_store.types import Scope
from ui.desk import Desk, wanted
from ui.paper_list import browser_html
from ui.protocols import Assistant
from ui.scopebar import MAX_PAPERS

# Gradio looks for the names of the events in the script.
_SCRIPT = """
const start = () => window.citewellPapers.start(element, {
  ask: (papers) => trigger('ask', {papers}),
  open: (paper) => trigger('open', {paper}),
});
window.citewellPapers ? start() : window.addEventListener('citewell-papers', start, {once: true});
"""
_WIRE = "const told = () => window.citewellPapers?.told(props.value); watch('value', told); told();"


class PapersTab:
    """The papers of one page.  Made inside the open ``tab``."""

    def __init__(self, assistant: Assistant, desk: Desk, tab: gr.Tab) -> None:
        self._assistant = assistant
        # Through the queue: without it Gradio does not tell the listeners of a state that it has changed.
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        browser = gr.HTML(browser_html(), elem_id="cw-browse-place", js_on_load=_SCRIPT, apply_default_css=False)
        wire = gr.HTML(None, html_template="", elem_classes="cw-wire", js_on_load=_WIRE, apply_default_css=False)
        browser.ask(self._ask, None, [desk.scope, desk.tabs], **quiet)
        browser.open(self._open, None, [desk.paper], **quiet)
        for opens in (desk.paper.change, tab.select):  # selecting is what other tabs do with or without the queue
            opens(lambda paper: paper or "", [desk.paper], [wire], **quiet)

    def greet(self, request: gr.Request) -> tuple[Any, Any]:
        """Open the paper that the page's address names; gives ``desk.paper`` and ``desk.tabs`` when the page loads."""
        paper = request.query_params.get("paper")
        return (paper, gr.Tabs(selected="papers")) if paper else (gr.skip(), gr.skip())

    def _ask(self, event: gr.EventData) -> tuple[Any, Any]:
        named = getattr(event, "papers", None)
        meant = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
        held = [each for each in dict.fromkeys(meant[:MAX_PAPERS]) if self._assistant.library.paper(each) is not None]
        return (wanted(Scope(paper_ids=tuple(held))), gr.Tabs(selected="chat")) if held else (gr.skip(), gr.skip())

    def _open(self, event: gr.EventData) -> Any:
        """Note which paper is open, so that opening it from another tab is a change even after it was closed here."""
        paper = getattr(event, "paper", None)
        return paper if isinstance(paper, str) and paper else None
