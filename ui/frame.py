"""The components of the chat tab: places that ``assets/chat`` fills; they are inert until there is a script to act.

Knows no conversation and no event's meaning.
"""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from rag.limits import MAX_QUESTION_CHARS
from ui.cards import welcome_html
from ui.exports import FORMATS
from ui.transcript import icon

_MODULE = "import('/look/chat/start.js')"
# Gradio looks for the names of a component's events in its script.
_LOG_SCRIPT = f"{_MODULE}.then((chat) => chat.start((paper) => trigger('paper', {{ paper }})));"


def log(welcome: str) -> gr.HTML:
    """Make the place of the conversation, with what an empty one shows; ``paper`` is told when one is to be opened."""
    # Titles of papers are in the welcome: it is a value, for a template is compiled as JavaScript.
    template = (
        '<div id="cw-log" role="region" aria-label="Conversation" tabindex="0" inert>'
        '<div class="cw-sheet"><div id="cw-start">${value}</div><div id="cw-exchanges"></div></div></div>'
        '<div id="cw-spoken" class="cw-sr" role="status" aria-live="polite"></div>'
    )
    return _place(template, "cw-log-place", _LOG_SCRIPT, welcome)


def composer() -> gr.HTML:
    """Make the box to ask in."""
    return _place(
        '<form id="cw-ask" autocomplete="off">'
        f'<textarea id="cw-box" aria-label="Your question" rows="1" maxlength="{MAX_QUESTION_CHARS}" '
        'placeholder="Ask a question…" disabled></textarea>'
        f'<button type="submit" id="cw-send" class="cw-primary" title="Enter">{icon("send")}<span>Ask</span></button>'
        f'<button type="button" id="cw-stop" hidden title="Esc">{icon("stop")}<span>Stop</span></button></form>',
        "cw-composer",
    )


def side_head() -> gr.HTML:
    """Make what stands above the list of conversations: a new one, and a search."""
    return _place(
        '<div class="cw-side-head" inert><button type="button" id="cw-new" class="cw-quiet" data-act="new">'
        f'{icon("plus")}<span>New chat</span></button></div><div class="cw-search"><input type="search" id="cw-find" '
        'aria-label="Search conversations" placeholder="Search…" maxlength="200" autocomplete="off"></div>',
        "cw-side-place",
    )


def side_list() -> gr.HTML:
    """Make the place of the list of conversations."""
    return _place('<div id="cw-listed"></div>', "cw-list")


def talk_head() -> gr.HTML:
    """Make the line above the conversation: the way to the list, and the export of the whole."""
    return _place(
        '<div class="cw-talk-head" inert><button type="button" class="cw-tool" data-act="side" '
        'aria-label="Conversations" title="Conversations" aria-expanded="true" aria-controls="cw-side">'
        f"{icon('side')}</button>"
        '<p id="cw-title"></p>'
        '<button type="button" class="cw-tool" id="cw-export-all" data-act="export" aria-haspopup="menu" hidden '
        f'aria-label="Export this conversation" title="Export this conversation">{icon("export")}</button></div>',
        "cw-talk-place",
    )


def export_menu() -> gr.HTML:
    """Make the menu of the file formats, which the script shows beside the button that asks for it."""
    items = "".join(
        f'<button type="button" role="menuitem" data-format="{chosen.name}">{escape(chosen.label)}</button>'
        for chosen in FORMATS
    )
    return _place(
        f'<div id="cw-export-menu" role="menu" aria-label="Export as" hidden>{items}</div>', "cw-export-place"
    )


def panel() -> gr.HTML:
    """Make the place of the papers behind an answer."""
    return _place(f'<div id="cw-papers">{welcome_html()}</div>', "cw-panel")


def scope_bar(whole: str) -> gr.HTML:
    """Make the place of the bar that says which papers are talked to, with what it shows for the whole library."""
    return _place('<div id="cw-scope-now" inert>${value}</div>', "cw-scope-bar", value=whole)


def _place(template: str, elem_id: str, script: str | None = None, value: str = "") -> gr.HTML:
    options: dict[str, Any] = {"apply_default_css": False, "elem_id": elem_id, "js_on_load": script}
    return gr.HTML(value, html_template=template, **options)
