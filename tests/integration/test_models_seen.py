"""Models from the command line and from `serve`, over HTTP: listed, downloaded, taken up again, loaded ahead."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.served import make_home, wait_until
from tests.integration.test_ollama_stopping import read_all
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Json, Model, Script
from ui.cli import main

ROOT = Path(__file__).parents[2]
GB = 10**9


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OllamaDouble]:
    with OllamaDouble() as running:
        monkeypatch.setenv("CITEWELL_OLLAMA_HOST", running.url)
        monkeypatch.setenv("CITEWELL_HOME", str(tmp_path))
        yield running


def layer(digest: str, completed: int, total: int) -> Json:
    return {"status": f"pulling {digest}", "digest": f"sha256:{digest}", "total": total, "completed": completed}


def on_a_terminal(*arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    command = [sys.executable, "-c", "from ui.cli import main; main()", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ)
    os.close(theirs)
    return process, ours


def test_models_are_listed_with_size_quantisation_and_context(
    double: OllamaDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    thinker = Model("qwen3:8b", 5_200_000_000, quantization="Q8_0", capabilities=("completion", "thinking"))
    double.play(Script(models=(Model("old:latest", context_length=None, capabilities=None), thinker)))
    main(["models"])
    printed = capsys.readouterr().out.splitlines()
    assert [line.split() for line in printed] == [
        ["old:latest", "2.5", "GB", "Q4_K_M"],
        ["qwen3:8b", "5.2", "GB", "Q8_0", "32,768", "tokens", "completion,", "thinking"],
    ]
    main(["models", "--json"])
    listed = {model["name"]: model for model in json.loads(capsys.readouterr().out)["models"]}
    assert listed["qwen3:8b"]["capabilities"] == ["completion", "thinking"]
    assert listed["old:latest"]["context_length"] is None


def test_a_download_shows_the_bytes_of_each_layer_and_goes_on_where_it_stopped(double: OllamaDouble) -> None:
    first = (layer("aaa", 1 * GB, 2 * GB), layer("aaa", 2 * GB, 2 * GB), layer("bbb", GB // 2, GB))
    double.play(Script(pull_steps=(*first, {"status": "success"}), stop_after=3, then="die"))
    process, terminal = on_a_terminal("pull", "new")
    said = read_all(terminal)
    os.close(terminal)
    assert process.wait(20) == 1
    assert re.search(r"pulling aaa.*2\.00G/2\.00G", said)
    assert re.search(r"pulling bbb.*500M/1\.00G", said)
    assert "Try again" in said or "Go on with: citewell pull new" in said
    double.play(Script(pull_steps=(layer("aaa", 2 * GB, 2 * GB), layer("bbb", GB, GB), {"status": "success"})))
    process, terminal = on_a_terminal("pull", "new")
    said = read_all(terminal)
    os.close(terminal)
    assert process.wait(20) == 0
    assert re.search(r"pulling bbb: 100%.*1\.00G/1\.00G", said)
    assert said.rstrip().endswith("new is ready.")


def test_ctrl_c_ends_a_download_at_once(double: OllamaDouble) -> None:
    double.play(Script(pull_steps=(layer("aaa", GB, 2 * GB), {"status": "success"}), stop_after=1, then="stall"))
    process, terminal = on_a_terminal("pull", "new")
    wait_until(lambda: double.streams_open, 30)
    assert b"pulling aaa" in os.read(terminal, 4096)
    process.send_signal(signal.SIGINT)
    double.wait_until_idle(2)
    assert "Stopped; what was done so far is kept." in read_all(terminal)
    os.close(terminal)
    assert process.wait(20) == 130


def test_a_download_goes_to_every_server_that_answers(
    double: OllamaDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OllamaDouble() as second:
        monkeypatch.setenv("CITEWELL_OLLAMA_HOST", f"{double.url},127.0.0.1:9,{second.url}")
        main(["pull", "new"])
        assert [path for path, _ in double.requests] == [path for path, _ in second.requests] == ["/api/pull"]
    printed = capsys.readouterr()
    assert printed.out == "new is ready.\n"
    assert printed.err == "citewell: No Ollama server answers at http://127.0.0.1:9. Start it with: ollama serve\n"


@pytest.mark.slow
def test_serve_loads_the_model_before_anyone_asks(double: OllamaDouble, tmp_path: Path) -> None:
    home = make_home(tmp_path)
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--home", str(home), "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=os.environ) as server:
        try:
            wait_until(lambda: any(path == "/api/generate" for path, _ in double.requests), 60)
        finally:
            server.terminate()
    (body,) = [body for path, body in double.requests if path == "/api/generate"]
    assert (body["model"], body["keep_alive"]) == (Script().models[0].name, "30m")
    assert body["options"] == {"num_ctx": 8192}
