"""How far the work on the library is, for ``assets/library.js`` to fetch while the tab is seen.

Every user sees that work is under way and what it counts; the files it reads are shown to whoever brought them, who is
also asked whether papers shall go that are gone from their files.

Knows no page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict

from ui.door import user_of
from ui.library_page import run_html
from ui.protocols import Library
from ui.runs import Offer, Run, Runs

_OFFERS: dict[str, Offer] = {"remove": "removed", "keep": "kept", "undo": "open"}


class Answer(BaseModel):
    """What to do with the papers that are gone from the files of the last run."""

    model_config = ConfigDict(extra="forbid")
    do: Literal["remove", "keep", "undo"]


def build_library_router(runs: Runs, library: Library) -> APIRouter:
    """Build the routes under ``/library``."""
    router = APIRouter(prefix="/library", include_in_schema=False)

    @router.get("/run")
    def run(request: Request, have: int = -1) -> dict[str, Any]:
        """Give the run as markup, only where it has changed since the revision that the page has."""
        current, revision = runs.current()
        state = {"revision": revision, "busy": current is not None and current.busy}
        return state if revision == have else {**state, "html": run_html(_seen_by(user_of(request), current))}

    @router.post("/gone")
    def gone(request: Request, answer: Answer) -> dict[str, Any]:
        """Remove the papers that are gone from their files, keep them, or bring them back."""
        found, _ = runs.current()
        current = _seen_by(user_of(request), found)
        if current is None or current.busy or not current.gone:
            raise HTTPException(409, "There is nothing to remove: another run has begun since.")
        papers = [paper_id for paper_id, _ in current.gone]
        if answer.do == "remove":
            library.remove_departed(papers)
        elif answer.do == "undo":
            library.restore(papers)
        runs.answer_offer(current.number, _OFFERS[answer.do])
        return {"papers": papers}

    return router


def _seen_by(user: str, run: Run | None) -> Run | None:
    """Give a run as ``user`` may see it; one of nobody's name was started before there were users."""
    if run is None or run.kind != "read" or run.by in ("", user):
        return run
    return replace(run, files=(), collection=None, message="")
