"""What Citewell adds to a model: few requests, few milliseconds.  Bounds are loose; eval/benchmarks measures."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import speakers
from rag.assemble import assemble
from rag.assistant import Assistant
from rag.settings import Settings
from rag.types import AnswerEvent, DeltaEvent, Request
from tests.integration.served import QUESTION, make_home
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Json, Model, Script

MODELS = tuple(Model(f"model{n}:latest", digest=f"{n:02}" * 32) for n in range(20))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("overhead"))


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble(Script(models=MODELS, text="Adders save 90% of the energy [1].")) as running:
        yield running


@pytest.fixture
def assistant(home: Path, double: OllamaDouble) -> Iterator[Assistant]:
    opened = assemble(Settings(home=home, ollama_host=double.url, model="model7"))
    yield opened
    opened.close()


def test_a_warm_question_makes_one_request(
    assistant: Assistant, double: OllamaDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speakers, "_FRESH_SECONDS", 60.0)  # a busy machine may take longer than that from one to two
    assistant.ask(QUESTION)
    before = len(double.requests)
    assistant.ask(QUESTION)
    assert [path for path, _ in double.requests[before:]] == ["/api/chat"]


def test_a_later_look_asks_for_no_model_again(
    assistant: Assistant, double: OllamaDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant.ask(QUESTION)
    monkeypatch.setattr(speakers, "_FRESH_SECONDS", -1.0)
    before = len(double.requests)
    assistant.ask(QUESTION)
    asked = [path for path, _ in double.requests[before:]]
    assert "/api/show" not in asked
    double.play(Script(models=(*MODELS[:-1], Model("model19:latest", digest="ff" * 32))))
    before = len(double.requests)
    assistant.ask(QUESTION)
    shown = [body["model"] for path, body in double.requests[before:] if path == "/api/show"]
    assert set(shown) == {"model19:latest"}  # another build: the only one that is looked up


def test_from_the_question_to_the_request_is_a_moment(assistant: Assistant, double: OllamaDouble) -> None:
    arrived: list[float] = []

    def reply(_: Json) -> str:
        arrived.append(time.monotonic())
        return "Adders save 90% of the energy [1]."

    double.play(Script(models=MODELS, reply=reply))
    assistant.ask(QUESTION)
    waited = []
    for number in range(15):
        began = time.monotonic()
        assistant.ask(f"{QUESTION[:-1]} number {number}?")
        waited.append(arrived[-1] - began)
    # 60 ms at the 95th percentile is the aim on the seeds; a machine that runs other tests takes its share.
    assert statistics.median(waited) < 0.6


def test_a_token_costs_little(assistant: Assistant, double: OllamaDouble) -> None:
    double.play(Script(models=MODELS, text="word " * 1500, piece=5))
    events = [
        time.process_time()
        for event in assistant.stream(Request(QUESTION))
        if isinstance(event, DeltaEvent | AnswerEvent)
    ]
    assert len(events) > 1400
    # 0.2 ms is the aim; the server, in this process, takes its share of the processor.
    assert (events[-2] - events[0]) / len(events) < 0.002


def test_the_request_of_a_question_is_small(assistant: Assistant, double: OllamaDouble) -> None:
    assistant.ask(QUESTION)
    assert len(json.dumps(double.chats[-1])) < 8000
