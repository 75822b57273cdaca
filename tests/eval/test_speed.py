"""The suite of speed: what a figure's ratio is, what counts as slower, and that the page says what was measured."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from eval.benchmarks import suite
from eval.benchmarks.speed.embedding import _operations
from eval.benchmarks.speed.figures import Figure, Speed, ratio, to_json, worse
from eval.benchmarks.speed.place import Place, clean_environment
from eval.benchmarks.speed.report import page, picture
from eval.benchmarks.suite import RESULT, compare, main
from index_store.embedding import SentenceEmbedder

SPEED = Speed(float32=100.0, bfloat16=400.0, python_ms=20.0, start_ms=250.0)


@pytest.mark.parametrize(
    ("figure", "precision", "expected"),
    [
        (Figure("a start", 2.0, "s"), "float32", 100.0),  # 2 s are a hundred loops of 20 ms
        (Figure("a process", 2.0, "s", loop="start"), "float32", 8.0),
        (Figure("a peer's", 2.0, "s", loop="none"), "float32", 2.0),
        (Figure("a search", 10.0, "ms"), "float32", 0.5),
        (Figure("texts", 5.0, "/s", loop="matrix"), "float32", 20.0),  # 0.2 s each; 1 GFLOP takes 0.01 s
        (Figure("texts", 5.0, "/s", loop="matrix"), "bfloat16", 80.0),
        (Figure("a server", 600.0, "MB"), "float32", 600.0),
    ],
)
def test_a_ratio_by_hand(figure: Figure, precision: str, expected: float) -> None:
    assert ratio(figure, SPEED, precision) == pytest.approx(expected)


def test_a_machine_of_half_the_speed_gives_the_same_ratio() -> None:
    slow = Speed(50.0, 200.0, 40.0, 500.0)
    assert ratio(Figure("a start", 4.0, "s"), slow, "float32") == ratio(Figure("a start", 2.0, "s"), SPEED, "float32")
    here, there = Figure("texts", 10.0, "/s", loop="matrix"), Figure("texts", 5.0, "/s", loop="matrix")
    assert ratio(there, slow, "bfloat16") == ratio(here, SPEED, "bfloat16")


@pytest.mark.parametrize(
    ("unit", "loop", "now", "expected"),
    [
        ("s", "python", 19.0, False),
        ("s", "python", 21.0, True),
        ("ms", "python", 1.0, False),
        ("/s", "matrix", 25.0, True),
        ("MB", "python", 14.0, True),
        ("MB", "none", 90.0, False),
        ("1", "python", 90.0, False),
    ],
)
def test_worse_is_clearly_worse(unit: str, loop: Any, now: float, expected: bool) -> None:
    assert worse(Figure("it", 1.0, unit, loop=loop), 10.0, 2.0, now) is expected


def test_what_takes_milliseconds_is_worse_only_beyond_what_processes_differ_by() -> None:
    before = Figure("an import", 0.0, "s", loop="start")
    assert not worse(before, 0.0, 0.012, 0.1)
    assert worse(before, 0.0, 0.12, 1.0)


def test_an_aim_is_reached_from_its_own_side() -> None:
    assert Figure("a", 2.0, "s", aim=2.0).reached
    assert not Figure("a", 2.1, "s", aim=2.0).reached
    assert Figure("a", 9.0, "1", aim=8.0).reached
    assert Figure("a", 9.0, "/s").reached is None


def test_the_model_s_operations_by_hand() -> None:
    """Two texts of 1 and 2 words; each has 2 marks besides, so 3 and 4 tokens."""
    each = 6 * (2 * 384 * (4 * 384 + 2 * 1536))
    expected = (3 + 4) * each + 6 * 4 * (9 + 16) * 384
    assert _operations(["frogs", "green frogs"], SentenceEmbedder()) == expected


def measured(*figures: Figure) -> dict[str, Any]:
    told = [to_json(figure) | {"ratio": ratio(figure, SPEED, "float32")} for figure in figures]
    return {
        "made_at": "2026-01-01",
        "speed": {"float32": 100.0, "bfloat16": 400.0, "python_ms": 20.0, "start_ms": 250.0},
        "figures": told,
    }


ROW = measured(
    Figure("a <start>", 2.0, "s", aim=2.5), Figure("a <start>", 12.0, "s", "tutorial", loop="none"),
    Figure("share", 0.5, "1", aim=0.6),
)  # fmt: skip


def test_a_slower_row_is_told_in_a_sentence_and_a_peer_never_is() -> None:
    slower = measured(Figure("a <start>", 4.2, "s"), Figure("a <start>", 90.0, "s", "tutorial", loop="none"))
    (told,) = compare({"ask": ROW}, "ask", slower).values()
    assert told == "ask: a <start>: 210 loops where it was 100 (4.2 s now, 2 s then)."
    assert compare({"ask": ROW}, "ask", ROW) == {}
    assert compare({}, "ask", slower) == {}


def test_page_and_picture_say_what_was_measured() -> None:
    kept = {"made_at": "2026-01-01T00:00:00+00:00", "machine": "M.", "versions": "V.", "rows": {"ask": ROW}}
    text = page(kept, "speed.svg")
    assert "| a <start> | citewell | 2.00 s | ≤ 2.50 s | 100 |" in text
    assert "| a <start> | tutorial | 12.0 s |  |  |" in text
    assert "| share | citewell | 0.5 | ≥ 0.6 (missed) |  |" in text
    drawn = ElementTree.fromstring(picture(kept["rows"]))
    widths = [float(shape.attrib["width"]) for shape in drawn.iter() if shape.tag.endswith("rect")]
    assert widths == [50.0, 300.0]  # 2 s and 12 s on one scale; a share is no bar


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Two rows that give what is put in here, on a machine of a known speed."""
    given = {"ask": 2.0, "page": 3.0}

    def row(name: str) -> suite.Row:
        def run(place: Place) -> Iterator[Figure]:
            yield Figure(f"figure of {name}", given[name], "s")

        return run

    monkeypatch.setattr(suite, "ROWS", {name: row(name) for name in given})
    monkeypatch.setattr(Speed, "now", classmethod(lambda _: SPEED))
    monkeypatch.setattr(Place, "embedder", type("Embedder", (), {"precision": "float32"}))
    return given


def test_some_rows_are_measured_again_and_the_others_stay(rows: dict[str, float], tmp_path: Path) -> None:
    out = tmp_path / "speed.json"
    assert main(["--out", str(out)]) == 0
    rows.update(ask=20.0, page=30.0)
    assert main(["--out", str(out), "--only", "page"]) == 0
    kept = json.loads(out.read_text("utf-8"))["rows"]
    assert [kept[name]["figures"][0]["value"] for name in ("ask", "page")] == [2.0, 30.0]
    assert "figure of page" in out.with_suffix(".md").read_text("utf-8")
    assert out.with_suffix(".svg").exists()


def test_a_check_fails_where_it_is_slower_and_writes_nothing(
    rows: dict[str, float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "speed.json"
    main(["--out", str(out)])
    before = out.read_bytes()
    assert main(["--out", str(out), "--check"]) == 0
    rows["ask"] = 4.5
    assert main(["--out", str(out), "--check"]) == 1
    assert "figure of ask: 225 loops where it was 100" in capsys.readouterr().err
    assert out.read_bytes() == before


def test_a_figure_that_was_slow_only_for_a_while_is_no_complaint(
    rows: dict[str, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "speed.json"
    main(["--out", str(out)])
    capsys.readouterr()
    slow_then_not = iter([9.0, 9.0, 2.0])
    monkeypatch.setitem(suite.ROWS, "ask", lambda _: iter([Figure("figure of ask", next(slow_then_not), "s")]))
    assert main(["--out", str(out), "--check"]) == 0
    measured = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in measured] == ["ask", "page", "ask", "ask"]  # page was not slow


def test_a_folder_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Speed, "now", classmethod(lambda _: SPEED))
    assert main(["--only", "library", "--seeds", str(tmp_path / "no"), "--out", str(tmp_path / "f.json")]) == 1
    assert "--seeds" in capsys.readouterr().err


def test_nobody_s_settings_reach_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_PAPERS", "3")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    kept = clean_environment()
    assert not {"CITEWELL_PAPERS", "OPENBLAS_NUM_THREADS", "PYTHONDONTWRITEBYTECODE"} & set(kept)
    assert set(kept) - {"OLLAMA_HOST", "HF_HUB_OFFLINE"} <= set(os.environ)


def test_the_kept_page_is_that_of_the_kept_figures() -> None:
    if not RESULT.exists():
        pytest.skip("the suite has not been run: make bench")
    kept = json.loads(RESULT.read_text("utf-8"))
    assert RESULT.with_suffix(".md").read_text("utf-8") == page(kept, "speed.svg")
    assert RESULT.with_suffix(".svg").read_text("utf-8") == picture(kept["rows"])


@pytest.mark.slow
def test_nothing_has_become_much_slower(seeds: list[Path]) -> None:
    if not RESULT.exists():
        pytest.skip("the suite has not been run: make bench")
    assert (
        main(["--check", "--seeds", str(seeds[0].parent), "--only", "imports", "--only", "ask", "--only", "page"]) == 0
    )
