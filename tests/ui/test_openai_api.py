"""The OpenAI-compatible interface, asked by the official client over real HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from rag.limits import MAX_HISTORY_TURNS, MAX_QUESTION_CHARS
from rag.types import Answer, AnswerEvent, Request, Turn
from tests.serving import served
from tests.ui.fake_assistant import NOTICE, FakeAssistant, answer_to, sent
from ui.accounts import Accounts
from ui.door import Door
from ui.openai_chat import Chunks, Head, StopCut, completion
from ui.programs import build_api
from ui.throttle import Rates, Throttle

ENERGY = sent(answer_to("energy"))
FOOTNOTE = "[1] B-Adders: Whole Numbers Are Enough for Frugal Inference (2021). https://example.org/adders?a=1&b=2"


@pytest.fixture(scope="module")
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture(scope="module")
def url(assistant: FakeAssistant) -> Iterator[str]:
    with served(build_api(assistant)) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


def ask(client: openai.OpenAI, question: str, **options: Any) -> Any:
    options = {"model": "citewell"} | options
    return client.chat.completions.create(messages=[{"role": "user", "content": question}], **options)


def text_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_the_models_are_ours_and_those_installed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["citewell", "citewell-quote", "llama3.2:3b"]
    assert client.models.retrieve("llama3.2:3b").owned_by == "ollama"
    with pytest.raises(openai.NotFoundError, match="There is no model 'gpt-9' here"):
        client.models.retrieve("gpt-9")


def test_an_answer_comes_with_footnotes_and_whole(client: openai.OpenAI) -> None:
    given = ask(client, "energy")
    assert given.choices[0].message.content == f"{ENERGY.text}\n\n{NOTICE}\n\n{FOOTNOTE}"
    assert given.choices[0].finish_reason == "stop"
    assert Answer.from_dict(given.citewell) == ENERGY
    assert given.usage.prompt_tokens == 2  # "energy" has six characters
    assert given.usage.total_tokens == 2 + given.usage.completion_tokens


def test_a_stream_says_the_same(client: openai.OpenAI) -> None:
    chunks = list(ask(client, "energy", stream=True, stream_options={"include_usage": True}))
    assert text_of(chunks) == ask(client, "energy").choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == 2
    assert len({chunk.id for chunk in chunks}) == 1
    assert Answer.from_dict(chunks[-2].citewell) == ENERGY  # type: ignore[attr-defined]


def test_without_being_asked_no_chunk_counts(client: openai.OpenAI) -> None:
    assert all(chunk.usage is None and chunk.choices for chunk in ask(client, "energy", stream=True))


def test_an_abstention_is_said_in_both_forms(client: openai.OpenAI) -> None:
    whole = ask(client, "salary")
    assert whole.citewell["reason"] == "not_in_abstract"
    chunks = list(ask(client, "salary", stream=True))
    assert text_of(chunks) == whole.choices[0].message.content


def test_a_notice_stands_under_the_text_also_of_an_abstention() -> None:
    notice = r"No paper of your library is in “$\alpha$”, so nothing was searched."
    answer = replace(answer_to("salary"), text="The abstracts do not say.", notice=notice)
    asked, head = Request("salary"), Head("citewell")
    whole = completion(head, asked, answer, ())["choices"][0]["message"]["content"]
    assert whole == "The abstracts do not say.\n\nNo paper of your library is in “α”, so nothing was searched."
    first, *_ = Chunks(head, asked, (), with_usage=False).event(AnswerEvent(answer)).split("\n\n")
    assert json.loads(first.removeprefix("data: "))["choices"][0]["delta"]["content"] == whole


def test_why_no_model_answers_is_told_once_in_a_conversation(client: openai.OpenAI) -> None:
    first = ask(client, "energy?").choices[0].message.content
    later: Any = [
        {"role": "user", "content": "energy?"},
        {"role": "assistant", "content": first},
        {"role": "user", "content": "energy?"},
    ]
    whole = client.chat.completions.create(model="citewell", messages=later).choices[0].message.content
    streamed = text_of(list(client.chat.completions.create(model="citewell", messages=later, stream=True)))
    assert NOTICE in first
    assert first.replace(f"\n\n{NOTICE}", "") == whole == streamed


def test_model_and_conversation_decide_what_is_asked(client: openai.OpenAI, assistant: FakeAssistant) -> None:
    messages: Any = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "both?"},
        {"role": "assistant", "content": "Two papers."},
        {"role": "user", "content": [{"type": "text", "text": "How much"}, {"type": "text", "text": "energy?"}]},
    ]
    history = (Turn("user", "both?"), Turn("assistant", "Two papers."))
    for name, answerer, model in (
        ("citewell", None, None),
        ("citewell-quote", "quote", None),
        ("llama3.2:3b", "ollama", "llama3.2:3b"),
    ):
        client.chat.completions.create(model=name, messages=messages, temperature=0.3, max_tokens=50, user="u")
        assert assistant.asked[-1] == Request("How much\nenergy?", history, answerer=answerer, model=model)


@pytest.mark.parametrize("stream", [False, True])
def test_stop_ends_the_text_before_it(client: openai.OpenAI, stream: bool) -> None:
    given = ask(client, "energy", stream=stream, stop=["90", "never"])
    text = text_of(list(given)) if stream else given.choices[0].message.content
    assert text == "Replacing multiplications by integer additions saves "


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_a_stop_is_found_wherever_the_pieces_break_it(size: int) -> None:
    def cut(text: str, *stops: str) -> str:
        cutter = StopCut(stops)
        return "".join(cutter.feed(text[at : at + size]) for at in range(0, len(text), size)) + cutter.rest()

    assert cut("abcabcabd!", "abd") == "abcabc"
    assert cut("aab", "ab", "b") == "a"
    assert cut("ends with ab", "abd") == "ends with ab"
    assert cut("anything", "") == "anything"


def test_looking_for_the_beginning_of_a_stop_costs_no_more_than_the_text_is_long() -> None:
    cutter, started = StopCut(["z" * 100_000] * 4), time.perf_counter()
    assert "".join(cutter.feed("a few words, ") for _ in range(200)) == "a few words, " * 200
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("question", "kind", "sentence"),
    [
        ("broken", openai.InternalServerError, "The vectors of this library are damaged"),
        ("bug", openai.InternalServerError, "Something failed inside Citewell"),
        ("  ", openai.BadRequestError, "no message of the user with a text"),
        ("x" * (MAX_QUESTION_CHARS + 1), openai.BadRequestError, "at most 4,000 characters"),
    ],
)
def test_failures_are_the_clients_own(
    client: openai.OpenAI, question: str, kind: type[openai.APIStatusError], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence) as failure:
        ask(client, question)
    assert isinstance(failure.value.body, dict)
    assert set(failure.value.body) == {"message", "type", "param", "code"}


def test_a_stream_that_breaks_keeps_its_pieces_and_says_why(client: openai.OpenAI) -> None:
    stream = ask(client, "broken", stream=True)
    assert text_of([next(stream), next(stream)]) == "The first words arrive."
    with pytest.raises(openai.APIError, match="The vectors of this library are damaged"):
        next(stream)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"n": 2}, "n"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "pirate", "content": "x"}]}, "messages.0.role"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": "a" * 501}, "stop"),
        ({"stop": ["a", "a" * 501]}, "stop.1"),
        ({"response_format": {"type": "json_object"}}, "response_format.type"),
    ],
)
def test_what_cannot_be_done_is_a_bad_request_that_names_the_field(
    url: str, change: dict[str, Any], param: str
) -> None:
    body = {"model": "citewell", "messages": [{"role": "user", "content": "energy"}]} | change
    response = httpx.post(f"{url}/v1/chat/completions", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert response.json()["error"]["param"].startswith(param)


def test_leaving_a_stream_stops_the_work(client: openai.OpenAI, assistant: FakeAssistant) -> None:
    assistant.stopped.clear()
    stream = ask(client, "slow", stream=True)
    next(iter(stream))
    stream.close()
    assert assistant.stopped.wait(5)


def test_a_stream_ends_as_the_api_says(url: str) -> None:
    body = {"model": "citewell", "stream": True, "messages": [{"role": "user", "content": "energy"}]}
    lines = httpx.post(f"{url}/v1/chat/completions", json=body).text.strip().split("\n\n")
    assert lines[-1] == "data: [DONE]"
    assert all(json.loads(line.removeprefix("data: "))["object"] == "chat.completion.chunk" for line in lines[:-1])


def test_a_conversation_of_any_length_is_answered_from_its_newest_turns(
    client: openai.OpenAI, assistant: FakeAssistant
) -> None:
    said: list[Any] = [{"role": "user", "content": f"question {n}"} for n in range(500)]
    client.chat.completions.create(model="citewell", messages=[*said, {"role": "user", "content": "energy"}])
    history = assistant.asked[-1].history
    assert len(history) == MAX_HISTORY_TURNS
    assert history[-1].content == "question 499"


def test_only_text_is_read_and_an_earlier_picture_is_passed_over(client: openai.OpenAI) -> None:
    picture: Any = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}
    energy: Any = {"role": "user", "content": [{"type": "text", "text": "energy"}]}
    answer = client.chat.completions.create(model="citewell", messages=[picture, energy])
    assert "[1]" in (answer.choices[0].message.content or "")
    with pytest.raises(openai.BadRequestError, match="Only text can be read; leave out what is image_url"):
        client.chat.completions.create(model="citewell", messages=[energy, picture])


def test_what_is_refused_at_the_door_or_not_there_has_the_clients_own_shape(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    token = accounts.add_token("ada")
    door = Door(build_api(FakeAssistant()), accounts, Throttle(Rates(per_minute=1)))
    with served(door) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError, match="401 - Sign in, or send a token"):
            ask(stranger, "energy")
        ada = stranger.with_options(api_key=token)
        ask(ada, "energy")
        with pytest.raises(openai.RateLimitError, match="429 - Too many requests: try again in ") as failure:
            ask(ada, "energy")
        assert int(failure.value.response.headers["retry-after"]) > 1
        with pytest.raises(openai.NotFoundError, match="404 - Nothing is served at /v1/embeddings"):
            ada.embeddings.create(model="citewell", input="x")
        assert httpx.get(f"{url}/api/papers").headers["content-type"] == "application/problem+json"
    accounts.close()
