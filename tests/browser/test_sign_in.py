"""Signing in and out in a real browser: the form, the cookie, the page behind it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visits import ROOT


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[str]:
    """Serve the application to users who sign in; ``eve`` has a password."""
    command = [sys.executable, "-m", "tests.ui.serve_two", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip().removeprefix("Citewell is ready at ")
        finally:
            server.terminate()


def test_a_user_signs_in_asks_and_is_gone_after_signing_out(browser: Browser, locked: str) -> None:
    page = browser.new_page()
    page.goto(locked)
    expect(page).to_have_url(f"{locked}/sign-in")
    for password in ("wrong horse", "correct horse"):
        page.locator("[name=name]").fill("eve")
        page.locator("[name=password]").fill(password)
        page.keyboard.press("Enter")
        if password == "wrong horse":
            expect(page.get_by_text("do not belong together")).to_be_visible()
    box = page.get_by_label("Your question")
    expect(box).to_be_visible()
    box.fill("energy")
    page.keyboard.press("Enter")
    expect(page.locator(".cw-exchange[data-state=done]")).to_have_count(1)
    expect(page.locator("#cw-header")).to_contain_text("eve")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{locked}/sign-in")
    page.goto(locked)
    expect(page).to_have_url(f"{locked}/sign-in")
    page.close()
