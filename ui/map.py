"""The Map tab: the library as a map to look around in; a click opens a paper, the papers of the last answer are lit.

Wiring only: ``drawing`` has the map drawn, ``map_figure`` and ``map_page`` make what is shown, ``assets/map.js`` shows
it.  Knows no Plotly.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from index_store.types import Scope
from ui.desk import Desk, wish
from ui.drawing import Drawings
from ui.map_page import lit_html, map_html, region_ids
from ui.protocols import Assistant

_SCRIPT = """
element.addEventListener('citewell-paper', (event) => trigger('open', event.detail));
element.addEventListener('citewell-region', (event) => trigger('ask', event.detail));
element.addEventListener('citewell-cited', (event) => trigger('light', event.detail));
"""


class MapTab:
    """The map of one page.  Made inside an open ``gr.Tab``."""

    def __init__(self, assistant: Assistant, desk: Desk, drawings: Drawings) -> None:
        self._assistant, self._drawings = assistant, drawings
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}
        shown = gr.HTML(map_html(), elem_id="cw-map", js_on_load=_SCRIPT, apply_default_css=False)
        lit = gr.HTML(lit_html(None, ()), elem_id="cw-lit", apply_default_css=False)
        shown.open(self._open, None, [desk.paper, desk.tabs], **quiet)
        shown.ask(self._ask, None, [desk.scope, desk.tabs], **quiet)
        shown.light(self._light, None, [lit], **quiet)

    def _open(self, event: gr.EventData) -> tuple[Any, Any]:
        paper_id = getattr(event, "paper", None)
        if not isinstance(paper_id, str) or self._assistant.library.paper(paper_id) is None:
            return gr.skip(), gr.skip()
        return wish(paper=paper_id), gr.Tabs(selected="papers")

    def _ask(self, event: gr.EventData) -> tuple[Any, Any]:
        region, atlas = getattr(event, "region", None), self._drawings.sheet().atlas
        ids = region_ids(atlas, region) if atlas is not None and isinstance(region, int) else ()
        return (wish(Scope(paper_ids=ids)), gr.Tabs(selected="chat")) if ids else (gr.skip(), gr.skip())

    def _light(self, event: gr.EventData) -> str:
        named = getattr(event, "papers", None)
        cited = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
        return lit_html(self._drawings.sheet().atlas if cited else None, cited)
