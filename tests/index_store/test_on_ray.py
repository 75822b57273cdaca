"""Building on a cluster, with the cluster in this process: what is handed out, what is passed over, what is refused."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from index_store import build, storing
from index_store.build import index_paths
from index_store.engine import Engine
from index_store.errors import ClusterError, EmbedderError
from index_store.on_ray import connecting, driving, labour
from index_store.on_ray.connecting import HERE, connected, is_address
from index_store.on_ray.driving import Lost, RayEngine
from index_store.on_ray.foreman import Capacity, Stage, _told
from index_store.on_ray.labour import Embedding, Row, Terms, cut_entries, read_files, terms_for
from index_store.shelf import Shelf
from tests.fakes import FakeEmbedder
from tests.small_library import BREAD, FROGS, STARS, assert_whole, embedder, fake_shelf, outcome
from ui.cli_index import index

Built = tuple[dict[str, Any], Any]


def make(*, threads: int | None) -> FakeEmbedder:
    return embedder()


def terms() -> Terms:
    return terms_for(embedder(), make)


class Cluster:
    """Does the work at once; breaks off after so many results, once for each number in ``breaks``."""

    def __init__(self, *breaks: int, agreed: Terms | None = None) -> None:
        self.agreed = agreed or terms()
        self.breaks = list(breaks)
        self.started: list[tuple[Stage, int, int]] = []
        self.embedded = 0

    def run(self, stage: Stage, jobs: Sequence[bytes], first: int) -> Iterator[Row]:
        self.started.append((stage, len(jobs), first))
        limit = self.breaks.pop(0) if self.breaks else -1
        rows: list[Row] = [{"job": first + number, "content": job} for number, job in enumerate(jobs)]
        for given, row in enumerate(self._read(rows) if stage == "read" else map(self._embed, rows)):
            if given == limit:
                raise Lost("the lights went out")
            yield row

    def _read(self, rows: list[Row]) -> Iterator[Row]:
        for row in rows:
            for part in read_files(row, self.agreed):
                yield cut_entries(part, self.agreed)

    def _embed(self, row: Row) -> Row:
        self.embedded += len(pickle.loads(row["content"]))
        return Embedding(self.agreed, None)(row)

    @property
    def engine(self) -> RayEngine:
        return RayEngine("The Ray cluster at nowhere:1", embedder(), Capacity(2, 0), self.run)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have several jobs, parts and batches of a few papers."""
    monkeypatch.setattr(build, "_PASSAGES_PER_BATCH", 2)
    monkeypatch.setattr(storing, "_LEAST_PER_WRITE", 4)
    monkeypatch.setattr(driving, "_JOB_FILES", 2)
    monkeypatch.setattr(driving, "_BATCHES_PER_EMBEDDER", 1)
    monkeypatch.setattr(labour, "_ENTRIES_PER_PART", 2)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Three files of papers, the last of which has two that others have, and two that are none."""
    folder = tmp_path / "papers"
    folder.mkdir()
    texts = [(p.title, p.abstract) for p in (FROGS, BREAD, STARS)]
    texts += [(f"Pond {n}", f"Frogs sing at pond {n}. A heron lands. Steam rises from pond {n}.") for n in range(4)]
    for name, some in {"a": texts[:2], "b": texts[2:5], "c": texts[3:]}.items():
        rows = [json.dumps({"title": title, "abstract": abstract}) for title, abstract in some]
        (folder / f"{name}.jsonl").write_text("\n".join([*rows, '{"title": "None"}'] if name == "b" else rows))
    (folder / "d.pdf").write_bytes(b"%PDF-1.7\n")
    return folder


def built(shelf: Shelf, papers: Path, engine: Engine | None = None) -> Built:
    """Give what a build says, and all that the library holds then."""
    report = index_paths(shelf, [papers], engine=engine).to_dict()
    assert_whole(shelf)
    ids = shelf.catalogue.passage_table()[:, 0].tolist()
    return report | {"seconds": 0}, (shelf.catalogue.digest(), shelf.catalogue.passages(ids))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with closing(fake_shelf(tmp_path / "library")) as made:
        yield made


@pytest.fixture
def plain(papers: Path, tmp_path: Path) -> Iterator[Built]:
    """What a build in this process says and makes."""
    with closing(fake_shelf(tmp_path / "plain")) as made:
        yield built(made, papers)


def test_a_cluster_makes_what_the_plain_build_makes(papers: Path, plain: Built, shelf: Shelf) -> None:
    assert (plain[0]["added"], plain[0]["merged"]) == (7, 2)
    assert [Path(r["path"]).name for r in plain[0]["rejected"]] == ["b.jsonl", "d.pdf"]
    cluster = Cluster()
    assert built(shelf, papers, cluster.engine) == plain
    assert cluster.started[:2] == [("read", 2, 0), ("embed", 2, 0)]  # two files a job; a batch for each processor


@pytest.mark.parametrize("breaks", [(0,), (1,), (3,), (0, 0), (1, 0, 2, 0), (99, 0), (99, 1), (99, 1, 0, 99, 1, 0)])
def test_what_has_come_before_is_passed_over(papers: Path, plain: Built, shelf: Shelf, breaks: tuple[int, ...]) -> None:
    """A number past the end of the reading (99) puts the breaks that follow into the embedding."""
    assert built(shelf, papers, Cluster(*breaks).engine) == plain


def test_what_three_failures_ended_the_next_run_completes(papers: Path, plain: Built, shelf: Shelf) -> None:
    with pytest.raises(ClusterError, match=r"nowhere:1 failed 3 times .*\(the lights went out\).*kept: run it again"):
        built(shelf, papers, Cluster(99, 99, 0, 0, 0).engine)
    report, held = built(shelf, papers)
    assert (report["added"], held) == (0, plain[1])


def test_unchanged_papers_are_not_embedded(papers: Path, shelf: Shelf) -> None:
    first, again = Cluster(), Cluster()
    _, before = built(shelf, papers, first.engine)
    assert first.embedded == len(before[1])
    assert built(shelf, papers, again.engine)[1] == before
    assert (again.embedded, [stage for stage, _, _ in again.started]) == (0, ["read"])


def test_a_file_of_another_size_on_the_worker_is_told(
    papers: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labour, "located", lambda file: labour.Located(file, -1))  # what the worker sees
    monkeypatch.setattr(labour.platform, "node", lambda: "worker7")
    with pytest.raises(ClusterError, match=r"on worker7 does not see \S+/a\.jsonl as this machine does\. Put your"):
        built(shelf, papers, Cluster().engine)


def test_a_file_that_changes_meanwhile_is_read_here(papers: Path, plain: Built, shelf: Shelf) -> None:
    whole = (papers / "c.jsonl").read_bytes()
    (papers / "c.jsonl").write_bytes(whole[:-10])
    cluster = Cluster()

    def run(stage: Stage, jobs: Sequence[bytes], first: int) -> Iterator[Row]:
        (papers / "c.jsonl").write_bytes(whole)
        return cluster.run(stage, jobs, first)

    assert built(shelf, papers, RayEngine("Ray", embedder(), Capacity(1, 0), run)) == plain


def test_nothing_to_read_asks_nothing_of_the_cluster(shelf: Shelf) -> None:
    cluster = Cluster()
    assert (outcome(index_paths(shelf, [], engine=cluster.engine)), cluster.started) == ({}, [])


@pytest.mark.parametrize("gpus", [0, 2])
def test_a_round_has_work_for_every_model(gpus: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "_BATCHES_PER_EMBEDDER", 16)
    capacities = [Capacity(8, gpus), Capacity(1_000, 10 * gpus)]
    rounds = [RayEngine("Ray", embedder(), capacity, Cluster().run).batches_at_once for capacity in capacities]
    assert rounds == ([32, 256] if gpus else [128, 256])


# Workers that do not fit.


def test_a_worker_of_another_version_is_refused() -> None:
    old = Terms("0.0.1", terms().recipe, make)
    with pytest.raises(ClusterError, match=r"has Citewell \S+, this machine 0\.0\.1\. Run `pip install"):
        next(read_files({"job": 0, "content": pickle.dumps([])}, old))
    with pytest.raises(ClusterError, match="has Citewell"):
        Embedding(old, 1)({"job": 0, "content": pickle.dumps([])})


def test_a_worker_with_another_model_is_refused() -> None:
    other = terms_for(FakeEmbedder(("moss",)), make)
    with pytest.raises(ClusterError, match=r"another embedder fake \(fake:frogs,h…\) than this machine \(fake:moss…\)"):
        cut_entries({"job": 0, "content": pickle.dumps([])}, other)


def test_a_worker_without_the_model_is_refused() -> None:
    def absent(*, threads: int | None) -> FakeEmbedder:
        raise EmbedderError("The model is not here. Fetch it.")

    agreed = Terms(terms().version, terms().recipe, absent)
    with pytest.raises(ClusterError, match=r"The worker on \S+ has no embedder: The model is not here\. Fetch it\."):
        Embedding(agreed, 1)({"job": 0, "content": pickle.dumps([])})


def test_our_errors_are_found_in_what_ray_makes_of_them() -> None:
    class Wrapped(EmbedderError):
        cause = EmbedderError("No memory.\nRay Data says more.")

    outer = RuntimeError("a task failed")
    outer.__cause__ = Wrapped("Traceback ...")
    found = _told(outer)
    assert (type(found), str(found)) == (EmbedderError, "No memory.")
    assert _told(RuntimeError("a defect of ours")) is None


def test_a_worker_without_citewell_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    from ray.exceptions import RaySystemError

    def run(_self: object, _stage: Stage, _jobs: Sequence[bytes], _first: int) -> Iterator[Row]:
        raise RaySystemError(trouble)

    crew = connecting._Crew("The Ray cluster at host:1", terms(), Capacity(1, 0))
    monkeypatch.setattr(connecting._Crew, "_run", run)
    trouble = "Traceback:\n  ...\nModuleNotFoundError: No module named 'index_store.on_ray'"
    with pytest.raises(ClusterError, match=r"host:1 has a worker without the module index_store\.on_ray\. Run `pip"):
        list(crew.run("read", [], 0))
    trouble = "Traceback:\n  ...\nOSError: the disk is gone."
    with pytest.raises(Lost, match=r"the disk is gone$"):
        list(crew.run("read", [], 0))


# Connecting.


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (HERE, True),
        ("auto", True),
        ("head:6379", True),
        ("10.0.0.1:6379", True),
        ("[::1]:6379", True),
        ("ray://head.lan:10001", True),
        ("papers.jsonl", False),
        ("head:", False),
        ("http://head:10001", False),
        ("ray://head", False),
        ("a b:1", False),
        ("head:123456", False),
    ],
)
def test_addresses(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one


def test_without_the_extra_the_command_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")  # put back afterwards
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(ClusterError, match=r"needs Ray\. Run `pip install 'citewell\[ray\]'`"),
        connected("auto", embedder(), make),
    ):
        pass


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("127.0.0.1:9", "cluster at 127.0.0.1:9 does not answer .*ray start --head"),
        ("auto", "of this machine does not"),
    ],
)
def test_an_address_where_no_ray_is(
    address: str, sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))  # where Ray notes the cluster that it has started last
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(connecting, "_CONNECT_SECONDS", 0.2)
    with pytest.raises(ClusterError, match=sentence), connected(address, embedder(), make):
        pass


@pytest.mark.parametrize("failures", [0, 2, 3])
def test_a_client_server_that_cannot_start_is_tried_again(failures: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ray fails where the fork of its server for one client aborts (`ConnectionAbortedError`)."""
    ray = pytest.importorskip("ray")
    tried: list[str] = []

    def init(address: str, **_: object) -> None:
        tried.append(address)
        if len(tried) <= failures:
            raise ConnectionAbortedError("Traceback:\n  ...\nRuntimeError: Starting Ray client server failed.")

    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(connecting, "_refuse_silence", lambda _: None)
    where = "ray://head:10001"
    if failures < 3:
        connecting._begin(where, "The cluster", "")
    else:
        with pytest.raises(ClusterError, match=r"does not answer \(RuntimeError: Starting Ray client server failed\)"):
            connecting._begin(where, "The cluster", "")
    assert tried == [where] * min(failures + 1, 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--ray"], "--ray goes with files or folders"),
        (["--starter", "--ray", "auto"], "--ray goes with files or folders"),
        (["--rollback", "--ray"], "--ray goes with files or folders"),
        (["--ray", "papers.jsonl"], "not 'papers.jsonl'. Files and folders go before it."),
    ],
)
def test_wrong_use_is_told(arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(index, arguments)
    assert done.exit_code == 2
    assert words in done.output
