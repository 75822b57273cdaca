"""What ``assets/papers.js`` fetches: pages of the list, one paper, files of papers; and what it changes: papers are
removed, brought back, taken apart, put together, and both is taken back.

By plain HTTP, so that turning a page goes through no queue.  Knows no component of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from index_store.types import Paper, Scope
from rag.limits import MAX_QUESTION_CHARS
from ui.display import display_text
from ui.exports import export_papers
from ui.paper_list import BEST, PAGE, UNTITLED, Listing, Wanted, list_html
from ui.paper_page import gone_html, paper_html
from ui.paper_sources import source_key
from ui.protocols import Assistant, Library
from ui.references import PAPER_FORMATS

_SIMILAR = 5
_MOST = 20_000
"""Papers that one request may name."""
_Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
_Year = Annotated[int | None, Query(ge=0, le=9999)]
_Fresh = {"Cache-Control": "no-store"}


class Chosen(BaseModel):
    """Papers by their ids."""

    model_config = ConfigDict(extra="forbid")
    papers: Annotated[list[_Name], Field(min_length=1, max_length=_MOST)]


class FileOf(Chosen):
    """A file to make of papers."""

    format: Literal["bibtex", "ris", "csl-json", "csv"]


class Parting(BaseModel):
    """A paper, and the sources that leave it, by their keys."""

    model_config = ConfigDict(extra="forbid")
    paper: _Name
    sources: Annotated[list[_Name], Field(max_length=_MOST)] = []


class Pair(BaseModel):
    """Two papers that are one."""

    model_config = ConfigDict(extra="forbid")
    papers: tuple[_Name, _Name]


class Step(BaseModel):
    """A parting or a merge that is taken back."""

    model_config = ConfigDict(extra="forbid")
    step: Annotated[int, Field(ge=1, lt=2**63)]


def build_papers_router(assistant: Assistant) -> APIRouter:
    """Build the routes under ``/papers``."""
    router = APIRouter(prefix="/papers", include_in_schema=False)
    library = assistant.library

    @router.get("/collections")
    def collections() -> dict[str, int]:
        return dict(library.collections())

    @router.get("/list")
    def listed(
        text: Annotated[str, Query(max_length=MAX_QUESTION_CHARS)] = "",
        order: Listing = "best",
        collection: Annotated[str, Query(max_length=300)] = "",
        first: _Year = None,
        last: _Year = None,
        page: Annotated[int, Query(ge=1, le=10_000_000)] = 1,
    ) -> HTMLResponse:
        scope = Scope((collection,) if collection else (), first, last)
        return HTMLResponse(shown(assistant, Wanted(text.strip(), order, scope, page)), headers=_Fresh)

    @router.get("/one")
    def one(paper: Annotated[str, Query(max_length=300)]) -> HTMLResponse:
        found = library.paper(paper)
        if found is None:
            return HTMLResponse(gone_html(), 404, headers=_Fresh)
        page = paper_html(found, library.similar(paper, _SIMILAR), library.records(paper))
        return HTMLResponse(page, headers=_Fresh)

    @router.post("/file")
    def file(body: FileOf) -> Response:
        found = (library.paper(each) for each in body.papers)
        papers = list({paper.id: paper for paper in found if paper is not None}.values())  # two may be one by now
        name, content = export_papers(body.format, _title(papers), papers)
        media_type = next(known.media_type for known in PAPER_FORMATS if known.name == body.format)
        headers = _Fresh | {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=media_type, headers=headers)

    _add_changes(router, library)
    return router


def _add_changes(router: APIRouter, library: Library) -> None:
    @router.post("/remove")
    def remove(body: Chosen) -> dict[str, Any]:
        return {"papers": library.remove(body.papers)}

    @router.post("/restore")
    def restore(body: Chosen) -> dict[str, Any]:
        return {"papers": library.restore(body.papers)}

    @router.post("/split")
    def split(body: Parting) -> dict[str, Any]:
        """Take a paper apart; without ``sources`` each of them becomes a paper of its own."""
        leaving = [record for record in library.records(body.paper) if source_key(record) in body.sources]
        if len(leaving) != len(set(body.sources)):
            raise HTTPException(409, "The sources of this paper have changed; open it again.")
        papers, step = library.split(body.paper, [f"{record.path}#{record.local_id}" for record in leaving])
        return {"papers": _named(papers), "step": step}

    @router.post("/merge")
    def merge(body: Pair) -> dict[str, Any]:
        papers, step = library.merge(*body.papers)
        return {"papers": _named(papers), "step": step}

    @router.post("/undo")
    def undo(body: Step) -> dict[str, Any]:
        return {"papers": _named(library.undo_parting(body.step))}


def _named(papers: Sequence[Paper]) -> list[dict[str, str]]:
    return [{"id": paper.id, "title": display_text(paper.title) or UNTITLED} for paper in papers]


def shown(assistant: Assistant, wanted: Wanted) -> str:
    """Give the page of the list that is wanted."""
    library, start = assistant.library, (wanted.page - 1) * PAGE
    if not len(library):
        return list_html(wanted, (), 0, {}, is_empty=True)
    order = wanted.sorted_by
    if order is None:
        hits = assistant.search(wanted.text, BEST, wanted.scope)
        page = hits[start : start + PAGE]
        snippets = {hit.paper.id: hit.passages[0].passage.text for hit in page if hit.passages}
        return list_html(wanted, [hit.paper for hit in page], len(hits), snippets)
    papers, total = library.papers(offset=start, limit=PAGE, query=wanted.text, scope=wanted.scope, order=order)
    return list_html(wanted, papers, total, {})


def _title(papers: list[Paper]) -> str:
    return papers[0].title if len(papers) == 1 else f"{len(papers)} papers"
