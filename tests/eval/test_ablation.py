"""The ablations: a variant differs from production by its piece alone, and a page tells figures and nothing else."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.benchmarks import (
    ablation,
    ablation_abstaining,
    ablation_lists,
    ablation_quoting,
    ablation_retrieval,
    corpora,
)
from eval.benchmarks.ablation import BENCHMARKS, FILES, Place, half, main
from eval.benchmarks.ablation_lists import Scores
from eval.benchmarks.ablation_retrieval import Wanted, by_title, float_variant, weighted
from eval.benchmarks.corpora import Corpus, open_corpus
from eval.benchmarks.variants import PRODUCTION, Piece, Variant, exchanged
from eval.questions import Question, shipped_sets
from index_store import fusion, search
from index_store.build import index_entries
from index_store.identity import title_key
from index_store.index import load_index
from index_store.library import Library
from rag import calibration
from rag.abstain import measure
from tests.eval.test_collection import make
from tests.fakes import FakeEmbedder
from tests.small_library import BREAD, FROGS, STARS, entry, fake_shelf

EMBEDDER = FakeEmbedder(("attention", "image", "images", "graph", "language", "network", "protein", "training"))


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two dev questions of each type about the starter library, and one of the other half."""
    lines = [json.loads(line) for line in shipped_sets()[0].read_text("utf-8").splitlines()]
    of_type: dict[str, list[str]] = {}
    for line in lines:
        if line["split"] == "dev":
            of_type.setdefault(line["type"], []).append(json.dumps(line))
    hidden = json.dumps(next(line for line in lines if line["split"] == "test"))
    file = tmp_path_factory.mktemp("questions") / "starter.jsonl"
    file.write_text("\n".join([hidden, *(text for texts in of_type.values() for text in texts[:2])]), "utf-8")
    return file


@pytest.fixture(scope="module")
def corpus(questions: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return open_corpus(tmp_path_factory.mktemp("work"), questions, None, EMBEDDER)


def test_only_the_dev_half_is_asked(corpus: Corpus) -> None:
    assert {question.split for question in corpus.questions} == {"dev"}
    assert len(corpus.questions) == 14


def test_a_piece_is_exchanged_and_put_back_whatever_happens() -> None:
    with exchanged([Piece(search, "POOL", 3), Piece(search, "fuse", max)]):
        assert (search.POOL, vars(search)["fuse"]) == (3, max)
    with pytest.raises(ValueError, match="fails"), exchanged([Piece(search, "POOL", 3)]):
        int("a measurement that fails")
    assert (search.POOL, vars(search)["fuse"]) == (30, fusion.fuse)


def test_a_piece_that_is_no_longer_there_is_an_error() -> None:
    with pytest.raises(AttributeError), exchanged([Piece(search, "POOL", 3), Piece(search, "gone", 1)]):
        pass
    assert search.POOL == 30


def test_the_weights_of_production_give_its_fusion() -> None:
    views = np.random.default_rng(0).random((4, 30)).astype(np.float32)
    np.testing.assert_allclose(weighted(1, 0.75, 0.75, 1)(*views), fusion.fuse(*views), atol=1e-6)


def test_each_view_alone_ranks_by_itself(tmp_path: Path) -> None:
    """Of the words asked, Frogs has one, which the embedder knows, and Rye bread three, which it does not."""
    shelf = fake_shelf(tmp_path)
    index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate((FROGS, BREAD, STARS), 1)])
    with closing(shelf):
        index = load_index(shelf)
        wanted = [Wanted("frogs water dough slowly", "fact", {title_key(FROGS.title): 1})]
        variants = [*ablation_retrieval.variants(), float_variant(index)]
        measured = ablation_retrieval.run(index, wanted, variants, by_title)
        ranked = by_title(search.rank(index, search.encode_query(index, wanted[0].text), 10).hits)
    first = {one.name: one.rankings[0][0] for one in measured}
    assert len(first) == len(variants)
    assert measured[0].name == PRODUCTION
    assert list(measured[0].rankings[0]) == ranked
    assert first["BM25 alone"] == title_key(BREAD.title)
    for name in ("best passage's cosine alone", "late interaction alone, over the pool", "no words"):
        assert first[name] == title_key(FROGS.title)
    rows = ablation_retrieval.question_table(wanted, measured).splitlines()
    assert "| 1.000 / 1.000 |" in next(row for row in rows if row.startswith("| no words |"))
    assert "| 0.000 / 1.000 |" in next(row for row in rows if row.startswith("| BM25 alone |"))


def test_the_tokens_of_the_float_variant_are_those_of_the_passages(tmp_path: Path) -> None:
    """In full precision a known word matches itself at 1, with one bit a dimension at 1 / √8."""
    shelf = fake_shelf(tmp_path)
    index_entries(shelf, [entry(FROGS)])
    with closing(shelf):
        index = load_index(shelf)
        query = search.encode_query(index, "frogs")
        coded = search.rank(index, query, 1).matches
        with exchanged(float_variant(index).pieces):
            full = search.rank(index, query, 1).matches
    np.testing.assert_allclose(coded, [[1 / np.sqrt(8)]], rtol=1e-6)
    np.testing.assert_allclose(full, [[1]], rtol=1e-6)


def test_a_quoting_variant_lacks_its_piece_alone(corpus: Corpus) -> None:
    with closing(Library.open(corpus.folder, EMBEDDER)) as library:
        found = ablation_quoting.run(library, corpus.questions, ablation_quoting.variants(EMBEDDER))
    rows = {one.name: one.rows for one in found}
    answerable = [question for question in corpus.questions if question.answerable]
    assert [row.question for row in rows[PRODUCTION]] == [question.question for question in answerable]
    assert not any(row.abstained for one in found for row in one.rows)
    assert max(len(row.cited) for row in rows[PRODUCTION]) > 1
    assert max(len(row.cited) for row in rows["always one paper"]) == 1
    titled = [row for row in rows[PRODUCTION] if len(row.cited) > 1 and row.cited[0] in row.text]
    untitled = [row.text for row in rows["no titles above quotes"]]
    assert titled
    assert not any(row.cited[0] in text for row in titled for text in untitled)
    rows_told = ablation_quoting.quoting_table(found).splitlines()
    assert len(rows_told) == len(found) + 2


def test_an_abstaining_variant_lacks_its_piece_alone(corpus: Corpus) -> None:
    with closing(Library.open(corpus.folder, EMBEDDER)) as library:
        heard = ablation_abstaining.listen(library, corpus.questions)
        plain = ablation_abstaining.with_plain_probes(library, heard)
        bare = ablation_abstaining.with_bare_probes(library, heard)
    found = {one.name: one for one in ablation_abstaining.run(heard, ablation_abstaining.variants())}
    reasons = {name: {judgement.reason for judgement in one.judgements} for name, one in found.items()}
    assert "not_in_abstract" not in reasons["no detail (topic alone)"]
    assert "off_topic" not in reasons["no topic (detail alone)"]
    assert all(0 <= j.confidence <= 1 + 1e-9 for one in found.values() for j in one.judgements)
    assert found["topic: no cosine"].judgements != found[PRODUCTION].judgements
    assert [p[0] for p in plain.probes[1]] == [p[0] for p in heard.probes[1]]  # the everyday questions
    assert [p[0] for p in plain.probes[0]] != [p[0] for p in heard.probes[0]]
    assert plain.asked == bare.asked == heard.asked
    assert sum(len(p[0].split()) for p in bare.probes[0]) < sum(len(p[0].split()) for p in heard.probes[0])
    told = ablation_abstaining.abstaining_table(heard.asked, list(found.values())).splitlines()
    assert told[2].startswith("| production |")
    assert told[2].count("| = |") == 2


def test_a_list_is_scored_by_what_must_and_may_be_in_it() -> None:
    question = Question("1", "multi", "Which?", ("Frogs", "Ponds"), True, also=("Herons",))
    assert ablation_lists.score(question, ["Frogs", "Herons", "Bread"]) == Scores(1 / 2, 1 / 2)
    assert ablation_lists.score(question, ["ponds", "Frogs"]).f1 == 1.0
    assert ablation_lists.score(question, ["Herons"]) == Scores(0.0, 0.0)
    assert ablation_lists.score(question, []).f1 == 0.0


def test_a_list_variant_lacks_its_piece_alone(corpus: Corpus) -> None:
    assert {question.split for question in corpus.lists} == {"dev"}
    with closing(Library.open(corpus.folder, EMBEDDER)) as library:
        found = ablation_lists.run(library, corpus.lists, ablation_lists.variants())
    recall = {one.name: [scores.recall for scores in one.scores] for one in found}
    assert all(len(values) == len(corpus.lists) for values in recall.values())
    near, literal, production = (recall[n] for n in ("near the best score only", "all words there only", PRODUCTION))
    assert all(max(a, b) <= c for a, b, c in zip(near, literal, production, strict=True))
    wide, narrow = recall["from 0.55 of the best score"], recall["from 0.85 of the best score"]
    assert sum(wide) > sum(narrow)
    told = ablation_lists.lists_table(found).splitlines()
    assert told[2].startswith("| production |")
    assert told[2].endswith("| = |")


def test_what_is_not_searched_for_is_left_out(corpus: Corpus) -> None:
    greeting, searched = Question("1", "off", "Hello!", (), False), corpus.questions[0]
    with closing(Library.open(corpus.folder, EMBEDDER)) as library:
        assert [one.question for one in corpora.ask_only(library, [greeting, searched])] == [searched]


def test_judging_as_production_does_gives_its_judgements(corpus: Corpus) -> None:
    with closing(Library.open(corpus.folder, EMBEDDER)) as library:
        heard = ablation_abstaining.listen(library, corpus.questions)
        made = calibration.make(library)
    (found,) = ablation_abstaining.run(heard, [Variant(PRODUCTION)])
    for one, unknown, judgement in zip(heard.asked, heard.unknown, found.judgements, strict=True):
        signals = replace(measure(one.standalone, one.ranking, one.words), unknown=unknown)
        assert judgement == made.judge(one.words, signals)


@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_a_page_tells_figures_and_no_text_and_no_place(
    name: str, corpus: Corpus, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpora, "shipped_sets", lambda: [questions, tmp_path / "unread.jsonl"])
    collection = make(tmp_path)
    work = corpus.folder.parents[1]
    told = BENCHMARKS[name](Place(work, None, (collection,), EMBEDDER))
    assert "## starter: " in told
    assert "| production |" in told
    assert "## Tried and left out" in told
    assert (corpus.status.digest or "?")[:16] in told
    assert str(work) not in told
    assert str(tmp_path.parent) not in told
    assert not [question.id for question in corpus.questions if question.question in told]


def test_the_command_prints_the_page_and_keeps_it(
    corpus: Corpus,
    questions: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(corpora, "shipped_sets", lambda: [questions, tmp_path / "unread.jsonl"])
    monkeypatch.setattr(ablation, "open_embedder", lambda _settings: EMBEDDER)
    main(["quoting", "--work", str(corpus.folder.parents[1]), "--out", str(tmp_path / "results")])
    printed = capsys.readouterr().out
    assert (tmp_path / "results" / FILES["quoting"]).read_text("utf-8") == printed
    assert "by `python -m eval.benchmarks.ablation quoting`." in printed


def test_halves_are_told_apart_by_the_hash_of_the_id() -> None:
    """The md5 of "1" ends in b, an odd digit; that of "2" in c."""
    assert (half("1"), half("2")) == ("test", "dev")
