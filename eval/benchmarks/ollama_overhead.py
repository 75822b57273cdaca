"""What Citewell itself costs around a local model: until the model is asked, and for each token that it writes.

    python -m eval.benchmarks.ollama_overhead --seeds FOLDER [--work FOLDER]

The model is the tests' stand-in for Ollama in a process of its own, instant, so that nothing but
Citewell takes time.  Questions are the dev half of the shipped set, each asked once of a warm assistant.  The aims are
those of the project: 60 ms at the 95th percentile from the question to the first byte sent, 0.2 ms for each token.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from eval.benchmarks.corpora import open_corpus
from eval.benchmarks.tables import page, table
from eval.questions import shipped_sets
from index_store.embedding import SentenceEmbedder
from index_store.library import Status
from rag.assemble import assemble
from rag.assistant import Assistant
from rag.models import DEFAULT_MODEL
from rag.settings import Settings
from rag.types import AnswerEvent, DeltaEvent, Request
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Json, Model, Script

_RESULT = Path(__file__).parents[1] / "results" / "ollama-overhead.md"
_AIM_FIRST_MS, _AIM_TOKEN_MS = 60.0, 0.2
_TOKENS = 1_500  # somewhat more than an answer may have
_ANSWERS = 10
_WARM_UP = 5  # questions
_QUESTION = "How does attention work?"


@dataclass(frozen=True, slots=True)
class Overhead:
    """In ms, (wall clock, processor) where there are two.

    ``first``: from each question to the moment the request reached the server; the processor's time until the first
    piece was back.  ``token`` and ``bare_token``: for each token.  ``end``: from the last token to the checked answer.
    """

    first: tuple[tuple[float, float], ...]
    token: tuple[float, float]
    bare_token: float
    end: tuple[float, float]


@contextmanager
def model_apart(script: Script) -> Iterator[tuple[str, Connection]]:
    """Run the stand-in in a process of its own; gives its address, and the times at which it was asked to chat."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(script, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.terminate()
        process.join()


def _serve(script: Script, told: Connection) -> None:
    def reply(_: Json) -> str:
        told.send(time.monotonic())  # one clock for all processes of a machine
        return script.text

    with OllamaDouble(replace(script, reply=reply)) as double:
        told.send(double.url)
        time.sleep(86_400)


def measure(assistant_at: Callable[[str], Assistant], questions: Sequence[str]) -> Overhead:
    """Measure with an assistant whose model is at the given address."""
    model = Model(DEFAULT_MODEL)
    with model_apart(Script(models=(model,), text="It is so [1].")) as (url, asked), closing(assistant_at(url)) as asks:
        asks.warm()
        first = [_until_asked(asks, question, asked) for question in (*questions[:_WARM_UP], *questions)][_WARM_UP:]
    words = Script(models=(model,), text="word " * _TOKENS, piece=5)
    with model_apart(words) as (url, _), closing(assistant_at(url)) as asks:
        asks.warm()
        streamed = [_per_token(asks) for _ in range(_ANSWERS)]
        bare = [_bare(url) for _ in range(_ANSWERS)]
    token, end = np.median(streamed, axis=0)
    return Overhead(tuple(ms for ms in first if ms), tuple(token), float(np.median(bare)), tuple(end))


def _until_asked(assistant: Assistant, question: str, asked: Connection) -> tuple[float, float] | None:
    """Give the ms until the model was asked; None where it was not, since the library does not answer the question."""
    began, busy, spent = time.monotonic(), time.process_time(), 0.0
    for event in assistant.stream(Request(question, answerer="ollama")):
        if isinstance(event, DeltaEvent) and not spent:
            spent = time.process_time() - busy
    return ((asked.recv() - began) * 1000, spent * 1000) if asked.poll() else None


def _per_token(assistant: Assistant) -> tuple[tuple[float, float], tuple[float, float]]:
    """Give the ms from one piece to the next, and those from the last piece to the checked answer."""
    times = [
        (time.perf_counter(), time.process_time())
        for event in assistant.stream(Request(_QUESTION, answerer="ollama"))
        if isinstance(event, DeltaEvent | AnswerEvent)
    ]
    first, *_, last, end = np.array(times) * 1000
    return tuple((last - first) / (len(times) - 2)), tuple(end - last)


def _bare(url: str) -> float:
    """Give the ms a token that reading the lines as JSON alone takes, the server's own time included."""
    body = json.dumps({"model": DEFAULT_MODEL, "messages": [{"role": "user", "content": "Why?"}]})
    with closing(http.client.HTTPConnection(urlsplit(url).netloc)) as connection:
        connection.request("POST", "/api/chat", body)
        times = [time.perf_counter() for line in connection.getresponse() if json.loads(line)]
    return (times[-1] - times[0]) / (len(times) - 1) * 1000


def report(made: Overhead, command: str, library: Status) -> str:
    """Give the page with the figures."""
    wall, busy = np.array(made.first).T
    rows = [
        [
            f"from the question to the first byte sent, {len(made.first)} questions, p50 / p95",
            f"{np.median(wall):.1f} / {np.percentile(wall, 95):.1f} ms",
            f"{np.median(busy):.1f} / {np.percentile(busy, 95):.1f} ms",
            f"≤ {_AIM_FIRST_MS:.0f} ms (p95)",
        ],
        [f"each of {_TOKENS:,} tokens", *(f"{ms:.3f} ms" for ms in made.token), f"≤ {_AIM_TOKEN_MS} ms"],
        ["of that, the server and reading its lines as JSON", f"{made.bare_token:.3f} ms", "", ""],
        ["from the last of them to the checked answer", *(f"{ms:.1f} ms" for ms in made.end), ""],
    ]
    note = (
        "The model is the tests' stand-in for Ollama, instant, in a process of its own. Understanding the question, "
        "search, judgement and prompt lie before the first byte; numbering and streaming lie between the tokens. "
        "The processor's time is that of all threads; on a machine that does nothing else the wall clock comes near it."
    )
    measured = table(["measured", "wall clock", "processor", "aim (wall clock)"], rows)
    return page("What Citewell adds to a local model", command, [("seeds", library)], [note, measured])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=Path, required=True, help="folder of the seed documents")
    parser.add_argument("--work", type=Path, help="folder for the library; a temporary one by default")
    parser.add_argument("--limit", type=int, help="ask only so many questions")
    parser.add_argument("--out", type=Path, default=_RESULT, help="the page to write")
    given = parser.parse_args(arguments)
    _, seeds = shipped_sets()
    with tempfile.TemporaryDirectory() as scratch:
        corpus = open_corpus(given.work or Path(scratch), seeds, given.seeds, SentenceEmbedder())
        settings = Settings(home=corpus.folder.parent)
        questions = [question.question for question in corpus.questions][: given.limit]
        made = measure(lambda url: assemble(replace(settings, ollama_host=url)), questions)
    command = "python -m eval.benchmarks.ollama_overhead --seeds FOLDER"
    given.out.write_text(report(made, command, corpus.status), "utf-8")


if __name__ == "__main__":
    main()
