"""The chat tab: a conversation, the box to ask in, and the papers behind the answers.

Event wiring only; what is shown comes from ``ui.conversation``.  The conversation lives in the server's session state:
the browser sends questions, never its own idea of what was said.

Knows no markup and no style (``assets/citewell.css``); the clicks on markers are told by ``assets/citewell.js``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from rag.limits import MAX_QUESTION_CHARS
from ui.conversation import Conversation, follow, messages, sources, stop
from ui.protocols import Assistant

_SIMULTANEOUS = 40
"""Answers in the making at once: Gradio's own number of threads, twice the 20 people a team may be."""

# The script sends `citewell-open` to the panel when the marker of an older answer is clicked.
_PANEL_SCRIPT = "element.addEventListener('citewell-open', (event) => trigger('open', event.detail));"
_WELCOME = (
    '<div class="cw-welcome"><h2>Ask your library</h2>'
    "<p>Every sentence of an answer points at the sentence of an abstract that says so.</p></div>"
)
_EMPTY = (
    '<div class="cw-welcome"><h2>The library is empty</h2>'
    "<p>Put papers in with <code>citewell index FILE</code>, then ask about them here. "
    "It reads listing pages, JSON Lines and CSV.</p></div>"
)


class ChatTab:
    """Builds the tab inside an open ``gr.Blocks`` and wires its events."""

    def __init__(self, assistant: Assistant, examples: Sequence[str]) -> None:
        self._assistant = assistant
        self._conversation = gr.State(())
        with gr.Row(elem_id="cw-chat", equal_height=False):
            with gr.Column(elem_id="cw-talk", min_width=280):
                self._log = _conversation_log(len(assistant.library) == 0, examples)
                with gr.Row(elem_id="cw-ask"):
                    self._box = _question_box()
                    self._new = gr.Button("New chat", elem_id="cw-new", scale=0, min_width=64, size="sm")
            self._panel = gr.HTML(sources((), 0), elem_id="cw-panel", js_on_load=_PANEL_SCRIPT, apply_default_css=False)
        self._shown = [self._conversation, self._log, self._panel, self._box]
        self._wire()

    def _wire(self) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        many: dict[str, Any] = {"concurrency_limit": _SIMULTANEOUS, "concurrency_id": "answers"}
        # By itself Gradio lets a question pass while it is still closing a stopped answer; the script sees to it that
        # none is sent while one is being answered.
        many["trigger_mode"] = "multiple"
        asked = self._box.submit(self._ask, [self._box, self._conversation], self._shown, **quiet, **many)
        clicked = self._log.example_select(self._ask_example, [self._conversation], self._shown, **quiet, **many)
        # First the cancelling, then what follows from it, in the same queue as the answer's own steps: a step that was
        # on its way arrives before the last word, never after it.
        halted = self._box.stop(None, cancels=[asked, clicked])
        halted.then(self._stop, [self._conversation], self._shown, concurrency_limit=None, **quiet)
        left = self._new.click(None, cancels=[asked, clicked])
        left.then(self._clear, None, self._shown, concurrency_limit=None, **quiet)
        self._panel.open(self._open, [self._conversation], [self._panel], queue=False, **quiet)

    def _ask(self, question: str, conversation: Conversation) -> Iterator[tuple[Any, ...]]:
        if question.strip():
            yield from self._painted(conversation, question.strip())
        else:
            yield (conversation, gr.skip(), gr.skip(), gr.skip())

    def _ask_example(self, conversation: Conversation, chosen: gr.SelectData) -> Iterator[tuple[Any, ...]]:
        yield from self._painted(conversation, chosen.value["text"])

    def _painted(self, conversation: Conversation, question: str) -> Iterator[tuple[Any, ...]]:
        before, found = None, None
        for after in follow(self._assistant, conversation, question):
            last = after[-1]
            changed = before is None or last.done or last.found != found
            panel = sources(after, len(after)) if changed else gr.skip()
            yield after, messages(after), panel, _answering(cleared=before is None) if not last.done else _ready()
            before, found = after, last.found

    def _stop(self, conversation: Conversation) -> tuple[Any, ...]:
        stopped = stop(conversation)
        return stopped, messages(stopped), sources(stopped, len(stopped)), _ready()

    def _clear(self) -> tuple[Any, ...]:
        return (), [], sources((), 0), _ready(cleared=True)

    def _open(self, conversation: Conversation, event: gr.EventData) -> str:
        turn = getattr(event, "turn", 0)
        return sources(conversation, turn if isinstance(turn, int) else 0)


def _conversation_log(empty: bool, examples: Sequence[str]) -> gr.Chatbot:
    return gr.Chatbot(
        label="Conversation",
        show_label=False,
        elem_id="cw-log",
        layout="panel",
        height="100%",
        container=False,
        buttons=[],
        feedback_options=None,
        allow_tags=False,
        latex_delimiters=[],
        group_consecutive_messages=False,
        placeholder=_EMPTY if empty else _WELCOME,
        examples=None if empty else [{"text": example} for example in examples],
    )


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        label="Your question",
        show_label=False,
        container=False,
        placeholder="Ask a question…",
        elem_id="cw-box",
        lines=1,
        max_lines=6,
        max_length=MAX_QUESTION_CHARS,
        autofocus=True,
        submit_btn="Ask",
        stop_btn=False,
        scale=1,
    )


def _answering(*, cleared: bool) -> dict[str, Any]:
    changes: dict[str, Any] = {"submit_btn": False, "stop_btn": "Stop"}
    return gr.update(**changes, value="") if cleared else gr.update(**changes)


def _ready(*, cleared: bool = False) -> dict[str, Any]:
    changes: dict[str, Any] = {"submit_btn": "Ask", "stop_btn": False}
    return gr.update(**changes, value="") if cleared else gr.update(**changes)
