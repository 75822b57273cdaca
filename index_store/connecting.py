"""Connecting to a Chroma server: is anything there, is it a Chroma, does it let us in; and its failures in a sentence.

Knows no collection and no vector.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from index_store.errors import VectorServerError
from index_store.servers import ChromaServer

if TYPE_CHECKING:
    import httpx
    from chromadb.api import ClientAPI
    from chromadb.api.client import Client

OLDEST = 1  # of the server's major versions: before it, the protocol was another
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 60.0


def connected(server: ChromaServer) -> Client:
    """Connect to a server that is known to answer, and to be a Chroma that lets us in."""
    import httpx
    from chromadb import HttpClient
    from chromadb.config import Settings

    headers = {"x-chroma-token": server.token, "Authorization": f"Bearer {server.token}"} if server.token else {}
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    with httpx.Client(base_url=f"{server.url.rstrip('/')}/api/v2", headers=headers, timeout=timeout) as session:
        _refuse_strangers(server, session.get("/version"))
        place = f"/tenants/{quote(server.tenant, safe='')}/databases/{quote(server.database, safe='')}"
        _refuse_unknown(server, session.get(place))
    client = HttpClient(
        host=server.url,
        headers=headers,
        tenant=server.tenant,
        database=server.database,
        settings=Settings(anonymized_telemetry=False, chroma_server_host=server.url),
    )
    for each in sessions(client):
        each.timeout = timeout  # chromadb waits for ever, and has no setting for it
    return cast("Client", client)


def sessions(client: ClientAPI) -> list[httpx.Client]:
    """Give chromadb's connections, which it neither lets one set nor closes: it makes another for its checks."""
    opened = cast("Any", client)
    return [opened._server._session, opened._admin_client._server._session]


def _refuse_strangers(server: ChromaServer, answer: httpx.Response) -> None:
    """Raise ``VectorServerError`` for what does not let us in, or is no Chroma of a known version."""
    if answer.status_code in (401, 403):
        raise VectorServerError(f"The Chroma server at {server.url} does not let us in. Set CITEWELL_CHROMA_TOKEN.")
    version = re.fullmatch(r'\s*"((\d{1,9})\.[\w.+-]{1,40})"\s*', answer.text[:100]) if answer.is_success else None
    if version is None:
        raise VectorServerError(
            f"What answers at {server.url} is no Chroma server of version {OLDEST} or later. Correct"
            " CITEWELL_CHROMA_URL, or start one with `chroma run`."
        )
    if int(version[2]) < OLDEST:
        raise VectorServerError(
            f"The Chroma server at {server.url} has the version {version[1]}, which is too old. Update it to"
            f" {OLDEST}.0 or later."
        )


def _refuse_unknown(server: ChromaServer, answer: httpx.Response) -> None:
    """Raise ``VectorServerError`` where the server does not give us the database."""
    if not answer.is_success:
        raise VectorServerError(
            f"The Chroma server at {server.url} does not give the database {server.database} of the tenant"
            f" {server.tenant} (status {answer.status_code}). Set CITEWELL_CHROMA_TENANT, CITEWELL_CHROMA_DATABASE and"
            " CITEWELL_CHROMA_TOKEN to what is there."
        )


def unreachable(server: ChromaServer, exc: Exception) -> VectorServerError:
    return VectorServerError(
        f"The Chroma server at {server.url}, which holds the vectors of the library, does not answer"
        f" ({short(exc)}). Start it, then try again."
    )


def refused(server: ChromaServer, exc: Exception) -> VectorServerError:
    return VectorServerError(
        f"The Chroma server at {server.url} did not do what it was asked ({short(exc)}). Look at its log, then try"
        " again."
    )


def short(exc: Exception) -> str:
    return " ".join(str(exc).split())[:200].rstrip(".") or type(exc).__name__
