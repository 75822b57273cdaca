"""`citewell serve` on a home of its own, with the real model and indexes over a few papers of ours."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from index_store.build import index_paths
from index_store.embedding import SentenceEmbedder
from index_store.shelf import open_shelf
from tests.browser.visits import serving

SLOW_MS = 90_000  # a process that starts and loads the model, on a busy machine


def write_papers(file: Path, papers: Sequence[dict[str, object]]) -> Path:
    file.write_text("\n".join(map(json.dumps, papers)), "utf-8")
    return file


def serve_library(
    home: Path, papers: Sequence[dict[str, object]], collection: str, ollama: str = "127.0.0.1:9"
) -> Iterator[str]:
    """Index ``papers`` into ``home`` and serve it; gives the address.  By default no Ollama runs."""
    shelf = open_shelf(home / "library", SentenceEmbedder())
    index_paths(shelf, [write_papers(home / "papers.jsonl", papers)], collection)
    shelf.close()
    yield from serve_home(home, ollama)


def serve_home(home: Path, ollama: str = "127.0.0.1:9", port: int = 0) -> Iterator[str]:
    """Serve what is in ``home``, in an empty one the starter library; gives the address.  By default no Ollama runs."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CITEWELL_")}
    environ = {**clean, "CITEWELL_HOME": str(home), "HF_HUB_OFFLINE": "1", "OLLAMA_HOST": ollama}
    yield from serving([sys.executable, "-c", "from ui.cli import main; main()", "serve", "--port", str(port)], environ)
