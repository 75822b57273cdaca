"""The Papers tab: browse the library, open a paper, ask about some.

Wiring only: ``papers_routes`` gives what is shown, ``assets/papers.js`` shows it and tells what the user wants of the
other tabs.  A paper is open in the browser where its address says so (``?paper=ID``).
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from index_store.types import Scope
from ui.desk import QUIET, Desk, wish
from ui.paper_list import browser_html
from ui.protocols import Assistant
from ui.scopebar import MAX_PAPERS

# Gradio looks for the names of the events in the script.
_SCRIPT = """
const start = () => window.citewellPapers.start(element, (papers) => trigger('ask', {papers}));
window.citewellPapers ? start() : window.addEventListener('citewell-papers', start, {once: true});
"""


class PapersTab:
    """The papers of one page.  Made inside an open ``gr.Tab``."""

    def __init__(self, assistant: Assistant, desk: Desk) -> None:
        self._assistant = assistant
        browser = gr.HTML(browser_html(), elem_id="cw-browse-place", js_on_load=_SCRIPT, apply_default_css=False)
        browser.ask(self._ask, None, [desk.scope, desk.tabs], queue=False, **QUIET)

    def greet(self, request: gr.Request) -> Any:
        """Show this tab when the page loads at an address that names a paper; gives ``desk.tabs``."""
        return gr.Tabs(selected="papers") if request.query_params.get("paper") else gr.skip()

    def _ask(self, event: gr.EventData) -> tuple[Any, Any]:
        named = getattr(event, "papers", None)
        wanted = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
        found = (self._assistant.library.paper(each) for each in wanted[:MAX_PAPERS])
        held = dict.fromkeys(paper.id for paper in found if paper is not None)
        return (wish(Scope(paper_ids=tuple(held))), gr.Tabs(selected="chat")) if held else (gr.skip(), gr.skip())
