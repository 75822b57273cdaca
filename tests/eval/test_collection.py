"""Reading BEIR folders: both forms of the judgements, and everything that can be wrong with a part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.collection import read_collection
from eval.errors import CollectionUnusable

CORPUS = [{"_id": "d1", "title": "One", "text": "First text."}, {"id": "d2", "title": "", "text": "Second text."}]
QUERIES = [{"_id": "q1", "text": "first?"}, {"_id": "q2", "text": "second?"}]


def make(folder: Path, corpus: Any = CORPUS, queries: Any = QUERIES, qrels: str = "q1\td1\t1\nq2\td2\t2\n") -> Path:
    for name, lines in (("corpus", corpus), ("queries", queries)):
        text = "".join((item if isinstance(item, str) else json.dumps(item)) + "\n" for item in lines)
        (folder / f"{name}.jsonl").write_text(text, "utf-8")
    (folder / "qrels.tsv").write_text(qrels, "utf-8")
    return folder


@pytest.mark.parametrize(
    "qrels",
    [
        "q1\td1\t1\nq2\td2\t2\n",
        "query-id\tcorpus-id\tscore\r\nq1\td1\t1\r\nq2\td2\t2\r\n",
        "q1 0 d1 1\nq2 0 d2 2\n",
        "q1\tQ0\td1\t1\n\nq2\tQ0\td2\t2",
        "q1\td1\t1.0\nq2\td2\t2.0\n",
    ],
)
def test_all_forms_of_judgements_say_the_same(tmp_path: Path, qrels: str) -> None:
    found = read_collection(make(tmp_path, qrels=qrels))
    assert found.judgements == {"q1": {"d1": 1}, "q2": {"d2": 2}}
    assert (found.rejected, found.notes) == ((), ())


def test_judgements_may_lie_in_a_folder(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels.tsv").rename(tmp_path / "qrels" / "test.tsv")
    assert read_collection(tmp_path).queries == {"q1": "first?", "q2": "second?"}


def test_a_text_without_a_title_is_called_by_its_first_words_and_a_title_can_stand_alone(tmp_path: Path) -> None:
    found = read_collection(make(tmp_path, [*CORPUS, {"_id": 3, "title": "Alone", "text": None}]))
    assert [(d.id, d.title, d.text) for d in found.documents] == [
        ("d1", "One", "First text."),
        ("d2", "Second text.", "Second text."),
        ("3", "Alone", "Alone"),
    ]


def test_queries_without_a_relevant_document_are_not_asked(tmp_path: Path) -> None:
    found = read_collection(make(tmp_path, qrels="q1\td1\t1\nq2\td2\t0\n"))
    assert list(found.queries) == ["q1"]
    assert [str(n) for n in found.notes] == [f"{tmp_path}/queries.jsonl: 1 of 2 queries have no relevant document"]


def test_unknown_documents_and_queries_are_noted_and_kept_as_trec_eval_does(tmp_path: Path) -> None:
    found = read_collection(make(tmp_path, qrels="q1\td1\t1\nq1\td9\t1\nq7\td1\t1\nq7\td2\t1\nq2\td2\t1\n"))
    assert found.judgements["q1"] == {"d1": 1, "d9": 1}
    assert [str(n).removeprefix(f"{tmp_path}/") for n in found.notes] == [
        "qrels.tsv:2: judges the unknown document 'd9'",
        "qrels.tsv:3: judges for the unknown query 'q7'",
    ]


def test_wrong_lines_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    corpus = [*CORPUS, "{", "[]", {"title": "x"}, CORPUS[0], {"_id": "d5", "title": 5}, {"_id": "d6", "text": " "}]
    queries = [*QUERIES, {"_id": "q3", "text": ""}, {"_id": "q4", "text": "half \ud800"}]
    found = read_collection(make(tmp_path, corpus, queries, "q1\td1\t1\nq1\td2\tmuch\nq1 d2\nq2\td2\t1\nq2\td1\t0.5\n"))
    assert [str(r).removeprefix(f"{tmp_path}/") for r in found.rejected] == [
        "corpus.jsonl:3: is no JSON: Expecting property name enclosed in double quotes at character 2",
        "corpus.jsonl:4: is no JSON object",
        "corpus.jsonl:5: lacks the field _id",
        "corpus.jsonl:6: the id 'd1' was there before",
        "corpus.jsonl:7: title is no text",
        "queries.jsonl:3: query 'q3' has no text",
        "queries.jsonl:4: holds half a character (\\ud800), which no result can keep",
        "qrels.tsv:2: is not: query, document, grade (a whole number)",
        "qrels.tsv:3: is not: query, document, grade (a whole number)",
        "qrels.tsv:5: is not: query, document, grade (a whole number)",
    ]
    assert [str(n).removeprefix(f"{tmp_path}/") for n in found.notes] == [
        "corpus.jsonl:8: document 'd6' is empty, so it can never be found"
    ]
    assert len(found.documents) == 2


@pytest.mark.parametrize("part", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_missing_part_is_named(tmp_path: Path, part: str) -> None:
    (make(tmp_path) / part).unlink()
    with pytest.raises(CollectionUnusable, match=f"lacks {part}"):
        read_collection(tmp_path)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"corpus": []}, "corpus.jsonl: holds no document"),
        ({"queries": []}, "queries.jsonl: holds no query"),
        ({"qrels": ""}, "no query of queries.jsonl has a relevant document"),
    ],
)
def test_an_empty_part_is_named(tmp_path: Path, parts: dict[str, Any], message: str) -> None:
    with pytest.raises(CollectionUnusable, match=message):
        read_collection(make(tmp_path, **parts))


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CollectionUnusable, match="no such folder"):
        read_collection(tmp_path / "absent")
