"""``citewell fetch`` and ``citewell watch`` against services on this machine, with an embedder that needs no model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from index_store.fetching import web
from tests.paper_services import PaperServices, Trouble, paper_services, title_of
from tests.small_library import embedder
from ui import cli_fetch, indexing
from ui.cli import cli
from ui.cli_fetch import _seconds

ROOT = Path(__file__).parents[2]
Citewell = Callable[..., Result]


@pytest.fixture
def server() -> Iterator[PaperServices]:
    with paper_services(5) as services:
        yield services


@pytest.fixture
def citewell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Citewell:
    monkeypatch.setattr(indexing, "open_embedder", lambda settings: embedder(64))
    monkeypatch.setattr(indexing, "prepare_judge", lambda settings, model: None)
    monkeypatch.setattr(web, "FIRST_WAIT", 0.0)
    monkeypatch.setattr(web.Web, "_keep_pace", lambda self, pause: None)  # test_rounds.py sees to it
    for name in [name for name in os.environ if name.startswith("CITEWELL_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--home", str(tmp_path), *arguments])

    return run


def order(server: PaperServices, *more: str) -> list[str]:
    return ["fetch", "arxiv", "--query", "tides", "--server", server.url, *more]


def test_a_fetch_a_watch_and_what_is_new(citewell: Citewell, server: PaperServices, tmp_path: Path) -> None:
    first = citewell(*order(server, "--since", "2026-01-01", "--collection", "harbour"))
    assert first.exit_code == 0, first.stderr
    lines = first.stdout.splitlines()
    assert lines[0].startswith("Fetched 5 papers from arXiv in 1 page, of 2026-01-01 to ")
    assert lines[1].startswith("Read 5 entries in ")
    assert lines[1].endswith(" s: 5 added.")
    assert lines[2].startswith("The library holds 5 papers in ")

    assert citewell("watch", "--once").stdout.splitlines()[1:] == ["arXiv (tides): nothing new."]
    server.count = 8
    [folder] = (tmp_path / "fetched").glob("arxiv*")
    note = json.loads((folder / ".fetch.json").read_text())
    (folder / ".fetch.json").write_text(json.dumps(note | {"until": "2026-01-08"}))  # as if that was the last time
    watched = citewell("watch", "--once")
    assert (watched.exit_code, watched.stdout.splitlines()[1:]) == (
        0,
        ["arXiv (tides): 3 papers new.", *(f"  {title_of(n)}" for n in (5, 6, 7))],
    )
    listed = json.loads(citewell("papers", "--collection", "harbour", "--json").stdout)
    assert len(listed["papers"]) == 8


def test_one_json_document_and_what_fails_meanwhile(citewell: Citewell, server: PaperServices) -> None:
    done = citewell(*order(server, "--since", "2026-01-01", "--max", "2", "--json"))
    told = json.loads(done.stdout)
    assert (told["fetched"], told["complete"], told["problem"]) == (2, False, None)
    assert (told["new"], told["index"]["added"]) == ([title_of(0), title_of(1)], 2)
    server.troubles += [Trouble(503)] * web.TRIES
    failed = citewell("watch", "--once", "--json")
    assert failed.exit_code == 1
    told = json.loads(failed.stdout)
    assert told["fetched"][0]["problem"] == told["problems"][0].partition(": ")[2]
    assert "arXiv gave no answer in 5 tries" in failed.stderr
    assert json.loads(citewell(*order(server, "--json")).stdout)["new"] == [title_of(n) for n in (2, 3, 4)]


def test_what_came_before_a_failure_is_in_the_library(
    citewell: Citewell, server: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = server.answer

    def once(path: str, asked: dict[str, str]) -> str:
        server.troubles.append(Trouble(400, '{"message": "No such cursor"}'))
        return answer(path, asked)

    monkeypatch.setattr(PaperServices, "answer", lambda self, path, asked: once(path, asked))
    asked = ["fetch", "openalex", "--search", "tides", "--since", "2026-01-01", "--server", server.url]
    failed = citewell(*asked)
    assert failed.exit_code == 1
    assert "5 added." in failed.stdout
    assert str(failed.exception) == "OpenAlex refused. It answered with status 400: No such cursor."


def test_no_library_is_needed_to_be_told_what_is_wrong(citewell: Citewell, tmp_path: Path) -> None:
    nothing = citewell("watch", "--once")
    assert str(nothing.exception).startswith("There is nothing to watch: nothing has been fetched into ")
    assert citewell("fetch", "openalex", "--since", "2026-01-01").exit_code == 2
    assert "say from when on" in str(citewell("fetch", "daily-papers").exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("every", "seconds"), [("30m", 1_800), ("24h", 86_400), (" 7 D ", 604_800), ("10m", 600)])
def test_spans_of_time(every: str, seconds: int) -> None:
    assert _seconds(every) == seconds


@pytest.mark.parametrize("every", ["", "5m", "24", "h", "1w", "-3h", "99999d"])
def test_spans_that_are_none(citewell: Citewell, every: str) -> None:
    refused = citewell("watch", "--every", every)
    assert (refused.exit_code, "is no time of ten minutes or more" in refused.stderr) == (2, True)


def test_a_watch_looks_again_after_its_time(
    citewell: Citewell, server: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    citewell(*order(server, "--since", "2026-01-01"))
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(cli_fetch.time, "sleep", nap)
    stopped = citewell("watch", "--every", "12h")
    assert naps == [43_200, 43_200]
    assert stopped.stdout.count("nothing new.") == 2


@pytest.mark.slow
@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGKILL])
def test_stopped_in_the_middle_the_same_command_goes_on(tmp_path: Path, with_signal: signal.Signals) -> None:
    with paper_services(450) as server:
        command = [sys.executable, "-c", "from ui.cli import main; main()", "--home", str(tmp_path)]
        command += order(server, "--since", "2026-01-01")
        running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while len(server.asked) < 2:
            time.sleep(0.05)
        time.sleep(0.5)
        running.send_signal(with_signal)
        _, told = running.communicate(timeout=60)
        assert "Traceback" not in told
        done = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=180)
        report = json.loads(done.stdout)
        assert (report["complete"], report["index"]["papers"], len(report["new"])) == (True, 450, 450)
        assert [asked["start"] for _, asked in server.asked].count("0") == 1
