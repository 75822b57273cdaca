"""Routes of the page alone, as a client meets them: with the server's words for what goes wrong, and no network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from ui import problems


@contextmanager
def routed(*routers: APIRouter) -> Iterator[TestClient]:
    """Give a client of these routes."""
    app = FastAPI()
    problems.install(app)
    for router in routers:
        app.include_router(router)
    with TestClient(app, raise_server_exceptions=False) as running:
        yield running
