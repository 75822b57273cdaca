"""What the chat tab shows, without a browser: patches, opened conversations, the list, the scope, the files."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from index_store.types import WHOLE_LIBRARY, Paper, Scope
from rag.conversations import Conversation, Conversations, Exchange
from tests.ui.fake_assistant import NOTICE, PAPERS, FakeAssistant, FakeLibrary, answer_to
from tests.ui.test_render import Markup
from ui.answering import Answering, Progress
from ui.conversation import Patch, Room
from ui.examples import suggest_questions
from ui.followups import follow_ups
from ui.scopebar import read_scope, scope_html
from ui.sidebar import sidebar_html
from ui.signals import Signal
from ui.transcript import copied, exchange_html, progress_html
from ui.welcome import welcome

NOTICE_START = NOTICE.split("`")[0]
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def room() -> Iterator[Room]:
    kept = Conversations.kept_nowhere()
    assistant = FakeAssistant()
    yield Room(assistant, kept, Answering(assistant, kept))
    kept.close()


def ask(room: Room, question: str, place: str | None = None, exchange: int = 0) -> list[Patch]:
    """Ask and follow; the first patch is the reply to the question, the others are the stream's."""
    first = room.ask("local", Signal(place, text=question, exchange=exchange))
    assert first is not None
    return [first, *followed(room, first["exchange"])]


def followed(room: Room, exchange: int) -> list[Patch]:
    async def follow() -> list[Patch]:
        patches = room.follow("local", exchange)
        assert patches is not None
        return [patch async for patch in patches]

    return asyncio.run(follow())


def test_the_first_patch_shows_the_question_under_way(room: Room) -> None:
    first = ask(room, "energy")[0]
    assert (first["state"], first["replaces"], first["after"]) == ("answering", 0, 0)
    assert 'data-question="energy"' in first["html"]


def test_the_last_patch_shows_the_answer_and_its_papers(room: Room) -> None:
    last = ask(room, "energy")[-1]
    assert (last["state"], last["after"], last["cited"]) == ("done", 0, ["p1"])
    assert "Answered by quoting in 0.3 s" in last["html"]
    assert 'id="source-1-1"' in last["panel"]
    assert last["words"] == answer_to("energy").text


def test_the_next_patch_says_what_it_follows_and_a_notice_is_told_once(room: Room) -> None:
    first = ask(room, "energy")[-1]
    second = ask(room, "energy again", first["conversation"])[-1]
    assert second["after"] == first["exchange"]
    assert NOTICE_START in first["html"]
    assert NOTICE_START not in second["html"]
    opened, _ = room.opened("local", Signal(first["conversation"]))
    assert opened["follow"] == 0
    assert [NOTICE_START in html for _, html in opened["exchanges"]] == [True, False]
    assert f'id="source-{second["exchange"]}-1"' in opened["panel"]


def test_what_has_ended_before_it_is_followed_shows_as_it_is_kept(room: Room) -> None:
    last = ask(room, "energy")[-1]
    assert followed(room, last["exchange"]) == [last]


class HeldLibrary(FakeLibrary):
    """A library of which a change holds the catalogue."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.is_free = threading.Event(), threading.Event()

    def paper(self, paper_id: str) -> Paper | None:
        self.is_asked.set()
        assert self.is_free.wait(10), "nothing else went on"
        return super().paper(paper_id)


def test_who_waits_for_the_catalogue_holds_up_nobody_else() -> None:
    library, kept = HeldLibrary(), Conversations.kept_nowhere()
    assistant = FakeAssistant(library)
    room = Room(assistant, kept, Answering(assistant, kept))
    exchange = kept.ask("local", None, "energy")
    kept.finish(replace(exchange, state="done", answer=answer_to("energy")))

    async def follow() -> list[Patch]:
        patches = room.follow("local", exchange.id)
        assert patches is not None
        following = asyncio.create_task(anext(aiter(patches)))  # type: ignore[arg-type]
        while not library.is_asked.is_set():
            await asyncio.sleep(0.01)
        library.is_free.set()
        return [await following]

    assert asyncio.run(follow())[0]["state"] == "done"
    kept.close()


def test_an_answer_in_the_making_is_followed_by_whoever_opens_its_conversation(room: Room) -> None:
    first = room.ask("local", Signal(text="slow"))
    assert first is not None
    opened, _ = room.opened("local", Signal(first["conversation"]))
    assert (opened["follow"], opened["exchanges"], opened["welcome"]) == (first["exchange"], [], "")
    room.stop("local", first["exchange"])
    assert followed(room, first["exchange"])[-1]["state"] == "stopped"


def test_an_empty_question_and_a_strangers_exchange_ask_nothing(room: Room) -> None:
    assert room.ask("local", Signal(text="  \n")) is None
    mine = ask(room, "energy")[-1]
    assert room.ask("eve", Signal(text="both", exchange=mine["exchange"])) is None
    assert room.follow("eve", mine["exchange"]) is None
    assert room.panel("eve", mine["exchange"])["html"] == room.panel("local", 99)["html"]


def test_asking_again_replaces_and_can_be_taken_back(room: Room) -> None:
    first = ask(room, "energy")[-1]
    asked, *_, again = ask(room, "both", first["conversation"], first["exchange"])
    assert asked["replaces"] == first["exchange"]
    assert "The earlier answer was set aside." in again["html"]
    assert room.take_back("local", again["exchange"])["kind"] == "reload"
    opened, _ = room.opened("local", Signal(first["conversation"]))
    assert [number for number, _ in opened["exchanges"]] == [first["exchange"]]


def test_a_conversation_that_is_not_there_is_lost_and_a_new_one_is_not(room: Room) -> None:
    assert room.opened("local", Signal("gone"))[0]["lost"] is True
    new, known = room.opened("local", Signal(None))
    assert (new["lost"], new["exchanges"], known) == (False, [], None)
    assert "Ask your library" in new["welcome"]


def test_an_answer_whose_server_is_gone_is_broken_off(room: Room) -> None:
    asked = room.kept.ask("local", None, "slow")
    room.kept.arrived(asked.id, "Half a sentence")
    opened, _ = room.opened("local", Signal(asked.conversation))
    ((_, html),) = opened["exchanges"]
    assert opened["follow"] == 0
    assert 'data-state="broken"' in html
    assert "Half a sentence" in html
    assert "Ask again to have it." in html
    assert 'data-act="retry"' in html
    (patch,) = followed(room, asked.id)
    assert (patch["state"], patch["html"]) == ("broken", html)


@pytest.mark.parametrize("thought", ["", "cw-tools"])
def test_what_a_model_writes_does_not_say_how_its_answer_stands(thought: str) -> None:
    exchange = Exchange(1, "c", "q?", text="Use the class cw-tools.", thought=thought)
    assert 'data-state="answering"' in progress_html(Progress(exchange, prose=True))


def test_files_hold_the_conversation_or_one_answer(room: Room) -> None:
    first = ask(room, "energy")[-1]
    ask(room, "both", first["conversation"])
    whole = room.file("local", Signal(first["conversation"], text="markdown"))
    one = room.file("local", Signal(first["conversation"], text="markdown", exchange=first["exchange"]))
    assert whole is not None
    assert one is not None
    assert "Where Additions Fail" in base64.b64decode(whole["data"]).decode()
    assert "Where Additions Fail" not in base64.b64decode(one["data"]).decode()
    assert room.file("eve", Signal(first["conversation"], text="markdown")) is None
    assert room.file("local", Signal(first["conversation"], text="../../etc/passwd")) is None


def test_copied_text_ends_with_the_sources_of_its_numbers(room: Room) -> None:
    ask(room, "energy")
    (exchange,) = room.kept.exchanges("local", room.kept.listed("local")[0].id)
    assert copied(exchange).endswith(
        "matrix product. [1]\n\n[1] B-Adders: Whole Numbers Are Enough for Frugal Inference (2021). "
        "https://example.org/adders?a=1&b=2"
    )
    assert copied(replace(exchange, answer=None, text="Half")) == "Half"


def test_what_a_user_wrote_stays_text_in_every_place(room: Room) -> None:
    hostile = "\"><script>alert(1)</script> ${alert(2)} {{x}} ' onclick=x"
    (exchange,) = [room.kept.ask("local", None, hostile)]
    shown = Markup(exchange_html(exchange))
    assert ("data-question", hostile) in shown.tags[0][1].items()
    assert not [tag for tag, _ in shown.tags if tag == "script"]
    listed = Markup(sidebar_html(room.kept.listed("local"), NOON, deleted=room.kept.listed("local")[0]))
    assert not [tag for tag, _ in listed.tags if tag == "script"]
    collections, gone = {hostile: 1}, {hostile: None}
    scope = scope_html(Scope((hostile,), paper_ids=(hostile,)), 3, collections, gone)
    assert not [tag for tag, _ in Markup(scope).tags if tag == "script"]
    assert "<script" not in welcome(1, [hostile])


def test_the_list_stands_under_its_days() -> None:
    def on(day: int, title: str) -> Conversation:
        return Conversation(title, title, WHOLE_LIBRARY, 0, datetime(2026, 5, day, 23, tzinfo=UTC).timestamp())

    listed = [on(20, "a"), on(19, "b"), on(14, "c"), on(13, "d"), on(1, "e")]
    html = sidebar_html(listed, NOON, "b")
    assert [part.split("</h2>")[0] for part in html.split("<h2>")[1:]] == ["Today", "Yesterday", "This week", "Earlier"]
    assert html.count('aria-current="page"') == 1
    assert "No conversation has these words." in sidebar_html([], NOON, search="x")
    assert "Your conversations appear here." in sidebar_html([], NOON)


@pytest.mark.parametrize(
    ("data", "scope"),
    [
        (None, WHOLE_LIBRARY),
        ("x", WHOLE_LIBRARY),
        ({"collections": ["a", "a", 3, ""], "first_year": 2020}, Scope(("a",), 2020)),
        ({"first_year": 2023, "last_year": 2019}, Scope((), 2019, 2023)),
        ({"first_year": "2020", "last_year": True, "paper_ids": {"a": 1}}, WHOLE_LIBRARY),
        ({"last_year": 99999, "paper_ids": ["p1"]}, Scope(paper_ids=("p1",))),
        ({"paper_ids": [str(n) for n in range(500)]}, Scope(paper_ids=tuple(str(n) for n in range(200)))),
    ],
)
def test_a_scope_is_read_with_care(data: object, scope: Scope) -> None:
    assert read_scope(data) == scope


def test_the_scope_bar_names_every_part_and_takes_it_away() -> None:
    scope = Scope(("efficiency",), 2020, 2020, ("p1", "gone"))
    html = scope_html(scope, 3, {"efficiency": 1, "other": 2}, {"p1": PAPERS[0], "gone": None})
    for part in ("Only these:", "efficiency", ">2020<", "B-Adders: Whole Numbers", "a paper that is gone"):
        assert part in html
    assert html.count('data-act="narrow"') == 4
    assert 'value="efficiency" checked' in html
    assert "Whole library · 1 paper<" in scope_html(WHOLE_LIBRARY, 1, {}, {})


def test_suggestions_ask_about_the_cited_paper_and_what_else_was_found() -> None:
    assert follow_ups(answer_to("energy"))[:2] == [
        "What are the main findings of “B-Adders”?",
        "What does “Where Additions Fail” propose?",
    ]
    about_it = replace(answer_to("energy"), question="What are the main findings of “B-Adders”?")
    assert "What are the main findings of “B-Adders”?" not in follow_ups(about_it)
    assert follow_ups(answer_to("béchamel")) == []
    assert len(follow_ups(answer_to("salary"))) >= 2


def test_examples_ask_about_different_papers_of_the_library() -> None:
    assert suggest_questions(FakeLibrary(PAPERS[:2])) == [
        "What does “B-Adders: Whole Numbers Are Enough for Frugal Inference” propose?",
        "What are the main findings of “Where Additions Fail: A Study of Outliers in Integer Networks”?",
    ]
    assert suggest_questions(FakeLibrary(())) == []
    for way in ("the Library tab", "citewell index FILE"):
        assert way in welcome(0, [])
