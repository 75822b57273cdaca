"""What the chat tab does: ask, follow, open, change and export conversations; data for the page's script comes out.

Every value is a plain dict or markup that ``assets/chat`` puts in its place.

Knows no component and no route; who the user is comes from outside.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from index_store.errors import CitewellError
from index_store.types import Paper, Scope
from rag.conversations import Conversation, Conversations, Exchange, Said
from rag.limits import MAX_HISTORY_TURNS
from ui.answering import Answering, Job, Progress
from ui.cards import reading_html, sources_html, welcome_html
from ui.door import LOCAL_USER
from ui.examples import suggest_questions
from ui.exports import FORMATS, export
from ui.protocols import Assistant
from ui.scopebar import scope_html
from ui.sidebar import sidebar_html
from ui.signals import Signal
from ui.transcript import exchange_html, exchanges_html, last_state, progress_html
from ui.welcome import welcome

Patch = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Room:
    """The parts that a chat needs."""

    assistant: Assistant
    kept: Conversations
    answering: Answering
    examples: Sequence[str] | None = None

    def ask(self, user: str, signal: Signal) -> Patch | None:
        """Keep a question, or one in the place of another, and begin to answer it; gives what shows it, to be followed.

        None where there is nothing to ask, or nothing of the user's to ask again.
        """
        question = signal.text.strip()
        if not question:
            return None
        asker = None if user == LOCAL_USER else user
        self.answering.admit(asker)
        if signal.exchange:
            self.stop(user, signal.exchange)
            exchange = self.kept.ask_again(user, signal.exchange, question)
        else:
            exchange = self.kept.ask(user, signal.conversation, question, signal.scope)
        if exchange is None:
            return None
        self.kept.narrow(user, exchange.conversation, signal.scope)
        self.answering.start(exchange, signal.scope, asker)
        return self._patch(Progress(exchange), self._before(exchange)) | {"replaces": signal.exchange}

    def stop(self, user: str, number: int) -> None:
        if self.kept.exchange(user, number):
            self.answering.stop(number)

    def take_back(self, user: str, number: int) -> Patch:
        """Undo an asking again; the page then fetches the conversation."""
        self.stop(user, number)
        self.kept.take_back(user, number)
        return {"kind": "reload"}

    def delete(self, user: str, signal: Signal) -> Conversation | None:
        """Delete a conversation; gives it."""
        known = self.kept.get(user, signal.conversation) if signal.conversation else None
        if known is not None:
            self.kept.delete(user, known.id)
        return known

    def follow(self, user: str, number: int) -> AsyncIterator[Patch] | None:
        """Give the patches that show one of the user's exchanges as it is answered; the last shows it as it is kept."""
        job = self.answering.under_way(number)
        exchange = self.kept.exchange(user, number)  # read after the look: what has ended is kept by then
        return self._patches(job, exchange) if exchange else None

    async def _patches(self, job: Job | None, exchange: Exchange) -> AsyncIterator[Patch]:
        # In threads: where a change of the library holds the catalogue, only this waits for it.
        before = await run_in_threadpool(self._before, exchange)
        if job is None:
            yield await run_in_threadpool(self._last_patch, exchange, before)
            return
        found: Sequence[Paper] | None = None
        async for progress in job.steps():
            patch = await run_in_threadpool(self._patch, progress, before)
            if progress.is_done or progress.found is not found:
                patch["panel"] = await run_in_threadpool(self._panel, progress.exchange, progress.found)
            found = progress.found
            yield patch

    def _last_patch(self, exchange: Exchange, before: Sequence[Said]) -> Patch:
        html = exchange_html(exchange, _told(before))
        return _shown(exchange, html, before) | {"state": last_state(exchange), "panel": self._panel(exchange)}

    def _before(self, exchange: Exchange) -> list[Said]:
        return self.kept.said(exchange.conversation, exchange.id, MAX_HISTORY_TURNS)

    def _patch(self, progress: Progress, before: Sequence[Said]) -> Patch:
        return _shown(progress.exchange, progress_html(progress, _told(before)), before)

    def opened(self, user: str, signal: Signal) -> tuple[Patch, Conversation | None]:
        """Give what shows a conversation, or an empty one; ``follow`` names what of it is still being answered."""
        known = self.kept.get(user, signal.conversation) if signal.conversation else None
        exchanges = self.kept.exchanges(user, known.id) if known else []
        jobs = (self.answering.under_way(each.id) for each in exchanges if each.state == "answering")
        under_way = next((job for job in jobs if job), None)
        if any(e.state == "answering" for e in exchanges) and known:  # it may have ended since it was read
            exchanges = self.kept.exchanges(user, known.id)
        followed = under_way.progress.exchange.id if under_way else 0
        shown = [each for each in exchanges if each.id != followed]
        patch = {
            "conversation": known.id if known else None,
            "lost": bool(signal.conversation) and known is None,
            "title": known.title if known else "",
            "exchanges": exchanges_html(shown),
            "follow": followed,
            "panel": self._panel(shown[-1]) if shown else welcome_html(),
            "welcome": "" if exchanges else self.welcome(),
        }
        return patch, known

    def welcome(self) -> str:
        """Give what an empty conversation shows."""
        library = self.assistant.library
        return welcome(len(library), suggest_questions(library) if self.examples is None else self.examples)

    def sidebar(self, user: str, signal: Signal, deleted: Conversation | None = None) -> str:
        listed = self.kept.listed(user, signal.search)
        now = datetime.now().astimezone()
        return sidebar_html(listed, now, signal.conversation, search=signal.search, deleted=deleted)

    def scope_bar(self, scope: Scope) -> str:
        library = self.assistant.library
        chosen = {paper_id: library.paper(paper_id) for paper_id in scope.paper_ids}
        return scope_html(scope, len(library), library.collections(), chosen)

    def panel(self, user: str, exchange_id: int) -> Patch:
        """Give the sources of one exchange."""
        exchange = self.kept.exchange(user, exchange_id)
        html = self._panel(exchange) if exchange else welcome_html()
        return {"kind": "panel", "html": html}

    def file(self, user: str, signal: Signal) -> Patch | None:
        """Give a conversation, or one answer of it, as a file to download."""
        known = self.kept.get(user, signal.conversation) if signal.conversation else None
        if known is None or signal.text not in {chosen.name for chosen in FORMATS}:
            return None
        exchanges = self.kept.exchanges(user, known.id)
        answers = [e.answer for e in exchanges if e.answer and signal.exchange in (0, e.id)]
        name, content = export(signal.text, known.title, answers)
        return {"kind": "file", "name": name, "data": base64.b64encode(content).decode()}

    def _panel(self, exchange: Exchange, found: Sequence[Paper] | None = None) -> str:
        if exchange.answer is not None:
            if found is None:
                papers = (self.assistant.library.paper(hit.paper_id) for hit in exchange.answer.hits)
                found = [paper for paper in papers if paper is not None]
            return sources_html(exchange.answer, exchange.id, found)
        return reading_html(found) if exchange.state == "answering" and found is not None else welcome_html()


def trouble(failure: CitewellError) -> Patch:
    """Give what tells the user of a failure."""
    return {"kind": "trouble", "text": str(failure)}


def _told(before: Sequence[Said]) -> frozenset[str]:
    """Give what answers before said of why no model words them."""
    return frozenset(said.fallback for said in before if said.fallback)


def _shown(exchange: Exchange, html: str, before: Sequence[Said]) -> Patch:
    patch: Patch = {
        "conversation": exchange.conversation,
        "exchange": exchange.id,
        "after": before[-1].number if before else 0,
        "state": exchange.state,
        "html": html,
    }
    if exchange.state == "answering":
        return patch
    cited = [citation.paper.id for citation in exchange.answer.citations] if exchange.answer else []
    return patch | {"words": exchange.text, "cited": cited}
