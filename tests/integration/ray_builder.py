"""A build on a Ray cluster as a process of its own, with an embedder so slow that it can be killed in the middle.

Arguments: ADDRESS LIBRARY PAPERS TRACES [OTHER]; an empty ADDRESS is a Ray of its own.  Prints the report as JSON, then
that of a second run.  Workers leave their process ids in the folder TRACES: ``cut-PID`` and ``embed-PID``.  With OTHER,
that is the vocabulary of the embedder here, and the workers' is another.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from index_store import storing
from index_store.build import index_paths
from index_store.doctor import open_mended
from index_store.errors import CitewellError
from index_store.on_ray.connecting import connected
from index_store.protocols import TokenVectors, Vectors
from index_store.shelf import writing
from index_store.types import Span
from tests.fakes import FakeEmbedder
from tests.integration.builder import WORDS, make_steps_small

MAX_TOKENS = 24


class SlowEmbedder(FakeEmbedder):
    """Takes its time, and leaves traces of who it is."""

    def __init__(self, traces: Path) -> None:
        super().__init__(WORDS, MAX_TOKENS)
        self._traces = traces

    def token_spans(self, text: str) -> list[Span]:
        self._leave("cut")
        return super().token_spans(text)

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        self._leave("embed")
        time.sleep(0.3)
        return super().encode_with_tokens(texts)

    def _leave(self, what: str) -> None:
        (self._traces / f"{what}-{os.getpid()}").touch()


def make(traces: Path, *, threads: int | None) -> FakeEmbedder:
    assert threads == 1
    return SlowEmbedder(traces)


def work(address: str, library: Path, papers: Path, traces: Path, other: str = "") -> None:
    make_steps_small()
    storing._LEAST_PER_WRITE = 128
    embedder = FakeEmbedder((other,) if other else WORDS, MAX_TOKENS)
    with writing(library), connected(address, embedder, partial(make, traces)) as engine:
        for _ in range(2):
            with closing(open_mended(library, embedder)) as shelf:
                report = index_paths(shelf, [papers], None, engine=engine)
            print(json.dumps(report.to_dict()), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    try:
        work(sys.argv[1], *map(Path, sys.argv[2:5]), *sys.argv[5:])
    except CitewellError as exc:
        sys.exit(f"{type(exc).__name__}: {exc}")
    except KeyboardInterrupt:
        sys.exit(130)
