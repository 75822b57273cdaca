"""What the page's script tells and is told over HTTP, with the assistant of the tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from index_store.errors import StorageError
from rag.conversations import Conversations
from tests.ui.fake_assistant import FakeAssistant
from tests.ui.routed import routed
from ui import answering
from ui.answering import Answering
from ui.chat_routes import build_chat_router
from ui.conversation import Room


@pytest.fixture
def room() -> Iterator[Room]:
    kept = Conversations.kept_nowhere()
    assistant = FakeAssistant()
    yield Room(assistant, kept, Answering(assistant, kept))
    kept.close()


@pytest.fixture
def client(room: Room) -> Iterator[TestClient]:
    with routed(build_chat_router(room)) as running:
        yield running


def told(client: TestClient, act: str, **message: Any) -> dict[str, Any]:
    answer = client.post(f"/chat/{act}", json=message)
    assert answer.status_code == 200
    return dict(answer.json())


def followed(client: TestClient, exchange: int) -> list[dict[str, Any]]:
    answer = client.get(f"/chat/follow/{exchange}")
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line]


def test_a_question_is_shown_at_once_and_its_answer_streamed(client: TestClient) -> None:
    reply = told(client, "ask", text="energy", scope={"collections": ["efficiency"]})
    assert reply["live"]["state"] == "answering"
    assert f'data-conversation="{reply["live"]["conversation"]}"' in reply["side"]
    last = followed(client, reply["live"]["exchange"])[-1]
    assert (last["state"], last["cited"]) == ("done", ["p1"])
    opened = told(client, "open", conversation=last["conversation"])
    assert [number for number, _ in opened["full"]["exchanges"]] == [last["exchange"]]
    assert "Only these:" in opened["bar"]
    assert "side" in opened


def test_a_new_conversation_leaves_the_list_alone_unless_it_is_the_first_view(client: TestClient) -> None:
    assert set(told(client, "open", view=2)) == {"full", "bar"}
    assert set(told(client, "open", view=1)) == {"full", "bar", "side"}


def test_a_deleted_conversation_is_offered_back_and_comes_back(client: TestClient) -> None:
    place = told(client, "ask", text="energy")["live"]["conversation"]
    assert 'data-act="restore"' in told(client, "delete", conversation=place)["side"]
    assert told(client, "open", conversation=place)["full"]["lost"] is True
    assert "energy" in told(client, "restore", conversation=place)["side"]
    assert "A title" in told(client, "rename", conversation=place, text="A title")["side"]
    assert "A title" not in told(client, "find", search="additions do not occur")["side"]


def test_stopping_ends_the_stream(client: TestClient) -> None:
    exchange = told(client, "ask", text="slow")["live"]["exchange"]
    assert told(client, "stop", exchange=exchange) == {}
    assert followed(client, exchange)[-1]["state"] == "stopped"


def test_sources_files_ratings_and_taking_back(client: TestClient) -> None:
    first = told(client, "ask", text="energy")["live"]
    followed(client, first["exchange"])
    at = {"conversation": first["conversation"], "exchange": first["exchange"]}
    assert told(client, "rate", **at, rating=1) == {}
    assert 'aria-pressed="true"' in told(client, "open", **at)["full"]["exchanges"][0][1]
    assert told(client, "sources", **at)["reply"]["kind"] == "panel"
    assert told(client, "export", **at, text="bibtex")["reply"]["name"].endswith(".bib")
    assert told(client, "export", **at, text="exe") == {}
    again = told(client, "ask", **at, text="both")["live"]
    assert again["replaces"] == first["exchange"]
    followed(client, again["exchange"])
    assert told(client, "back", exchange=again["exchange"])["reply"] == {"kind": "reload"}
    assert 'data-scope="' in told(client, "narrow", **at, scope={"first_year": 2020})["bar"]


def test_what_another_tab_has_set_aside_is_not_asked_again(client: TestClient) -> None:
    first = told(client, "ask", text="energy")["live"]
    followed(client, first["exchange"])
    at = {"conversation": first["conversation"], "exchange": first["exchange"]}
    followed(client, told(client, "ask", **at, text="both")["live"]["exchange"])
    assert told(client, "ask", **at, text="energy again") == {
        "reply": {"kind": "reload", "text": "This question was changed in another tab."}
    }


def test_a_page_that_is_seen_again_hears_what_became_of_the_library(client: TestClient, room: Room) -> None:
    before = told(client, "open")
    room.assistant.library.remove(["p1"])
    scope = {"first_year": 2020}
    looked = told(client, "look")
    assert "Whole library · 3 papers" in before["bar"]
    assert "Whole library · 2 papers" in looked["bar"]
    assert "B-Adders" in before["full"]["welcome"]
    assert "B-Adders" not in looked["welcome"]
    assert "since 2020" in told(client, "look", scope=scope)["bar"]
    assert set(told(client, "look", conversation="c")) == {"bar"}


@pytest.mark.parametrize("body", ["", "[]", "nonsense", '"text"', "null"])
def test_what_is_no_message_is_refused_in_words(client: TestClient, body: str) -> None:
    answer = client.post("/chat/ask", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize("exchange", ["0", "-1", "99", "x", str(2**64)])
def test_no_such_question_can_be_followed(client: TestClient, exchange: str) -> None:
    assert client.get(f"/chat/follow/{exchange}").status_code in {404, 422}


def test_values_of_the_wrong_kind_are_as_if_they_were_not_there(client: TestClient) -> None:
    wrong = {"conversation": 3, "exchange": "1", "text": ["energy"], "scope": [], "rating": "x", "view": -1}
    assert told(client, "ask", **wrong) == {}
    assert told(client, "open", **wrong)["full"]["conversation"] is None


def test_a_failure_is_told_in_one_sentence(client: TestClient, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("The disk is full: free some space.")

    monkeypatch.setattr(Conversations, "ask", full)
    reply = told(client, "ask", text="energy")["reply"]
    assert reply == {"kind": "trouble", "text": "The disk is full: free some space."}
    assert room.kept.listed("local") == []


def test_too_many_questions_at_once_are_turned_away(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "_WAITING", 1)
    first = told(client, "ask", text="slow")["live"]
    assert "Ask again in a moment." in told(client, "ask", text="energy")["reply"]["text"]
    told(client, "stop", exchange=first["exchange"])
    followed(client, first["exchange"])
