"""The Models and the Evaluate tab in Chromium, on the real server, the starter library and a stand-in for Ollama."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.real_library import SLOW_MS, serve_home
from tests.browser.visits import DESKTOP, Visit, open_page
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Script

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PROSE = "A residual network learns corrections to its input [1]."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def ollama() -> Iterator[OllamaDouble]:
    with OllamaDouble(Script(text=PROSE)) as server:
        yield server


@pytest.fixture(scope="module")
def address(home: Path, ollama: OllamaDouble) -> Iterator[str]:
    yield from serve_home(home, ollama.url)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP)
    visit: Visit = open_page(context.new_page(), address)
    yield visit.page
    assert visit.foreign == []
    assert visit.complaints == []
    context.close()


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_installed_models_are_listed_with_the_one_that_answers(page: Page) -> None:
    open_tab(page, "Models")
    expect(page.get_by_text("Ollama runs")).to_be_visible()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="qwen3:4b-instruct"))
    expect(row).to_contain_text("answers now")
    expect(row).to_contain_text("completion")


def test_a_choice_holds_from_the_next_question_on_and_is_kept(page: Page, home: Path) -> None:
    page.get_by_label("Your question").fill("What does a residual network learn?")
    page.keyboard.press("Enter")
    expect(page.locator(".cw-answer").last).to_contain_text("corrections to its input", timeout=SLOW_MS)
    expect(page.locator(".cw-exchange[data-state=done]")).to_have_count(1, timeout=SLOW_MS)
    open_tab(page, "Models")
    page.get_by_label("Quotes only").check()
    expect(page.get_by_text("Kept; it holds from the next question on.")).to_be_visible()
    assert tomllib.loads((home / "settings.toml").read_text())["answerer"] == "quote"
    open_tab(page, "Chat")
    page.get_by_label("Your question").fill("How many layers does the deepest ResNet on ImageNet have?")
    page.keyboard.press("Enter")
    expect(page.locator(".cw-exchange[data-state=done]")).to_have_count(2, timeout=SLOW_MS)
    expect(page.locator(".cw-meta").last).to_contain_text("Answered by quoting")
    open_tab(page, "Models")
    page.get_by_label("A model where there is one, else quotes").check()
    expect(page.get_by_text("Kept; it holds from the next question on.")).to_be_visible()


def test_a_model_is_downloaded_with_its_progress_and_the_download_can_be_stopped(
    page: Page, ollama: OllamaDouble
) -> None:
    open_tab(page, "Models")
    name = page.get_by_label("Name of the model")
    name.fill("tiny:1b")
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_text("tiny:1b is ready.")).to_be_visible()
    ollama.play(Script(text=PROSE, stop_after=2, then="stall"))
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_role("progressbar", name="Whole download")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("The download of tiny:1b is stopped; the next one goes on from there.")).to_be_visible()
    ollama.play(Script(text=PROSE))


def test_a_question_set_is_run_reported_kept_and_compared(page: Page, home: Path, tmp_path: Path) -> None:
    questions = tmp_path / "mine.jsonl"
    questions.write_text(
        '{"id": "r1", "type": "fact", "question": "How many layers does the deepest ResNet on ImageNet have?",'
        ' "history": [], "gold": ["Deep Residual Learning for Image Recognition"], "facts": [["152"]],'
        ' "answerable": true}\n'
    )
    open_tab(page, "Evaluate")
    page.locator("#cw-sets input[type=file]").set_input_files(questions)
    expect(page.get_by_role("row").filter(has_text="mine")).to_be_visible()
    for run in (1, 2):
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.get_by_text("1 questions asked.")).to_be_visible(timeout=SLOW_MS)
        report = page.frame_locator("iframe.cw-report")
        expect(report.get_by_role("heading", name="mine")).to_be_visible()
        expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
        said = "No question moved." if run == 2 else "There is no earlier run of these questions to compare with."
        expect(page.get_by_text(said)).to_be_visible()
    assert len(list((home / "results").glob("mine-*.json"))) == 2


def test_a_run_as_the_settings_say_takes_up_what_was_chosen_meanwhile(page: Page, home: Path, tmp_path: Path) -> None:
    questions = tmp_path / "settled.jsonl"
    questions.write_text(
        '{"id": "r1", "type": "fact", "question": "How many layers does the deepest ResNet on ImageNet have?",'
        ' "history": [], "gold": ["Deep Residual Learning for Image Recognition"], "facts": [["152"]],'
        ' "answerable": true}\n'
    )
    open_tab(page, "Models")
    page.get_by_label("Quotes only").check()
    expect(page.get_by_text("Kept; it holds from the next question on.")).to_be_visible()
    open_tab(page, "Evaluate")
    page.locator("#cw-sets input[type=file]").set_input_files(questions)
    expect(page.get_by_role("row").filter(has_text="settled")).to_be_visible()
    page.get_by_label("As the settings say").check()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("1 questions asked.")).to_be_visible(timeout=SLOW_MS)
    (kept,) = (home / "results").glob("settled-*.json")
    assert json.loads(kept.read_text())["settings"]["answerer"] == "quote"


def test_the_look_is_chosen_for_the_device_and_stays(page: Page) -> None:
    open_tab(page, "Models")
    look = page.get_by_label("On this device")
    look.select_option("dark")
    expect(page.locator("body")).to_have_class(re.compile(r"\bdark\b"))
    page.reload()
    expect(page.locator("body")).to_have_class(re.compile(r"\bdark\b"))
    open_tab(page, "Models")
    expect(look).to_have_value("dark")
    look.select_option("as the system")
    expect(page.locator("body")).not_to_have_class(re.compile(r"\bdark\b"))
