"""A tagged library becomes a collection that ``eval beir`` reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.benchmarks.tagged import main, write
from eval.collection import read_collection


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three papers; of four tags one is on all of them, one on two, one on a single paper, and one has no name."""
    made = tmp_path / "source"
    made.mkdir()
    tags = [["http://tags/all", "http://tags/two"], ["http://tags/all", "http://tags/two"], ["http://tags/all"]]
    tags[2] += ["http://tags/one", "http://tags/unnamed"]
    papers = [
        {
            "arxiv_num": f"2001.0000{n}",
            "arxiv_title": f"Paper\n {n}",
            "arxiv_summary": f"It is\nnumber {n}.",
            "tag": own,
        }
        for n, own in enumerate(tags)
    ]
    (made / "arxiv.json").write_text(json.dumps(papers), "utf-8")
    names = {f"http://tags/{tag}": {"prefLabel": [tag.title(), "other"]} for tag in ("all", "two", "one")}
    (made / "tags.json").write_text(json.dumps(names), "utf-8")
    return made


def test_tags_of_several_papers_are_queries(source: Path, tmp_path: Path) -> None:
    assert write(source, tmp_path / "made") == (3, 2)
    made = read_collection(tmp_path / "made")
    assert made.queries == {"all": "All", "two": "Two"}
    assert made.judgements["two"] == {"2001.00000": 1, "2001.00001": 1}
    assert set(made.judgements["all"]) == {"2001.00000", "2001.00001", "2001.00002"}
    assert (made.documents[0].title, made.documents[0].text) == ("Paper 0", "It is number 0.")
    assert not made.rejected
    assert not made.notes


def test_every_other_abstract_is_left_out(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(source), str(tmp_path / "made"), "--titles-only"])
    assert capsys.readouterr().out.startswith("3 papers, 2 queries in ")
    texts = [document.text for document in read_collection(tmp_path / "made").documents]
    assert texts == ["It is number 0.", "It is number 1.", "Paper 2"]  # a title stands in for a text
