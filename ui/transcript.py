"""A conversation as safe HTML: each question with its answer, and the buttons that belong to it.

Pure: kept exchanges and progress in, markup out.  A button says by ``data-act`` what it does; ``assets/chat`` sends
that to the server.  Every text is escaped by ``ui.render`` or here.

Knows no page component and no store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape

from rag.conversations import Exchange
from ui import render
from ui.answering import Progress
from ui.display import display_text
from ui.followups import follow_ups
from ui.places import footnote

_BROKEN_OFF = "Citewell stopped before the answer was complete. Ask again to have it."


def exchanges_html(exchanges: Iterable[Exchange]) -> list[tuple[int, str]]:
    """Give the markup of each exchange with its number; why no model answers is told once in a conversation."""
    told: set[str] = set()
    shown = []
    for exchange in exchanges:
        shown.append((exchange.id, exchange_html(exchange, frozenset(told))))
        if exchange.answer and exchange.answer.fallback:
            told.add(exchange.answer.fallback)
    return shown


def progress_html(progress: Progress, told: Collection[str] = ()) -> str:
    """Give an exchange while it is answered, and when it is."""
    if progress.is_done:
        return exchange_html(progress.exchange, told)
    exchange = progress.exchange
    if exchange.thought and not exchange.text:
        body = render.thinking_html(exchange.thinking)
    else:
        body = _thought(exchange) + render.pending_html(exchange.text, exchange.id, prose=progress.prose)
    return _article(exchange, body, exchange.state)


def exchange_html(exchange: Exchange, told: Collection[str] = ()) -> str:
    """Give an exchange of which no more will come; one that still says ``answering`` was broken off."""
    body = _thought(exchange) + _answer(exchange, told) + _replaced(exchange)
    return _article(exchange, body + _tools(exchange) + _chips(exchange), last_state(exchange))


def last_state(exchange: Exchange) -> str:
    """Give the state of an exchange of which no more will come."""
    return "broken" if exchange.state == "answering" else exchange.state


def copied(exchange: Exchange) -> str:
    """Give what the copy button copies: the text, then the sources that its numbers mean."""
    if exchange.answer is None:
        return exchange.text
    lines = [footnote(citation) for citation in exchange.answer.citations]
    return "\n".join([display_text(exchange.answer.text), *([""] if lines else []), *lines])


def icon(name: str) -> str:
    """Give one of the drawings of ``assets/icons.svg``; what it means is said beside it, or by a label."""
    return f'<svg class="cw-icon" aria-hidden="true"><use href="/look/icons.svg#{name}"></use></svg>'


def button(act: str, label: str, drawing: str, **attributes: str | bool) -> str:
    """Give a small button with a drawing, named by ``label``; ``attributes`` become ``data-…`` or ``aria_…``."""
    extra = "".join(
        f' {name.replace("_", "-")}="{escape(str(value).lower() if isinstance(value, bool) else value)}"'
        for name, value in attributes.items()
    )
    return (
        f'<button type="button" class="cw-tool" data-act="{act}" aria-label="{escape(label)}" '
        f'title="{escape(label)}"{extra}>{icon(drawing)}</button>'
    )


def _article(exchange: Exchange, body: str, state: str) -> str:
    edit = button("edit", "Edit the question", "edit")
    return (
        f'<article class="cw-exchange" data-exchange="{exchange.id}" data-state="{state}" '
        f'data-question="{escape(exchange.question)}" aria-label="{escape(_short(exchange.question))}">'
        f'<div class="cw-asked">{edit}{render.question_html(exchange.question)}</div>'
        f'<div class="cw-said">{body}</div></article>'
    )


def _answer(exchange: Exchange, told: Collection[str]) -> str:
    answer, failure = exchange.answer, exchange.failure
    if answer is not None and failure:
        return render.broken_html(answer, exchange.id, failure)
    if answer is not None:
        return render.answer_html(answer, exchange.id, told)
    if exchange.state == "stopped":
        return render.stopped_html(exchange.text, exchange.id)
    return render.failure_html(failure or _BROKEN_OFF, exchange.text)


def _thought(exchange: Exchange) -> str:
    return render.thought_html(exchange.thought, exchange.thinking) if exchange.thought else ""


def _replaced(exchange: Exchange) -> str:
    if not exchange.replaced:
        return ""
    what = "The earlier answer was" if exchange.replaced == 1 else f"{exchange.replaced} earlier answers were"
    undo = '<button type="button" class="cw-link" data-act="take-back">Undo</button>'
    return f'<p class="cw-replaced">{what} set aside. {undo}</p>'


def _tools(exchange: Exchange) -> str:
    tools = [button("retry", "Ask again", "retry")]
    if exchange.text:
        tools.insert(0, button("copy", "Copy the answer", "copy", data_copy=copied(exchange)))
    if exchange.answer is not None:
        up, down = exchange.rating == 1, exchange.rating == -1
        tools += [
            button("rate", "Good answer", "up", data_rating="0" if up else "1", aria_pressed=up),
            button("rate", "Bad answer", "down", data_rating="0" if down else "-1", aria_pressed=down),
            button("export", "Export this answer", "export", aria_haspopup="menu"),
        ]
    return f'<div class="cw-tools">{"".join(tools)}</div>'


def _chips(exchange: Exchange) -> str:
    questions = follow_ups(exchange.answer) if exchange.answer and exchange.state == "done" else []
    chips = "".join(
        f'<li><button type="button" class="cw-chip" data-act="suggest">{escape(question)}</button></li>'
        for question in questions
    )
    return f'<ul class="cw-chips" aria-label="Ask next">{chips}</ul>' if chips else ""


def _short(question: str) -> str:
    words = " ".join(question.split())
    return words if len(words) <= 80 else words[:80] + "…"
