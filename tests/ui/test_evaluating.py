"""Running a question set from the page: its steps, what is kept, how it compares, and stopping."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eval.compare import compare
from eval.errors import QuestionsUnusable
from eval.run import Choice
from index_store.errors import CitewellError
from index_store.library import Library
from rag.preferences import Preferences
from rag.settings import Settings
from rag.types import Answer, Request
from tests.small_library import BREAD, FROGS, library_of
from tests.ui.fake_assistant import FakeAssistant
from ui.evaluate_page import comparison_html, frame_html, progress_html
from ui.evaluating import Evaluations, Outcome, Progress, Wanted


class Knows(FakeAssistant):
    """Abstains, and keeps who was asked for; fails from the question numbered ``fails_at`` on."""

    fails_at = 1000

    def ask(self, request: Request | str) -> Answer:
        assert isinstance(request, Request)
        self.asked.append(request)
        if len(self.asked) > self.fails_at:
            raise CitewellError("The library is gone.")
        return Answer(request.question, request.question, "No.", abstained=True, reason="off_topic")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(library_of(tmp_path / "library", [FROGS, BREAD])) as library:
        yield library


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    def line(number: int, gold: str) -> str:
        split = "dev" if number % 2 else "test"
        row = {"id": f"q{number}", "type": "fact", "question": f"What of {gold} {number}?", "history": []}
        return json.dumps(row | {"gold": [gold], "facts": [["rye"]], "answerable": True, "split": split})

    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(line(n, (FROGS, BREAD)[n % 2].title) for n in range(4)) + "\n")
    return path


def preferences(home: Path) -> Preferences:
    return Preferences(Settings(home), lambda _: None, {})


def run(evaluations: Evaluations, wanted: Wanted) -> tuple[list[Progress], Outcome]:
    *steps, outcome = evaluations.run(wanted)
    assert isinstance(outcome, Outcome)
    return [step for step in steps if isinstance(step, Progress)], outcome


def test_a_run_tells_its_steps_and_keeps_its_result(tmp_path: Path, library: Library, questions: Path) -> None:
    assistant = Knows()
    evaluations = Evaluations(assistant, library, preferences(tmp_path))
    steps, outcome = run(evaluations, Wanted((questions,), answerer="quote"))
    assert steps == [Progress(0, 0), *(Progress(done, 4) for done in range(5))]
    assert {request.answerer for request in assistant.asked} == {"quote"}
    assert outcome.document["settings"]["answerer"] == "quote"
    assert outcome.comparison is None
    assert evaluations.results() == [outcome.path]
    assert evaluations.named(outcome.path.name) == outcome.path
    assert {path.suffix for path in evaluations.folder.iterdir()} == {".json", ".html", ".md"}


def test_a_result_names_the_settings_that_it_was_made_with(tmp_path: Path, library: Library, questions: Path) -> None:
    assistant, changing = Knows(), preferences(tmp_path)
    evaluations = Evaluations(assistant, library, changing)
    for papers, answerer in ((12, "quote"), (7, "auto")):
        changing.change(papers=papers, answerer=answerer)
        _, outcome = run(evaluations, Wanted((questions,)))
        settings = outcome.document["settings"]
        assert (settings["papers"], settings["answerer"]) == (papers, answerer)
    assert {request.answerer for request in assistant.asked} == {None}


def test_a_half_can_be_chosen_and_a_second_run_is_compared(tmp_path: Path, library: Library, questions: Path) -> None:
    evaluations = Evaluations(Knows(), library, preferences(tmp_path))
    wanted = Wanted((questions,), Choice("dev"))
    assert run(evaluations, wanted)[0][-1] == Progress(2, 2)
    _, second = run(evaluations, wanted)
    assert second.comparison is not None
    assert second.comparison.changes == ()
    assert "No question moved." in comparison_html(second.comparison)


def test_of_many_questions_that_moved_the_page_shows_those_that_moved_most() -> None:
    def result(ranks: Iterable[float]) -> dict[str, Any]:
        rows = [{"key": f"q{n}", "measured": {"mrr": value, "brier": value}} for n, value in enumerate(ranks)]
        return {"name": "mine", "made_at": "2026-01-02T03:04:05+00:00", "rows": rows}

    page = comparison_html(compare(result([0.5] * 30), result([0.4] * 29 + [0.1])))
    assert '<summary>30 questions moved</summary><ul><li data-verdict="lost"><b>lost</b> q29</li>' in page
    assert "and 10 more" in page


def test_what_comes_of_a_users_own_questions_only_that_user_sees(
    tmp_path: Path, library: Library, questions: Path
) -> None:
    evaluations = Evaluations(Knows(), library, preferences(tmp_path))
    _, own = run(evaluations, Wanted((questions,), user="ada"))
    assert evaluations.named(own.path.name, "ada") == own.path
    assert evaluations.named(own.path.name, "bob") is None
    _, common = run(evaluations, Wanted((questions,)))
    assert common.comparison is None
    assert set(evaluations.results("ada")) == {common.path, own.path}
    assert evaluations.results("bob") == evaluations.results() == [common.path]


def test_stopping_keeps_nothing_and_lets_the_next_one_run(tmp_path: Path, library: Library, questions: Path) -> None:
    evaluations = Evaluations(Knows(), library, preferences(tmp_path))
    steps: Any = evaluations.run(Wanted((questions,)))
    next(steps)
    next(steps)
    with pytest.raises(CitewellError, match="is being run already"):
        next(iter(evaluations.run(Wanted((questions,)))))
    steps.close()
    assert evaluations.results() == []
    assert run(evaluations, Wanted((questions,)))[1].document["rows"]


def test_what_cannot_be_run_is_said(tmp_path: Path, library: Library, questions: Path) -> None:
    assistant = Knows()
    assistant.fails_at = 0
    evaluations = Evaluations(assistant, library, preferences(tmp_path))
    with pytest.raises(CitewellError, match="The library is gone"):
        run(evaluations, Wanted((questions,)))
    with pytest.raises(QuestionsUnusable, match="none of the shipped question sets"):
        run(evaluations, Wanted())
    assert evaluations.results() == []
    assert evaluations.named("../settings.toml") is None


def test_the_report_is_in_a_frame_without_scripts(tmp_path: Path, library: Library, questions: Path) -> None:
    _, outcome = run(Evaluations(Knows(), library, preferences(tmp_path)), Wanted((questions,)))
    frame = frame_html(outcome.document)
    assert frame.startswith('<iframe class="cw-report" title="Report of mine" sandbox="" srcdoc="&lt;!doctype html&gt;')
    assert frame.count("<") == 2
    assert 'max="4" value="1"' in progress_html(1, 4)
