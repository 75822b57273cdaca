"""The same answers from a Citewell that runs elsewhere, over HTTP.

>>> with Client("http://127.0.0.1:7860") as client:
...     print(client.ask("How does FlashRNN use registers?").text)

``Client`` and ``AsyncClient`` have the same methods.  Every failure is a ``CitewellError`` with one sentence; what is
safe to repeat is repeated.  Knows what is sent and read only through ``rag.remote``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Self, TypedDict, TypeVar, Unpack
from urllib.parse import quote

import httpx
from httpx_sse import EventSource, SSEError

from index_store.errors import CitewellError
from index_store.types import Hit, Paper
from rag import remote
from rag.addresses import is_loopback
from rag.errors import ServerFailed
from rag.remote import Call, PaperPage
from rag.types import Answer, AnswerEvent, Event, Json, Turn, paper_from_dict

DEFAULT_URL = "http://127.0.0.1:7860"
_CONNECT_TIMEOUT = 5.0
T = TypeVar("T")


class ClientOptions(TypedDict, total=False):
    """``token``: sent as a bearer token.  ``timeout``: seconds of silence before giving up.  ``retries``: further tries
    of what is safe to repeat (2)."""

    token: str | None
    timeout: float
    retries: int


class AskOptions(TypedDict, total=False):
    """What else decides an answer.  ``year``: 2020, ``"2019..2023"`` or open at one end; None leaves it open."""

    history: Sequence[Turn]
    collection: str | None
    year: str | int | None
    answerer: str | None
    model: str | None


class _Common:
    """What both clients know: where the server is, how patient to be, how often to try."""

    def __init__(self, url: str, *, token: str | None = None, timeout: float = 120.0, retries: int = 2) -> None:
        # A model that is loaded from a slow disk says nothing for long.
        self.url = remote.address(url)
        self._retries = retries
        self._options: dict[str, Any] = {
            "base_url": self.url,
            "verify": self.url.startswith("https:"),  # reading the certificates takes longer than a short answer
            "trust_env": not is_loopback(self.url),
            "timeout": httpx.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT)),
            "headers": {"Authorization": f"Bearer {token}"} if token else {},
        }

    def _pause(self, call: Call, exc: CitewellError, response: httpx.Response | None, attempt: int) -> float:
        """Give the seconds to wait before the next try; raises ``exc`` where there shall be none."""
        pause = remote.wait_before_retry(call, exc, response, attempt) if attempt < self._retries else None
        if pause is None:
            raise exc
        return pause


class Client(_Common):
    """A Citewell over HTTP.  Safe to share between threads; close it, or use it in a ``with`` statement."""

    def __init__(self, url: str = DEFAULT_URL, **patience: Unpack[ClientOptions]) -> None:
        """Prepare a client of the Citewell at ``url``; nothing is opened yet.  Raises ``SettingsError``."""
        super().__init__(url, **patience)
        self._http = httpx.Client(**self._options)

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """Answer a question.  Raises ``CitewellError``."""
        return self._read(Answer.from_dict, remote.ask_call(question, **options))

    def stream(self, question: str, **options: Unpack[AskOptions]) -> Iterator[Event]:
        """Answer step by step: the papers found, pieces of the text, the whole answer.

        Closing the iterator ends the work on the server.  Raises ``CitewellError``, possibly after some pieces.
        """
        call = remote.stream_call(question, **options)
        response = self._sent(call, stream=True)
        try:
            finished = False
            for sent in EventSource(response).iter_sse():
                event = remote.read_event(sent.event, sent.data)
                if event is not None:
                    finished = isinstance(event, AnswerEvent)
                    yield event
            if not finished:
                raise remote.broken_stream(self.url)
        except httpx.HTTPError as exc:
            raise remote.failure_of_transport(exc, self.url) from exc
        except SSEError as exc:
            raise ServerFailed(f"{self.url} did not send a stream of events. Is it a Citewell?") from exc
        finally:
            response.close()

    def search(
        self, query: str, k: int = 10, *, collection: str | None = None, year: str | int | None = None
    ) -> tuple[Hit, ...]:
        """Find the ``k`` best papers, best first, with the passages that match.  Raises ``CitewellError``."""
        return self._read(remote.read_hits, remote.search_call(query, k, collection=collection, year=year))

    def papers(self, query: str = "", *, collection: str | None = None, offset: int = 0, limit: int = 50) -> PaperPage:
        """List the library by page.  Raises ``CitewellError``."""
        call = remote.papers_call(query=query or None, collection=collection, offset=offset, limit=limit)
        return self._read(remote.read_page, call)

    def paper(self, paper_id: str) -> Paper:
        """Give one paper with its abstract.  Raises ``RequestRefused`` where there is none."""
        return self._read(paper_from_dict, remote.paper_call(quote(paper_id)))

    def health(self) -> Json:
        """Say what is in the library and who would answer now."""
        return self._read(dict, remote.health_call())

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, read: Callable[[Any], T], call: Call) -> T:
        return remote.reading(read, self._sent(call).text)

    def _sent(self, call: Call, *, stream: bool = False) -> httpx.Response:
        for attempt in range(self._retries + 1):
            response = None
            try:
                request = self._http.build_request(call.method, call.path, json=call.body, params=call.params)
                response = self._http.send(request, stream=stream)
                if response.is_success:
                    return response
                response.read()
                failure = remote.failure_of(response)
            except httpx.HTTPError as exc:
                failure = remote.failure_of_transport(exc, self.url)
                failure.__cause__ = exc
            time.sleep(self._pause(call, failure, response, attempt))
        raise AssertionError("the last attempt returns or raises")


class AsyncClient(_Common):
    """A Citewell over HTTP, for asyncio.  Close it, or use it in an ``async with`` statement."""

    def __init__(self, url: str = DEFAULT_URL, **patience: Unpack[ClientOptions]) -> None:
        """Prepare a client of the Citewell at ``url``; nothing is opened yet.  Raises ``SettingsError``."""
        super().__init__(url, **patience)
        self._http = httpx.AsyncClient(**self._options)

    async def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """Answer a question; see ``Client.ask``."""
        return await self._read(Answer.from_dict, remote.ask_call(question, **options))

    async def stream(self, question: str, **options: Unpack[AskOptions]) -> AsyncIterator[Event]:
        """Answer step by step; see ``Client.stream``.  Close it (``aclosing``) to end the work early."""
        call = remote.stream_call(question, **options)
        response = await self._sent(call, stream=True)
        try:
            finished = False
            async for sent in EventSource(response).aiter_sse():
                event = remote.read_event(sent.event, sent.data)
                if event is not None:
                    finished = isinstance(event, AnswerEvent)
                    yield event
            if not finished:
                raise remote.broken_stream(self.url)
        except httpx.HTTPError as exc:
            raise remote.failure_of_transport(exc, self.url) from exc
        except SSEError as exc:
            raise ServerFailed(f"{self.url} did not send a stream of events. Is it a Citewell?") from exc
        finally:
            await response.aclose()

    async def search(
        self, query: str, k: int = 10, *, collection: str | None = None, year: str | int | None = None
    ) -> tuple[Hit, ...]:
        """Find the ``k`` best papers; see ``Client.search``."""
        return await self._read(remote.read_hits, remote.search_call(query, k, collection=collection, year=year))

    async def papers(
        self, query: str = "", *, collection: str | None = None, offset: int = 0, limit: int = 50
    ) -> PaperPage:
        """List the library by page; see ``Client.papers``."""
        call = remote.papers_call(query=query or None, collection=collection, offset=offset, limit=limit)
        return await self._read(remote.read_page, call)

    async def paper(self, paper_id: str) -> Paper:
        """Give one paper with its abstract; see ``Client.paper``."""
        return await self._read(paper_from_dict, remote.paper_call(quote(paper_id)))

    async def health(self) -> Json:
        """Say what is in the library and who would answer now."""
        return await self._read(dict, remote.health_call())

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _read(self, read: Callable[[Any], T], call: Call) -> T:
        return remote.reading(read, (await self._sent(call)).text)

    async def _sent(self, call: Call, *, stream: bool = False) -> httpx.Response:
        for attempt in range(self._retries + 1):
            response = None
            try:
                request = self._http.build_request(call.method, call.path, json=call.body, params=call.params)
                response = await self._http.send(request, stream=stream)
                if response.is_success:
                    return response
                await response.aread()
                failure = remote.failure_of(response)
            except httpx.HTTPError as exc:
                failure = remote.failure_of_transport(exc, self.url)
                failure.__cause__ = exc
            await asyncio.sleep(self._pause(call, failure, response, attempt))
        raise AssertionError("the last attempt returns or raises")
