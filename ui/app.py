"""The application: the REST interface under ``/api``, our style and script under ``/look``, the Gradio page at ``/``.

Nothing here makes a browser or the server speak to another host: Gradio's analytics are off, fonts are the system's,
and FastAPI's own documentation pages (which load scripts from a CDN) are not served.

Knows no port and no socket: ``ui.server`` serves what is built here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from index_store.library import Library
from rag.conversations import Conversations
from rag.preferences import Preferences
from ui.answering import Answering
from ui.chat import build_chat_tab
from ui.chat_routes import build_chat_router
from ui.conversation import Room
from ui.desk import QUIET, Desk
from ui.door import user_of
from ui.evaluate_tab import EvaluateTab
from ui.evaluating import Evaluations
from ui.library_tab import LibraryTab
from ui.map import MapTab
from ui.models_tab import ModelsTab
from ui.named_endpoints import add_named_endpoints
from ui.page_gate import PageGate
from ui.papers import PapersTab
from ui.papers_routes import build_papers_router
from ui.programs import build_api
from ui.protocols import Assistant
from ui.sessions import keep_numbers
from ui.sign_in import SIGN_OUT
from ui.signals import name_of
from ui.uploads import MOST_BYTES
from ui.workshop import Workshop

Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]

ASSETS = Path(__file__).parent / "assets"
_WAITING = 200
"""Questions that may wait for a thread before the page says that it is busy."""
_THREADS = 48
"""Threads for the functions of the page.  With 40, its default, Gradio takes those that all other requests share, and
where a model is silent nothing else would go on."""
_SESSIONS = 300
"""Pages that Gradio remembers what it has shown in; one that it has forgotten goes on as a new one."""
_FORGET_UPLOADS = (3600, 24 * 3600)
"""Files that were dragged in and never read are looked for every hour and removed after a day, in seconds."""
_ICON = '<link rel="icon" type="image/svg+xml" href="/look/favicon.svg">'
_DESCRIPTION = '<meta name="description" content="Chat with a library of paper abstracts.">'
_FIRST = "citewell.css"
"""What the other style sheets build on."""
_ACCENTS = {"": "#1f5f5b", "_dark": "#7cc4bb"}
_ACCENTED = (
    "button_primary_background_fill",
    "button_primary_background_fill_hover",
    "button_primary_border_color",
    "checkbox_background_color_selected",
    "checkbox_border_color_selected",
    "checkbox_border_color_focus",
    "input_border_color_focus",
    "slider_color",
)
_STYLED = {
    "body_text_color_subdued": "var(--cw-soft)",
    "block_label_text_color": "var(--cw-soft)",
    "block_title_text_color": "var(--cw-soft)",
    "input_background_fill": "var(--cw-ground)",
    "input_border_color": "var(--cw-line)",
    "input_border_width": "1px",
    "input_placeholder_color": "var(--cw-soft)",
}
"""What our style sheet decides, in the light and in the dark."""
_ROUND = ("input_radius", "button_large_radius", "button_medium_radius", "button_small_radius")
_FOOTER = "Citewell reads abstracts, not whole papers. Follow the links before you rely on an answer."


def build_app(
    assistant: Assistant, examples: Sequence[str] | None = None, preferences: Preferences | None = None
) -> FastAPI:
    """Build the application that serves ``assistant``.

    ``examples`` are the questions to click in an empty conversation; None makes some from the library's titles.
    Without ``preferences`` there is no folder to work in: no map, no files, no models, and no conversation is kept.
    """
    keep_numbers()
    app = build_api(assistant)
    settings = preferences.settings if preferences else None
    kept = Conversations(settings.home / "conversations.sqlite") if settings else Conversations.kept_nowhere()
    room = Room(assistant, kept, Answering(assistant, kept), examples)
    app.mount("/look", StaticFiles(directory=ASSETS))
    app.include_router(build_chat_router(room))
    app.include_router(build_papers_router(assistant))
    workshop = Workshop.open(preferences) if preferences else None
    if workshop:
        workshop.add_routes(app, assistant.library)
    app.router.lifespan_context = _ending(app.router.lifespan_context, room, workshop)
    gr.mount_gradio_app(
        app,
        build_page(assistant, room, workshop),
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        favicon_path=str(ASSETS / "favicon.svg"),
        max_file_size=MOST_BYTES,
        theme=_theme(),
        head=head_html(),
        auth_dependency=user_of,
    )
    page = app.routes[-1]
    assert isinstance(page, Mount)
    page.app = PageGate(page.app, app.routes[:-1])
    return app


def build_page(assistant: Assistant, room: Room, workshop: Workshop | None = None) -> gr.Blocks:
    """Build the page: a header that says what is in the library and who answers, the tabs, a footer."""
    page = gr.Blocks(
        title="Citewell", analytics_enabled=False, fill_width=True, fill_height=True, delete_cache=_FORGET_UPLOADS
    )

    def headed(request: gr.Request) -> str:
        return header_html(assistant, name_of(request))

    with page:
        header = gr.HTML(header_html(assistant), elem_id="cw-header", apply_default_css=False)
        tabs = gr.Tabs(selected="chat", elem_id="cw-tabs")
        desk = Desk.of(tabs)
        with tabs, gr.Tab("Chat", id="chat"):
            build_chat_tab(room, desk)
        with tabs, gr.Tab("Papers", id="papers"):
            papers = PapersTab(assistant, desk)
        if workshop:
            with tabs, gr.Tab("Map", id="map"):
                MapTab(assistant, desk, workshop.drawings)
        if workshop and isinstance(assistant.library, Library):
            with tabs, gr.Tab("Library", id="library") as library_tab:
                library = LibraryTab(assistant.library, workshop.settings, workshop.runs)
                library.refresh_when(page.load)
                library.refresh_when(library_tab.select)
                library.over.then(headed, None, header, **QUIET)
            with tabs, gr.Tab("Models", id="models") as models_tab:
                models = ModelsTab(workshop.preferences, workshop.downloads)
                models.refresh_when(page.load)
                models.refresh_when(models_tab.select)
            with tabs, gr.Tab("Evaluate", id="evaluate") as evaluate_tab:
                evaluation = EvaluateTab(Evaluations(assistant, assistant.library, workshop.preferences))
                evaluation.refresh_when(evaluate_tab.select)
        gr.HTML(f"<p>{_FOOTER}</p>", elem_id="cw-footer", apply_default_css=False)
        page.load(headed, None, header, **QUIET)
        add_named_endpoints(assistant)
        page.load(papers.greet, None, desk.tabs, **QUIET)
    page.queue(max_size=_WAITING, api_open=False)
    page.state_session_capacity = _SESSIONS
    page.max_threads = _THREADS
    return page


def head_html() -> str:
    """Give the lines of the page's head: the icon, every style sheet and script of ``assets`` (modules load others)."""
    names = sorted((path.name for path in ASSETS.iterdir()), key=lambda name: (name != _FIRST, name))
    styles = [f'<link rel="stylesheet" href="/look/{name}">' for name in names if name.endswith(".css")]
    scripts = [f'<script src="/look/{name}" defer></script>' for name in names if name.endswith(".js")]
    return "".join((_ICON, *styles, *scripts, _DESCRIPTION))


def header_html(assistant: Assistant, user: str = "") -> str:
    """Say how many papers there are and who answers, and let ``user``, who signed in, sign out."""
    health = assistant.health()
    papers = len(assistant.library)
    who = health.get("model") or "quoting"
    return (
        '<div class="cw-bar"><h1><img src="/look/favicon.svg" alt="" width="26" height="26">Citewell</h1>'
        f'<p class="cw-status"><span>{papers:,} paper{"" if papers == 1 else "s"}</span>'
        f"<span>Answers by {escape(str(who))}</span></p>{_leaving(user) if user else ''}</div>"
    )


def _leaving(user: str) -> str:
    return (
        f'<form class="cw-user" method="post" action="{SIGN_OUT}"><span title="{escape(user)}">{escape(user)}</span>'
        '<button type="submit" class="cw-link">Sign out</button></form>'
    )


def _ending(inner: Lifespan, room: Room, workshop: Workshop | None) -> Lifespan:
    """End downloads, and answers in the making, when the server ends; the next one shows those as broken off."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with inner(app) as state:
            yield state
        room.answering.close()
        if workshop:
            workshop.downloads.close()

    return lifespan


def _theme() -> gr.themes.Base:
    """Give Gradio's plainest theme with the system's fonts and our ground; the rest is in the style sheet."""
    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
    theme = gr.themes.Base(font=sans, font_mono=mono)
    grounds = {"body_background_fill": "#f6f5f1", "body_background_fill_dark": "#14191b"}
    accents = {f"{name}{shade}": color for name in _ACCENTED for shade, color in _ACCENTS.items()}
    inks = {"button_primary_text_color": "#ffffff", "button_primary_text_color_dark": "#0e2423"}
    styled = {f"{name}{shade}": value for name, value in _STYLED.items() for shade in ("", "_dark")}
    return theme.set(**grounds, **accents, **inks, **styled, **dict.fromkeys(_ROUND, "10px"))
