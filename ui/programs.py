"""The doors for programs, on one application: REST under ``/api``, OpenAI's API under ``/v1``, MCP at ``/mcp``.

Knows no page (``ui.app`` puts it on top) and no socket.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from ui import problems
from ui.api import build_router
from ui.mcp_route import McpRoute
from ui.measured import MeasuredAssistant
from ui.openai_api import build_openai_router
from ui.protocols import Assistant


def build_api(assistant: Assistant) -> FastAPI:
    """Build the application for programs.  Run its lifespan: the sessions of MCP live in it."""
    mcp = McpRoute(assistant)
    app = FastAPI(
        title="Citewell",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lambda _: mcp.running(),
    )
    problems.install(app)
    app.include_router(build_router(assistant))
    app.include_router(build_openai_router(assistant))
    app.router.routes.append(mcp)
    if isinstance(assistant, MeasuredAssistant):
        app.add_api_route("/metrics", _metrics(assistant), include_in_schema=False)
    return app


def _metrics(assistant: MeasuredAssistant) -> Callable[[], Response]:
    return lambda: Response(assistant.metrics(), media_type=CONTENT_TYPE_LATEST)
