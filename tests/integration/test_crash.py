"""Builds on the real indexes, killed with SIGKILL at moments drawn by chance.

After each kill the library must open and answer; a re-run, or a repair and a re-run, must make it what it would have
been without the kill: the same papers, the same passages under the same ids, the same vectors.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index_store import doctor
from index_store.errors import LibraryMismatch
from index_store.library import Library
from index_store.protocols import Embedder
from index_store.shelf import open_shelf
from tests.integration.builder import NEW, OLD, PAPERS

ROOT = Path(__file__).parents[2]
JOBS = ("first", "update", "rebuild")
State = tuple[str, list[tuple[int, str, int, str]], list[object]]


class Builder:
    """The process that forks builds."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.integration.builder"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)

    def run(self, job: str, folder: Path, kill_after: float = -1.0) -> int:
        """Run a job, kill it after so many seconds where they are not negative, and give its wait status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{job} {kill_after} {folder}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


class Undisturbed:
    """For each job: the library it starts from, how long it takes, and what it makes."""

    def __init__(self, builder: Builder, folder: Path) -> None:
        self.builder = builder
        self.start = {job: folder / f"{job}-start" for job in JOBS}
        self.seconds: dict[str, float] = {}
        self.state: dict[str, State] = {}
        for job, before in zip(JOBS, (None, "first", "update"), strict=True):
            made = folder / job
            if before:
                shutil.copytree(folder / before, self.start[job])
                shutil.copytree(folder / before, made)
            started = time.monotonic()
            assert builder.run(job, made) == 0
            self.seconds[job] = time.monotonic() - started
            self.state[job] = state_of(made, embedder_after(job))


def embedder_after(job: str) -> Embedder:
    return NEW if job == "rebuild" else OLD


def state_of(folder: Path, model: Embedder) -> State:
    """Give all that a library holds; the indexes must hold exactly what the catalogue does."""
    with closing(open_shelf(folder, model)) as shelf:
        owners = dict(shelf.catalogue.passage_table().tolist())
        ids = list(owners)
        assert shelf.vectors.ids() == shelf.tokens.ids() == set(ids)
        assert shelf.lexical.ids() == set(owners.values())
        assert (shelf.catalogue.waiting_count(), shelf.catalogue.stale(1)) == (0, [])
        passages = [(p.id, p.paper_id, p.start, p.text) for p in shelf.catalogue.passages(ids).values()]
        assert all(owners[i] in shelf.lexical.query(text, 9).ids.tolist() for i, _, _, text in passages[::20])
        tokens = shelf.tokens.get(ids)
        codes = [
            [part.tolist() for part in (c.bits, c.pieces, c.which, c.starts)] for c in map(tokens.__getitem__, ids)
        ]
        derived = [shelf.vectors.get(ids).tolist(), codes, shelf.tokens.frequencies().tolist()]
        return shelf.catalogue.digest(), passages, derived


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    with closing(Builder()) as builder:
        yield Undisturbed(builder, tmp_path_factory.mktemp("undisturbed"))


def opens_and_answers(folder: Path, job: str) -> None:
    """A killed rebuild leaves the library with one of the two recipes; whichever it is, the library opens with it."""
    try:
        library = Library.open(folder, embedder_after(job))
    except LibraryMismatch:
        assert job == "rebuild"
        library = Library.open(folder, OLD)
    with closing(library):
        # Where the kill fell into Chroma's saving of its graph, the vectors are gone until the next run.
        assert library.search("heron pond") or job == "first" or lost_its_vectors(folder)
        assert len(library) in ((PAPERS,) if job == "rebuild" else range(PAPERS + 1))


# What else runs on the machine comes and goes: where builds have become faster, the moments are drawn earlier.
SOONER, LATER = 0.9, 1.04


def lost_its_vectors(folder: Path) -> bool:
    with closing(open_shelf(folder, OLD)) as shelf:
        return not shelf.vectors.ids()


def kill_once(undisturbed: Undisturbed, folder: Path, seed: int) -> bool:
    """One round; tells whether the build was killed before its end."""
    chance = random.Random(seed)
    job = JOBS[seed % len(JOBS)]
    if undisturbed.start[job].exists():
        shutil.copytree(undisturbed.start[job], folder)
    builder, killed = undisturbed.builder, False
    for _ in range(chance.choice((1, 1, 2))):  # a run that completes another may be killed as well
        status = builder.run(job, folder, chance.uniform(0, undisturbed.seconds[job]))
        assert status in (0, signal.SIGKILL)
        undisturbed.seconds[job] *= SOONER if status == 0 else LATER
        killed |= status != 0
        opens_and_answers(folder, job)
    if job != "rebuild" and chance.random() < 0.5:
        assert builder.run("repair", folder) == 0
        assert all(finding.ok for finding in doctor.examine(folder, OLD))
    assert builder.run(job, folder) == 0
    digest, passages, derived = state_of(folder, embedder_after(job))
    expected = undisturbed.state[job]
    if job == "rebuild":  # a second rebuild gives new ids, and must
        assert (digest, [p[1:] for p in passages], derived) == (expected[0], [p[1:] for p in expected[1]], expected[2])
    else:
        assert (digest, passages, derived) == expected
    assert all(finding.ok for finding in doctor.examine(folder, embedder_after(job)))
    return killed


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_build_is_completed(undisturbed: Undisturbed, tmp_path: Path, seed: int) -> None:
    kill_once(undisturbed, tmp_path / "library", seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)  # about 4 minutes on an idle machine
def test_two_hundred_killed_builds_are_completed(undisturbed: Undisturbed, tmp_path: Path) -> None:
    killed = 0
    for seed in range(100, 300):
        killed += kill_once(undisturbed, tmp_path / "library", seed)
        shutil.rmtree(tmp_path / "library")
    assert killed > 120  # else the moments were drawn too late to say anything
