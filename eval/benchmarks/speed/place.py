"""Where the rows are measured: the work folder with its libraries, the peers' Python, and how processes are timed.

Knows no row.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from eval.beir import build, cache_folder
from eval.benchmarks.server_process import server_process, told_of
from eval.collection import Collection, read_collection
from index_store.build import index_paths
from index_store.doctor import open_mended
from index_store.embedding import SentenceEmbedder
from index_store.errors import InputError
from index_store.library import Library
from index_store.shelf import writing

_PEERS = Path(__file__).parents[1] / "peers" / "run.py"
_PEER_SECONDS = 600
_ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Place:
    """``work`` holds what is made once; ``seeds`` and ``scifact`` are the folders given, ``peers`` their Python."""

    work: Path
    seeds: Path | None
    scifact: Path | None
    peers: Path | None

    @cached_property
    def embedder(self) -> SentenceEmbedder:
        return SentenceEmbedder()

    @cached_property
    def seeds_home(self) -> Path:
        """A home whose library is the seeds', built at first use."""
        home = self.work / "seeds"
        with writing(home / "library"), closing(open_mended(home / "library", self.embedder)) as shelf:
            index_paths(shelf, [given(self.seeds, "seeds")])
        return home

    @cached_property
    def collection(self) -> Collection:
        return read_collection(given(self.scifact, "scifact"))

    @cached_property
    def scifact_library(self) -> Path:
        folder = cache_folder(self.collection, self.work, self.embedder)
        build(self.collection, folder, self.embedder)
        return folder

    def texts(self, name: str) -> tuple[Path, Path]:
        """Write the papers of a library as the peers read them: JSON strings, and their vectors beside them."""
        folder = self.scifact_library if name == "scifact" else self.seeds_home / "library"
        texts, vectors = self.work / f"{name}-texts.jsonl", self.work / f"{name}-vectors.npy"
        if not vectors.exists():
            with closing(Library.open(folder, self.embedder)) as library:
                papers = library.papers(limit=-1)[0]
            written = list(dict.fromkeys(whole_text(paper.title, paper.abstract) for paper in papers))
            texts.write_text("".join(json.dumps(text) + "\n" for text in written), "utf-8")
            np.save(vectors, self.embedder.encode(written))
        return texts, vectors

    def peer(self, *arguments: str) -> tuple[dict[str, Any], float]:
        """Run the peers' script; gives what it told, and the seconds of its whole process."""
        assert self.peers is not None
        environ = {**clean_environment(), "TOKENIZERS_PARALLELISM": "false"}
        began = time.perf_counter()
        done = subprocess.run(
            [str(self.peers), str(_PEERS), *arguments],
            env=environ, capture_output=True, text=True, timeout=_PEER_SECONDS, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - began
        if done.returncode:
            raise InputError(f"The peers' {arguments[0]} failed: {done.stderr.strip().splitlines()[-1:]}")
        return json.loads(done.stdout.strip().splitlines()[-1]), seconds


def given(folder: Path | None, name: str) -> Path:
    """Give the folder, or raise ``InputError``."""
    if folder is None or not folder.is_dir():
        raise InputError(f"This row needs the {name}: name their folder with --{name}.")
    return folder


def whole_text(title: str, abstract: str) -> str:
    """Join title and abstract, uncut, as every embedder here gets them."""
    return f"{title.rstrip('. ')}. {abstract}" if title else abstract


def clean_environment() -> dict[str, str]:
    """Give the environment without what a developer has set for Citewell, without a network and without Ollama.

    How many threads numpy takes is left to each program as well, and Python keeps what it has compiled, as it does
    unless a container forbids it: without that the imports of a server take a quarter longer.
    """
    left_out = ("CITEWELL_", "PYTHONDONTWRITEBYTECODE")
    kept = {k: value for k, value in os.environ.items() if not k.startswith(left_out) and "_NUM_THREADS" not in k}
    return {**kept, "OLLAMA_HOST": "127.0.0.1:9", "HF_HUB_OFFLINE": "1"}


def citewell(home: Path, *arguments: str) -> tuple[str, float]:
    """Run the command in a process of its own; gives its output, and the seconds from its start to its end."""
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--home", str(home), *arguments]
    began = time.perf_counter()
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=True)
    return done.stdout, time.perf_counter() - began


@dataclass
class Served:
    """A ``citewell serve``: where it is, its process, and the seconds from its start to its page."""

    address: str
    process: int
    page_s: float

    def ask(self, question: str) -> dict[str, Any]:
        response = httpx.post(f"{self.address}/api/ask", json={"question": question}, timeout=_ANSWER_SECONDS)
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found

    def memory_mb(self) -> float:
        """Give the memory that the server holds, on Linux; 0 elsewhere."""
        return told_of(self.process, "VmRSS") / 1024


@contextmanager
def serving(home: Path) -> Iterator[Served]:
    """Serve a home as users do, until the ``with`` ends; given once its page is there."""
    began = time.perf_counter()
    with server_process(home, clean_environment(), quiet=True) as (address, process):
        httpx.get(f"{address}/", timeout=_ANSWER_SECONDS).raise_for_status()
        yield Served(address, process, time.perf_counter() - began)


def median(seconds: Sequence[float]) -> float:
    return float(np.median(seconds))
