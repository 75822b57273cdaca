"""The tabs of the page on any screen: on a narrow one some of them stand in a menu."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.real_library import SLOW_MS

TABS = ("Chat", "Papers", "Map", "Library", "Models", "Evaluate")
_SHOWN = {
    "Chat": "#cw-box",
    "Papers": ".cwp-table tbody",
    "Map": '.cw-map[data-state="ready"]',
    "Library": "#cw-contents .cw-figures",
    "Models": "#cw-models .cw-ollama",
    "Evaluate": "#cw-evaluate-start",
}
"""What stands on a tab once it shows something."""


def open_tab(page: Page, name: str) -> None:
    """Open a tab and wait for what it shows."""
    tab = page.get_by_role("tab", name=name)
    if tab.count() and tab.first.is_visible():
        tab.first.click()
    else:
        page.locator(".overflow-menu > button").click()
        page.locator(".overflow-dropdown button", has_text=name).click()
    expect(page.locator(_SHOWN[name]).first).to_be_visible(timeout=SLOW_MS)
