"""The list of conversations: the newest of many, always the open one."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from index_store.types import WHOLE_LIBRARY
from rag.conversations import Conversation
from ui.sidebar import sidebar_html

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def conversations(count: int) -> list[Conversation]:
    now = NOW.timestamp()
    return [Conversation(f"c{n}", f"Title {n}", WHOLE_LIBRARY, now - n, now - n) for n in range(count)]


def ids(html: str) -> list[str]:
    return re.findall(r'<li data-conversation="(\w+)"', html)


def test_all_of_a_few_are_shown() -> None:
    html = sidebar_html(conversations(60), NOW)
    assert ids(html) == [f"c{n}" for n in range(60)]
    assert "older" not in html


def test_of_many_the_newest_and_the_open_one_are_shown() -> None:
    html = sidebar_html(conversations(63), NOW, "c61")
    assert ids(html) == [*(f"c{n}" for n in range(60)), "c61"]
    assert "2 older: search for them." in html
    assert 'data-act="open" aria-current="page" title="Title 61"' in html
