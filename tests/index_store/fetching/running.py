"""One order, fetched from a server on this machine as often as a test wants."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from index_store.fetching import rounds
from index_store.fetching.ledger import Fetch, Order
from index_store.fetching.service import Service
from index_store.fetching.services import service_of
from index_store.fetching.web import Web
from index_store.readers import read
from index_store.types import Entry
from tests.paper_services import FIRST_DAY, PaperServices

TODAY = FIRST_DAY + timedelta(days=9)


class Run:
    """An order with a folder of its own; naps are but noted, and time passes with them only."""

    def __init__(self, folder: Path, server: PaperServices, service: str = "arxiv", **options: str) -> None:
        self.order = Order(service, {"server": server.url, **(options or {"query": "cat:cs.CL"})})
        self.folder = folder / self.order.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.naps: list[float] = []
        self.now = 0.0
        self.service: Service = service_of(self.order, None, "secret-key")

    def __call__(
        self,
        since: date | None = FIRST_DAY,
        today: date = TODAY,
        most: int | None = None,
        contact: str | None = None,
        idle: float = 99.0,
    ) -> Fetch:
        with Web(contact, idle, self.nap, clock=lambda: self.now) as connection:
            fetch = rounds.opened(self.folder, self.order, self.service, since, today)
            return rounds.run(self.folder, fetch, self.service, connection, most, lambda *_: None)

    def nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def titles(self) -> list[str]:
        pages = sorted(place for place in self.folder.iterdir() if place.name != ".fetch.json")
        return [item.paper.title if isinstance(item, Entry) else str(item) for page in pages for item in read(page)]


def small_pages(run: Run, most: int = 10) -> Run:
    run.service = replace(run.service, most=most)  # type: ignore[type-var]  # every service is a dataclass
    return run
