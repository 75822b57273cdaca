"""Serves the whole application to users who sign in: ``python -m tests.ui.serve_two HOME``.

Beforehand it writes ``HOME/known.json``: a token for ada and for bob, every route, every function of the page.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import gradio as gr
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from rag.preferences import Preferences
from rag.settings import Settings
from tests.small_library import BREAD, FROGS, library_of
from tests.ui.fake_assistant import FakeAssistant
from ui.accounts import Accounts
from ui.app import build_app
from ui.door import Door
from ui.measured import MeasuredAssistant
from ui.page_gate import PageGate
from ui.server import listen, serve_app
from ui.sign_in import build_sign_in


def routes(app: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give method and path of everything that ``app`` serves."""
    for found in iter_route_contexts(app.routes):
        route = found.original_route
        if isinstance(route, Mount):
            inner = route.app.app if isinstance(route.app, PageGate) else route.app
            if hasattr(inner, "routes"):
                yield from routes(inner, prefix + route.path)
            else:
                yield "GET", f"{prefix}{route.path}/{{path}}"
        else:
            for method in sorted(found.methods or {"GET", "POST", "DELETE"}):
                yield method, f"{prefix}{found.path or '/'}"


def functions(app: Any) -> list[dict[str, Any]]:
    """Give the functions that the page's events call."""
    (page,) = [route.app.app for route in app.routes if isinstance(getattr(route, "app", None), PageGate)]
    blocks = cast("gr.Blocks", page.get_blocks())
    return [{"id": each._id, "name": each.name, "inputs": len(each.inputs)} for each in blocks.fns.values()]


if __name__ == "__main__":
    home = Path(sys.argv[1])
    accounts = Accounts(home)
    tokens = {name: accounts.add_token(name) for name in ("ada", "bob")}
    accounts.add_user("eve", "correct horse")
    assistant = FakeAssistant(cast("Any", library_of(home / "library", (FROGS, BREAD))))
    app = build_app(MeasuredAssistant(assistant), preferences=Preferences(Settings(home), lambda _: None))
    known = {"tokens": tokens, "routes": [*routes(app), *routes(build_sign_in(accounts))], "functions": functions(app)}
    (home / "known.json").write_text(json.dumps(known))
    with listen("127.0.0.1", 0) as listener:
        serve_app(listener, Door(app, accounts, locked=True))
