"""A conversation step by step, without a browser: what each event adds, what a follow-up carries along, how it ends."""

from __future__ import annotations

from collections.abc import Iterator

from rag.limits import MAX_QUESTION_CHARS
from rag.types import DeltaEvent, Event, HitsEvent, Request, Turn
from tests.ui.fake_assistant import HITS, NOTICE, PAPERS, FakeAssistant, FakeLibrary, answer_to
from ui.conversation import Conversation, follow, history, messages, sources, stop
from ui.examples import suggest_questions

NOTICE_START = NOTICE.split("`")[0]


def last_of(conversations: Iterator[Conversation]) -> Conversation:
    return list(conversations)[-1]


def test_steps_go_from_waiting_over_reading_to_the_answer() -> None:
    steps = list(follow(FakeAssistant(), (), "energy"))
    assert [len(step) for step in steps] == [1] * len(steps)
    assert "cw-waiting" in steps[0][0].html
    assert steps[1][0].found == PAPERS
    assert "Reading 3 papers…" in sources(steps[1], 1)
    assert steps[-1][0].answer == answer_to("energy")
    assert [step[0].done for step in steps] == [False] * (len(steps) - 1) + [True]
    assert [message["role"] for message in messages(steps[-1])] == ["user", "assistant"]


def test_follow_up_carries_the_history_and_keeps_the_first_answer() -> None:
    assistant = FakeAssistant()
    first = last_of(follow(assistant, (), "energy"))
    both = last_of(follow(assistant, first, "and both?"))
    past = (Turn("user", "energy"), Turn("assistant", answer_to("energy").text))
    assert assistant.asked[1] == Request("and both?", past)
    assert history(both)[:2] == past
    assert both[0] is first[0]
    assert 'id="source-1-1"' in sources(both, 1)
    assert 'id="source-2-2"' in sources(both, 2)
    assert "cw-card" not in sources(both, 3)


def test_notice_is_told_once_in_a_conversation() -> None:
    assistant = FakeAssistant()
    first = last_of(follow(assistant, (), "energy"))
    second = last_of(follow(assistant, first, "energy again"))
    assert NOTICE_START in first[0].html
    assert NOTICE_START not in second[1].html


def test_failures_end_the_exchange_with_one_sentence() -> None:
    assistant = FakeAssistant()
    broken = last_of(follow(assistant, (), "broken"))[-1]
    assert broken.done
    assert "The vectors of this library are damaged: run <code>citewell index --repair</code>." in broken.html
    unexpected = last_of(follow(assistant, (), "bug"))[-1]
    assert "Something failed inside Citewell." in unexpected.html
    assert "secret" not in unexpected.html


def test_too_long_a_question_never_reaches_the_assistant() -> None:
    assistant = FakeAssistant()
    refused = last_of(follow(assistant, (), "x" * (MAX_QUESTION_CHARS + 1)))[-1]
    assert "at most 4,000 characters" in refused.html
    assert assistant.asked == []


def test_a_stream_that_breaks_off_is_a_failure() -> None:
    class Truncated(FakeAssistant):
        def stream(self, request: Request) -> Iterator[Event]:
            yield HitsEvent(HITS)
            yield DeltaEvent("Half a")

    ended = last_of(follow(Truncated(), (), "energy"))[-1]
    assert ended.done
    assert "The answer broke off before its end: ask again." in ended.html


def test_leaving_a_conversation_stops_the_work_and_stop_keeps_the_words() -> None:
    assistant = FakeAssistant()
    steps = follow(assistant, (), "slow")
    heard = next(step for step in steps if "word" in step[0].text)
    steps.close()  # type: ignore[attr-defined]  # follow is a generator
    assert assistant.stopped.is_set()
    stopped = stop(heard)
    assert "word" in stopped[0].html
    assert "Stopped." in stopped[0].html
    assert stop(stopped) is stopped
    assert stop(()) == ()


def test_examples_ask_about_different_papers_of_the_library() -> None:
    assert suggest_questions(FakeLibrary(PAPERS[:2])) == [
        "What does “B-Adders: Whole Numbers Are Enough for Frugal Inference” propose?",
        "What are the main findings of “Where Additions Fail: A Study of Outliers in Integer Networks”?",
    ]
    assert suggest_questions(FakeLibrary(())) == []
