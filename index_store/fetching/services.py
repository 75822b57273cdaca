"""An order -> the service that fulfils it: the one list of services.  Knows no network."""

from __future__ import annotations

from index_store.errors import FetchError
from index_store.fetching import arxiv, daily_papers, openalex
from index_store.fetching.arxiv import Arxiv
from index_store.fetching.daily_papers import DailyPapers
from index_store.fetching.ledger import Order
from index_store.fetching.openalex import OpenAlex
from index_store.fetching.service import Service

SERVERS = {"arxiv": arxiv.SERVER, "daily-papers": daily_papers.SERVER, "openalex": openalex.SERVER}


def service_of(order: Order, contact: str | None, openalex_key: str | None) -> Service:
    """Give the service of an order.  Raises ``FetchError`` for one that is not known here."""
    options = order.options
    server = (options.get("server") or SERVERS.get(order.service, "")).rstrip("/")
    if order.service == "arxiv":
        return Arxiv(options.get("query", ""), server)
    if order.service == "daily-papers":
        return DailyPapers(server)
    if order.service == "openalex":
        return OpenAlex(options.get("search", ""), options.get("filter", ""), contact, openalex_key, server)
    known = ", ".join(SERVERS)
    raise FetchError(f"{order.service!r} is no service that papers can be fetched from; known are {known}.")
