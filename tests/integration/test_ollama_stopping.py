"""Stopping: whoever leaves (page, HTTP client, Ctrl-C) ends the model's work at once; and nothing is left behind."""

from __future__ import annotations

import gc
import os
import pty
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rag.assistant import Assistant
from tests.integration.served import QUESTION, TEXT, Page, assistant_of, make_home, served, wait_until
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Failure, Script

ROOT = Path(__file__).parents[2]
ASKED = {"question": QUESTION}
AT_ONCE = 1.0  # seconds, on a machine that does other things too
SILENT = Script(text=TEXT, stop_after=0, then="stall")  # a model that still reads its prompt
HALFWAY = Script(text=TEXT, stop_after=5, then="stall")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("stopping"))


@pytest.fixture(scope="module")
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble() as running:
        yield running


@pytest.fixture(scope="module")
def assistant(home: Path, double: OllamaDouble) -> Iterator[Assistant]:
    with assistant_of(home, double.url, silence=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(assistant: Assistant) -> Iterator[httpx.Client]:
    with served(assistant) as running:
        yield running


@pytest.mark.parametrize("script", [SILENT, HALFWAY])
def test_a_client_that_drops_the_stream_stops_the_model(
    client: httpx.Client, double: OllamaDouble, script: Script
) -> None:
    double.play(script)
    with client.stream("POST", "/api/ask/stream", json=ASKED) as response:
        assert response.status_code == 200
        wait_until(lambda: double.streams_open)
    assert double.wait_until_idle(AT_ONCE) < AT_ONCE


@pytest.mark.parametrize("script", [SILENT, HALFWAY])
def test_a_client_that_stops_waiting_for_the_answer_stops_the_model(
    client: httpx.Client, double: OllamaDouble, script: Script
) -> None:
    double.play(script)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/api/ask", json=ASKED, timeout=1)
    assert double.wait_until_idle(AT_ONCE) < AT_ONCE


def test_a_server_that_does_not_notice_holds_nobody_up(client: httpx.Client, double: OllamaDouble) -> None:
    double.play(Script(text=TEXT * 20, pause=0.01, deaf=True))
    with client.stream("POST", "/api/ask/stream", json=ASKED) as response:
        next(response.iter_text())
    double.play(Script(text=TEXT))
    assert client.post("/api/ask", json=ASKED).json()["text"] == TEXT
    double.wait_until_idle(20)


@pytest.mark.parametrize("script", [SILENT, HALFWAY])
def test_stop_in_the_page_stops_a_model_that_says_nothing(
    assistant: Assistant, double: OllamaDouble, script: Script
) -> None:
    double.play(script)
    page = Page(assistant)
    number = page.start()
    wanted = TEXT[:19] if script is HALFWAY else ""  # the twentieth may open a marker
    wait_until(lambda: double.streams_open and page.text(number) >= wanted)
    began = time.monotonic()
    page.answering.stop(number)
    exchange = page.ended(number, AT_ONCE)
    double.wait_until_idle(AT_ONCE)
    assert time.monotonic() - began < AT_ONCE
    assert (exchange.state, exchange.failure) == ("stopped", None)
    assert exchange.text.startswith(wanted)


@pytest.fixture
def on_a_terminal(home: Path, double: OllamaDouble) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """``citewell ask`` on a terminal of its own, and what reads that."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--home", str(home), "ask", QUESTION]
    environ = {**os.environ, "CITEWELL_OLLAMA_HOST": double.url, "HF_HUB_OFFLINE": "1", "CITEWELL_THINK": "on"}
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    yield process, ours
    process.kill()
    process.communicate()
    os.close(ours)


def read_all(terminal: int) -> str:
    """Read a terminal until its last user has gone."""
    said = b""
    while True:
        try:
            more = os.read(terminal, 4096)
        except OSError:  # how Linux says that nobody is there any more
            more = b""
        if not more:
            return said.decode().replace("\r\n", "\n")
        said += more


def test_on_a_terminal_the_words_come_one_by_one_then_the_papers(
    double: OllamaDouble, on_a_terminal: tuple[subprocess.Popen[bytes], int]
) -> None:
    double.play(Script(text=TEXT + " Costs \x1b[31m$5 [7]."))
    process, terminal = on_a_terminal
    said = read_all(terminal)
    assert process.wait(20) == 0
    assert said.startswith(f"{TEXT} Costs [31m$5 [7].\n\n[1] Cheap Adders for Matrix Products\n")
    assert "“They save 90% of its energy on nine tasks.”" in said
    assert "Markers that name no paper found: [7]" in said


def test_ctrl_c_stops_the_model_at_once_with_one_line(
    double: OllamaDouble, on_a_terminal: tuple[subprocess.Popen[bytes], int]
) -> None:
    double.play(HALFWAY)
    process, terminal = on_a_terminal
    wait_until(lambda: double.streams_open, 60)
    assert "Adders" in os.read(terminal, 4096).decode()
    process.send_signal(signal.SIGINT)
    assert double.wait_until_idle(AT_ONCE) < AT_ONCE
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.decode().strip() == "Stopped; what was done so far is kept."


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH208, PTH112


@pytest.mark.slow
def test_two_hundred_failures_leave_nothing_behind(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ways = [
        Script(failure=Failure(500, "out of memory")),
        Script(failure=Failure(503, "server busy")),
        Script(models=()),
        *(Script(text=TEXT, stop_after=3, then=then) for then in ("die", "end", "error", "garbage")),
        Script(text=TEXT, stop_after=3, then="stall"),
        Script(text=TEXT, stop_after=0, then="stall"),
        Script(text=TEXT * 10, pause=0.002),  # the client leaves half-way
    ]
    with (
        OllamaDouble() as double,
        assistant_of(home, double.url, silence=0.1) as assistant,
        served(assistant) as client,
    ):

        def fail(number: int) -> None:
            script = ways[number % len(ways)]
            double.play(script)
            if script.pause:
                with client.stream("POST", "/api/ask/stream", json=ASKED) as response:
                    next(response.iter_text())
            elif number % 2:
                assert client.post("/api/ask", json=ASKED).status_code == 503
            else:
                assert "event: error" in client.post("/api/ask/stream", json=ASKED).text

        def state() -> tuple[int, int, int]:
            double.wait_until_idle()
            time.sleep(0.7)  # the double lets an idle connection go after half a second
            return threading.active_count(), open_files(), int(client.get("/tasks").text)

        for number in range(40):  # thread pools and caches fill up once
            fail(number)
        before = state()
        for number in range(200):
            fail(number)
        after = state()
    assert all(now <= then + 2 for now, then in zip(after, before, strict=True)), (before, after)
    assert list(tmp_path.iterdir()) == []
