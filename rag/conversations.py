"""Conversations that outlive a restart: one SQLite file, each user's conversations and what came of every question.

A step is on disk whole or not at all, also under ``kill -9``; threads, browser tabs and processes may share the file.
What is deleted, or asked again in other words, is set aside first, so that it can be taken back.

Knows no assistant and no page: whether an exchange in the state ``answering`` is still being answered is known to the
process that answers it, and to nobody once that process is gone.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from index_store.database import Database, Row
from index_store.errors import InputError
from index_store.types import WHOLE_LIBRARY, Scope
from rag.types import Answer

State = Literal["answering", "done", "stopped", "failed"]
Rating = Literal[-1, 0, 1]

ALONE = "local"
"""The user of a page that asks for no name."""

_TITLE_CHARS = 60
_LONGEST_TITLE = 200
_UNDO_S = 86_400.0
"""Seconds for which a deleted conversation is kept at least, to be restored; a later deletion ends it."""

_FOREIGN = "Another version of Citewell kept this answer; its sources cannot be read. Ask again to have them."

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversation (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, title TEXT NOT NULL, searched TEXT NOT NULL, scope TEXT NOT NULL,
    created REAL NOT NULL, updated REAL NOT NULL, deleted REAL
);
CREATE INDEX IF NOT EXISTS conversation_by_user ON conversation (user, updated);
CREATE TABLE IF NOT EXISTS exchange (
    id INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL, question TEXT NOT NULL, searched TEXT NOT NULL,
    state TEXT NOT NULL, text TEXT NOT NULL DEFAULT '', answer TEXT, failure TEXT,
    thought TEXT NOT NULL DEFAULT '', thinking REAL NOT NULL DEFAULT 0,
    rating INTEGER NOT NULL DEFAULT 0, replaced_by INTEGER
);
CREATE INDEX IF NOT EXISTS exchange_by_conversation ON exchange (conversation, id);
"""
_CONVERSATION = "SELECT c.id, c.title, c.scope, c.created, c.updated FROM conversation c WHERE c.user = ?"
_EXCHANGE = (
    "SELECT e.id, e.conversation, e.question, e.state, e.text, e.answer, e.failure,"
    " e.thought, e.thinking, e.rating, (SELECT COUNT(*) FROM exchange o WHERE o.replaced_by = e.id)"
    " FROM exchange e JOIN conversation c ON c.id = e.conversation"
    " WHERE c.user = ? AND c.deleted IS NULL AND e.replaced_by IS NULL"
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is known of a conversation without its exchanges.  Times are seconds since 1970."""

    id: str
    title: str
    scope: Scope
    created: float
    updated: float


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it: the words that arrived, the answer, or a sentence that says why there is none.

    ``thinking`` is how long the model thought, in seconds.  ``rating`` is 1 for a thumb up, -1 for one down.
    ``replaced`` counts the exchanges that were set aside for this one.
    """

    id: int
    conversation: str
    question: str
    state: State = "answering"
    text: str = ""
    answer: Answer | None = None
    failure: str | None = None
    thought: str = ""
    thinking: float = 0.0
    rating: Rating = 0
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """As much of an exchange as a follow-up needs, and the answer's ``fallback``."""

    number: int
    question: str
    text: str
    fallback: str | None


class Conversations:
    """The store.  Safe to share between threads; failures are ``CitewellError``.

    What belongs to another user is, to every method that takes a user, not there: reading gives None or nothing,
    changing does nothing.  ``said``, ``arrived`` and ``finish`` take none: they go on with what a question began.
    """

    def __init__(self, path: Path) -> None:
        remedy = f"Move {path.name} out of the way and start again; it holds no papers."
        self._db = Database(path, _SCHEMA, remedy, private=True)

    @classmethod
    def kept_nowhere(cls) -> Conversations:
        """Give a store that ends with the process."""
        return cls(Path(":memory:"))

    def close(self) -> None:
        self._db.close()

    def listed(self, user: str, search: str = "", limit: int = 500) -> list[Conversation]:
        """List conversations, the one last asked in first; ``search`` occurs in title, a question or an answer."""
        wanted = search.strip().casefold()
        found = "(instr(c.searched, ?) OR EXISTS (SELECT 1 FROM exchange e WHERE e.conversation = c.id"
        found += " AND e.replaced_by IS NULL AND instr(e.searched, ?)))"
        order = "ORDER BY c.updated DESC, c.id LIMIT ?"
        statement = f"{_CONVERSATION} AND c.deleted IS NULL AND {found} {order}"
        return [_conversation(row) for row in self._db.all(statement, user, wanted, wanted, limit)]

    def get(self, user: str, conversation: str) -> Conversation | None:
        row = self._db.one(f"{_CONVERSATION} AND c.id = ? AND c.deleted IS NULL", user, conversation)
        return _conversation(row) if row else None

    def exchanges(self, user: str, conversation: str) -> list[Exchange]:
        """Give a conversation's exchanges, the oldest first."""
        return [_exchange(row) for row in self._db.all(f"{_EXCHANGE} AND c.id = ? ORDER BY e.id", user, conversation)]

    def exchange(self, user: str, number: int) -> Exchange | None:
        row = self._db.one(f"{_EXCHANGE} AND e.id = ?", user, number)
        return _exchange(row) if row else None

    def said(self, conversation: str, before: int, limit: int) -> list[Said]:
        """Give the last exchanges before one, the oldest first."""
        rows = self._db.all(
            "SELECT id, question, text, json_extract(answer, '$.fallback') FROM exchange"
            " WHERE conversation = ? AND id < ? AND replaced_by IS NULL ORDER BY id DESC LIMIT ?",
            *(conversation, before, limit),
        )
        return [Said(*row) for row in reversed(rows)]

    def rated(self, user: str) -> Iterator[tuple[Exchange, list[Exchange]]]:
        """Give every exchange with a thumb, the oldest first, and what was said before it."""
        for row in self._db.all(f"{_EXCHANGE} AND e.rating <> 0 ORDER BY e.id", user):
            exchange = _exchange(row)
            yield exchange, [e for e in self.exchanges(user, exchange.conversation) if e.id < exchange.id]

    def users(self) -> list[str]:
        return [row[0] for row in self._db.all("SELECT DISTINCT user FROM conversation ORDER BY user")]

    def ask(self, user: str, conversation: str | None, question: str, scope: Scope = WHOLE_LIBRARY) -> Exchange:
        """Keep a question, in a new conversation where None, or one that is gone, is given."""
        with self._db.transaction():
            known = conversation and self.get(user, conversation)
            place = known.id if known else self._new(user, question, scope)
            return self._asked(place, question)

    def ask_again(self, user: str, number: int, question: str) -> Exchange | None:
        """Keep a question in the place of exchange ``number``; that one and all after it are set aside."""
        with self._db.transaction():
            old = self.exchange(user, number)
            if old is None:
                return None
            later = [e.id for e in self.exchanges(user, old.conversation) if e.id >= number]
            new = self._asked(old.conversation, question)
            self._db.many("UPDATE exchange SET replaced_by = ? WHERE id = ?", [(new.id, each) for each in later])
            return replace(new, replaced=len(later))

    def take_back(self, user: str, number: int) -> None:
        """Undo ``ask_again``: exchange ``number`` goes, what it replaced returns."""
        with self._db.transaction():
            exchange = self.exchange(user, number)
            if exchange and self._db.one("SELECT 1 FROM exchange WHERE replaced_by = ?", number):
                later = [e.id for e in self.exchanges(user, exchange.conversation) if e.id >= number]
                self._db.run("UPDATE exchange SET replaced_by = NULL WHERE replaced_by = ?", number)
                self._db.many("DELETE FROM exchange WHERE id = ?", [(each,) for each in later])

    def arrived(self, number: int, text: str) -> None:
        """Keep the words of an answer that have arrived."""
        self._db.run("UPDATE exchange SET text = ? WHERE id = ? AND state = 'answering'", text, number)

    def finish(self, exchange: Exchange) -> None:
        """Keep what became of a question."""
        answer = json.dumps(exchange.answer.to_dict(), ensure_ascii=False) if exchange.answer else None
        self._db.run(
            "UPDATE exchange SET state = ?, text = ?, answer = ?, failure = ?, thought = ?, thinking = ?, searched = ?"
            " WHERE id = ?",
            *(exchange.state, exchange.text, answer, exchange.failure, exchange.thought, exchange.thinking),
            *(f"{exchange.question}\n{exchange.text}".casefold(), exchange.id),
        )

    def rate(self, user: str, number: int, rating: Rating) -> None:
        if self.exchange(user, number):
            self._db.run("UPDATE exchange SET rating = ? WHERE id = ?", rating, number)

    def rename(self, user: str, conversation: str, title: str) -> None:
        """Give a conversation a title.  Raises ``InputError`` for an empty or a very long one."""
        title = " ".join(title.split())
        if not 0 < len(title) <= _LONGEST_TITLE:
            raise InputError(f"A title has 1 to {_LONGEST_TITLE} characters; this one has {len(title):,}.")
        change = "UPDATE conversation SET title = ?, searched = ? WHERE id = ? AND user = ?"
        self._db.run(change, title, title.casefold(), conversation, user)

    def narrow(self, user: str, conversation: str, scope: Scope) -> None:
        """Keep which papers a conversation talks to."""
        change = "UPDATE conversation SET scope = ? WHERE id = ? AND user = ?"
        self._db.run(change, _scope_text(scope), conversation, user)

    def delete(self, user: str, conversation: str) -> None:
        """Delete a conversation; for a day at least it can be restored."""
        now = time.time()
        with self._db.transaction():
            self._db.run("UPDATE conversation SET deleted = ? WHERE id = ? AND user = ?", now, conversation, user)
            gone = "SELECT id FROM conversation WHERE deleted < ?"
            self._db.run(f"DELETE FROM exchange WHERE conversation IN ({gone})", now - _UNDO_S)
            self._db.run("DELETE FROM conversation WHERE deleted < ?", now - _UNDO_S)

    def restore(self, user: str, conversation: str) -> None:
        """Undo ``delete``."""
        self._db.run("UPDATE conversation SET deleted = NULL WHERE id = ? AND user = ?", conversation, user)

    def _new(self, user: str, question: str, scope: Scope) -> str:
        made, now, title = secrets.token_urlsafe(9), time.time(), title_from(question)
        row = (made, user, title, title.casefold(), _scope_text(scope), now, now)
        self._db.run("INSERT INTO conversation VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", *row)
        return made

    def _asked(self, conversation: str, question: str) -> Exchange:
        insert = "INSERT INTO exchange (conversation, question, searched, state) VALUES (?, ?, ?, 'answering')"
        number = self._db.run(insert, conversation, question, question.casefold())
        self._db.run("UPDATE conversation SET updated = ? WHERE id = ?", time.time(), conversation)
        return Exchange(number, conversation, question)


def title_from(question: str) -> str:
    """Make a title of a question: its first words, up to 60 characters."""
    words = " ".join(question.split())
    if len(words) <= _TITLE_CHARS:
        return words or "New conversation"
    start = words[:_TITLE_CHARS]
    return (start.rsplit(" ", 1)[0] if " " in start[20:] else start).rstrip(" ,.;:") + "…"


def _conversation(row: Row) -> Conversation:
    number, title, scope, created, updated = row
    known = {field.name for field in fields(Scope)}  # another version may keep more of it
    kept: dict[str, Any] = {key: value for key, value in json.loads(scope).items() if key in known}
    lists = {key: tuple(value) for key, value in kept.items() if isinstance(value, list)}
    return Conversation(number, title, Scope(**kept | lists), created, updated)


def _exchange(row: Row) -> Exchange:
    try:
        answer = Answer.from_dict(json.loads(row[5])) if row[5] else None
    except ValueError:  # its words are still there
        unread = Exchange(*(*row[:5], None, *row[6:]))
        return replace(unread, state="failed", failure=_FOREIGN)
    return Exchange(*(*row[:5], answer, *row[6:]))


def _scope_text(scope: Scope) -> str:
    return json.dumps(asdict(scope), ensure_ascii=False)
