"""The rows about what is made of a library: an evaluation, a page of results, a map, an export."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import cycle, islice

import numpy as np

from eval.benchmarks.speed.figures import Figure
from eval.benchmarks.speed.place import Place, median
from eval.questions import Question, QuestionSet, read_questions, select, shipped_sets
from eval.run import ask_all
from index_store.atlas import Atlas
from index_store.layout import lay_out
from index_store.library import Library
from index_store.types import Paper
from rag.assemble import assemble
from rag.settings import Settings

_QUESTIONS = 200
_PAGES = 30
_POINTS, _CENTRES = 100_000, 200
_ENTRIES = 10_000
_REPEATS = 3


def evaluation(place: Place) -> Iterator[Figure]:
    """Ask 200 of the dev questions about the seeds, as ``citewell eval questions`` does, with a warm assistant."""
    given = _dev_questions()
    few = replace(given, questions=given.questions[:_QUESTIONS])
    with closing(assemble(Settings(place.seeds_home, answerer="quote"))) as assistant:
        assistant.warm()
        ask_all(assistant, [replace(given, questions=given.questions[-5:])])
        began = time.perf_counter()
        ask_all(assistant, [few])
        yield Figure(f"{len(few.questions)} questions of an evaluation", time.perf_counter() - began, "s")


def page(place: Place) -> Iterator[Figure]:
    """Make the list of the best matches as the Papers tab shows it, for questions not asked before."""
    from ui.paper_list import Wanted
    from ui.papers_routes import shown

    asked: Sequence[Question] = [each for each in _dev_questions().questions if not each.history][: _PAGES + 1]
    ms = []
    with closing(assemble(Settings(place.seeds_home, answerer="quote"))) as assistant:
        for question in asked:
            began = time.perf_counter()
            shown(assistant, Wanted(question.question))
            ms.append((time.perf_counter() - began) * 1000)
    yield Figure("a page of 50 of the best 100 results", median(ms[1:]), "ms")


def atlas(place: Place) -> Iterator[Figure]:
    """Lay out 100,000 made-up papers around 200 centres in one thread, as the app does, and draw their map."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

    from ui.map_figure import figure_json

    del place
    chance = np.random.default_rng(1)
    centres = chance.normal(size=(_CENTRES, 384))
    rows = centres[chance.integers(_CENTRES, size=_POINTS)] + 0.8 * chance.normal(size=(_POINTS, 384))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    began = time.perf_counter()
    with threadpool_limits(1):
        places, clusters = lay_out(vectors)
    yield Figure("100,000 papers laid out", time.perf_counter() - began, "s")
    ids = tuple(f"p{number}" for number in range(_POINTS))
    years = tuple(1950 + number % 75 for number in range(_POINTS))
    labels = tuple((f"topic {number}",) for number in range(int(clusters.max()) + 1))
    drawn = Atlas("0" * 64, _POINTS, ids, tuple(f"A paper on {id_}" for id_ in ids), years, places, clusters, labels)
    began = time.perf_counter()
    figure_json(drawn)
    yield Figure("their map drawn", time.perf_counter() - began, "s")


def export(place: Place) -> Iterator[Figure]:
    """Write 10,000 papers as BibTeX: those of SciFact twice, no title twice."""
    from ui.exports import export_papers

    with closing(Library.open(place.scifact_library, place.embedder)) as library:
        known = library.papers(limit=-1)[0]
    papers: list[Paper] = [
        replace(paper, id=f"{paper.id}-{number}", title=f"{paper.title} ({number})")
        for number, paper in enumerate(islice(cycle(known), _ENTRIES))
    ]
    seconds = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        export_papers("bibtex", "All", papers)
        seconds.append(time.perf_counter() - began)
    yield Figure("10,000 papers as BibTeX", median(seconds), "s")


def _dev_questions() -> QuestionSet:
    (file,) = (path for path in shipped_sets() if path.stem == "seeds")
    return select(read_questions(file), "dev")
