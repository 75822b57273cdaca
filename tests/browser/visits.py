"""A page open in Chromium, watched: requests to other hosts and complaints of the browser are kept."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, ViewportSize, expect

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}


@contextmanager
def fake_server(home: Path, port: str = "0") -> Iterator[Server]:
    """Serve the page with the assistant of the tests and a home; it can be killed and started again on its port."""
    command = [sys.executable, "-m", "tests.ui.serve_fake", port, f"home={home}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(process, process.stdout.readline().strip().removeprefix("Citewell is ready at "))
        finally:
            process.kill()


def serve_fake(*words: str) -> Iterator[str]:
    """Serve the page with the assistant of the tests; gives its address."""
    yield from serving([sys.executable, "-m", "tests.ui.serve_fake", "0", *words])


def serving(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a server in a process of its own; gives the address that it prints when it is ready, and ends it after."""
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip().removeprefix("Citewell is ready at ")
        finally:
            server.terminate()


@dataclass
class Server:
    """A server of our own in a process of its own."""

    process: subprocess.Popen[str]
    address: str

    @property
    def port(self) -> str:
        return self.address.rsplit(":", 1)[1]

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        self.process.kill()
        self.process.wait()


@dataclass
class Visit:
    """A page open in the browser and what went wrong in it."""

    page: Page
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        self.page.get_by_label("Your question").fill(question)
        self.page.keyboard.press("Enter")

    def answered(self, count: int = 1) -> None:
        """Wait until so many answers are complete."""
        expect(self.page.locator(".cw-exchange[data-state=done]")).to_have_count(count)

    def conversations(self) -> Locator:
        return self.page.get_by_role("navigation", name="Conversations").get_by_role("link")

    def forgive(self, *words: str) -> None:
        """Drop complaints with these words, and those of a page that was left while the server spoke to it."""
        known = (*words, "AbortError", "errored out")
        self.complaints[:] = [each for each in self.complaints if not any(word in each for word in known)]

    def reload(self) -> None:
        self.page.reload()
        self.forgive()

    def scrolls_sideways(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def open_page(page: Page, address: str) -> Visit:
    """Open the page, noting requests to other hosts, errors in the console and responses that are errors."""
    visit = Visit(page)
    ours = (address.split("/?", maxsplit=1)[0], "data:", "blob:")
    page.on("request", lambda r: visit.foreign.append(r.url) if not r.url.startswith(ours) else None)
    page.on("console", lambda m: visit.complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("response", lambda r: visit.complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.goto(address)
    # Of 5 s, by default, a page took more to open while a slow machine did other things.
    expect(page.get_by_label("Your question")).to_be_visible(timeout=30_000)
    return visit
