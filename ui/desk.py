"""What the tabs of the page share: where the user is, which papers he talks to, and the paper that is open.

A tab writes into these; the others listen to their ``change``.  Knows no tab.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr


@dataclass(frozen=True, slots=True)
class Desk:
    """The shared components of one page, made once per page, each with its own value per browser tab.

    ``tabs``: select one with ``gr.Tabs(selected="chat")``; the ids are chat, papers, map, library, models, evaluate.
    ``scope``: an ``index_store.types.Scope``, the papers that the open conversation talks to.
    ``cited``: a tuple of paper ids, those that the last answer cites.
    ``paper``: the id of the paper to show in the Papers tab, or None.
    """

    tabs: gr.Tabs
    scope: gr.State
    cited: gr.State
    paper: gr.State
