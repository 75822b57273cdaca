"""What the user sees of each way in which an Ollama server can misbehave: over HTTP, in the page, on the terminal."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from index_store.errors import CitewellError
from rag.assistant import Assistant
from rag.types import Answer, Request
from tests.integration.served import QUESTION, TEXT, Page, assistant_of, make_home, served
from tests.ollama_double import OllamaDouble
from tests.ollama_reading import NAME
from tests.ollama_script import Failure, Model, Script
from ui.asking import ask_and_print

ASKED = {"question": QUESTION}
WHOLE_PIECES = 10  # of four characters: "Adders save 90% of the energy [1]. Accur"
KEPT = "Adders save 90% of the energy [1]. Accur"


@dataclass(frozen=True)
class Case:
    """A way to fail: what the server does, words that the user reads, the text that came before."""

    name: str
    script: Script
    words: tuple[str, ...]
    kept: str = ""


def broken(then: str, *words: str) -> Case:
    return Case(f"{then} mid-stream", Script(text=TEXT, stop_after=WHOLE_PIECES, then=then), words, KEPT)


CASES = [
    Case("absent model", Script(models=()), (f"citewell pull {NAME}",)),
    Case("500", Script(failure=Failure(500, "model runner has unexpectedly stopped")), ("Try again, or see its log.",)),
    Case("503 busy", Script(failure=Failure(503, "server busy")), ("is busy", "Ask again in a moment.")),
    Case("slower than any timeout", Script(stop_after=0, then="stall"), ("went silent", "smaller model")),
    Case("not Ollama", Script(not_ollama=True), ("is not Ollama's API", "Check the address")),
    broken("die", "broke off", "Try again"),
    broken("end", "broke off", "Try again"),
    broken("error", "CUDA error", "Try again"),
    broken("garbage", "is not Ollama's API", "update Ollama"),
    broken("stall", "went silent", "Try again"),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("seen"))


@pytest.fixture(scope="module")
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble() as running:
        yield running


@pytest.fixture(scope="module")
def assistant(home: Path, double: OllamaDouble) -> Iterator[Assistant]:
    with assistant_of(home, double.url) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(assistant: Assistant) -> Iterator[httpx.Client]:
    with served(assistant) as running:
        yield running


def events_of(client: httpx.Client, body: dict[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for block in client.post("/api/ask/stream", json=body).text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


@each_case
def test_over_rest_a_failure_is_one_sentence_and_keeps_what_came(
    client: httpx.Client, double: OllamaDouble, case: Case
) -> None:
    double.play(case.script)
    response = client.post("/api/ask", json=ASKED)
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
    assert all(word in problem["detail"] for word in case.words)
    assert "\n" not in problem["detail"]
    assert ("partial" in problem) == bool(case.kept)
    if case.kept:
        partial = Answer.from_dict(problem["partial"])
        assert (partial.text, partial.model, partial.answerer) == (case.kept, NAME, "ollama")
        assert [citation.number for citation in partial.citations] == [1]
        assert [claim.text for claim in partial.claims] == ["Adders save 90% of the energy."]
        assert problem["detail"] in str(partial.notice)
    double.wait_until_idle()


@each_case
def test_as_events_the_pieces_come_before_the_failure(client: httpx.Client, double: OllamaDouble, case: Case) -> None:
    double.play(case.script)
    *before, (name, problem) = events_of(client, ASKED)
    assert "".join(data["text"] for kind, data in before if kind == "delta") == case.kept
    assert (name, problem["status"]) == ("error", 503)
    assert all(word in problem["detail"] for word in case.words)
    assert problem.get("partial", {}).get("text", "") == case.kept


@each_case
def test_the_page_keeps_the_words_and_their_papers(assistant: Assistant, double: OllamaDouble, case: Case) -> None:
    double.play(case.script)
    html, text = Page(assistant).shown()
    assert all(word.replace("'", "&#x27;") in html for word in case.words)
    assert text == case.kept
    if case.kept:
        assert "The answer breaks off here." in html
        assert 'href="#source-1-1"' in html
        assert "cw-doubt" not in html  # the last sentence has no end, so nothing is said about it
    else:
        assert "That did not work." in html


@each_case
@pytest.mark.parametrize("as_json", [False, True])
def test_the_terminal_prints_what_came_and_fails(
    assistant: Assistant, double: OllamaDouble, case: Case, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    double.play(case.script)
    with pytest.raises(CitewellError) as caught:
        ask_and_print(assistant, Request(QUESTION), as_json=as_json)
    assert all(word in str(caught.value) for word in case.words)
    printed = capsys.readouterr().out
    if not case.kept:
        assert printed == ""
    elif as_json:
        assert json.loads(printed)["text"] == case.kept
    else:
        assert printed.startswith(case.kept)
        assert "[1] Cheap Adders for Matrix Products" in printed


def test_without_a_server_the_way_to_one_is_said(home: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with assistant_of(home, nowhere) as alone, served(alone) as client:
        problem = client.post("/api/ask", json=ASKED).json()
        assert problem["detail"] == f"No Ollama server answers at {nowhere}. Start it with: ollama serve"
        assert "<code>" not in Page(alone).shown()[0]


@pytest.mark.parametrize(
    ("script", "warning"),
    [
        (Script(text=TEXT, prompt_tokens=8192), "Ollama cut the prompt: the model did not read all of the sources."),
        (Script(text=TEXT, done_reason="length"), "The answer reached its limit of tokens and is not complete."),
        (
            Script(text="Adders save energy [1]. " * 100_000, piece=5),
            "The model went on past its limit of tokens, so Citewell stopped it.",
        ),
    ],
)
def test_what_did_not_fit_is_told_under_the_answer(
    client: httpx.Client, double: OllamaDouble, script: Script, warning: str
) -> None:
    double.play(script)
    answer = client.post("/api/ask", json=ASKED).json()
    assert answer["notice"] == warning
    assert answer["receipt"]["warnings"] == [warning]
    assert answer["text"].startswith("Adders save")
    assert len(answer["text"]) < 20_000
    double.wait_until_idle()


def test_thinking_is_an_event_of_its_own(home: Path, double: OllamaDouble) -> None:
    thinker = (Model(NAME, capabilities=("completion", "thinking")),)
    double.play(Script(text=f"<think>\nAnd so</think>{TEXT}", thinking="Let me see. ", models=thinker, piece=3))
    with assistant_of(home, double.url, think="low") as thinking, served(thinking) as thoughtful:
        events = events_of(thoughtful, ASKED)
        assert "".join(data["text"] for name, data in events if name == "thought") == "Let me see. \nAnd so"
        assert "".join(data["text"] for name, data in events if name == "delta") == TEXT == events[-1][1]["text"]
        assert double.chats[-1]["think"] == "low"
        html, text = Page(thinking).shown()
        assert text == TEXT
        assert '<details class="cw-thought"><summary>thought for 1 s</summary><p>Let me see. <br>And so</p>' in html
    with assistant_of(home, double.url) as quick:
        quick.ask(QUESTION)
    assert double.chats[-1]["think"] is False


@pytest.mark.parametrize("end", ["", "</thi", "<think>"])
def test_thinking_that_never_ends_is_not_the_answer(client: httpx.Client, double: OllamaDouble, end: str) -> None:
    double.play(Script(text=f"<think>Adders save 90%, I think{end}", piece=2))
    answer = client.post("/api/ask", json=ASKED).json()
    assert (answer["abstained"], answer["reason"]) == (True, "not_in_abstract")
    assert "I think" not in answer["text"]


def test_characters_and_markers_cut_anywhere_arrive_whole(client: httpx.Client, double: OllamaDouble) -> None:
    double.play(Script(text="Fréchet — 熱 90% 【1】 🔥 [Source 1].", piece=1, raw_bytes=1))
    events = events_of(client, ASKED)
    assert events[-1][1]["text"] == "Fréchet — 熱 90% [1] 🔥 [1]."
    assert "".join(data["text"] for name, data in events if name == "delta") == events[-1][1]["text"]


def test_garbage_in_place_of_citations_leaves_sentences_uncited(client: httpx.Client, double: OllamaDouble) -> None:
    double.play(Script(text="Adders {1} save [[ energy [a] (see x) [1;;2] [-3] [9999] 【】 <sup>1</sup> [1"))
    answer = client.post("/api/ask", json=ASKED).json()
    assert answer["invented_markers"] == ["[9999]"]
    assert answer["citations"] == []
    assert [claim["support"] for claim in answer["claims"]] == ["unsupported"]
