"""MCP at ``/mcp``.  Its server is made for the first request: importing the SDK takes an eighth of the whole start.

Knows no tool (``ui.mcp_server`` has them) and no other route.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.protocols import Assistant

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer


class McpRoute(Route):
    """Answers POST alone: to a GET the SDK gives a stream that says nothing and never ends."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._wanted = asyncio.Event()
        self._spoken: asyncio.Future[ASGIApp] | None = None
        super().__init__("/mcp", _Spoken(self), methods=["POST"])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer within this block, once in a lifetime; the sessions of MCP live in a task of its own."""
        self._spoken, over = asyncio.get_running_loop().create_future(), asyncio.Event()
        task = asyncio.create_task(self._run(self._spoken, over))
        try:
            yield
        finally:
            over.set()
            if not self._wanted.is_set():
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def spoken(self) -> ASGIApp:
        """Give what answers, made if this is the first time that it is wanted."""
        if self._spoken is None:
            raise RuntimeError("MCP is asked outside of the application's lifespan.")
        self._wanted.set()
        return await asyncio.shield(self._spoken)

    async def _run(self, spoken: asyncio.Future[ASGIApp], over: asyncio.Event) -> None:
        await self._wanted.wait()
        try:
            tools, app = await run_sync(_make, self._assistant)
        except Exception as exc:  # noqa: BLE001 (whatever it is, it belongs to the requests that wait)
            spoken.set_exception(exc)
            return
        async with tools.session_manager.run():
            spoken.set_result(app)
            await over.wait()


class _Spoken:
    def __init__(self, route: McpRoute) -> None:
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = await self._route.spoken()
        read = [await receive()]
        if read[0]["type"] == "http.disconnect":  # it left meanwhile, which the SDK would take for a failure
            return

        async def receive_again() -> Message:
            return read.pop() if read else await receive()

        await app(scope, receive_again, send)


def _make(assistant: Assistant) -> tuple[MCPServer, ASGIApp]:
    from mcp.server.transport_security import TransportSecuritySettings

    from ui.mcp_server import build_mcp

    tools = build_mcp(assistant)
    # Every request stands alone, so a restart of the server breaks no client; hosts are checked at the door.
    app = tools.streamable_http_app(
        streamable_http_path="/mcp",
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return tools, app
