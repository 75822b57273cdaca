"""A fetch as rounds: the first from a given day to today, each further one from where the last ended to today.

A round that was stopped is gone on with.  A further round begins some days before the end of the last, since papers
come late; the library knows again what it has.  Knows no library and no service by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from index_store.durable import replace_file
from index_store.errors import FetchError
from index_store.fetching import ledger
from index_store.fetching.ledger import Fetch, Order
from index_store.fetching.service import Cursor, Service
from index_store.fetching.web import Web

Progress = Callable[[str, int, int | None], None]  # as the build's: stage, done, total


def opened(folder: Path, order: Order, service: Service, since: date | None, today: date) -> Fetch:
    """Give the round to go on with, or a new one.  Raises ``FetchError`` where it is not known since when.

    ``since`` may lie before all that was fetched: then a round begins there.
    """
    noted = ledger.read(folder)
    if since is not None and since > today:
        raise FetchError(f"--since {since} lies in the future.")
    if noted is None:
        if since is None:
            raise FetchError("Nothing has been fetched for this query yet: say from when on, as in --since 2026-01-31.")
        return _round(
            Fetch(order.service, order.options, order.collection, str(since), "", "", None), since, today, service
        )
    noted = replace(noted, collection=order.collection or noted.collection)
    if since is not None and since < date.fromisoformat(noted.earliest):
        return _round(replace(noted, earliest=str(since)), since, today, service)
    if noted.cursor is not None:
        _refuse_foreign(noted.cursor, service, folder)
        return noted
    begin = date.fromisoformat(noted.until) - timedelta(days=service.overlap)
    return _round(noted, max(begin, date.fromisoformat(noted.earliest)), today, service)


def _refuse_foreign(cursor: Cursor, service: Service, folder: Path) -> None:
    try:
        service.request(cursor, 1)
        service.name(cursor, 1)
    except (KeyError, ValueError, TypeError) as exc:
        raise FetchError(
            f"{folder} does not say where {service.title} is to be gone on with ({exc}). Move it away and fetch again;"
            " papers that the library has are not doubled."
        ) from exc


def restarted(fetch: Fetch, service: Service, today: date) -> Fetch:
    """Give the round under way from its beginning, for a service that does not know the place to go on any more."""
    return _round(fetch, date.fromisoformat(fetch.since), today, service)


def run(folder: Path, fetch: Fetch, service: Service, web: Web, most: int | None, progress: Progress) -> Fetch:
    """Fetch pages until the round is done or ``most`` papers have come; the caller holds the folder.

    Raises ``FetchError`` or ``StorageError``; what came until then is noted.
    """
    ledger.write(folder, fetch)
    got = 0
    while fetch.cursor is not None and (most is None or got < most):
        progress("fetching", got, most)
        count = service.most if most is None else min(service.most, most - got)
        body, page = web.get(service, fetch.cursor, count)
        name = service.name(fetch.cursor, fetch.pages + 1) + service.suffix
        if page.papers:
            replace_file(folder / name, body)
            waiting = (*(each for each in fetch.waiting if each != name), name)
            fetch = replace(fetch, pages=fetch.pages + 1, papers=fetch.papers + page.papers, waiting=waiting)
        fetch = replace(fetch, cursor=page.next)
        ledger.write(folder, fetch)
        got += page.papers
    progress("fetching", got, most)
    return fetch


def _round(fetch: Fetch, since: date, until: date, service: Service) -> Fetch:
    until = max(since, until)
    return replace(fetch, since=str(since), until=str(until), cursor=service.first(since, until))
