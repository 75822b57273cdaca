"""The rows about whole processes: a library from nothing, an answer from a cold start, a server's start and memory."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

from eval.benchmarks.speed.figures import Figure
from eval.benchmarks.speed.place import Place, citewell, clean_environment, given, median, serving
from eval.questions import read_questions, select, shipped_sets

_REPEATS, _PEER_REPEATS = 5, 2
_BUILDS = 3
_STARTS = 3
_LOADING_S = 4.0  # a server that has answered still loads torch; these figures are of one that has been running
_ASKED, _AT_ONCE = 200, 4
_QUESTION = "How does FlashRNN use registers?"


def library(place: Place) -> Iterator[Figure]:
    """Build the seeds' library from nothing, interpreter included."""
    seconds = []
    for _ in range(_BUILDS):
        home = place.work / "from-nothing"
        shutil.rmtree(home, ignore_errors=True)
        seconds.append(citewell(home, "index", str(given(place.seeds, "seeds")))[1])
    yield Figure("346 papers from nothing, whole process", median(seconds), "s", loop="matrix")
    if place.peers is None:
        return
    texts, store = place.texts("seeds")[0], place.work / "tutorial"
    shutil.rmtree(store, ignore_errors=True)
    built = ("build", "--engine", "tutorial", "--texts", str(texts), "--store", str(store))
    peer = median([place.peer(*built)[1] for _ in range(_PEER_REPEATS)])
    yield Figure("346 papers from nothing, whole process", peer, "s", "tutorial", loop="none")
    yield Figure("times as fast as the tutorial", peer / median(seconds), "1", aim=4.0, loop="none")


def ask(place: Place) -> Iterator[Figure]:
    """Ask from the command line, by quoting: from a cold start, and while a server runs."""
    cold = [citewell(place.seeds_home, "ask", _QUESTION)[1] for _ in range(_REPEATS)]
    yield Figure("`citewell ask`, cold", median(cold), "s", aim=2.0, loop="start")
    with serving(place.seeds_home) as served:
        served.ask("What is attention?")
        time.sleep(_LOADING_S)
        through = [citewell(place.seeds_home, "ask", _QUESTION)[1] for _ in range(_REPEATS)]
    yield Figure("`citewell ask` while a server runs", median(through), "s", aim=0.4, loop="start")
    if place.peers is None:
        return
    store = place.work / "tutorial"
    if not store.exists():
        built = ("--texts", str(place.texts("seeds")[0]), "--store", str(store))
        place.peer("build", "--engine", "tutorial", *built)
    asked = ("ask", "--engine", "tutorial", "--store", str(store), "--question", _QUESTION)
    peer = median([place.peer(*asked)[1] for _ in range(_PEER_REPEATS)])
    yield Figure("passages for a question, cold", peer, "s", "tutorial", loop="none")


def serve(place: Place) -> Iterator[Figure]:
    """Start the server: until its page is there, and until its first answer is."""
    page, answer = [], []
    for _ in range(_STARTS):
        began = time.perf_counter()
        with serving(place.seeds_home) as served:
            page.append(served.page_s)
            served.ask(_QUESTION)
            answer.append(time.perf_counter() - began)
    yield Figure("`citewell serve` to the page", median(page), "s", aim=2.5, loop="start")
    yield Figure("`citewell serve` to the first answer", median(answer), "s", aim=4.0, loop="start")


def memory(place: Place) -> Iterator[Figure]:
    """Ask a server questions, some at once, and weigh it."""
    (file,) = (path for path in shipped_sets() if path.stem == "seeds")
    questions = [each.question for each in select(read_questions(file), "dev").questions]
    with serving(place.seeds_home) as served, ThreadPoolExecutor(_AT_ONCE) as pool:
        served.ask(_QUESTION)
        yield Figure("a server's memory, 346 papers, one question", served.memory_mb(), "MB", aim=700)
        list(pool.map(served.ask, islice(cycle(questions), _ASKED)))
        yield Figure(f"the same after {_ASKED} questions, {_AT_ONCE} at once", served.memory_mb(), "MB", aim=700)
    if place.peers is None:
        return
    texts, vectors = place.texts("seeds")
    for engine in ("tutorial", "txtai"):
        asked = ("--texts", str(texts), "--vectors", str(vectors), "--queries", str(texts))
        told, _ = place.peer("search", "--engine", engine, *asked)
        yield Figure("memory of a search, 346 papers, no page", told["memory_mb"], "MB", engine, loop="none")


def imports(place: Place) -> Iterator[Figure]:
    """Import what a program imports, less what an idle interpreter takes."""
    del place
    idle = _imported("pass")
    yield Figure("`import rag`", max(_imported("import rag") - idle, 0.0), "s", aim=0.15, loop="start")
    yield Figure("`import rag.assemble`", max(_imported("import rag.assemble") - idle, 0.0), "s", loop="start")


def _imported(code: str) -> float:
    seconds = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], env=clean_environment(), check=True)
        seconds.append(time.perf_counter() - began)
    return median(seconds)
