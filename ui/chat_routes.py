"""What ``assets/chat`` tells and is told: questions, conversations, ratings, files; and the stream of an answer.

By plain HTTP: an answer's words go through no queue, each tab hears only what it follows, and nothing that comes at the
same moment takes another's place.  A reply names the parts of the page that it is for: ``full`` (a conversation),
``live`` (an exchange), ``side`` (the list), ``bar`` (the scope), ``welcome`` (what an empty conversation shows) and
``reply``; the stream gives ``live`` ones.

Knows no component; what happens is in ``ui.conversation``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Path, Request

from index_store.errors import CitewellError
from index_store.types import WHOLE_LIBRARY
from ui.conversation import Room, trouble
from ui.door import user_of
from ui.signals import Signal, read
from ui.sse import PatchStream

Told = dict[str, Any]

_OVERTAKEN: Told = {"kind": "reload", "text": "This question was changed in another tab."}


def build_chat_router(room: Room) -> APIRouter:
    """Build the routes under ``/chat``."""
    router = APIRouter(prefix="/chat", include_in_schema=False)
    acts = (_ask, _open, _stop, _rate, _back, _rename, _delete, _restore, _find, _narrow, _look, _sources, _export)
    for act in acts:
        path = f"/{act.__name__.removeprefix('_')}"
        router.add_api_route(path, _endpoint(partial(act, room)), methods=["POST"], name=act.__name__)

    @router.get("/follow/{exchange}")
    def follow(exchange: Annotated[int, Path(ge=1, lt=2**53)], request: Request) -> PatchStream:
        patches = room.follow(user_of(request), exchange)
        if patches is None:
            raise HTTPException(404, "There is no such question.")
        return PatchStream(patches)

    return router


def _endpoint(act: Callable[[str, Signal], Told]) -> Callable[..., Told]:
    """Give an act's route: it reads who sends what; a failure is told in the reply."""

    def told(request: Request, body: Annotated[dict[str, Any], Body()]) -> Told:
        try:
            return act(user_of(request), read(body))
        except CitewellError as exc:
            return {"reply": trouble(exc)}

    return told


def _ask(room: Room, user: str, signal: Signal) -> Told:
    patch = room.ask(user, signal)
    if patch is None:
        return {"reply": _OVERTAKEN} if signal.exchange else {}
    return {"live": patch, "side": room.sidebar(user, replace(signal, conversation=patch["conversation"]))}


def _open(room: Room, user: str, signal: Signal) -> Told:
    full, known = room.opened(user, signal)
    told: Told = {"full": full, "bar": room.scope_bar(known.scope if known else WHOLE_LIBRARY)}
    # A new conversation changes nothing in the list, which may just be offering to undo a deletion.
    return told | {"side": room.sidebar(user, signal)} if known or signal.view == 1 else told


def _find(room: Room, user: str, signal: Signal) -> Told:
    return {"side": room.sidebar(user, signal)}


def _rename(room: Room, user: str, signal: Signal) -> Told:
    if signal.conversation:
        room.kept.rename(user, signal.conversation, signal.text)
    return _find(room, user, signal)


def _delete(room: Room, user: str, signal: Signal) -> Told:
    return {"side": room.sidebar(user, signal, deleted=room.delete(user, signal))}


def _restore(room: Room, user: str, signal: Signal) -> Told:
    if signal.conversation:
        room.kept.restore(user, signal.conversation)
    return _find(room, user, signal)


def _stop(room: Room, user: str, signal: Signal) -> Told:
    room.stop(user, signal.exchange)
    return {}


def _rate(room: Room, user: str, signal: Signal) -> Told:
    room.kept.rate(user, signal.exchange, signal.rating)
    return {}


def _back(room: Room, user: str, signal: Signal) -> Told:
    return {"reply": room.take_back(user, signal.exchange)}


def _sources(room: Room, user: str, signal: Signal) -> Told:
    return {"reply": room.panel(user, signal.exchange)}


def _export(room: Room, user: str, signal: Signal) -> Told:
    file = room.file(user, signal)
    return {"reply": file} if file else {}


def _look(room: Room, _: str, signal: Signal) -> Told:
    """Tell what a page shows of the library, which may have changed since."""
    told: Told = {"bar": room.scope_bar(signal.scope)}
    return told if signal.conversation else told | {"welcome": room.welcome()}


def _narrow(room: Room, user: str, signal: Signal) -> Told:
    if signal.conversation:
        room.kept.narrow(user, signal.conversation, signal.scope)
    return {"bar": room.scope_bar(signal.scope)}
