"""The application: the REST interface under ``/api``, our style and script under ``/look``, the Gradio page at ``/``.

Nothing here makes a browser or the server speak to another host: Gradio's analytics are off, fonts are the system's,
and FastAPI's own documentation pages (which load scripts from a CDN) are not served.

Knows no port and no socket: ``ui.server`` serves what is built here.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from ui import problems
from ui.api import build_router
from ui.chat import ChatTab
from ui.examples import suggest_questions
from ui.openai_api import build_openai_router
from ui.protocols import Assistant

ASSETS = Path(__file__).parent / "assets"
_WAITING = 200
"""Questions that may wait for a thread before the page says that it is busy."""
_HEAD = (
    '<link rel="icon" type="image/svg+xml" href="/look/favicon.svg">'
    '<link rel="stylesheet" href="/look/citewell.css">'
    '<script src="/look/citewell.js" defer></script>'
    '<meta name="description" content="Chat with a library of paper abstracts.">'
)
_FOOTER = "Citewell reads abstracts, not whole papers. Follow the links before you rely on an answer."


def build_app(assistant: Assistant, examples: Sequence[str] | None = None) -> FastAPI:
    """Build the application that serves ``assistant``.

    ``examples`` are the questions to click in an empty conversation; None makes some from the library's titles.
    """
    app = build_api(assistant)
    app.mount("/look", StaticFiles(directory=ASSETS))
    gr.mount_gradio_app(
        app,
        build_page(assistant, suggest_questions(assistant.library) if examples is None else examples),
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        favicon_path=str(ASSETS / "favicon.svg"),
        theme=_theme(),
        head=_HEAD,
    )
    return app


def build_api(assistant: Assistant) -> FastAPI:
    """Build the part for programs: the REST interface without the page."""
    app = FastAPI(title="Citewell", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    problems.install(app)
    app.include_router(build_router(assistant))
    app.include_router(build_openai_router(assistant))
    return app


def build_page(assistant: Assistant, examples: Sequence[str]) -> gr.Blocks:
    """Build the page: a header that says what is in the library and who answers, the chat, a footer."""
    page = gr.Blocks(title="Citewell", analytics_enabled=False, fill_width=True, fill_height=True)
    with page:
        header = gr.HTML(header_html(assistant), elem_id="cw-header", apply_default_css=False)
        ChatTab(assistant, examples)
        gr.HTML(f"<p>{_FOOTER}</p>", elem_id="cw-footer", apply_default_css=False)
        page.load(lambda: header_html(assistant), None, header, show_progress="hidden", api_visibility="private")
    page.queue(max_size=_WAITING, api_open=False)
    return page


def header_html(assistant: Assistant) -> str:
    """Say how many papers there are and who answers."""
    health = assistant.health()
    papers = len(assistant.library)
    who = health.get("model") or "quoting"
    return (
        '<div class="cw-bar"><h1><img src="/look/favicon.svg" alt="" width="26" height="26">Citewell</h1>'
        f'<p class="cw-status"><span>{papers:,} paper{"" if papers == 1 else "s"}</span>'
        f"<span>Answers by {escape(str(who))}</span></p></div>"
    )


def _theme() -> gr.themes.Base:
    """Give Gradio's plainest theme with the system's fonts and our ground; the rest is in the style sheet."""
    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
    theme = gr.themes.Base(font=sans, font_mono=mono)
    return theme.set(body_background_fill="#f6f5f1", body_background_fill_dark="#14191b")
