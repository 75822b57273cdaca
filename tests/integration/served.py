"""A small library, an assistant whose model is the stand-in for Ollama, and its REST interface over real HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from index_store.types import WHOLE_LIBRARY
from rag.assemble import assemble
from rag.assistant import Assistant
from rag.conversations import ALONE, Conversations, Exchange
from rag.ollama import OllamaAnswerer, OllamaOptions
from rag.parts import Speaker
from rag.settings import Settings
from tests.ollama_reading import NAME
from ui import problems
from ui.answering import Answering
from ui.api import build_router
from ui.indexing import index_into
from ui.transcript import exchange_html

ADDERS = "Adders replace multipliers in a matrix product. They save 90% of its energy on nine tasks. Accuracy falls."
SHIFTERS = "Shifters need no gates at all. They are used where powers of two suffice. Rounding is the price."
PAPERS = f"title,abstract\nCheap Adders for Matrix Products,{ADDERS}\nShifters Without Gates,{SHIFTERS}\n"
QUESTION = "How much energy do adders save in a matrix product?"
TEXT = "Adders save 90% of the energy [1]. Accuracy falls [1]."


def make_home(folder: Path, papers: str = PAPERS) -> Path:
    """Make a home whose library holds these papers."""
    (folder / "papers.csv").write_text(papers, "utf-8")
    index_into(Settings(home=folder), [folder / "papers.csv"], None)
    return folder


class OneModel:
    """Always the one model at the given hosts, with a short patience."""

    def __init__(self, *hosts: str, **options: Any) -> None:
        self.answerer = OllamaAnswerer(NAME, hosts, OllamaOptions(**{"silence": 0.3, **options}))

    def choose(self, answerer: str | None, model: str | None) -> Speaker:
        return Speaker(self.answerer)

    def describe(self) -> dict[str, Any]:
        return {"answerer": "ollama", "model": NAME, "ollama": "runs"}

    def warm(self) -> None:
        self.answerer.warm_up()


@contextmanager
def assistant_of(home: Path, *hosts: str, papers: int = 6, **options: Any) -> Iterator[Assistant]:
    """Open an assistant that always asks the one model."""
    opened = assemble(Settings(home=home, answerer="quote", papers=papers))
    try:
        yield Assistant(replace(opened.parts, speakers=OneModel(*hosts, **options)))
    finally:
        opened.close()


@contextmanager
def served(assistant: Assistant) -> Iterator[httpx.Client]:
    """Serve the REST interface on a free port; gives a client of it.  ``GET /tasks`` counts the server's tasks."""
    app = FastAPI()
    problems.install(app)
    app.include_router(build_router(assistant))

    @app.get("/tasks")
    async def tasks() -> int:
        return len(asyncio.all_tasks())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until(lambda: server.started)
            with httpx.Client(base_url=address, timeout=20, trust_env=False) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


class Page:
    """A page's conversation: what it keeps of a question, and how it shows that."""

    def __init__(self, assistant: Assistant) -> None:
        self._kept = Conversations.kept_nowhere()
        self.answering = Answering(assistant, self._kept)

    def start(self, question: str = QUESTION) -> int:
        """Begin to answer a question in a conversation of its own; gives its number."""
        exchange = self._kept.ask(ALONE, None, question)
        self.answering.start(exchange, WHOLE_LIBRARY)
        return exchange.id

    def text(self, number: int) -> str:
        """Give the words that have come of an answer under way."""
        job = self.answering.under_way(number)
        return job.progress.exchange.text if job else ""

    def ended(self, number: int, seconds: float = 10.0) -> Exchange:
        """Wait for the end of an answer; gives what is kept of it."""
        wait_until(lambda: self.answering.under_way(number) is None, seconds)
        exchange = self._kept.exchange(ALONE, number)
        assert exchange is not None
        return exchange

    def shown(self, question: str = QUESTION) -> tuple[str, str]:
        """Ask; gives the markup of the exchange when it has ended, and the text that is kept."""
        exchange = self.ended(self.start(question))
        return exchange_html(exchange), exchange.text


def wait_until(true: Any, seconds: float = 10.0) -> float:
    """Wait until ``true()`` is; gives the seconds that it took.  Fails after ``seconds``."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < seconds
        time.sleep(0.005)
    return time.monotonic() - started
