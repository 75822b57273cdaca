"""Hugging Face's daily papers."""

from __future__ import annotations

import json

PAPER = {
    "id": "2511.00001",
    "authors": [{"_id": "a1", "name": "Ada Quill", "hidden": False}, {"_id": "a2", "user": {}, "name": "Bo Reed"}],
    "publishedAt": "2025-11-02T18:00:00.000Z",
    "submittedOnDailyAt": "2025-11-03T01:30:00.000Z",
    "title": "Tides of the\n  Harbour",
    "summary": "The moon pulls\nat the water.",
    "upvotes": 12,
    "ai_summary": "Written by a model.",
    "ai_keywords": ["tides"],
}
DAY = {"paper": PAPER, "publishedAt": "2025-11-03T00:00:00.000Z", "title": "Tides", "summary": "x", "numComments": 2}


def test_a_day(read_file) -> None:
    waves = {"paper": PAPER | {"id": "2511.00002", "title": "Waves"}}
    found, rejected = read_file(json.dumps([DAY, waves]), "2025-11-03.json")
    assert rejected == []
    paper = found[0].paper
    assert (paper.title, paper.abstract) == ("Tides of the Harbour", "The moon pulls at the water.")
    assert (paper.authors, paper.year, paper.arxiv_id) == (("Ada Quill", "Bo Reed"), 2025, "2511.00001")
    assert (paper.url, paper.categories) == ("https://huggingface.co/papers/2511.00001", ())
    assert found[1].paper.title == "Waves"


def test_a_paper_without_the_frame_and_one_without_a_summary(read_file) -> None:
    found, rejected = read_file(json.dumps([PAPER, {"paper": {"id": "1", "title": "T", "summary": ""}}]))
    assert [e.paper.arxiv_id for e in found] == ["2511.00001"]
    assert rejected == ["1: a title with no abstract: T"]
