"""Retrieval measured on a collection in BEIR's layout: nDCG@10, recall@10 and @100 as trec_eval computes them.

The collection becomes a library of its own in a cache folder, built by the same code that indexes a user's papers; a
second run finds it there.  Documents that the library merged as one paper come back as all their ids, at that paper's
rank.  A query's time is that of the search for ten papers, which is what a user waits for.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from eval.bootstrap import as_values, mean_interval
from eval.collection import Collection
from eval.failures import GAIN_OF_A_FAILURE
from eval.metrics import ndcg_at, percentile, recall_at
from eval.results import Document, stamp
from index_store.build import Progress, index_entries, silent
from index_store.doctor import open_mended
from index_store.library import Library
from index_store.protocols import Embedder
from index_store.shelf import recipe_of, writing
from index_store.types import Entry, Hit, Paper
from rag.settings import Settings

METRICS = ("ndcg@10", "recall@10", "recall@100")
_DEPTH = 100
_USERS_DEPTH = 10
_SOURCE = Path("corpus.jsonl")
_COMPLETE = "complete"

Search = Callable[[str, int], Sequence[Hit]]


def evaluate(collection: Collection, settings: Settings, embedder: Embedder, progress: Progress = silent) -> Document:
    """Build or find the collection's library, ask every query that has a relevant document, and measure."""
    folder = cache_folder(collection, settings.home, embedder)
    build(collection, folder, embedder, progress)
    with closing(Library.open(folder, embedder)) as library:
        rows = ask_queries(collection, library.search, progress)
        stamped = stamp("beir", collection.name, library.status(), settings)
    told = {"documents": len(collection.documents), "titles": _titles(collection, rows), "rows": rows}
    return stamped | summarise(rows) | told


def cache_folder(collection: Collection, home: Path, embedder: Embedder) -> Path:
    """Give the library's folder: another corpus, embedder or way of cutting passages gives another one."""
    key = hashlib.sha256((collection.digest + recipe_of(embedder).to_json()).encode()).hexdigest()[:16]
    return home / "cache" / "beir" / f"{collection.name}-{key}"


def build(collection: Collection, folder: Path, embedder: Embedder, progress: Progress = silent) -> None:
    """Index the documents, unless an earlier run has; one that was cut short is completed."""
    if (folder / _COMPLETE).exists():
        return
    with writing(folder), closing(open_mended(folder, embedder)) as shelf:
        index_entries(shelf, _entries(collection), None, progress)
        (folder / _COMPLETE).touch()


def ask_queries(collection: Collection, search: Search, progress: Progress = silent) -> list[dict[str, Any]]:
    """Give one row for each query: the measures, the milliseconds, and the first ten document ids."""
    rows = []
    search(next(iter(collection.queries.values())), 1)  # what is loaded once is no part of a query's time
    for done, (id_, text) in enumerate(collection.queries.items()):
        progress("asking", done, len(collection.queries))
        started = time.perf_counter()
        search(text, _USERS_DEPTH)
        ms = (time.perf_counter() - started) * 1000
        ranking = expand(search(text, _DEPTH))
        judged = collection.judgements[id_]
        rows.append(
            {
                "key": f"{collection.name}/{id_}",
                "question": text,
                "measured": measure(ranking, judged),
                "ms": {"search": round(ms, 2)},
                "retrieved": ranking[:_USERS_DEPTH],
                "relevant": [document for document, grade in judged.items() if grade > 0],
            }
        )
    progress("asking", len(rows), len(rows))
    return rows


def measure(ranking: Sequence[str], judged: dict[str, int]) -> dict[str, float | None]:
    """Take the three measures of one ranking of document ids against its judgements."""
    relevant = [document for document, grade in judged.items() if grade > 0]
    return {
        "ndcg@10": ndcg_at(ranking, judged, 10),
        "recall@10": recall_at(ranking, relevant, 10),
        "recall@100": recall_at(ranking, relevant, 100),
    }


def summarise(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the means over the queries, their intervals, and the latency."""
    intervals = {name: mean_interval(as_values([row["measured"][name] for row in rows])) for name in METRICS}
    times = [row["ms"]["search"] for row in rows]
    return {
        **{name: interval.value if interval else None for name, interval in intervals.items()},
        "queries": len(rows),
        "intervals": {name: [i.low, i.high] if i else None for name, i in intervals.items()},
        "ms": {"p50": percentile(times, 50), "p95": percentile(times, 95)},
    }


def expand(hits: Sequence[Hit]) -> list[str]:
    """Give the document ids of a ranking of papers, those of one paper in the order of the corpus."""
    ids: list[str] = []
    for hit in hits:
        ids.extend(source.local_id for source in sorted(hit.paper.sources, key=lambda source: source.line))
    return ids


def _titles(collection: Collection, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Give the titles of the documents of the queries that failed, for the report."""
    failed = [row for row in rows if row["measured"]["ndcg@10"] < GAIN_OF_A_FAILURE]
    shown = {id_ for row in failed for id_ in (*row["retrieved"], *row["relevant"])}
    return {
        document.id: f"{document.title} ({document.id})" for document in collection.documents if document.id in shown
    }


def _entries(collection: Collection) -> Iterator[Entry]:
    for document in collection.documents:
        paper = Paper(id="", title=document.title, abstract=document.text)
        yield Entry(paper, _SOURCE, document.line, document.id)
