"""The benchmark of size: its papers are like real ones, a small library is measured, and the pages say the figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from eval.benchmarks.generated import AGAIN, SEEDS, entries, measured, question
from eval.benchmarks.scale import __main__ as scale
from eval.benchmarks.scale import beyond, building, report
from eval.benchmarks.scale.asking import ask
from eval.benchmarks.scale.synthetic import SyntheticEmbedder

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "eval" / "results" / "scale.json"


def test_the_papers_have_the_statistics_of_the_seeds() -> None:
    found = measured([entry.paper for entry in entries(400)])
    for mine, theirs in (
        (found.title_words, SEEDS.title_words),
        (found.abstract_words, SEEDS.abstract_words),
        (found.sentences, SEEDS.sentences),
    ):
        assert mine == pytest.approx(theirs, rel=0.1)
    assert found.word_length == pytest.approx(SEEDS.word_length, rel=0.05)
    assert found.distinct_share == pytest.approx(SEEDS.distinct_share, rel=0.05)
    assert found.zipf == pytest.approx(SEEDS.zipf, rel=0.3)
    assert found.vocabulary == pytest.approx(SEEDS.vocabulary, rel=0.3)


def test_the_same_seed_gives_the_same_papers_from_anywhere() -> None:
    papers = list(entries(1_010))
    assert list(entries(20, first=990)) == papers[990:1_010]
    assert list(entries(3, seed=2)) != papers[:3]
    assert len({entry.paper.title for entry in papers}) == 1_010 - 1_010 // AGAIN
    assert list(entries(0)) == []


def test_a_question_lies_near_the_paper_it_was_made_of() -> None:
    papers = [entry.paper for entry in entries(60)]
    embedder = SyntheticEmbedder()
    rng = np.random.default_rng(0)
    rows = embedder.encode([paper.abstract for paper in papers])
    asked = embedder.encode([question(paper, rng) for paper in papers])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert float((np.argmax(asked @ rows.T, axis=1) == np.arange(60)).mean()) > 0.8


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("scale")
    building.ADDED, added = 20, building.ADDED
    try:
        library, steps = folder / "library", folder / "steps.json"
        built = building.build_library(library, 60, steps)
        assert building.build_library(library, 60, steps) == built  # nothing is left to do
        built |= building.add(library, 60) | building.examine(library)
        found: dict[str, Any] = json.loads(json.dumps(built | ask(library, 60, 5), default=vars_of))
        return found
    finally:
        building.ADDED = added


def vars_of(value: Any) -> Any:
    return {name: getattr(value, name) for name in value.__slots__}


def test_every_stage_of_a_small_library_is_measured(row: dict[str, Any]) -> None:
    assert row["papers"] == 60
    assert 60 <= row["passages"] <= 180
    assert row["publishing_s"] >= row["vectors_s"] > 0
    assert min(row[f"{part}_bytes"] for part in ("catalogue", "vectors", "lexical", "tokens")) > 0
    assert set(row["search"]) >= {"fused", "dense", "lexical", "half the papers"}
    assert all(0 < each["p50"] <= each["p95"] for each in row["search"].values())


def test_a_step_that_was_cut_short_is_not_counted() -> None:
    step = {"reading_s": 1.0, "publishing_s": 4.0, "open_s": 9.0}
    steps = [
        {**step, "papers": 10, "passages": 20, "counted": True},
        {**step, "papers": 20, "passages": 40, "counted": False},
        {**step, "papers": 30, "passages": 60, "counted": True, "publishing_s": 5.0},
    ]
    found = building.summed(steps)
    assert (found["papers"], found["passages"]) == (30, 60)
    assert found["reading_s"] == pytest.approx(3.0)  # 2 s for 40 of 60 passages
    assert found["publishing_s"] == pytest.approx(13.5)
    assert found["last_publishing_rate"] == pytest.approx(4.0)


def test_sizes_are_kept_side_by_side(row: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "scale.json"
    report.keep(file, 600, {**row, "papers": 600, "passages": 1_200}, 40.0, tmp_path / "SCALE.md")
    report.keep(file, 60, row, 40.0, tmp_path / "SCALE.md")
    kept = json.loads(file.read_text("utf-8"))
    assert list(kept["rows"]) == ["60", "600"]
    text = file.with_suffix(".md").read_text("utf-8")
    assert "| papers | 60 | 600 | aim" in text
    assert f"| fused, p95 ms | {row['search']['fused']['p95']:.1f} |" in text
    ElementTree.fromstring(file.with_suffix(".svg").read_text("utf-8"))
    assert (tmp_path / "SCALE.md").read_text("utf-8") == beyond.page(kept)


def test_the_arithmetic_by_hand() -> None:
    times = {"p50": 10.0, "p95": 20.0}
    row = {"papers": 1_000, "passages": 2_000, "reading_s": 1.0, "publishing_s": 1.0}
    row |= {f"{part}_bytes": 2_000_000 for part in ("catalogue", "vectors", "lexical", "tokens")}
    row["search"] = {"fused": times, "dense": times, "lexical": times}
    # 20 ms for 2,000 passages grow to 60 with 40 ms more: 4,000 passages at 100 a millisecond.
    assert beyond.largest_part(row) == 6_000
    text = beyond.page({"rows": {"1000": row}, "embedding": 50.0})
    assert "| passages | 2.00 an abstract | 400 million |" in text
    assert "| embedding, machine-hours | 50.0 abstracts/s on 2 cores | 1,111 |" in text  # 4,000,000 s
    assert "| reading, merging, cutting, h of one processor | 1,000 papers/s | 56 |" in text  # 200,000 s
    assert "| publishing, h of one processor | 2,000 passages/s | 56 |" in text
    assert "| disk, TB | 4,000 bytes a passage | 1.60 |" in text


def test_the_pages_follow_from_the_figures_kept() -> None:
    kept = json.loads(KEPT.read_text("utf-8"))
    assert KEPT.with_suffix(".md").read_text("utf-8") == report.page(kept, "scale.svg")
    assert KEPT.with_suffix(".svg").read_text("utf-8") == report.picture(list(kept["rows"].values()))
    assert (ROOT / "index_store" / "SCALE.md").read_text("utf-8") == beyond.page(kept)


def test_a_wrong_size_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        scale.main(["--papers", "many"])
    assert "invalid int value" in capsys.readouterr().err
