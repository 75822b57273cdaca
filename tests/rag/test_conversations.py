"""Conversations in their file: whose they are, what is found, what can be taken back, and what survives a kill."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from index_store.errors import InputError, LibraryDamaged
from index_store.types import Scope
from rag.conversations import Conversations, Exchange, Said, title_from
from rag.types import Answer
from tests.ui.fake_assistant import NOTICE, answer_to

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Conversations]:
    store = Conversations(tmp_path / "conversations.sqlite")
    yield store
    store.close()


def as_kept(question: str) -> Answer:
    """Give the answer as it comes back from the file: without the folders of its sources."""
    return Answer.from_dict(answer_to(question).to_dict())


def answered(kept: Conversations, user: str, place: str | None, question: str) -> Exchange:
    asked = kept.ask(user, place, question)
    answer = as_kept(question)
    done = replace(asked, state="done", text=answer.text, answer=answer)
    kept.finish(done)
    return done


def questions(kept: Conversations, user: str, place: str) -> list[str]:
    return [exchange.question for exchange in kept.exchanges(user, place)]


def test_an_exchange_comes_back_as_it_was_kept_also_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    first = Conversations(path)
    scope = Scope(("efficiency",), 2019, None, ("p1", "p2"))
    asked = first.ask("ada", None, "energy?", scope)
    done = replace(asked, state="done", answer=as_kept("energy?"), text="Words.", thought="Hm.", thinking=1.5)
    first.finish(done)
    first.rate("ada", asked.id, -1)
    first.close()
    second = Conversations(path)
    assert second.exchanges("ada", asked.conversation) == [replace(done, rating=-1)]
    assert second.exchange("ada", asked.id) == replace(done, rating=-1)
    conversation = second.get("ada", asked.conversation)
    assert conversation is not None
    assert (conversation.title, conversation.scope) == ("energy?", scope)
    second.close()


def test_a_scope_that_another_version_kept_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    store = Conversations(path)
    place = answered(store, "ada", None, "energy").conversation
    store.close()
    with closing(sqlite3.connect(path)) as file, file:
        scope = '{"collections": ["a"], "venue": ["x"], "first_year": 2019}'
        file.execute("UPDATE conversation SET scope = ?", (scope,))
    store = Conversations(path)
    assert [each.scope for each in store.listed("ada")] == [Scope(("a",), 2019)]
    assert [each.id for each in store.listed("ada")] == [place]
    store.close()


def test_the_conversation_last_asked_in_stands_first(kept: Conversations) -> None:
    first, second = answered(kept, "ada", None, "energy"), answered(kept, "ada", None, "both")
    assert [each.id for each in kept.listed("ada")] == [second.conversation, first.conversation]
    answered(kept, "ada", first.conversation, "salary")
    assert [each.id for each in kept.listed("ada")] == [first.conversation, second.conversation]
    assert len(kept.listed("ada", limit=1)) == 1


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("FRUGAL ENERGY", []),
        ("GRÜSSE", ["Grüße: energy?"]),
        ("outliers always", ["both"]),
        ("%", ["Grüße: energy?", "both"]),  # both answers have it: it is no wildcard
        ("_", []),
        ("  ", ["Grüße: energy?", "both", "where"]),
        ("' OR 1=1 --", []),
    ],
)
def test_search_looks_in_titles_questions_and_answers(kept: Conversations, search: str, found: list[str]) -> None:
    for question in ("Grüße: energy?", "both", "where"):
        answered(kept, "ada", None, question)
    assert {each.title for each in kept.listed("ada", search)} == set(found)


def test_a_replaced_question_is_not_found_any_more(kept: Conversations) -> None:
    asked = answered(kept, "ada", None, "first words")
    kept.rename("ada", asked.conversation, "Something else")
    kept.ask_again("ada", asked.id, "other words")
    assert kept.listed("ada", "first words") == []
    assert len(kept.listed("ada", "other")) == 1


def test_what_is_another_users_is_not_there(kept: Conversations) -> None:
    mine = answered(kept, "ada", None, "energy")
    place = mine.conversation
    assert kept.listed("eve") == []
    assert kept.get("eve", place) is None
    assert kept.exchanges("eve", place) == []
    assert kept.exchange("eve", mine.id) is None
    assert kept.ask_again("eve", mine.id, "mine now") is None
    kept.take_back("eve", mine.id)
    kept.rate("eve", mine.id, 1)
    kept.rename("eve", place, "Hers")
    kept.narrow("eve", place, Scope(("x",)))
    kept.delete("eve", place)
    assert kept.ask("eve", place, "and this?").conversation != place
    assert kept.exchanges("ada", place) == [mine]
    conversation = kept.get("ada", place)
    assert conversation is not None
    assert (conversation.title, conversation.scope) == ("energy", Scope())
    assert kept.users() == ["ada", "eve"]


def test_asking_again_sets_aside_what_follows_and_can_be_taken_back(kept: Conversations) -> None:
    one = answered(kept, "ada", None, "one")
    two, place = answered(kept, "ada", one.conversation, "two"), one.conversation
    three = answered(kept, "ada", place, "three")
    again = kept.ask_again("ada", two.id, "two, better")
    assert again is not None
    assert again.replaced == 2
    assert questions(kept, "ada", place) == ["one", "two, better"]
    assert kept.exchange("ada", three.id) is None
    kept.take_back("ada", again.id)
    assert questions(kept, "ada", place) == ["one", "two", "three"]
    kept.take_back("ada", one.id)  # it replaced nothing
    assert questions(kept, "ada", place) == ["one", "two", "three"]


def test_a_deleted_conversation_can_be_restored_for_a_day(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = answered(kept, "ada", None, "old"), answered(kept, "ada", None, "new")
    kept.delete("ada", old.conversation)
    assert kept.get("ada", old.conversation) is None
    assert kept.exchanges("ada", old.conversation) == []
    kept.restore("ada", old.conversation)
    assert questions(kept, "ada", old.conversation) == ["old"]
    kept.delete("ada", old.conversation)
    monkeypatch.setattr("rag.conversations._UNDO_S", -1.0)  # a day later
    kept.delete("ada", new.conversation)
    kept.restore("ada", old.conversation)
    kept.restore("ada", new.conversation)
    assert kept.listed("ada") == []


def test_what_was_said_before_is_the_newest_part_in_order(kept: Conversations) -> None:
    one = answered(kept, "ada", None, "energy")
    two = answered(kept, "ada", one.conversation, "both")
    now = kept.ask("ada", one.conversation, "now")
    said = kept.said(one.conversation, now.id, 10)
    assert said == [Said(one.id, "energy", one.text, NOTICE), Said(two.id, "both", two.text, None)]
    assert kept.said(one.conversation, now.id, 1) == said[1:]


def test_words_that_arrive_late_change_no_finished_answer(kept: Conversations) -> None:
    asked = kept.ask("ada", None, "slow")
    kept.arrived(asked.id, "Half a")
    assert kept.exchanges("ada", asked.conversation)[0].text == "Half a"
    kept.finish(replace(asked, state="stopped", text="Half a sentence"))
    kept.arrived(asked.id, "late")
    assert kept.exchanges("ada", asked.conversation)[0].text == "Half a sentence"


def test_rated_exchanges_come_with_what_was_said_before(kept: Conversations) -> None:
    one = answered(kept, "ada", None, "energy")
    two = answered(kept, "ada", one.conversation, "both")
    kept.rate("ada", two.id, 1)
    assert list(kept.rated("ada")) == [(replace(two, rating=1), [one])]
    kept.rate("ada", two.id, 0)
    assert list(kept.rated("ada")) == []


@pytest.mark.parametrize("title", ["", " \n ", "x" * 201])
def test_a_title_has_to_have_some_length(kept: Conversations, title: str) -> None:
    asked = kept.ask("ada", None, "energy")
    with pytest.raises(InputError, match="A title has 1 to 200 characters"):
        kept.rename("ada", asked.conversation, title)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("  How\n many? ", "How many?"),
        ("word " * 30, "word word word word word word word word word word word word…"),
        ("x" * 70, "x" * 60 + "…"),
        ("", "New conversation"),
    ],
)
def test_a_title_is_the_first_words_of_the_question(question: str, title: str) -> None:
    assert title_from(question) == title


def test_text_that_no_file_can_hold_is_refused(kept: Conversations) -> None:
    with pytest.raises(InputError, match="Unicode text"):
        kept.ask("ada", None, "half a pair: \ud83d")
    assert kept.listed("ada") == []


def test_an_answer_of_another_version_keeps_its_words(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    done = answered(kept, "ada", None, "energy")

    def refuse(data: object) -> Answer:
        raise ValueError("this is not an answer")

    monkeypatch.setattr("rag.conversations.Answer.from_dict", refuse)
    found = kept.exchange("ada", done.id)
    assert found is not None
    assert (found.state, found.text, found.answer) == ("failed", done.text, None)
    assert "Ask again" in str(found.failure)


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    path.write_bytes(b"no database at all, " * 300)
    with pytest.raises(LibraryDamaged, match=r"Move conversations\.sqlite out of the way"):
        Conversations(path)


def test_threads_and_processes_ask_at_once(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    stores = [Conversations(path), Conversations(path)]
    place = stores[0].ask("ada", None, "first").conversation

    def ask_often(store: Conversations, name: str) -> None:
        for number in range(20):
            answered(store, "ada", place, f"{name}-{number}")

    threads = [threading.Thread(target=ask_often, args=(stores[i % 2], str(i))) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = stores[0].exchanges("ada", place)
    assert len(found) == 121
    assert all(exchange.answer for exchange in found[1:])
    for name in range(6):
        assert [e.question for e in found if e.question.startswith(f"{name}-")] == [f"{name}-{n}" for n in range(20)]
    for store in stores:
        store.close()


def test_a_killed_process_leaves_whole_steps(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    script = f"""
import itertools
from pathlib import Path
from rag.conversations import Conversations
kept = Conversations(Path({str(path)!r}))
place = None
for number in itertools.count():
    asked = kept.ask("ada", place, f"question {{number}}")
    place = asked.conversation
    if number % 3 == 2:
        kept.ask_again("ada", asked.id, f"again {{number}}")
    print(number, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        while (told := int(writer.stdout.readline())) < 10:
            pass
        writer.kill()
        told = max([told, *(int(line) for line in writer.stdout.read().split())])
    kept = Conversations(path)
    (conversation,) = kept.listed("ada")
    found = questions(kept, "ada", conversation.id)
    expected = [f"again {n}" if n % 3 == 2 else f"question {n}" for n in range(told + 1)]
    assert found[: len(expected)] == expected  # what was told to be done is there
    assert len(found) <= len(expected) + 1
    kept.close()
