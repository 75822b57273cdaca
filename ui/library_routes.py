"""How far the work on the library is, for ``assets/library.js`` to fetch while the tab is seen.

Every user sees that work is under way and what it counts; the files it reads are shown to whoever brought them.

Knows no page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request

from ui.door import user_of
from ui.library_page import run_html
from ui.runs import Run, Runs


def build_library_router(runs: Runs) -> APIRouter:
    """Build the route under ``/library``."""
    router = APIRouter(prefix="/library", include_in_schema=False)

    @router.get("/run")
    def run(request: Request, have: int = -1) -> dict[str, Any]:
        """Give the run as markup, only where it has changed since the revision that the page has."""
        current, revision = runs.current()
        state = {"revision": revision, "busy": current is not None and current.busy}
        return state if revision == have else {**state, "html": run_html(_seen_by(user_of(request), current))}

    return router


def _seen_by(user: str, run: Run | None) -> Run | None:
    """Give a run as ``user`` may see it; one of nobody's name was started before there were users."""
    if run is None or run.kind != "read" or run.by in ("", user):
        return run
    return replace(run, files=(), collection=None, message="")
