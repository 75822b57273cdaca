"""The chat tab: the conversations, the talk, the box to ask in, and the papers behind the answers.

Its places only: ``assets/chat`` fills them with what ``ui.chat_routes`` gives, and tells the other tabs which paper to
open.  Which conversation is open is known to the browser alone (its address names it), so that a restart of the server
and several tabs mix nothing up.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from index_store.types import WHOLE_LIBRARY
from ui import frame
from ui.conversation import Room
from ui.desk import QUIET, Desk, wish
from ui.signals import read


def build_chat_tab(room: Room, desk: Desk) -> None:
    """Build the tab inside an open ``gr.Tab``."""
    with gr.Row(elem_id="cw-chat", equal_height=False):
        with gr.Column(elem_id="cw-side", min_width=0, scale=0):
            frame.side_head()
            frame.side_list()
        with gr.Column(elem_id="cw-talk", min_width=0):
            frame.talk_head()
            log = frame.log(room.welcome())
            frame.scope_bar(room.scope_bar(WHOLE_LIBRARY))
            frame.composer()
        frame.panel()
    frame.export_menu()
    log.paper(_opened, None, [desk.paper, desk.tabs], queue=False, trigger_mode="multiple", **QUIET)


def _opened(event: gr.EventData) -> tuple[Any, Any]:
    return wish(paper=read(event._data).paper), gr.Tabs(selected="papers")
