"""Answers in the making: each goes on by itself, is kept as it ends, and every way to end is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from index_store.errors import StorageError
from index_store.types import WHOLE_LIBRARY, Scope
from rag.conversations import Conversations, Exchange
from rag.errors import AnswererError
from rag.limits import MAX_QUESTION_CHARS
from rag.types import DeltaEvent, Event, HitsEvent, Request, ThoughtEvent, Turn
from tests.ui.fake_assistant import HITS, PAPERS, FakeAssistant, answer_to
from ui.answering import Answering, Job, Progress


@pytest.fixture
def kept() -> Iterator[Conversations]:
    store = Conversations.kept_nowhere()
    yield store
    store.close()


def steps(job: Job) -> list[Progress]:
    async def follow() -> list[Progress]:
        return [progress async for progress in job.steps()]

    return asyncio.run(asyncio.wait_for(follow(), 20))


def asked(kept: Conversations, question: str, place: str | None = None) -> Exchange:
    return kept.ask("local", place, question)


def ended(assistant: FakeAssistant, kept: Conversations, question: str, place: str | None = None) -> Exchange:
    """Ask and wait; what the last step shows is what is kept."""
    answering = Answering(assistant, kept)
    last = steps(answering.start(asked(kept, question, place), WHOLE_LIBRARY))[-1].exchange
    stored = kept.exchange("local", last.id)
    assert stored is not None
    assert replace(stored, answer=None) == replace(last, answer=None)
    assert (stored.answer is None) == (last.answer is None)
    return last


def test_an_answer_ends_done_with_its_papers(kept: Conversations) -> None:
    assistant = FakeAssistant()
    answering = Answering(assistant, kept)
    scope = Scope(("efficiency",))
    last = steps(answering.start(asked(kept, "both"), scope))[-1]
    assert (last.exchange.state, last.exchange.answer) == ("done", answer_to("both"))
    assert (last.found, last.prose) == (PAPERS, True)
    assert assistant.asked == [Request("both", (), scope)]


def test_a_follower_that_comes_late_still_gets_the_end(kept: Conversations) -> None:
    answering = Answering(FakeAssistant(), kept)
    job = answering.start(asked(kept, "energy"), WHOLE_LIBRARY)
    until(lambda: answering.under_way(1) is None)
    assert [progress.exchange.state for progress in steps(job)] == ["done"]


def test_a_follow_up_carries_what_was_said(kept: Conversations) -> None:
    assistant = FakeAssistant()
    first = ended(assistant, kept, "energy")
    ended(assistant, kept, "and both?", first.conversation)
    past = (Turn("user", "energy"), Turn("assistant", answer_to("energy").text))
    assert assistant.asked[1] == Request("and both?", past)


def test_failures_end_the_exchange_with_one_sentence(kept: Conversations) -> None:
    broken = ended(FakeAssistant(), kept, "broken")
    assert (broken.state, broken.text) == ("failed", "The first words arrive.")
    assert broken.failure == "The vectors of this library are damaged: run `citewell index --repair`."
    unexpected = ended(FakeAssistant(), kept, "bug")
    assert "Something failed inside Citewell." in str(unexpected.failure)
    assert "secret" not in str(unexpected.failure)


def test_what_a_model_wrote_before_it_failed_is_kept_with_its_citations(kept: Conversations) -> None:
    class Failing(FakeAssistant):
        def stream(self, request: Request) -> Iterator[Event]:
            yield HitsEvent(HITS)
            failure = AnswererError("Ollama has gone.")
            failure.partial = answer_to("both")
            raise failure

    last = ended(Failing(), kept, "both")
    assert (last.state, last.failure, last.answer) == ("failed", "Ollama has gone.", answer_to("both"))


def test_too_long_a_question_never_reaches_the_assistant(kept: Conversations) -> None:
    assistant = FakeAssistant()
    refused = ended(assistant, kept, "x" * (MAX_QUESTION_CHARS + 1))
    assert "at most 4,000 characters" in str(refused.failure)
    assert assistant.asked == []


def test_a_stream_that_breaks_off_is_a_failure_and_thoughts_are_kept(kept: Conversations) -> None:
    class Truncated(FakeAssistant):
        def stream(self, request: Request) -> Iterator[Event]:
            yield HitsEvent(HITS)
            yield ThoughtEvent("Let me ")
            yield ThoughtEvent("see.")
            yield DeltaEvent("Half a")

    last = ended(Truncated(), kept, "energy")
    assert (last.thought, last.text) == ("Let me see.", "Half a")
    assert last.failure == "The answer broke off before its end: ask again."


def test_stopping_ends_the_work_and_keeps_the_words(kept: Conversations) -> None:
    assistant = FakeAssistant()
    answering = Answering(assistant, kept)
    job = answering.start(asked(kept, "slow"), WHOLE_LIBRARY)
    until(lambda: "word word" in job.progress.exchange.text)
    answering.stop(1)
    last = steps(job)[-1].exchange
    assert last.state == "stopped"
    assert last.text.startswith("word word")
    assert assistant.stopped.is_set()
    answering.stop(1)  # there is nothing to stop any more
    assert kept.exchange("local", 1) == last


def test_one_of_several_users_leaves_room_for_others(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.answering._OF_ONE", 1)
    answering = Answering(FakeAssistant(), kept)
    job = answering.start(asked(kept, "slow"), WHOLE_LIBRARY, "ada")
    with pytest.raises(AnswererError, match="1 of your questions"):
        answering.admit("ada")
    answering.admit("bob")
    answering.admit()  # the only user of an open door
    answering.stop(1)
    steps(job)
    until(lambda: answering.under_way(1) is None)
    answering.admit("ada")


def test_words_are_kept_while_they_arrive(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.answering._KEEP_S", 0.1)
    answering = Answering(FakeAssistant(), kept)
    job = answering.start(asked(kept, "slow"), WHOLE_LIBRARY)
    until(lambda: "word" in (kept.exchange("local", 1) or job.progress.exchange).text)
    answering.close()
    assert steps(job)[-1].exchange.state == "stopped"


def test_an_answer_that_cannot_be_kept_is_shown_all_the_same(kept: Conversations) -> None:
    class Full(Conversations):
        def finish(self, exchange: Exchange) -> None:
            raise StorageError("The disk is full.")

    full = Full(Path(":memory:"))
    job = Answering(FakeAssistant(), full).start(asked(full, "energy"), WHOLE_LIBRARY)
    last = steps(job)[-1].exchange
    assert (last.answer, last.failure) == (answer_to("energy"), "The answer could not be kept: The disk is full.")
    full.close()


def test_no_more_than_forty_answer_at_once(kept: Conversations) -> None:
    gate, lock, running = threading.Event(), threading.Lock(), [0]

    class Waiting(FakeAssistant):
        def stream(self, request: Request) -> Iterator[Event]:
            with lock:
                running[0] += 1
            assert gate.wait(10)
            yield from super().stream(request)

    answering = Answering(Waiting(), kept)
    jobs = [answering.start(asked(kept, "energy"), WHOLE_LIBRARY) for _ in range(45)]
    until(lambda: running[0] == 40)
    threading.Event().wait(0.1)
    assert running[0] == 40
    gate.set()
    assert all(steps(job)[-1].exchange.state == "done" for job in jobs)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    end = monotonic() + 10
    while not condition():
        assert monotonic() < end
        threading.Event().wait(0.01)
