"""Signing in and out with a browser: a form, a session cookie, and nothing else.

The cookie cannot be read by scripts (``HttpOnly``), is not sent from other sites' pages (``SameSite``), and over HTTPS
only over HTTPS.  Who may try how often is the door's business (``ui.door``, ``ui.throttle``).
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form
from jinja2 import Environment, FileSystemLoader
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ui import problems
from ui.accounts import SESSION_SECONDS, Accounts

SESSION_COOKIE = "citewell_session"
SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"

_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "assets"), autoescape=True)


def build_sign_in(accounts: Accounts) -> FastAPI:
    """Build the application of the two routes."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    problems.install(app)

    @app.get(SIGN_IN)
    def form() -> Response:
        return _form(failed=False)

    @app.post(SIGN_IN)
    def sign_in(request: Request, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "") -> Response:
        session = accounts.sign_in(name.strip().lower(), password)
        if session is None:
            return _form(failed=True)
        response = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        response.set_cookie(
            SESSION_COOKIE, session, SESSION_SECONDS, httponly=True, samesite="lax", secure=secure, path="/"
        )
        return response

    @app.post(SIGN_OUT)
    def sign_out(request: Request) -> Response:
        if session := session_of(request.headers):
            accounts.sign_out(session)
        response = RedirectResponse(SIGN_IN, 303)
        response.delete_cookie(SESSION_COOKIE, path="/")
        return response

    return app


def session_of(request: Headers) -> str | None:
    """Give the session that a browser's cookie names."""
    try:
        cookie = SimpleCookie(request.get("cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return None
    return None if cookie is None else cookie.value


def _form(*, failed: bool) -> HTMLResponse:
    page = _TEMPLATES.get_template("sign-in.html.j2").render(failed=failed)
    return HTMLResponse(page, 401 if failed else 200, {"Cache-Control": "no-store"})
