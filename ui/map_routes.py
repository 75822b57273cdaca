"""What ``assets/map.js`` fetches: how far the map is, its figures, and plotly.js from the installed package.

By plain HTTP, so that a map of thousands of points goes through no queue and the browser keeps it.  Knows no page.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from ui.drawing import Drawings, Sheet
from ui.map_page import note_text, outline_html

_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_WAITING = {
    "empty": "The library is empty. Add papers in the Library tab, and they appear here.",
    "drawing": "Drawing the map…",
}


def build_map_router(drawings: Drawings) -> APIRouter:
    """Build the routes under ``/map``."""
    router = APIRouter(prefix="/map", include_in_schema=False)

    @router.get("/sheet")
    def sheet(have: str = "", again: bool = False) -> dict[str, Any]:
        if again:
            drawings.again()
        return describe(drawings.sheet(), have)

    @router.get("/figures/{name}.json")
    def figure(name: str) -> FileResponse:
        file = drawings.figure(name)
        if file is None:
            raise HTTPException(404, "There is no such map.")
        return FileResponse(file, media_type="application/json", headers=_FOREVER)

    @router.get("/plotly.js")
    def plotly(v: str = "") -> FileResponse:  # noqa: ARG001  # another version is another address
        return FileResponse(_plotly(), media_type="text/javascript", headers=_FOREVER)

    return router


def describe(sheet: Sheet, have: str = "") -> dict[str, Any]:
    """Say how far the map is; its regions only where the page does not ``have`` this map yet."""
    found: dict[str, Any] = {"state": sheet.state, "message": sheet.message or _WAITING.get(sheet.state, "")}
    if sheet.atlas is not None:
        found |= {"name": sheet.name, "note": note_text(sheet.atlas), "plotly": f"/map/plotly.js?v={_version()}"}
        if sheet.name != have:
            found["outline"] = outline_html(sheet.atlas)
    return found


@cache
def _plotly() -> Path:
    return Path(str(files("plotly"))) / "package_data" / "plotly.min.js"


@cache
def _version() -> str:
    from importlib.metadata import version

    return version("plotly")
