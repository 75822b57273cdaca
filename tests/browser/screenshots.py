"""Makes the pictures of the page: ``make screenshots``, or ``python -m tests.browser.screenshots``.

The server is a real one on the starter library; where a model speaks it is the tests' stand-in for Ollama, whose text
is ours.  What stands in the pictures is what anyone gets who starts Citewell for the first time.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser.tabs import open_tab
from tests.browser.visits import CHROMIUM, FLAGS, PHONE, ROOT, open_page, serving
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Script

FOLDER = ROOT / "ui" / "screenshots"
WIDE: ViewportSize = {"width": 1280, "height": 800}
COLOURS = 192  # of a picture's palette; nobody sees the difference and the file is a third
SLOW_MS = 90_000
ASKED = "How many layers does the deepest ResNet on ImageNet have?"
SECOND = "Which papers make attention cheaper, and how?"
PROSE = (
    "Residual connections let a layer learn only the difference to its input, which is why very deep networks can be "
    "trained at all [1].\n\n"
    "- The deepest of them on ImageNet has **152 layers** and is still cheaper to run than VGG [1].\n"
    "- Its ensemble won the ILSVRC contest of 2015 with a top-5 error of 3.57% [1].\n"
    "- Dense networks have replaced it everywhere since [1]."
)


@contextmanager
def page_at(browser: Browser, address: str, *, size: ViewportSize = WIDE, scheme: str = "light") -> Iterator[Page]:
    """Open the page in a browser of its own, sharp enough for a screen of today."""
    with browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=1.5) as context:  # type: ignore[arg-type]
        yield open_page(context.new_page(), address).page


def ask(page: Page, question: str, count: int = 1) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".cw-exchange[data-state=done]")).to_have_count(count, timeout=SLOW_MS)


def keep(page: Page, name: str) -> None:
    """Write the page as it stands, as a picture with a palette."""
    page.wait_for_timeout(700)  # what moves has come to rest
    picture = Image.open(BytesIO(page.screenshot()))
    small = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{name}.png", optimize=True)


def take(browser: Browser, quoting: str, speaking: str) -> None:
    """Take all pictures: of a server that quotes, and of one with a model."""
    with page_at(browser, speaking) as page:
        ask(page, "Why can very deep networks be trained, and how deep is the deepest ResNet?")
        page.locator("a.cw-marker").nth(1).focus()
        keep(page, "sources")
    with page_at(browser, quoting) as page:
        ask(page, SECOND)
        page.get_by_role("button", name="New chat").click()
        ask(page, ASKED)
        page.locator("#cw-box").focus()
        keep(page, "chat")
        open_tab(page, "Map")
        expect(page.locator(".cw-map-note")).to_contain_text("ringed")
        keep(page, "map")
        open_tab(page, "Papers")
        page.get_by_label("Search papers").fill("making attention cheaper")
        expect(page.locator(".cwp-why").first).to_be_visible(timeout=SLOW_MS)
        keep(page, "papers")
        open_tab(page, "Library")
        page.get_by_role("button", name="Examine").click()
        expect(page.locator(".cw-findings li").first).to_be_visible(timeout=SLOW_MS)
        keep(page, "library")
    with page_at(browser, quoting, scheme="dark") as page:
        ask(page, SECOND)
        keep(page, "dark")
    with page_at(browser, quoting, size=PHONE) as page:
        ask(page, ASKED)
        keep(page, "phone")


def served(home: Path, ollama: str) -> Iterator[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CITEWELL_")}
    environ = {**clean, "CITEWELL_HOME": str(home), "HF_HUB_OFFLINE": "1", "OLLAMA_HOST": ollama}
    return serving([sys.executable, "-c", "from ui.cli import main; main()", "serve", "--port", "0"], environ)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        OllamaDouble(Script(text=PROSE)) as ollama,
        sync_playwright() as playwright,
    ):
        path = CHROMIUM if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for quoting in served(Path(home) / "quoting", "127.0.0.1:9"):
            for speaking in served(Path(home) / "speaking", ollama.url):
                take(browser, quoting, speaking)
        browser.close()


if __name__ == "__main__":
    main()
