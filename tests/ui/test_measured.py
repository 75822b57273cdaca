"""What is counted of the assistant's work, and that nothing else is told."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from index_store.errors import LibraryDamaged
from rag.types import Request
from tests.serving import served
from tests.ui.fake_assistant import FakeAssistant, answer_to
from ui.measured import MeasuredAssistant
from ui.programs import build_api


@pytest.fixture
def assistant() -> MeasuredAssistant:
    return MeasuredAssistant(FakeAssistant())


def figures(text: str) -> dict[str, float]:
    """Give each sample as ``name{label}``."""
    return {
        sample.name + "".join(f"{{{value}}}" for key, value in sample.labels.items() if key != "le"): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_answers_abstentions_and_failures_are_counted_apart(assistant: MeasuredAssistant) -> None:
    assert assistant.ask("energy") == answer_to("energy")
    assistant.ask("salary")
    assistant.ask("both")
    assistant.search("adders")
    with pytest.raises(LibraryDamaged):
        assistant.ask("broken")
    with pytest.raises(ZeroDivisionError):
        assistant.ask("bug")
    counted = figures(assistant.metrics().decode())
    assert counted["citewell_answers_total{quote}"] == 1
    assert counted["citewell_answers_total{ollama}"] == 1
    assert counted["citewell_abstentions_total{not_in_abstract}"] == 1
    assert counted["citewell_errors_total{LibraryDamaged}"] == 1
    assert counted["citewell_errors_total{ZeroDivisionError}"] == 1
    assert counted["citewell_stage_seconds_count{answer}"] == 3
    assert counted["citewell_stage_seconds_sum{answer}"] == pytest.approx(3 * 0.291)
    assert counted["citewell_search_seconds_count"] == 1
    assert counted["citewell_library_papers"] == 3


def test_a_question_is_in_progress_until_it_is_left(assistant: MeasuredAssistant) -> None:
    events = iter(assistant.stream(Request("slow")))
    next(events)
    assert figures(assistant.metrics().decode())["citewell_questions_in_progress"] == 1
    events.close()  # type: ignore[attr-defined]
    assert figures(assistant.metrics().decode())["citewell_questions_in_progress"] == 0


@pytest.fixture
def url(assistant: MeasuredAssistant) -> Iterator[str]:
    with served(build_api(assistant)) as address:
        yield address


def test_the_figures_can_be_collected_and_tell_no_question(url: str) -> None:
    httpx.post(f"{url}/api/ask", json={"question": "energy of a secret thing"})
    response = httpx.get(f"{url}/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert figures(response.text)["citewell_answers_total{quote}"] == 1
    assert "secret" not in response.text


def test_ready_says_whether_questions_are_answered(url: str) -> None:
    assert httpx.get(f"{url}/api/ready").json() == {"status": "ok"}
