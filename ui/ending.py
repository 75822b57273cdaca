"""The end of the server as its streams see it: a moment to finish, then each ends with a word of its own.

Answers (``ui.sse``, ``ui.streams``) wait for ``Ending`` and say why they end; to all others the clients are gone.

Knows no route and no signal: ``ui.server`` announces.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index_store.errors import CitewellError

GRACE_S = 1.5
"""Seconds in which answers may still become complete."""


class ServerStopping(CitewellError):
    """The server ends before the answer is complete."""

    def __init__(self) -> None:
        super().__init__("The server is stopping; ask again.")


class Ending:
    """Wraps an application, whose requests find it by ``ending_of``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._over = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["ending"] = self
            receive = self._until_over(receive)
        await self._app(scope, receive, send)

    def announce(self) -> None:
        """Begin to end: from the event loop that serves."""
        asyncio.get_running_loop().call_later(GRACE_S, self._over.set)

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    async def wait(self) -> None:
        """Wait until there is no more time to finish."""
        await self._over.wait()

    def _until_over(self, receive: Receive) -> Receive:
        async def receive_until_over() -> Message:
            return {"type": "http.disconnect"} if self.is_over else await receive()

        return receive_until_over


def ending_of(scope: Scope) -> Ending | None:
    """Give the end of the server that a request came to; None where nobody announces it."""
    found = scope.get("state", {}).get("ending")
    return found if isinstance(found, Ending) else None


async def until_over(scope: Scope) -> None:
    """Wait until the server that a request came to has no more time; for ever where nobody announces its end."""
    ending = ending_of(scope)
    await (ending.wait() if ending else asyncio.Event().wait())
