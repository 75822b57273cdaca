"""The page's named endpoints, called by the official gradio client over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from rag.types import Answer
from tests.browser.visits import serve_fake
from tests.ui.fake_assistant import answer_to, sent


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    for address in serve_fake():
        client = Client(address, verbose=False, analytics_enabled=False)
        yield client
        client.close()


def test_ask_and_search_are_the_only_names(client: Client) -> None:
    endpoints = client.view_api(print_info=False, return_format="dict")
    assert set(endpoints["named_endpoints"]) == {"/ask", "/search"}


def test_ask_gives_the_answer(client: Client) -> None:
    assert Answer.from_dict(client.predict("energy", api_name="/ask")) == sent(answer_to("energy"))


def test_search_gives_hits(client: Client) -> None:
    hits = client.predict("adders", 2, api_name="/search")["hits"]
    assert [hit["paper"]["id"] for hit in hits] == ["p1", "p2"]


def test_what_fails_is_one_sentence(client: Client) -> None:
    with pytest.raises(AppError, match="'x' is not a range of years"):
        client.predict("energy", None, "x", api_name="/ask")
    with pytest.raises(AppError, match="answerer is one of auto, quote, ollama"):
        client.predict("energy", None, None, "gpt", api_name="/ask")
