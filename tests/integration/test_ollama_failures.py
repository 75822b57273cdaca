"""The Ollama answerer over real HTTP: servers that fail, and answers that are stopped half-way."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from rag.answerers import Said
from rag.errors import AnswererError, ModelMissing, OllamaBusy, OllamaFailed, OllamaUnreachable
from rag.ollama import OllamaAnswerer
from tests.ollama_double import OllamaDouble
from tests.ollama_reading import BRIEF, NAME, TEXT, answerer, fail, read
from tests.ollama_script import Failure, Script


@pytest.fixture
def server() -> Iterator[OllamaDouble]:
    with OllamaDouble(Script(text=TEXT)) as double:
        yield double


def test_no_server_names_the_command_that_starts_it() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    started = time.monotonic()
    said, failure = fail(OllamaAnswerer(NAME, [f"http://127.0.0.1:{port}"]))
    assert time.monotonic() - started < 5
    assert (said, type(failure)) == ("", OllamaUnreachable)
    assert str(failure) == f"No Ollama server answers at http://127.0.0.1:{port}. Start it with: ollama serve"


def test_a_missing_model_names_the_command_that_gets_it(server: OllamaDouble) -> None:
    _, failure = fail(OllamaAnswerer("gemma3:4b", [server.url]))
    assert type(failure) is ModelMissing
    assert str(failure).endswith("does not have the model gemma3:4b. Get it with: citewell pull gemma3:4b")


def test_a_model_removed_in_the_meantime_is_missing_too(server: OllamaDouble) -> None:
    asked = answerer(server)
    read(asked)
    server.play(Script(models=()))
    assert type(fail(asked)[1]) is ModelMissing


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        (Failure(500, "model runner has unexpectedly stopped"), OllamaFailed, "unexpectedly stopped. Try again"),
        (Failure(500, "model requires more system memory"), OllamaFailed, "Choose a smaller model with --model."),
        (Failure(503, "server busy, please try again"), OllamaBusy, "is busy: server busy, please try again."),
        (Failure(400, ""), OllamaFailed, "no reason given"),
    ],
)
def test_a_refusal_is_one_sentence_with_the_way_on(
    server: OllamaDouble, failure: Failure, kind: type[AnswererError], words: str
) -> None:
    server.play(Script(failure=failure))
    said, told = fail(answerer(server))
    assert (said, type(told)) == ("", kind)
    assert words in str(told)
    assert "\n" not in str(told)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("die", "broke off while qwen3:4b-instruct was answering"),
        ("end", "broke off while qwen3:4b-instruct was answering"),
        ("error", "CUDA error"),
        ("garbage", "is not Ollama's API"),
        ("stall", "went silent while qwen3:4b-instruct was answering"),
    ],
)
def test_a_stream_that_fails_keeps_the_text_before_it(server: OllamaDouble, then: str, words: str) -> None:
    server.play(Script(text=TEXT, stop_after=3, then=then))
    said, failure = fail(answerer(server, silence=0.3))
    assert said == TEXT[:12]
    assert type(failure) is OllamaFailed
    assert words in str(failure)
    server.wait_until_idle()


def test_a_server_slower_than_the_limit_is_given_up(server: OllamaDouble) -> None:
    server.play(Script(stop_after=0, then="stall"))
    started = time.monotonic()
    said, failure = fail(answerer(server, silence=0.3))
    assert 0.3 <= time.monotonic() - started < 3
    assert (said, type(failure)) == ("", OllamaFailed)
    server.wait_until_idle()


def test_what_is_not_ollama_is_said_to_be_something_else(server: OllamaDouble) -> None:
    server.play(Script(not_ollama=True))
    _, failure = fail(answerer(server))
    assert type(failure) is OllamaFailed
    assert "is not Ollama's API" in str(failure)


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH208, PTH112


def test_fifty_streams_closed_early_leave_nothing_behind(server: OllamaDouble) -> None:
    server.play(Script(text=TEXT * 500, pause=0.001))
    asked = answerer(server)
    with closing(asked.stream(BRIEF)) as first:
        next(first)
    server.wait_until_idle()
    time.sleep(0.6)  # the double lets an idle connection go after half a second
    files, threads = open_files(), threading.active_count()
    slowest = 0.0
    for number in range(50):
        stream = asked.stream(BRIEF)
        assert isinstance(next(stream), Said)
        if number % 2:
            stream.close()
        del stream  # dropping it does the same
        slowest = max(slowest, server.wait_until_idle())
    assert slowest < 0.5
    time.sleep(0.6)
    assert open_files() <= files
    assert threading.active_count() <= threads


@pytest.mark.parametrize("stop_after", [0, 2])
def test_closing_from_another_thread_wakes_the_one_that_waits(server: OllamaDouble, stop_after: int) -> None:
    server.play(Script(text=TEXT, stop_after=stop_after, then="stall"))
    stream = answerer(server).stream(BRIEF)
    pieces: list[object] = []
    reader = threading.Thread(target=lambda: pieces.extend(stream))
    reader.start()
    while not server.streams_open:
        time.sleep(0.005)
    time.sleep(0.1)
    started = time.monotonic()
    stream.close()
    reader.join(5)
    assert not reader.is_alive()
    server.wait_until_idle()
    assert time.monotonic() - started < 1
    assert len(pieces) == stop_after  # no error either: it was asked for


def test_a_stream_closed_before_it_began_asks_nothing(server: OllamaDouble) -> None:
    stream = answerer(server).stream(BRIEF)
    stream.close()
    assert list(stream) == []
    assert server.requests == []
