"""Requests as services want them: one after another, with pauses, who asks, and patience.

What is asked for only reads, so it may be asked for again: after a connection that fails, a status that says busy (429,
500, 502, 503, 504) or a broken page, up to ``TRIES`` times with waits that double, or as long as ``Retry-After`` says
(RFC 9110, section 10.2.3).  A wait of more than ``LONGEST_WAIT`` is left to the user.  Knows no service.
"""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import version
from types import TracebackType

import httpx

from index_store.errors import FetchError
from index_store.fetching.service import Cursor, NotReady, Page, Service

TRIES = 5
FIRST_WAIT = 3.0  # seconds, doubled from try to try
LONGEST_WAIT = 300.0
MOST_BYTES = 64_000_000
_TIMEOUT = httpx.Timeout(60.0, connect=20.0)  # arXiv takes its time
_BUSY = frozenset({429, 500, 502, 503, 504})


class Web:
    """A connection for one fetch; to be closed.

    ``idle``: seconds since the service was asked last.  ``sleep`` and ``clock`` (seconds) are time's own but for tests.
    """

    def __init__(
        self,
        contact: str | None = None,
        idle: float = math.inf,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        who = f"citewell/{version('citewell')}" + (f" ({contact})" if contact else "")
        try:
            headers = httpx.Headers({"User-Agent": who}, encoding="ascii")
        except UnicodeEncodeError as exc:
            raise FetchError(
                f"The contact {contact!r} has letters that no request can carry: give it in ASCII."
            ) from exc
        self._client = httpx.Client(headers=headers, timeout=_TIMEOUT, follow_redirects=True, verify=_certificates())
        self._sleep, self._clock = sleep, clock
        self._asked_at = clock() - idle

    def __enter__(self) -> Web:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, service: Service, cursor: Cursor, count: int) -> tuple[bytes, Page]:
        """Ask for a page until it comes.  Raises ``FetchError`` in one sentence with the way on."""
        url, parameters = service.request(cursor, count)
        wait, reason = FIRST_WAIT, ""
        for tried in range(1, TRIES + 1):
            self._keep_pace(service.pause)
            asked_to_wait: float | None = None
            try:
                status, body, asked_to_wait = self._request(url, parameters)
                if status == httpx.codes.OK:
                    return body, service.page(body, cursor)
                reason = _refused(service, status, body)
            except NotReady as exc:
                reason = f"It answered with {exc}."
            except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.InvalidURL) as exc:
                raise FetchError(f"{service.title} cannot be asked at {url}: {exc}") from exc
            except (httpx.TransportError, httpx.DecodingError) as exc:
                reason = f"{_trouble(exc)}."
            if asked_to_wait is not None and asked_to_wait > LONGEST_WAIT:
                raise FetchError(
                    f"{service.title} asks to wait {_minutes(asked_to_wait)}. {reason} Run this again then: it goes on"
                    " where it stopped."
                )
            if tried < TRIES:
                self._sleep(wait if asked_to_wait is None else asked_to_wait)
                wait *= 2
        raise FetchError(
            f"{service.title} gave no answer in {TRIES} tries at {url}. {reason} Run this again later: it goes on where"
            " it stopped."
        )

    def _keep_pace(self, pause: float) -> None:
        wait = self._asked_at + pause - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._asked_at = self._clock()

    def _request(self, url: str, parameters: dict[str, str]) -> tuple[int, bytes, float | None]:
        with self._client.stream("GET", url, params=parameters) as answer:
            parts, size = [], 0
            for part in answer.iter_bytes():
                size += len(part)
                if size > MOST_BYTES:
                    raise NotReady(f"more than {MOST_BYTES:,} bytes")
                parts.append(part)
            return answer.status_code, b"".join(parts), _retry_after(answer.headers.get("Retry-After"))


@cache  # it takes a tenth of a second
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _refused(service: Service, status: int, body: bytes) -> str:
    """Say what a busy service said.  Raises ``FetchError`` where asking again is of no use."""
    said = service.refusal(status, body)
    told = f"It answered with status {status}{f': {said}' if said else ''}."
    if status not in _BUSY:
        raise FetchError(f"{service.title} refused. {told}")
    return told


def _retry_after(value: str | None) -> float | None:
    """Give the seconds that a service asks to wait, None where it does not say."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _trouble(exc: httpx.RequestError) -> str:
    if isinstance(exc, httpx.TimeoutException):
        return "It took too long"
    if isinstance(exc, httpx.ConnectError):
        return "It cannot be reached: there may be no network"
    return f"The connection broke ({type(exc).__name__})"


def _minutes(seconds: float) -> str:
    return f"{round(seconds / 60)} minutes" if seconds < 7200 else f"{round(seconds / 3600)} hours"
