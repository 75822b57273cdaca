"""The ways in for programs, each as short as it is used: what stands here works, and can be copied.

``url`` is where ``citewell serve`` runs; ``assistant`` is what ``open_assistant()`` of ``rag`` gives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.browser.visits import serve_fake
from tests.ui.fake_assistant import FakeAssistant

QUOTED = r"Replacing multiplications by integer additions saves 90\% of the energy of a matrix product."


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    yield from serve_fake()


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


def test_python_client(url: str) -> None:
    from rag.client import Client

    with Client(url) as citewell:
        answer = citewell.ask("How much energy do adders save?")
        words = [event.text for event in citewell.stream("How much energy?") if hasattr(event, "text")]
    assert answer.text == "".join(words) == f"{QUOTED} [1]"
    assert [citation.paper.id for citation in answer.citations] == ["p1"]


def test_openai(url: str) -> None:
    from openai import OpenAI

    with OpenAI(base_url=f"{url}/v1", api_key="unused") as client:
        question = {"role": "user", "content": "How much energy do adders save?"}
        completion = client.chat.completions.create(model="quote", messages=[question])  # type: ignore[list-item]
    assert str(completion.choices[0].message.content).startswith(f"{QUOTED} [1]")


def test_llamaindex(assistant: FakeAssistant) -> None:
    from rag.retriever import CitewellRetriever

    nodes = CitewellRetriever(assistant, k=2).retrieve("How much energy do adders save?")
    assert [node.metadata["paper_id"] for node in nodes] == ["p1", "p2"]


def test_langchain(assistant: FakeAssistant) -> None:
    from rag.langchain_retriever import CitewellLangChainRetriever

    documents = CitewellLangChainRetriever(assistant=assistant, k=2).invoke("How much energy do adders save?")
    assert [document.id for document in documents] == ["p1", "p2"]


def test_mcp(url: str) -> None:
    from mcp.client.client import Client

    async def ask() -> str:
        async with Client(f"{url}/mcp") as client:
            return str(await client.call_tool("ask", {"question": "How much energy do adders save?"}))

    assert "integer additions" in asyncio.run(ask())


def test_gradio_client(url: str) -> None:
    from gradio_client import Client

    page = Client(url, verbose=False, analytics_enabled=False)
    assert page.predict("How much energy do adders save?", api_name="/ask")["text"] == f"{QUOTED} [1]"
    page.close()
