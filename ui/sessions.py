"""A mend of Gradio's memory: in a session, a component that was made anew keeps the number of the one it replaces.

For each ``gr.skip()`` Gradio 6 makes a component anew, under another number; the next value is then kept under that
number, beside all earlier ones, and a page that stays open grows with each question.  Knows no component of ours.
"""

from __future__ import annotations

from typing import Any

from gradio.blocks import Block
from gradio.state_holder import SessionState

_set = SessionState.__setitem__


def keep_numbers() -> None:
    """Mend it; more than once is no harm."""
    SessionState.__setitem__ = _set_under_its_number  # type: ignore[method-assign]


def _set_under_its_number(session: SessionState, number: int, value: Any) -> None:
    if isinstance(value, Block):
        value._id = number
    _set(session, number, value)
