"""The downloads of models that the page has under way; all end when the user stops them or the server ends.

Knows no page.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from rag.models import Pull, PullProgress, pull


class Downloads:
    """One for each server.  Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: dict[Pull, str] = {}
        self._over = False

    def steps(self, name: str, host: str) -> Iterator[PullProgress]:
        """Download a model, step by step; ends early where it is stopped.  Raises ``AnswererError``."""
        download = pull(name, host)
        with self._lock:
            if self._over:
                return
            self._active[download] = name
        try:
            yield from download
        finally:
            with self._lock:
                self._active.pop(download, None)
            download.close()

    def stop(self, name: str) -> None:
        """Stop the downloads of a model, also while they wait for the server."""
        with self._lock:
            stopped = [download for download, named in self._active.items() if named == name]
        for download in stopped:
            download.close()

    def close(self) -> None:
        """Stop all downloads; no other begins."""
        with self._lock:
            self._over, active = True, list(self._active)
        for download in active:
            download.close()
