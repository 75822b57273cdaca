"""Troubles of a service: what is asked for again, what is waited for, what is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.errors import FetchError
from index_store.fetching import web
from index_store.fetching.ledger import Order
from index_store.fetching.service import NotReady
from index_store.fetching.services import service_of
from tests.index_store.fetching.running import TODAY, Run
from tests.paper_services import FIRST_DAY, PaperServices, Trouble, paper_services

PIECES = [b"", b"<", b"&", b"]", b"}", b"null", b"9" * 5000, b"\xff", b"\0", b'"']


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Trouble(503), "status 503"),
        (Trouble(200, "Rate exceeded."), "that the rate is exceeded"),
        (Trouble(200, "<feed"), "not well-formed XML"),
        (Trouble(200, "<html/>"), "no Atom feed"),
        (Trouble(200, "<feed xmlns='http://www.w3.org/2005/Atom'/>"), "how many papers there are"),
        (Trouble(200, "not packed at all", (("Content-Encoding", "gzip"),)), "The connection broke"),
    ],
)
def test_what_may_pass_is_asked_for_again(tmp_path, server, trouble: Trouble, said: str) -> None:
    run = Run(tmp_path, server)
    server.troubles += [trouble] * 4
    assert run().papers == 24
    assert run.naps == [3.0, 6.0, 12.0, 24.0]
    server.troubles += [trouble] * 5
    with pytest.raises(FetchError, match=said):
        run(since=None, today=TODAY + timedelta(days=1))


def test_an_empty_page_in_the_middle_is_asked_for_again(tmp_path, server) -> None:
    run = Run(tmp_path, server)
    server.arxiv_total, server.count = 7, 0
    with pytest.raises(FetchError, match="an empty page in the middle"):
        run()


@pytest.mark.parametrize(
    ("value", "naps"),
    [("7", [7.0]), ("soon", [3.0]), (format_datetime(datetime(2000, 1, 1, tzinfo=UTC)), [0.0])],
)
def test_retry_after_is_honoured(tmp_path, server, value: str, naps: list[float]) -> None:
    run = Run(tmp_path, server)
    server.troubles.append(Trouble(429, headers=(("Retry-After", value),)))
    run()
    assert run.naps[:1] == naps


def test_a_long_wait_is_left_to_the_user(tmp_path, server) -> None:
    run = Run(tmp_path, server)
    server.troubles.append(Trouble(429, headers=(("Retry-After", "7199"),)))
    with pytest.raises(FetchError, match=r"^arXiv asks to wait 120 minutes\. It answered with status 429\. Run this"):
        run()
    assert run.naps == []


def test_a_refusal_is_not_asked_for_again(tmp_path, server) -> None:
    said = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>https://arxiv.org/api/errors#x</id><title>Error</title>"
        "<summary>malformed query</summary></entry></feed>"
    )
    server.troubles += [Trouble(200, said), Trouble(400), Trouble(401), Trouble(400, '{"message": "No such filter"}')]
    with pytest.raises(FetchError, match=r"^arXiv does not understand the query: malformed query\. Mend --query\.$"):
        Run(tmp_path, server)()
    with pytest.raises(FetchError, match=r"^arXiv refused\. It answered with status 400: mend --query\.$"):
        Run(tmp_path, server)()
    with pytest.raises(FetchError, match=r"^OpenAlex refused\. .* free at openalex\.org/settings/api: set CITEWELL_OP"):
        Run(tmp_path, server, "openalex", search="x")()
    with pytest.raises(FetchError, match=r"^OpenAlex refused\. It answered with status 400: No such filter\.$"):
        Run(tmp_path, server, "openalex", search="x")()
    assert len(server.asked) == 4


def test_a_server_that_is_none(tmp_path, server) -> None:
    run = Run(tmp_path, server)
    run.service = replace(run.service, server="nowhere")  # type: ignore[type-var]
    with pytest.raises(FetchError, match=r"^arXiv cannot be asked at nowhere/api/query: "):
        run()
    with paper_services() as gone:
        address = gone.url
    run.service = replace(run.service, server=address)  # type: ignore[type-var]
    with pytest.raises(FetchError, match=r"It cannot be reached: there may be no network"):
        run()
    with pytest.raises(FetchError, match="letters that no request can carry"):
        run(contact="müller@harbour.example\n")


def test_an_answer_without_end_is_given_up(tmp_path, server, monkeypatch) -> None:
    monkeypatch.setattr(web, "MOST_BYTES", 100)
    with pytest.raises(FetchError, match="It answered with more than 100 bytes"):
        Run(tmp_path, server)()


@pytest.mark.parametrize("name", ["arxiv", "daily-papers", "openalex"])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(at=st.integers(0, 10**5), length=st.integers(0, 60), piece=st.sampled_from(PIECES) | st.binary(max_size=4))
def test_no_damage_to_a_page_makes_a_service_raise(name: str, at: int, length: int, piece: bytes) -> None:
    service = service_of(Order(name, {"query": "x", "search": "x"}), None, None)
    cursor = service.first(FIRST_DAY, TODAY)
    path, asked = service.request(cursor, 10)
    body = PaperServices(24).answer("/" + path.split("/", 3)[3], asked).encode()
    at %= len(body) + 1
    try:
        page = service.page(body[:at] + piece + body[at + length :], cursor)
    except (FetchError, NotReady):
        return
    assert page.papers >= 0
    if page.next is not None:
        service.request(page.next, 10)
