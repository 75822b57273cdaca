"""The chat tab: the conversations, the talk, the box to ask in, and the papers behind the answers.

Event wiring only: what happens is in ``ui.conversation``, how it looks in the modules that it uses, and what the
browser does by itself in ``assets/chat``, which also sends the events.  Which conversation is open is known to the
browser alone (its address names it), so that a restart of the server and several tabs mix nothing up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from index_store.errors import CitewellError
from index_store.types import WHOLE_LIBRARY
from ui import frame
from ui.answering import Job
from ui.conversation import Room, cited, scope_of, trouble
from ui.desk import Desk
from ui.signals import Signal, read, user_of

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
Values = tuple[Any, ...]


class ChatTab:
    """Builds the tab inside an open ``gr.Tab`` and wires its events."""

    def __init__(self, room: Room, desk: Desk) -> None:
        self._room = room
        with gr.Row(elem_id="cw-chat", equal_height=False):
            with gr.Column(elem_id="cw-side", min_width=0, scale=0):
                frame.side_head()
                self._side = frame.markup("", "cw-list")
            with gr.Column(elem_id="cw-talk", min_width=0):
                frame.talk_head()
                self._log = frame.log(room.welcome())
                self._bar = frame.markup(room.scope_bar(WHOLE_LIBRARY), "cw-scope-bar")
                frame.composer()
            frame.panel()
        frame.export_menu()
        self._full, self._live, self._reply = (frame.wire(name) for name in ("full", "live", "reply"))
        self._wire(desk)

    def _wire(self, desk: Desk) -> None:
        log = self._log
        # Followers of an answer only wait; the threads that answer are counted in `ui.answering`.
        talk = [self._live, self._side, desk.cited, self._reply]
        many: dict[str, Any] = {**_QUIET, "concurrency_limit": None}
        log.ask(self._ask, None, talk, **many)
        log.open(self._open, None, [*talk, self._full, self._bar, desk.scope], **many)
        listed, replied = [self._side, self._reply], [self._reply]
        for change in (self._find, self._rename, self._delete, self._restore):
            self._at_once(change, listed)
        for act in (self._stop, self._rate, self._back, self._sources, self._export):
            self._at_once(act, replied)
        self._at_once(self._narrow, [self._bar, desk.scope, self._reply])
        log.paper(self._paper, None, [desk.paper, desk.tabs], queue=False, **_QUIET)
        desk.scope.change(self._room.scope_bar, desk.scope, self._bar, **_QUIET)

    def _at_once(self, act: Callable[[str, Signal], Values], outputs: list[Any]) -> None:
        """Have the event that is named like ``act`` done without a place in the queue."""
        listener = getattr(self._log, act.__name__.removeprefix("_"))
        listener(_telling(act, len(outputs)), None, outputs, queue=False, **_QUIET)

    async def _ask(self, request: gr.Request, event: gr.EventData) -> AsyncIterator[Values]:
        user, signal = user_of(request), read(event)
        try:
            job = self._room.ask(user, signal)
        except CitewellError as exc:
            yield gr.skip(), gr.skip(), gr.skip(), trouble(exc)
            return
        if job is not None:
            place = job.progress.exchange.conversation
            listed = self._room.sidebar(user, replace(signal, conversation=place))
            async for step in self._followed(job, signal, listed):
                yield step

    async def _open(self, request: gr.Request, event: gr.EventData) -> AsyncIterator[Values]:
        user, signal = user_of(request), read(event)
        try:
            full, under_way, known = self._room.opened(user, signal)
            # A new conversation changes nothing in the list, which may just be offering to undo a deletion.
            listed = self._room.sidebar(user, signal) if known or signal.view == 1 else gr.skip()
        except CitewellError as exc:
            yield (gr.skip(), gr.skip(), gr.skip(), trouble(exc), gr.skip(), gr.skip(), gr.skip())
            return
        scope = scope_of(known)
        yield gr.skip(), listed, gr.skip(), gr.skip(), full, self._room.scope_bar(scope), scope
        if under_way is not None:
            async for step in self._followed(under_way, signal, listed):
                yield (*step, gr.skip(), gr.skip(), gr.skip())

    async def _followed(self, job: Job, signal: Signal, listed: Any) -> AsyncIterator[Values]:
        side = listed
        async for patch, progress in self._room.follow(job, signal):
            papers = cited(progress.exchange) if progress.is_done else gr.skip()
            yield patch, side, papers, gr.skip()
            side = gr.skip()

    def _find(self, user: str, signal: Signal) -> Values:
        return self._room.sidebar(user, signal), gr.skip()

    def _rename(self, user: str, signal: Signal) -> Values:
        if signal.conversation:
            self._room.kept.rename(user, signal.conversation, signal.text)
        return self._room.sidebar(user, signal), gr.skip()

    def _delete(self, user: str, signal: Signal) -> Values:
        gone = self._room.delete(user, signal)
        return self._room.sidebar(user, signal, deleted=gone), gr.skip()

    def _restore(self, user: str, signal: Signal) -> Values:
        if signal.conversation:
            self._room.kept.restore(user, signal.conversation)
        return self._room.sidebar(user, signal), gr.skip()

    def _stop(self, user: str, signal: Signal) -> Values:
        self._room.stop(user, signal.exchange)
        return (gr.skip(),)

    def _rate(self, user: str, signal: Signal) -> Values:
        self._room.kept.rate(user, signal.exchange, signal.rating)
        return (gr.skip(),)

    def _back(self, user: str, signal: Signal) -> Values:
        return (self._room.take_back(user, signal.exchange),)

    def _sources(self, user: str, signal: Signal) -> Values:
        return (self._room.panel(user, signal.exchange),)

    def _export(self, user: str, signal: Signal) -> Values:
        return (self._room.file(user, signal) or gr.skip(),)

    def _narrow(self, user: str, signal: Signal) -> Values:
        if signal.conversation:
            self._room.kept.narrow(user, signal.conversation, signal.scope)
        return self._room.scope_bar(signal.scope), signal.scope, gr.skip()

    def _paper(self, event: gr.EventData) -> Values:
        return read(event).paper, gr.Tabs(selected="papers")


def _telling(act: Callable[[str, Signal], Values], outputs: int) -> Callable[..., Any]:
    """Give an event's function: it reads who sent what; a failure becomes the last of its values."""

    def told(request: gr.Request, event: gr.EventData) -> Any:
        try:
            values = act(user_of(request), read(event))
        except CitewellError as exc:
            values = (*[gr.skip()] * (outputs - 1), trouble(exc))
        return values if outputs > 1 else values[0]

    return told
