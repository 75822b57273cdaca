"""Builds on a real Ray cluster of two workers, whose processes are killed with SIGKILL half-way.

What comes of each must be what the plain build makes: the same papers, the same passages under the same ids, the same
vectors and token codes.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from index_store.build import index_paths
from index_store.doctor import open_mended
from index_store.embedding import SentenceEmbedder
from index_store.library import Library
from index_store.protocols import TokenCodes
from index_store.shelf import open_shelf, place_of
from tests.integration.builder import OLD, entries
from tests.integration.test_crash import State, state_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64, "PYTHONPATH": str(ROOT)}
ENVIRONMENT["GRPC_ENABLE_FORK_SUPPORT"] = "0"  # else a fork for a ray:// client may abort, see connecting.py


class Cluster:
    """``ray start`` on free ports of this machine, with two processors to give."""

    def __init__(self, folder: Path) -> None:
        port, client = _free_port(), _free_port()
        self.address, self.client = f"127.0.0.1:{port}", f"ray://127.0.0.1:{client}"
        ray = shutil.which("ray", path=str(Path(sys.executable).parent))
        assert ray is not None, "the dev extra brings Ray"
        options = ["--head", "--block", "--num-cpus=2", "--node-ip-address=127.0.0.1", f"--port={port}"]
        options += [f"--ray-client-server-port={client}", "--min-worker-port=0", "--max-worker-port=0"]
        options += ["--include-dashboard=false", "--disable-usage-stats", f"--temp-dir={folder}"]
        options += ["--object-store-memory=200000000"]
        self._process = subprocess.Popen([ray, "start", *options], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        wait_for(lambda: _answers(port) and _answers(client))

    def stop(self) -> None:
        for pid in [self._process.pid, *descendants(self._process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(30)


class Build:
    """``ray_builder`` at work on a library of its own."""

    def __init__(self, address: str, folder: Path, papers: Path, *other: str) -> None:
        self.library, self._traces = folder / "library", folder / "traces"
        self._traces.mkdir(exist_ok=True)
        for trace in self._traces.iterdir():
            trace.unlink()
        command = [sys.executable, "-m", "tests.integration.ray_builder", address]
        command += [str(self.library), str(papers), str(self._traces), *other]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=pipe, stderr=pipe, text=True)

    def worker(self, doing: str) -> int:
        """Give the id of a process that does something, as soon as there is one."""
        wait_for(lambda: self.traces(doing) or self.process.poll() is not None)
        return int(self.traces(doing)[0].rpartition("-")[2])

    def traces(self, doing: str) -> list[str]:
        return [trace.name for trace in self._traces.glob(f"{doing}-*")]

    def reports(self) -> list[dict[str, Any]]:
        """Wait for its end; give what its two runs did."""
        out, err = self.process.communicate(timeout=120)
        assert err == ""
        assert self.process.returncode == 0
        return [json.loads(line) for line in out.splitlines()]

    def failure(self) -> str:
        out, err = self.process.communicate(timeout=120)
        assert (self.process.returncode, out) == (1, "")
        return err


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def wait_for(happened: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def foreman_beside(pid: int) -> int:
    """Give the id of the foreman that the cluster of a worker has."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cmdline").read_bytes().startswith(b"ray::Foreman"):
                found = int(process.name)
                if parent_of(found) == parent_of(pid):
                    return found
    raise AssertionError("there is no foreman")


def title(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def descendants(pid: int) -> list[int]:
    """Give the ids of all processes that a process has started, and that those have."""
    parents: dict[int, int] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(process.name)] = parent_of(int(process.name))
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = Path(f"/tmp/citewell-test-{os.getpid()}")  # not pytest's: the paths of sockets must be short
    made = Cluster(folder)
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files: JSON Lines, packed ones with an entry that cannot be read, and one that is no papers."""
    folder = tmp_path_factory.mktemp("papers")
    lines = [json.dumps({"title": e.paper.title, "abstract": e.paper.abstract}) for e in entries(2)]
    (folder / "a.jsonl").write_text("\n".join(lines[:150]), "utf-8")
    (folder / "b.jsonl.gz").write_bytes(gzip.compress("\n".join([*lines[120:], '{"title": "None"}']).encode()))
    (folder / "c.pdf").write_bytes(b"%PDF-1.7\n")
    return folder


@pytest.fixture(scope="module")
def plain(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[State, list[dict[str, Any]]]:
    """What the plain build makes of them, and what it says of its first run and its second."""
    library = tmp_path_factory.mktemp("plain") / "library"
    reports = []
    for _ in range(2):
        with closing(open_mended(library, OLD)) as shelf:
            reports.append(index_paths(shelf, [papers]).to_dict())
    return state_of(library, OLD), reports


Plain = tuple[State, list[dict[str, Any]]]


def untimed(reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [report | {"seconds": 0} for report in reports]


def test_killed_workers_lose_and_double_nothing(cluster: Cluster, papers: Path, plain: Plain, tmp_path: Path) -> None:
    build = Build(cluster.address, tmp_path, papers)
    os.kill(build.worker("cut"), signal.SIGKILL)
    embedding = build.worker("embed")
    os.kill(foreman_beside(embedding), signal.SIGKILL)
    wait_for(lambda: set(build.traces("embed")) - {f"embed-{embedding}"})
    for trace in build.traces("embed"):
        with suppress(ProcessLookupError):
            os.kill(int(trace.rpartition("-")[2]), signal.SIGKILL)
    assert untimed(build.reports()) == untimed(plain[1])
    assert state_of(build.library, OLD) == plain[0]


def test_a_worker_with_another_model_is_refused(cluster: Cluster, papers: Path, tmp_path: Path) -> None:
    failure = Build(cluster.address, tmp_path, papers, "frogs").failure()
    assert re.fullmatch(r"ClusterError: The worker on \S+ has another embedder fake .*\n", failure)


def test_the_command_makes_the_same_library(cluster: Cluster, tmp_path: Path) -> None:
    """With the real model, by its own command; compared to the last bit."""
    papers = next(Path(str(files("index_store").joinpath("starter"))).glob("*.jsonl"))
    with closing(open_shelf(tmp_path / "plain", SentenceEmbedder())) as shelf:
        index_paths(shelf, [papers])
    assert index(tmp_path, str(papers), "--ray", cluster.address)["added"] == 64
    assert held(tmp_path / "library") == held(tmp_path / "plain")


def test_a_rebuild_on_the_cluster_makes_the_same_library(cluster: Cluster, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    index(here, "--starter")
    shutil.copytree(here, there)
    index(here, "--rebuild")
    assert index(there, "--rebuild", "--ray", cluster.address)["papers"] == 64
    assert place_of(there / "library") != there / "library"
    assert held(place_of(there / "library")) == held(place_of(here / "library"))


def index(home: Path, *arguments: str) -> dict[str, Any]:
    """Run ``citewell index`` without a complaint; gives what it tells."""
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--home", str(home), "index"]
    done = subprocess.run(
        [*command, *arguments, "--json"], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def held(folder: Path) -> tuple[Any, ...]:
    """Give all that a library of the bundled model holds, and what a search in it finds."""
    with closing(open_shelf(folder, SentenceEmbedder())) as shelf:
        ids = shelf.catalogue.passage_table()[:, 0].tolist()
        passages, tokens = shelf.catalogue.passages(ids), shelf.tokens.get(ids)
        codes = [[getattr(tokens[i], part.name).tolist() for part in fields(TokenCodes)] for i in ids]
        kept = shelf.catalogue.digest(), passages, shelf.vectors.get(ids).tobytes(), codes
    with closing(Library.open(folder, SentenceEmbedder())) as library:
        return *kept, library.search("How are adapters of low rank trained?")


def test_over_the_client_protocol_it_is_the_same(cluster: Cluster, papers: Path, plain: Plain, tmp_path: Path) -> None:
    build = Build(cluster.client, tmp_path, papers)
    assert untimed(build.reports()) == untimed(plain[1])
    assert state_of(build.library, OLD) == plain[0]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_ends_early_takes_its_ray_along_and_is_completed(
    papers: Path, plain: Plain, tmp_path: Path, ending: signal.Signals
) -> None:
    build = Build("", tmp_path, papers)
    build.worker("embed")
    started = [pid for pid in descendants(build.process.pid) if b"Agent" not in title(pid)]  # they linger a minute
    folders = {Path(found[0].decode()) for pid in started if (found := re.search(rb"/tmp/citewell-\w+", title(pid)))}
    assert len(started) > 3
    assert len(folders) == 1
    build.process.send_signal(ending)
    _, err = build.process.communicate(timeout=60)
    assert (build.process.returncode, err) == ((130, "") if ending == signal.SIGINT else (-9, ""))
    wait_for(lambda: not [pid for pid in started if Path(f"/proc/{pid}/exe").exists()])
    for folder in folders:  # its logs; like Ray's own they stay after a kill
        assert folder.exists() is (ending == signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
    with closing(open_mended(build.library, OLD)) as shelf:
        assert shelf.catalogue.waiting_count() > 0
        index_paths(shelf, [papers])
    assert state_of(build.library, OLD) == plain[0]
