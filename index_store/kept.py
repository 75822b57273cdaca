"""What was read of a database, kept while nobody changes it.

A change by any process is seen at the next reading.  Inside a transaction nothing is kept: it may be undone.  Knows no
table.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from index_store.database import Database

T = TypeVar("T")

_MOST = 24  # readings; of a million papers one takes up to 8 MB


class Kept:
    """Readings of one database by name, the last used.  Safe to share between threads."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._lock = threading.Lock()
        self._version: object = None
        self._found: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, name: Hashable, read: Callable[[], T]) -> T:
        """Give what ``read`` gives, which depends on nothing but ``name`` and the database."""
        version = self.db.version()
        with self._lock:
            if version != self._version:
                self._found.clear()
                self._version = version
            if name in self._found:
                self._found.move_to_end(name)
                held: T = self._found[name]
                return held
        found = read()
        if version is not None and self.db.version() == version:
            with self._lock:
                if self._version == version:
                    self._found[name] = found
                    while len(self._found) > _MOST:
                        self._found.popitem(last=False)
        return found
