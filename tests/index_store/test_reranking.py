"""A reranker's verdict counts half, for the best papers only; a real cross-encoder made by the test fits the seam."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from index_store import reranking
from index_store.errors import EmbedderError
from index_store.library import Library
from index_store.reranking import CrossEncoderReranker, reranked
from index_store.search import Evidence, Ranking
from index_store.types import Hit, Paper
from tests.small_library import BREAD, FROGS, STARS, library_of


class Prefers:
    """Gives 1 to papers with a word in their title, 0 to others, and remembers what it saw."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.seen: list[tuple[str, list[str]]] = []

    def scores(self, query: str, papers: Sequence[Paper]) -> npt.NDArray[np.float32]:
        self.seen.append((query, [paper.title for paper in papers]))
        return np.array([float(self.word in paper.title) for paper in papers], np.float32)


def ranking(*scores: float) -> Ranking:
    hits = tuple(Hit(Paper(f"p{n}", f"Paper {n}", ""), score, ()) for n, score in enumerate(scores))
    evidence = tuple(Evidence(n / 10, 0.0, 0.0) for n in range(len(scores)))
    return Ranking(hits, evidence, np.arange(len(scores) + 2, dtype=np.float32)[:, None])


def test_the_mean_of_both_scores_decides_and_everything_moves_along() -> None:
    again = reranked(ranking(0.9, 0.6, 0.2), "q", Prefers("2"))
    assert [(hit.paper.id, hit.score) for hit in again.hits] == [("p2", 0.6), ("p0", 0.45), ("p1", 0.3)]
    assert [evidence.cosine for evidence in again.evidence] == [0.2, 0.0, 0.1]
    assert again.matches[:, 0].tolist() == [2, 0, 1, 3, 4]


def test_papers_beyond_the_first_stay_behind_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reranking, "RERANKED", 2)
    judge = Prefers("1")
    again = reranked(ranking(0.9, 0.1, 0.85), "q", judge)
    assert [hit.paper.id for hit in again.hits] == ["p1", "p0", "p2"]
    assert judge.seen == [("q", ["Paper 0", "Paper 1"])]


def test_ties_go_by_id_and_nothing_stays_nothing() -> None:
    assert [hit.paper.id for hit in reranked(ranking(0.5, 0.5), "q", Prefers("x")).hits] == ["p0", "p1"]
    assert reranked(Ranking(), "q", Prefers("x")).hits == ()


def test_a_library_with_a_reranker_looks_at_more_than_it_gives(tmp_path: Path) -> None:
    judge, question = Prefers("Frogs"), "stars, a camera, frogs"
    with library_of(tmp_path, (FROGS, BREAD, STARS))._lender.using() as lent:
        assert Library(lent.shelf).search(question, 1)[0].paper.title == "Faint stars"
        (best,) = Library(lent.shelf, judge).search(question, 1)
    assert best.paper.title == "Frogs of the pond"
    ((asked, seen),) = judge.seen
    assert asked == question
    assert sorted(seen) == ["Faint stars", "Frogs of the pond", "Rye bread"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of our own making: BERT with one small layer and a vocabulary of a few words."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("tiny")
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] frogs sing at dusk rye dough rises slowly . ##s".split()
    (folder / "vocab.txt").write_text("\n".join(words))
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        num_labels=1,
    )
    torch.manual_seed(1)  # type: ignore[no-untyped-call]  # weights of chance, the same each time
    BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(folder).save_pretrained(folder)
    CrossEncoder(str(folder), local_files_only=True).save_pretrained(str(folder / "saved"))
    return folder / "saved"


def test_a_real_cross_encoder_gives_scores_from_0_to_1(tiny: Path) -> None:
    scores = CrossEncoderReranker(str(tiny)).scores("do frogs sing", [FROGS, BREAD])
    assert scores.shape == (2,)
    assert scores.dtype == np.float32
    assert ((scores > 0) & (scores < 1)).all()
    assert scores[0] != scores[1]
    assert CrossEncoderReranker(str(tiny)).scores("do frogs sing", [BREAD, FROGS])[::-1].tolist() == pytest.approx(
        scores.tolist(), abs=1e-5
    )


def test_an_unknown_reranker_is_told() -> None:
    with pytest.raises(EmbedderError, match="cannot be loaded from this machine"):
        CrossEncoderReranker("nobody/no-such-reranker").scores("frogs", [FROGS])
