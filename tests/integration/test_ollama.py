"""The Ollama answerer over real HTTP: what the user gets from a server that works, and from one that does not."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from index_store.types import Hit, Paper
from rag.answerers import Brief, Done, Said, Thought
from rag.errors import AnswererError, ModelMissing, OllamaBusy, OllamaFailed, OllamaUnreachable
from rag.ollama import OllamaAnswerer, OllamaOptions
from rag.types import Turn
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Failure, Model, Script

NAME = "qwen3:4b-instruct"
TEXT = "Kilns hold heat for nine hours [1]. Doors leak [Source 2]."
KILN = Hit(Paper("k", "On kilns", "Glass cools slowly. Kilns hold heat for nine hours."), 0.9, ())
DOOR = Hit(Paper("d", "On doors", "Doors leak."), 0.5, ())
BRIEF = Brief("How long is heat held?", (KILN, DOOR), (Turn("user", "Hello"), Turn("assistant", "Hi [1].")))


@pytest.fixture
def server() -> Iterator[OllamaDouble]:
    with OllamaDouble(Script(text=TEXT)) as double:
        yield double


def answerer(server: OllamaDouble, **options: Any) -> OllamaAnswerer:
    return OllamaAnswerer(NAME, [server.url], OllamaOptions(**options))


def read(answerer: OllamaAnswerer, brief: Brief = BRIEF) -> tuple[str, str, Done]:
    said, thought, done = "", "", None
    for piece in answerer.stream(brief):
        assert done is None, "nothing comes after Done"
        if isinstance(piece, Said):
            said += piece.text
        elif isinstance(piece, Thought):
            thought += piece.text
        elif isinstance(piece, Done):
            done = piece
    assert done is not None
    return said, thought, done


def fail(answerer: OllamaAnswerer, brief: Brief = BRIEF) -> tuple[str, AnswererError]:
    """Read until the failure; gives the text that came before it, and the failure."""
    said: list[str] = []
    with pytest.raises(AnswererError) as caught:
        said.extend(piece.text for piece in answerer.stream(brief) if isinstance(piece, Said))
    return "".join(said), caught.value


def test_the_text_streams_as_it_comes_with_its_markers_untouched(server: OllamaDouble) -> None:
    pieces = [p.text for p in answerer(server).stream(BRIEF) if isinstance(p, Said)]
    assert "".join(pieces) == TEXT
    assert len(pieces) == -(-len(TEXT) // 4)


def test_the_request_states_context_and_room_and_holds_every_source(server: OllamaDouble) -> None:
    read(answerer(server, num_ctx=6000, answer_tokens=500, seed=7, keep_alive="1h"))
    (chat,) = server.chats
    assert chat["options"] == {"temperature": 0.1, "num_ctx": 6000, "num_predict": 500, "seed": 7}
    assert (chat["model"], chat["keep_alive"], chat["stream"]) == (NAME, "1h", True)
    assert "think" not in chat
    assert [m["role"] for m in chat["messages"]] == ["system", "user", "assistant", "user"]
    assert chat["messages"][2]["content"] == "Hi."
    last = chat["messages"][-1]["content"]
    assert KILN.paper.abstract in last
    assert DOOR.paper.abstract in last


def test_the_context_is_bounded_by_the_models_own_maximum(server: OllamaDouble) -> None:
    server.play(Script(models=(Model(NAME, context_length=2048),)))
    read(answerer(server, num_ctx=8192, answer_tokens=5000))
    assert server.chats[0]["options"] | {"temperature": 0} == {"temperature": 0, "num_ctx": 2048, "num_predict": 1024}


def test_a_server_that_tells_little_is_asked_all_the_same(server: OllamaDouble) -> None:
    old = Model(NAME, context_length=None, capabilities=None, digest="", quantization="")
    server.play(Script(text=TEXT, models=(old,), durations=False, prompt_tokens=None))
    said, _, done = read(answerer(server))
    assert said == TEXT
    assert done.receipt["tokens"]["prompt"] is None
    assert done.receipt["durations_ms"] == {"total": None, "load": None, "prompt": None, "answer": None}
    server.play(Script(text=TEXT, show_fails=True))
    assert read(answerer(server))[0] == TEXT


def test_the_receipt_says_what_was_sent_and_what_was_counted(server: OllamaDouble) -> None:
    _, _, done = read(answerer(server))
    receipt = dict(done.receipt)
    assert (done.model, done.truncated, receipt["warnings"]) == (NAME, False, [])
    assert receipt["model_digest"] == "d1" * 32
    assert receipt["options"] == {"num_ctx": 8192, "temperature": 0.1, "num_predict": 1024}
    assert receipt["sources"] == [
        {"number": 1, "paper_id": "k", "sentences": [[0, 19], [20, 51]]},
        {"number": 2, "paper_id": "d", "sentences": [[0, 11]]},
    ]
    assert receipt["tokens"]["prompt"] == 900
    assert 300 < receipt["tokens"]["estimated"] < 900
    assert receipt["durations_ms"] == {"total": 2500.0, "load": 500.0, "prompt": 800.0, "answer": 1200.0}


@pytest.mark.parametrize(
    ("script", "warning"),
    [
        (Script(prompt_tokens=8192), "Ollama cut the prompt: the model did not read all of the sources."),
        (Script(done_reason="length"), "The answer reached its limit of tokens and is not complete."),
    ],
)
def test_what_did_not_fit_is_said(server: OllamaDouble, script: Script, warning: str) -> None:
    server.play(script)
    _, _, done = read(answerer(server))
    assert done.truncated
    assert done.receipt["warnings"] == [warning]


def test_thinking_in_its_own_field_is_never_part_of_the_answer(server: OllamaDouble) -> None:
    server.play(
        Script(text=TEXT, thinking="Let me see.", models=(Model(NAME, capabilities=("completion", "thinking")),))
    )
    assert read(answerer(server, think=True))[:2] == (TEXT, "Let me see.")
    assert server.chats[0]["think"] is True
    assert server.chats[0]["options"]["num_predict"] == 4096
    read(answerer(server))
    assert server.chats[1]["think"] is False


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 1000])
def test_thinking_in_tags_is_never_part_of_the_answer(server: OllamaDouble, piece: int) -> None:
    server.play(Script(text=f"<think>\nIs 1 < 2? Yes.</think>\n\n{TEXT} 1 <t 2", piece=piece))
    assert read(answerer(server))[:2] == (f"{TEXT} 1 <t 2", "\nIs 1 < 2? Yes.")


def test_gpt_oss_cannot_be_told_not_to_think(server: OllamaDouble) -> None:
    server.play(Script(models=(Model(NAME, family="gptoss", capabilities=("completion", "thinking")),)))
    read(answerer(server))
    assert server.chats[0]["think"] == "low"


@pytest.mark.parametrize("raw_bytes", [1, 7])
def test_text_cut_inside_a_character_arrives_whole(server: OllamaDouble, raw_bytes: int) -> None:
    server.play(Script(text="Fréchet 【1】 — 熱を保つ 🔥 [2].", piece=1, raw_bytes=raw_bytes))
    assert read(answerer(server))[0] == "Fréchet 【1】 — 熱を保つ 🔥 [2]."


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


def test_another_host_takes_over_from_one_that_is_away_or_busy(server: OllamaDouble) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        away = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with OllamaDouble(Script(failure=Failure(503, "busy"))) as busy:
        several = OllamaAnswerer(NAME, [away, busy.url, server.url])
        assert [read(several)[0] for _ in range(3)] == [TEXT] * 3
        assert len(server.chats) == 3


def test_hosts_take_turns(server: OllamaDouble) -> None:
    with OllamaDouble() as second:
        several = OllamaAnswerer(NAME, [server.url, second.url])
        for _ in range(4):
            read(several)
        assert (len(server.chats), len(second.chats)) == (2, 2)


def test_warming_up_loads_the_model_with_the_context_that_questions_use(server: OllamaDouble) -> None:
    answerer(server, num_ctx=4096).warm_up()
    path, body = server.requests[-1]
    assert path == "/api/generate"
    assert (body["model"], body["options"], body["keep_alive"]) == (NAME, {"num_ctx": 4096}, "30m")


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


def test_twenty_thousand_tokens_cost_little_each(server: OllamaDouble) -> None:
    server.play(Script(text="word " * 20_000, piece=5))
    started = time.perf_counter()
    said, _, _ = read(answerer(server))
    assert len(said.split()) == 20_000
    # 0.2 ms is the aim; the double itself, in the same process, and a busy machine take the rest.
    assert (time.perf_counter() - started) / 20_000 < 0.002
