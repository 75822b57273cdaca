"""Who may come in: users with passwords, tokens for programs, sessions of browsers; in ``HOME/accounts.sqlite3``.

Passwords are kept as argon2id hashes.  Tokens and sessions are 256 random bits, kept only as their SHA-256: random keys
need no slow hash, and whoever reads the file can use none of them.

Knows no request and no page.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from index_store.database import Database
from index_store.errors import CitewellError, InputError
from rag.conversations import ALONE

SESSION_SECONDS = 30 * 24 * 3600
"""How long a browser stays signed in after it was last seen signing in."""
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1000

_HASHING = threading.BoundedSemaphore(4)
"""Passwords that are hashed at once: each takes 64 MiB for a moment."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_REMEDY = "Move it away and add the users again with `citewell user add`."
_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, password TEXT NOT NULL, created REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
    id INTEGER PRIMARY KEY, user TEXT NOT NULL, label TEXT NOT NULL, key TEXT NOT NULL UNIQUE, created REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (key TEXT PRIMARY KEY, user TEXT NOT NULL, ends REAL NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Token:
    """A program's key, without the key: ``created`` in seconds since 1970."""

    id: int
    user: str
    label: str
    created: float


class Accounts:
    """The users, tokens and sessions of one home folder.  Safe to share between threads and processes."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        """Open the accounts of ``home``.  Raises ``LibraryDamaged`` or ``StorageError``."""
        self._db = Database(home / "accounts.sqlite3", _SCHEMA, _REMEDY, private=True)
        self._clock = clock

    def close(self) -> None:
        self._db.close()

    def __bool__(self) -> bool:
        """Whether there is anyone at all: with users or tokens the door is locked."""
        return self._db.one("SELECT 1 FROM users UNION SELECT 1 FROM tokens LIMIT 1") is not None

    def add_user(self, name: str, password: str) -> None:
        """Add a user.  Raises ``InputError`` for a name that is taken or unfit, or a password too short."""
        hashed = _hashed(password)
        with self._db.transaction():
            self.expect_new(name)
            self._db.run("INSERT INTO users VALUES (?, ?, ?)", name, hashed, self._clock())

    def expect_new(self, name: str) -> None:
        """Raise ``InputError`` for a name that is taken or unfit."""
        _check_name(name)
        if self._db.one("SELECT 1 FROM users WHERE name = ?", name):
            raise InputError(f"There is a user {name!r} already. `citewell user password {name}` changes theirs.")

    def expect(self, name: str) -> None:
        """Raise ``InputError`` where there is no such user."""
        if self._db.one("SELECT 1 FROM users WHERE name = ?", name) is None:
            raise InputError(f"There is no user {name!r}. `citewell user list` shows them.")

    def set_password(self, name: str, password: str) -> None:
        """Change a password; every session of the user ends.  Raises ``InputError``."""
        hashed = _hashed(password)
        with self._db.transaction():
            self.expect(name)
            self._db.run("UPDATE users SET password = ? WHERE name = ?", hashed, name)
            self._db.run("DELETE FROM sessions WHERE user = ?", name)

    def remove_user(self, name: str) -> None:
        """Remove a user with all sessions and tokens; what they wrote stays.  Raises ``InputError``."""
        with self._db.transaction():
            self.expect(name)
            for table, column in (("users", "name"), ("sessions", "user"), ("tokens", "user")):
                self._db.run(f"DELETE FROM {table} WHERE {column} = ?", name)

    def users(self) -> list[str]:
        return [name for (name,) in self._db.all("SELECT name FROM users ORDER BY name")]

    def add_token(self, user: str, label: str = "") -> str:
        """Make a token for a program that acts as ``user``, and give it: it is shown this once.

        The user needs no password; then nobody can sign in with that name, only the token works.
        Raises ``InputError`` for an unfit name.
        """
        _check_name(user)
        token = f"cw_{secrets.token_urlsafe(32)}"
        self._db.run(
            "INSERT INTO tokens (user, label, key, created) VALUES (?, ?, ?, ?)",
            user, label[:200], _key(token), self._clock(),
        )  # fmt: skip
        return token

    def tokens(self) -> list[Token]:
        return [Token(*row) for row in self._db.all("SELECT id, user, label, created FROM tokens ORDER BY id")]

    def remove_token(self, number: int) -> None:
        """Remove a token; programs that use it are turned away from now on.  Raises ``InputError``."""
        with self._db.transaction():
            if self._db.one("SELECT 1 FROM tokens WHERE id = ?", number) is None:
                raise InputError(f"There is no token {number}. `citewell token list` shows them.")
            self._db.run("DELETE FROM tokens WHERE id = ?", number)

    def user_of_token(self, token: str) -> str | None:
        """Give the user that a token stands for, None for one that is not ours."""
        row = self._db.one("SELECT user FROM tokens WHERE key = ?", _key(token))
        return None if row is None else str(row[0])

    def sign_in(self, name: str, password: str) -> str | None:
        """Give a new session's key, None where name and password do not belong together.

        An unknown name takes as long as a wrong password, so that names cannot be found by the clock.
        """
        row = self._db.one("SELECT password FROM users WHERE name = ?", name)
        if not _verified(_nobody() if row is None else str(row[0]), password) or row is None:
            return None
        session, now = secrets.token_urlsafe(32), self._clock()
        with self._db.transaction():
            self._db.run("DELETE FROM sessions WHERE ends < ?", now)
            self._db.run("INSERT INTO sessions VALUES (?, ?, ?)", _key(session), name, now + SESSION_SECONDS)
        return session

    def user_of_session(self, session: str) -> str | None:
        """Give the user of a session that has not ended."""
        row = self._db.one("SELECT user FROM sessions WHERE key = ? AND ends >= ?", _key(session), self._clock())
        return None if row is None else str(row[0])

    def sign_out(self, session: str) -> None:
        """End a session."""
        self._db.run("DELETE FROM sessions WHERE key = ?", _key(session))


def _check_name(name: str) -> None:
    if name == ALONE:
        raise InputError(f"{ALONE!r} is the user of a server that asks for no name: choose another.")
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be a user's name: use up to 64 lower-case letters, digits, dots, hyphens and underscores."
        )


def _hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InputError(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters; choose another.")
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def _verified(hashed: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        with _HASHING:
            return PasswordHasher().verify(hashed, password[:LONGEST_PASSWORD])
    except InvalidHashError as exc:
        raise CitewellError(f"The accounts hold a password that cannot be read. {_REMEDY}") from exc
    except VerificationError:
        return False


@cache
def _nobody() -> str:
    """Give a hash that no password has, made with the parameters in force."""
    return _hashed(secrets.token_urlsafe(16))


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
