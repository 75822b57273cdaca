"""The rows about the model: texts embedded in a second, and a question's way through 5,183 abstracts.

The peers cut every text at 256 tokens; Citewell embeds all of it, and keeps each token's code besides.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing

import numpy as np

from eval.benchmarks.speed.figures import Figure, Speed
from eval.benchmarks.speed.place import Place, median
from index_store.chunking import embedding_text, passage_spans
from index_store.embedding import SentenceEmbedder
from index_store.library import Library
from index_store.types import Paper

_EACH = 120  # papers of each of the two libraries
_REPEATS = 3
_QUESTIONS = 200
_USERS_DEPTH, _WHOLE_DEPTH = 10, 100
_ENGINES = ("sentence-transformers", "tutorial", "txtai")


def embed(place: Place) -> Iterator[Figure]:
    """Embed a sample of both libraries' papers."""
    papers = _sample(place)
    speed, mine, passages = Speed.now(), place.embedder, _passages(papers, place.embedder)
    mine.encode_with_tokens(passages[:16])
    seconds = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        mine.encode_with_tokens(passages)
        seconds.append(time.perf_counter() - began)
    rate = len(papers) / median(seconds)
    yield Figure("abstracts embedded, all tokens", rate, "/s", loop="matrix")
    most = speed.rate(mine.precision) * 1e9 / (_operations(passages, mine) / len(papers))
    yield Figure("the same by the matrix rate alone", most, "/s", "limit", loop="none")
    yield Figure("share of the limit", rate / most, "1", aim=0.45, loop="none")
    yield Figure("least cosine with float32", _agreement(passages, mine), "1", aim=0.999, loop="none")
    if place.peers is None:
        return
    texts = place.work / "sample.jsonl"
    texts.write_text("".join(json.dumps(text) + "\n" for text in _whole(papers)), "utf-8")
    for engine in _ENGINES:
        told, _ = place.peer("embed", "--engine", engine, "--texts", str(texts), "--repeats", str(_REPEATS))
        peer = len(papers) / median(told["seconds"])
        yield Figure("abstracts embedded, the first 256 tokens", peer, "/s", engine, loop="none")
        if engine == "tutorial":
            yield Figure("times as fast as the tutorial", rate / peer, "1", aim=8.0, loop="none")


def search(place: Place) -> Iterator[Figure]:
    """Search SciFact's abstracts for its claims, each claim once at each depth, none of them known from before."""
    questions = [text for id_, text in place.collection.queries.items() if id_ in place.collection.judgements]
    questions = questions[: 2 * _QUESTIONS]
    place.embedder.warm()  # as it is in a server
    with closing(Library.open(place.scifact_library, place.embedder)) as library:
        for question in questions[:5]:
            library.search(f"{question} at all?", _USERS_DEPTH)
        for depth, asked in ((_USERS_DEPTH, questions[::2]), (_WHOLE_DEPTH, questions[1::2])):
            ms = []
            for question in asked:
                began = time.perf_counter()
                library.search(question, depth)
                ms.append((time.perf_counter() - began) * 1000)
            aims = (8.0, 15.0) if depth == _USERS_DEPTH else (None, None)
            yield Figure(f"best {depth} of 5,183, p50", float(np.percentile(ms, 50)), "ms", aim=aims[0])
            yield Figure(f"best {depth} of 5,183, p95", float(np.percentile(ms, 95)), "ms", aim=aims[1])
    if place.peers is None:
        return
    texts, vectors = place.texts("scifact")
    file = place.work / "questions.jsonl"
    file.write_text("".join(json.dumps(question) + "\n" for question in questions[::2]), "utf-8")
    for engine in _ENGINES[1:]:
        given = ("--texts", str(texts), "--vectors", str(vectors), "--queries", str(file))
        told, _ = place.peer("search", "--engine", engine, *given)
        for part in (50, 95):
            value = float(np.percentile(told["ms"], part))
            yield Figure(f"best {_USERS_DEPTH} of 5,183, p{part}", value, "ms", engine, loop="none")


def _sample(place: Place) -> list[Paper]:
    """Give papers of both libraries, chosen as if at random but always the same."""
    papers: list[Paper] = []
    for folder in (place.seeds_home / "library", place.scifact_library):
        with closing(Library.open(folder, place.embedder)) as library:
            papers += library.sample(_EACH)
    return papers


def _whole(papers: Sequence[Paper]) -> list[str]:
    return [f"{paper.title}. {paper.abstract}" for paper in papers]


def _passages(papers: Sequence[Paper], embedder: SentenceEmbedder) -> list[str]:
    """Cut papers as the build does."""
    cut = embedder.token_spans, embedder.max_tokens
    return [
        embedding_text(paper.title, paper.abstract[span.start : span.end], *cut)
        for paper in papers
        for span in passage_spans(paper.title, paper.abstract, *cut)
    ]


def _operations(passages: Sequence[str], embedder: SentenceEmbedder) -> float:
    """Count the multiplications and additions of matrices that the bundled model needs for these texts.

    Six layers; each token goes through matrices of 384 x (3 x 384 + 384 + 2 x 1,536), and attends to its whole text.
    """
    layers, dim, wide = 6, 384, 1536
    tokens = np.array([len(embedder.token_spans(text)) + 2 for text in passages], np.float64)
    return float(np.sum(layers * (2 * tokens * dim * (4 * dim + 2 * wide) + 4 * tokens**2 * dim)))


def _agreement(passages: Sequence[str], embedder: SentenceEmbedder) -> float:
    exact = SentenceEmbedder(precision="float32").encode(passages)
    return float((exact * embedder.encode(passages)).sum(axis=1).min())
