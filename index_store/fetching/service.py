"""What fetching needs to know of a service.  Knows no network and no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

Cursor = Mapping[str, str | int]
"""Where to go on, in words of the service's own; kept as JSON."""


class NotReady(Exception):
    """The answer is none, but the next one may be: the service is busy, or the page is broken."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer holds: how many papers, and where the next page begins (None after the last)."""

    papers: int
    next: Cursor | None


class Service(Protocol):
    """A service that is asked for papers of a span of days, page by page.

    ``pause``: seconds between two requests, as the service asks for.  ``overlap``: days that a round goes back behind
    the one before, since papers come late.  ``most``: papers a page.  ``suffix``: of the pages as files.
    """

    @property
    def title(self) -> str: ...
    @property
    def pause(self) -> float: ...
    @property
    def overlap(self) -> int: ...
    @property
    def most(self) -> int: ...
    @property
    def suffix(self) -> str: ...

    def first(self, since: date, until: date) -> Cursor:
        """Give the place of the first page of a round; both days belong to it."""
        ...

    def request(self, cursor: Cursor, count: int, /) -> tuple[str, dict[str, str]]:
        """Give the address and the parameters that ask for up to ``count`` papers."""
        ...

    def name(self, cursor: Cursor, number: int, /) -> str:
        """Name the page's file, without its suffix; a page of that name is replaced."""
        ...

    def page(self, body: bytes, cursor: Cursor, /) -> Page:
        """Say what an answer holds.  Raises ``NotReady``, or ``FetchError`` where asking again is of no use."""
        ...

    def refusal(self, status: int, body: bytes, /) -> str:
        """Say in a few words why the service refused, and what to do; "" where it does not say."""
        ...
