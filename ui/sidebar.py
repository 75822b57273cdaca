"""The list of conversations as safe HTML: one link a conversation, with the buttons to rename and delete it.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from itertools import groupby
from urllib.parse import quote

from rag.conversations import Conversation
from ui.transcript import button

_SHOWN = 60
"""Conversations in the list, which comes anew with every question; the search finds the others."""


def sidebar_html(
    conversations: Sequence[Conversation],
    now: datetime,
    open_id: str | None = None,
    *,
    search: str = "",
    deleted: Conversation | None = None,
) -> str:
    """Give the list, newest first under the days they were last used; ``deleted`` can be restored."""
    undo = _undo(deleted) if deleted else ""
    if not conversations:
        nothing = "No conversation has these words." if search.strip() else "Your conversations appear here."
        return f'{undo}<p class="cw-hint">{nothing}</p>'
    shown, older = conversations[:_SHOWN], conversations[_SHOWN:]
    shown = [*shown, *(each for each in older if each.id == open_id)]
    parts = []
    for day, group in groupby(shown, key=lambda each: _day(each.updated, now)):
        rows = "".join(_row(each, each.id == open_id) for each in group)
        parts.append(f"<h2>{day}</h2><ul>{rows}</ul>")
    left = len(conversations) - len(shown)
    more = f'<p class="cw-hint">{left:,} older: search for {"it" if left == 1 else "them"}.</p>' if left else ""
    return f'{undo}<nav aria-label="Conversations">{"".join(parts)}{more}</nav>'


def _row(conversation: Conversation, is_open: bool) -> str:
    title = escape(conversation.title)
    current = ' aria-current="page"' if is_open else ""
    return (
        f'<li data-conversation="{escape(conversation.id)}">'
        f'<a href="?c={quote(conversation.id)}" data-act="open"{current} title="{title}">{title}</a>'
        f"{button('rename', f'Rename “{conversation.title}”', 'edit')}"
        f"{button('delete', f'Delete “{conversation.title}”', 'delete')}</li>"
    )


def _undo(deleted: Conversation) -> str:
    return (
        f'<p class="cw-undo" role="status" data-conversation="{escape(deleted.id)}">'
        f"<span>Deleted “{escape(deleted.title)}”.</span> "
        '<button type="button" class="cw-link" data-act="restore">Undo</button></p>'
    )


def _day(updated: float, now: datetime) -> str:
    day = datetime.fromtimestamp(updated, now.tzinfo).date()
    if day >= now.date():
        return "Today"
    if day == now.date() - timedelta(days=1):
        return "Yesterday"
    return "This week" if day > now.date() - timedelta(days=7) else "Earlier"
