"""What axe-core finds in the chat tab: nothing serious, in both themes, wide and on a phone, empty and full."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.visits import DESKTOP, PHONE, Visit

pytestmark = pytest.mark.browser


def serious(page: Page) -> list[str]:
    """Give each serious violation with the markup that it was found in."""
    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['html']}"
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(
    "visit", [{"viewport": DESKTOP}, {"viewport": PHONE, "color_scheme": "dark"}], indirect=True, ids=["wide", "phone"]
)
def test_axe_finds_nothing_serious_in_the_chat(visit: Visit) -> None:
    page = visit.page
    assert serious(page) == []
    for count, question in enumerate(("energy", "both", "formula", "salary"), 1):
        visit.ask(question)
        visit.answered(count)
    page.get_by_role("button", name="Whole library").click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export this conversation").click()
    assert serious(page) == []
