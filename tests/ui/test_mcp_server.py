"""The tools and resources for agents, used by the official MCP client: over HTTP, and over a process's own pipes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import MCPError
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from index_store.types import Scope
from rag.types import Answer, Request
from tests.serving import served
from tests.ui.fake_assistant import NOTICE, PAPERS, FakeAssistant, SilentAssistant, answer_to, sent
from ui.programs import build_api

ROOT = Path(__file__).resolve().parents[2]
Use = Callable[[Callable[[Client], Any]], Any]


@pytest.fixture(scope="module")
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture(scope="module")
def use(assistant: FakeAssistant) -> Iterator[Use]:
    with served(build_api(assistant)) as url:

        def run(use_client: Callable[[Client], Any]) -> Any:
            async def connected() -> Any:
                async with Client(f"{url}/mcp") as client:
                    return await use_client(client)

            return asyncio.run(connected())

        yield run


def call(use: Use, tool: str, **arguments: Any) -> Any:
    return use(lambda client: client.call_tool(tool, arguments))


def test_the_tools_are_named_and_only_read(use: Use) -> None:
    tools = {tool.name: tool for tool in use(lambda client: client.list_tools()).tools}
    assert set(tools) == {"search_papers", "ask", "get_paper", "list_collections"}
    assert all(tool.annotations.read_only_hint and tool.description for tool in tools.values())
    assert tools["ask"].input_schema["required"] == ["question"]


def test_ask_answers_in_words_and_whole(use: Use, assistant: FakeAssistant) -> None:
    result = call(use, "ask", question="energy", collection="efficiency", year="2019..", answerer="quote")
    assert Answer.from_dict(result.structured_content) == sent(answer_to("energy"))
    assert result.content[0].text.startswith("Replacing multiplications by integer additions saves 90% of the energy")
    under = result.content[0].text.partition("\n\n")[2]
    assert under.startswith(f"{NOTICE}\n\n[1] B-Adders: ")
    assert under.endswith("(2021). https://example.org/adders?a=1&b=2")
    assert assistant.asked[-1] == Request("energy", (), Scope(("efficiency",), 2019), "quote", None)


def test_search_gives_papers_with_their_ids(use: Use) -> None:
    result = call(use, "search_papers", query="adders", k=2)
    assert [hit["paper"]["id"] for hit in result.structured_content["hits"]] == ["p1", "p2"]
    assert "id: p2" in result.content[0].text


@pytest.mark.parametrize("year", ["2022", 2022])
def test_a_year_may_be_a_number(use: Use, year: str | int) -> None:
    result = call(use, "search_papers", query="adders", year=year)
    assert [hit["paper"]["id"] for hit in result.structured_content["hits"]] == ["p2"]


def test_a_paper_is_a_tool_and_a_resource(use: Use) -> None:
    result = call(use, "get_paper", paper_id="p2")
    assert result.structured_content["abstract"] == PAPERS[1].abstract
    read = use(lambda client: client.read_resource("citewell://papers/p2"))
    assert read.contents[0].text == result.content[0].text
    assert PAPERS[1].abstract in read.contents[0].text


def test_collections(use: Use) -> None:
    assert call(use, "list_collections").structured_content == {"papers": 3, "collections": {"efficiency": 1}}


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("ask", {"question": "broken"}, "The vectors of this library are damaged: run `citewell index --repair`."),
        ("ask", {"question": "energy", "year": "x"}, "'x' is not a range of years"),
        ("ask", {"question": ""}, "at least 1 character"),
        ("ask", {"question": "energy", "answerer": "oracle"}, "pattern"),
        ("search_papers", {"query": "q", "k": 0}, "greater than or equal to 1"),
        ("get_paper", {"paper_id": "none"}, "There is no paper 'none'; search_papers gives the ids."),
    ],
)
def test_what_fails_is_told_to_the_model(use: Use, tool: str, arguments: dict[str, Any], sentence: str) -> None:
    result = call(use, tool, **arguments)
    assert result.is_error
    assert sentence in result.content[0].text


def test_a_defect_is_not_told_in_detail(use: Use) -> None:
    result = call(use, "ask", question="bug")
    assert result.is_error
    assert "secret" not in result.content[0].text


@pytest.mark.parametrize("uri", ["citewell://papers/none", "citewell://papers/../../etc/passwd", "file:///etc/passwd"])
def test_no_other_resource_can_be_read(use: Use, uri: str) -> None:
    async def read(client: Client) -> str:
        with pytest.raises(MCPError) as refusal:
            await client.read_resource(uri)
        return str(refusal.value)

    assert "no paper" in use(read).lower() or "Unknown resource" in use(read)


def test_over_the_pipes_of_a_process(tmp_path: Path) -> None:
    papers = tmp_path / "papers.jsonl"
    papers.write_text(
        '{"title": "Frogs of the pond", "abstract": "Frogs sing at dusk. They fall silent near herons."}\n'
    )

    def citewell(*arguments: str) -> list[str]:
        return ["-c", "from ui.cli import main; main()", "--home", str(tmp_path / "home"), *arguments]

    subprocess.run([sys.executable, *citewell("index", str(papers))], cwd=ROOT, check=True, capture_output=True)
    command = StdioServerParameters(command=sys.executable, args=citewell("mcp"), env=dict(os.environ), cwd=ROOT)

    async def ask() -> Any:
        async with Client(stdio_client(command)) as client:
            return await client.call_tool("search_papers", {"query": "When do frogs sing?"})

    hits = asyncio.run(ask()).structured_content["hits"]
    assert [hit["paper"]["title"] for hit in hits] == ["Frogs of the pond"]


ASK = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": "a?"}}}
SPOKEN = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}


def test_the_work_for_a_client_that_leaves_is_stopped() -> None:
    silent = SilentAssistant()
    with served(build_api(silent)) as url:
        httpx.post(f"{url}/mcp", json=ASK | {"method": "tools/list", "params": {}}, headers=SPOKEN, timeout=60)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}/mcp", json=ASK, headers=SPOKEN, timeout=httpx.Timeout(5, read=0.2))
        assert silent.stopped.wait(5)


def test_clients_that_wait_for_a_silent_model_leave_room_for_all_other_requests() -> None:
    async def many(url: str) -> int:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=url, headers=SPOKEN, limits=limits, timeout=10) as http:
            waiting = [asyncio.create_task(http.post("/mcp", json=ASK)) for _ in range(50)]
            await asyncio.sleep(0.5)
            status = (await http.get("/api/health")).status_code  # in one of the 40 threads that all share
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return status

    with served(build_api(SilentAssistant())) as url:
        assert asyncio.run(many(url)) == 200


def test_no_stream_is_held_open_that_would_say_nothing(assistant: FakeAssistant) -> None:
    with served(build_api(assistant)) as url:
        response = httpx.get(f"{url}/mcp", headers={"Accept": "text/event-stream"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
