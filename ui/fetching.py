"""Fetching papers into a library from the command line: pages to files, files to the library, what is new.

A fetch that fails or is stopped leaves whole pages; they are read into the library all the same, or the next time.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from index_store.arrivals import last_number, titles_after
from index_store.build import IndexReport
from index_store.catalogue import Catalogue
from index_store.errors import FetchError
from index_store.fetching import ledger, rounds
from index_store.fetching.ledger import Fetch, Order
from index_store.fetching.services import service_of
from index_store.fetching.web import Web
from index_store.shelf import place_of
from rag.settings import Settings
from ui.indexing import index_into
from ui.progress import bars


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one run has done: how many papers and pages came, what the library made of them, what was new in it.

    ``report`` is None where there was nothing to read.  ``problem``: why the fetch did not come to its end.
    """

    fetch: Fetch
    title: str
    papers: int
    pages: int
    report: IndexReport | None
    new: tuple[str, ...]
    problem: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give it as the JSON document of ``--json``."""
        return {
            "service": self.fetch.service,
            "options": dict(self.fetch.options),
            "since": self.fetch.since,
            "until": self.fetch.until,
            "complete": self.fetch.cursor is None,
            "fetched": self.papers,
            "pages": self.pages,
            "new": list(self.new),
            "index": self.report.to_dict() if self.report else None,
            "problem": self.problem,
        }


def root(settings: Settings) -> Path:
    """Give the folder that all fetches are kept in."""
    return settings.home / "fetched"


def fetch_again(settings: Settings, folder: Path) -> Fetched:
    """Fetch what has come since the last time; raises what ``fetch_into`` does."""
    noted = ledger.read(folder)
    if noted is None:
        raise FetchError(f"{folder} has gone while it was looked at.")
    return _fetch_in(folder, settings, noted.order, None, None)


def fetch_into(
    settings: Settings,
    order: Order,
    since: date | None = None,
    most: int | None = None,
    *,
    afresh: bool = False,
) -> Fetched:
    """Fetch what ``order`` asks for, and read it into the library.

    Raises ``FetchError`` where nothing could be asked at all, and whatever reading into a library raises; a fetch that
    fails later is told in the result.
    """
    return _fetch_in(root(settings) / order.name, settings, order, since, most, afresh=afresh)


def _fetch_in(
    folder: Path, settings: Settings, order: Order, since: date | None, most: int | None, *, afresh: bool = False
) -> Fetched:
    service = service_of(order, settings.contact, settings.openalex_key)
    today = datetime.now(UTC).date()
    begun = rounds.opened(folder, order, service, since, today)
    with ledger.alone(folder, order.service) as idle, Web(settings.contact, idle) as connection:
        begun = rounds.opened(folder, order, service, since, today)  # another run may have ended meanwhile
        if afresh:
            begun = rounds.restarted(begun, service, today)
        problem = None
        try:
            with bars() as progress:
                done = rounds.run(folder, begun, service, connection, most, progress)
        except FetchError as exc:
            done, problem = ledger.read(folder) or begun, str(exc)
        report, new = _read_in(settings, folder, done)
        done = replace(done, waiting=())
        ledger.write(folder, done)
    came = done.papers - begun.papers, done.pages - begun.pages
    return Fetched(done, service.title, *came, report, tuple(new), problem)


def _read_in(settings: Settings, folder: Path, fetch: Fetch) -> tuple[IndexReport | None, list[str]]:
    """Read the pages that the library has not read yet."""
    if not fetch.waiting:
        return None, []
    with closing(_catalogue(settings)) as catalogue:
        before = last_number(catalogue)
    report = index_into(settings, [folder / name for name in fetch.waiting], fetch.collection)
    with closing(_catalogue(settings)) as catalogue:
        return report, titles_after(catalogue, before)


def _catalogue(settings: Settings) -> Catalogue:
    place = place_of(settings.library)
    place.mkdir(parents=True, exist_ok=True)
    return Catalogue(place / "catalogue.sqlite3")
