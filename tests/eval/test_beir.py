"""Measuring a collection: trec_eval's own figures, documents that were merged, one build for many runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from eval.beir import METRICS, cache_folder, evaluate, expand, measure
from eval.collection import read_collection
from eval.report import html, markdown
from index_store.errors import EmbedderError
from index_store.protocols import Vectors
from index_store.types import Hit, Paper, Source
from rag.settings import Settings
from tests.eval.test_collection import make
from tests.fakes import FakeEmbedder

WORDS = ("cat", "dog", "bird", "fish")
CORPUS = [
    {"_id": "d1", "title": "Cats", "text": "A cat sleeps. The cat eats fish."},
    {"_id": "d2", "title": "Dogs", "text": "A dog barks at every other dog."},
    {"_id": "d3", "title": "Birds", "text": "A bird sings in the morning, a bird sings at night."},
    {"_id": "d4", "title": "Dogs", "text": "A dog barks at every other dog."},
]
QUERIES = [{"_id": "q1", "text": "dog"}, {"_id": "q2", "text": "bird"}, {"_id": "q3", "text": "cat"}]
QRELS = "q1\td4\t1\nq2\td3\t1\nq2\td1\t1\nq3\td9\t1\n"


class CountingEmbedder(FakeEmbedder):
    """Counts the passages it embeds."""

    texts = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        if len(texts) > 1:
            self.texts += len(texts)
        return super().encode(texts)


def settings(home: Path) -> Settings:
    return Settings(home=home)


def test_figures_by_hand(tmp_path: Path) -> None:
    """The two texts about dogs are one paper with two ids, d2 first: d4 is found at rank 2."""
    collection = read_collection(make(tmp_path, CORPUS, QUERIES, QRELS))
    found = evaluate(collection, settings(tmp_path / "home"), FakeEmbedder(WORDS))
    by_query = {row["key"].rpartition("/")[2]: row for row in found["rows"]}
    assert by_query["q1"]["retrieved"][:2] == ["d2", "d4"]
    assert by_query["q1"]["measured"]["ndcg@10"] == pytest.approx(1 / np.log2(3))
    assert by_query["q2"]["retrieved"][0] == "d3"
    assert by_query["q3"]["measured"] == {"ndcg@10": 0, "recall@10": 0, "recall@100": 0}  # d9 is nowhere
    assert (found["queries"], found["documents"], found["library"]["papers"]) == (3, 4, 3)
    assert found["recall@10"] == pytest.approx(2 / 3)
    assert set(found["ms"]) == {"p50", "p95"}
    page = html(found)
    assert "<li>d9 <em" in page  # q3 failed: its document is unknown, what was found has a name
    assert "<li>Cats (d1)</li>" in page
    assert "recall@10" in markdown(found).lower()


def test_the_second_run_embeds_nothing_and_another_corpus_is_another_library(tmp_path: Path) -> None:
    collection = read_collection(make(tmp_path, CORPUS, QUERIES, QRELS))
    home, embedder = settings(tmp_path / "home"), CountingEmbedder(WORDS)
    first = evaluate(collection, home, embedder)
    built = embedder.texts
    again = evaluate(collection, home, embedder)
    assert built == embedder.texts == 3
    assert {name: first[name] for name in METRICS} == {name: again[name] for name in METRICS}
    folder = cache_folder(collection, home.home, embedder)
    assert cache_folder(replace(collection, digest="other"), home.home, embedder) != folder
    assert cache_folder(collection, home.home, FakeEmbedder(("cow",))) != folder


def test_merged_documents_come_back_at_the_rank_of_their_paper_in_the_order_of_the_corpus() -> None:
    path = "corpus.jsonl"
    merged = Paper("p", "t", "a", sources=(Source(path, 9, "late"), Source(path, 2, "early")))
    other = Paper("q", "t", "a", sources=(Source(path, 1, "other"),))
    assert expand([Hit(merged, 1, ()), Hit(other, 0.5, ())]) == ["early", "late", "other"]


documents = [f"d{n}" for n in range(12)]
judgements = st.dictionaries(st.sampled_from([*documents, "gone"]), st.integers(-1, 3), min_size=1).filter(
    lambda judged: any(grade > 0 for grade in judged.values())
)


@given(st.lists(st.sampled_from(documents), unique=True, min_size=1), judgements)
def test_the_measures_are_those_of_trec_eval(ranking: list[str], judged: dict[str, int]) -> None:
    evaluator = pytrec_eval.RelevanceEvaluator({"q": judged}, {"ndcg_cut.10", "recall.10,100"})
    scores = {document: float(-rank) for rank, document in enumerate(ranking)}
    expected = evaluator.evaluate({"q": scores})["q"]
    ours = measure(ranking, judged)
    assert ours["ndcg@10"] == pytest.approx(expected["ndcg_cut_10"], abs=1e-6)
    assert ours["recall@10"] == pytest.approx(expected["recall_10"], abs=1e-6)
    assert ours["recall@100"] == pytest.approx(expected["recall_100"], abs=1e-6)


def test_long_rankings_are_cut_where_trec_eval_cuts() -> None:
    random = np.random.default_rng(1)
    corpus = [f"d{n:04}" for n in range(400)]
    qrels, runs, ours = {}, {}, []
    for number in range(20):
        ranking = [str(d) for d in random.permutation(corpus)[:250]]
        judged = {
            str(d): int(g) for d, g in zip(random.choice(corpus, 60, False), random.integers(0, 3, 60), strict=True)
        }
        qrels[f"q{number}"], runs[f"q{number}"] = judged, {d: float(-rank) for rank, d in enumerate(ranking)}
        ours.append(measure(ranking, judged))
    expected = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.10,100"}).evaluate(runs)
    for name, theirs in (("ndcg@10", "ndcg_cut_10"), ("recall@10", "recall_10"), ("recall@100", "recall_100")):
        mean = np.mean([expected[query][theirs] for query in expected])
        assert np.mean([values[name] for values in ours]) == pytest.approx(mean, abs=1e-6)


class FailingEmbedder(FakeEmbedder):
    """Fails at the first passages it is given."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        raise EmbedderError("The embedder has failed.")


def test_a_build_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    collection = read_collection(make(tmp_path, CORPUS, QUERIES, QRELS))
    home = settings(tmp_path / "home")
    with pytest.raises(EmbedderError):
        evaluate(collection, home, FailingEmbedder(WORDS))
    found = evaluate(collection, home, FakeEmbedder(WORDS))
    assert found["recall@10"] == pytest.approx(2 / 3)
