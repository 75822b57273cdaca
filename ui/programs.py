"""The doors for programs, on one application: REST under ``/api``, OpenAI's API under ``/v1``, MCP at ``/mcp``.

Knows no page (``ui.app`` puts it on top) and no socket.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response
from starlette.routing import Route

from ui import problems
from ui.api import build_router
from ui.mcp_server import build_mcp
from ui.measured import MeasuredAssistant
from ui.openai_api import build_openai_router
from ui.protocols import Assistant


def build_api(assistant: Assistant) -> FastAPI:
    """Build the application for programs.  Run its lifespan: the sessions of MCP live in it."""
    tools = build_mcp(assistant)
    # Every request stands alone, so a restart of the server breaks no client.
    spoken = tools.streamable_http_app(
        streamable_http_path="/mcp", stateless_http=True, json_response=True, transport_security=_CHECKED_AT_THE_DOOR
    )
    (asked,) = spoken.routes
    assert isinstance(asked, Route)
    asked.methods = {"POST"}  # to a GET the SDK gives a stream that says nothing and never ends
    app = FastAPI(
        title="Citewell", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", lifespan=_lifespan(tools)
    )
    problems.install(app)
    app.include_router(build_router(assistant))
    app.include_router(build_openai_router(assistant))
    app.router.routes.append(asked)
    if isinstance(assistant, MeasuredAssistant):
        app.add_api_route("/metrics", _metrics(assistant), include_in_schema=False)
    return app


def _metrics(assistant: MeasuredAssistant) -> Callable[[], Response]:
    return lambda: Response(assistant.metrics(), media_type=CONTENT_TYPE_LATEST)


def _lifespan(tools: MCPServer) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with tools.session_manager.run():
            yield

    return lifespan


_CHECKED_AT_THE_DOOR = TransportSecuritySettings(enable_dns_rebinding_protection=False)
