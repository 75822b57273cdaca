"""The map's figures and markup: whole, in order, and nothing of a title is ever read as markup."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from index_store.atlas import Atlas
from tests.ui.test_drawing import library, settled  # noqa: F401  # a fixture
from ui import map_figure
from ui.drawing import Drawings
from ui.map_figure import HUES, figure_json, hover_text, hue, label_text
from ui.map_page import lit_html, map_html, note_text, outline_html, region_ids
from ui.map_routes import build_map_router

HOSTILE = "<img src=x onerror=alert(1)> & <b>bold</b> <a href='javascript:alert(2)'>x</a>"


def atlas(count: int = 6, papers: int | None = None, years: bool = True) -> Atlas:
    """Papers 0, 2, 4 … lie left in region 0, the others right in region 1, a row each."""
    numbers = np.arange(count)
    return Atlas(
        "d" * 64,
        count if papers is None else papers,
        tuple(f"p{n}" for n in range(count)),
        tuple(HOSTILE if n == 1 else f"Paper {n}" for n in range(count)),
        tuple((2000 + n // 2 if n != 3 else None) if years else None for n in range(count)),
        np.column_stack([numbers % 2, numbers / max(count, 1)]).astype(np.float32),
        (numbers % 2).astype(np.int16),
        (("pond frogs", "<dusk>", "heron"), ("rye",)),
    )


def figures(of: Atlas) -> dict[str, object]:
    found: dict[str, object] = json.loads(figure_json(of))
    return found


def test_each_point_is_a_paper() -> None:
    drawn = figures(atlas())
    [points] = drawn["map"]["data"]  # type: ignore[index]
    assert drawn["ids"] == [f"p{n}" for n in range(6)]
    assert points["marker"]["color"] == [HUES[n % 2] for n in range(6)]
    assert points["text"][0] == "Paper 0"
    assert drawn["clusterOf"] == [0, 1] * 3
    assert drawn["yearOf"] == [2000, 2000, 2001, None, 2002, 2002]


def test_what_plotly_reads_as_markup_is_escaped() -> None:
    drawn = figures(atlas())
    [points] = drawn["map"]["data"]  # type: ignore[index]
    assert "<" not in points["text"][1].replace("<br>", "")
    assert points["text"][1].startswith("&lt;img src=x onerror=alert(1)&gt; &amp;")
    names = [note["text"] for note in drawn["map"]["layout"]["annotations"]]  # type: ignore[index]
    assert names == ["pond frogs<br>&lt;dusk&gt;", "rye"]


def test_long_titles_are_a_few_lines() -> None:
    lines = hover_text("very " * 200).split("<br>")
    assert len(lines) == 4
    assert max(map(len, lines)) <= 46
    assert lines[-1].endswith("…")
    assert hover_text("  ") == "Without a title"


def test_years_are_counted_over_all_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_figure, "MOST_SHOWN", 2)
    drawn = figures(atlas())
    assert drawn["shown"] == 2
    assert len(drawn["ids"]) == 2  # type: ignore[arg-type]
    [bars] = drawn["years"]["data"]  # type: ignore[index]
    assert (bars["x"], bars["y"]) == ([2000, 2001, 2002], [2, 1, 2])
    assert drawn["undated"] == 1


def test_without_years_there_are_no_bars() -> None:
    assert figures(atlas(years=False))["years"] is None


def test_many_points_are_drawn_by_webgl(monkeypatch: pytest.MonkeyPatch) -> None:
    assert figures(atlas())["map"]["data"][0]["type"] == "scatter"  # type: ignore[index]
    monkeypatch.setattr(map_figure, "_DRAWN_SINGLY", 5)
    assert figures(atlas())["map"]["data"][0]["type"] == "scattergl"  # type: ignore[index]


def test_nothing_of_plotlys_own_look_comes_along() -> None:
    assert len(figure_json(atlas())) < 3_000, "Plotly's template alone has 7,000 characters"


def test_colours_go_round() -> None:
    assert hue(0) == hue(len(HUES)) == HUES[0]
    assert len(set(HUES)) == len(HUES)


def test_the_list_has_every_region_with_its_papers() -> None:
    html = outline_html(atlas())
    assert html.startswith("<h2>2 regions</h2>")
    assert "<span>pond frogs · &lt;dusk&gt; · heron</span><b>3" in html
    assert 'data-paper="p0">Paper 0</button>' in html
    assert '<span class="cw-year">2001</span>' in html
    assert "<img" not in html
    assert html.count("data-paper") == 6


def test_a_large_region_lists_its_middle_and_is_not_talked_to() -> None:
    html = outline_html(atlas(1_200))
    assert html.count("data-paper") == 80
    assert "and 560 more" in html
    assert "data-ask" not in html
    # Region 0 is the even papers in a row: its middle is around the 600th.
    assert 'data-paper="p600"' in html
    assert 'data-paper="p0"' not in html


def test_a_region_without_a_name_has_one() -> None:
    assert label_text(()) == "various"


def test_the_papers_of_a_region() -> None:
    assert region_ids(atlas(), 1) == ("p1", "p3", "p5")
    assert region_ids(atlas(), 7) == region_ids(atlas(), -1) == ()
    assert region_ids(atlas(1_200), 0) == ()


def test_cited_papers_have_their_places_also_when_they_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_figure, "MOST_SHOWN", 1)
    html = lit_html(atlas(), ["p3", "p1", "gone"])
    assert html.count("&quot;id&quot;") == 2
    assert "&quot;x&quot;: 1.0, &quot;y&quot;: 0.5" in html
    assert "<img" not in html
    assert 'data-cited="0"' in lit_html(None, [])
    assert 'data-spots="[]"' in lit_html(None, ["p1"])


def test_what_is_not_shown_is_said() -> None:
    assert note_text(atlas()) == ""
    assert note_text(atlas(6, papers=9)) == "6 of 9 papers are placed, 6 drawn."
    assert "20,000 of them" in note_text(atlas(20_001))


def test_the_frame_has_names_for_its_parts() -> None:
    html = map_html()
    for part in ('aria-label="Zoom in"', 'aria-label="Year"', 'role="status"', 'aria-label="Find a title on the map"'):
        assert part in html


@pytest.fixture
def client(library: Path, tmp_path: Path) -> TestClient:  # noqa: F811
    app = FastAPI()
    app.include_router(build_map_router(Drawings(library, tmp_path / "atlas")))
    return TestClient(app)


def test_the_script_gets_the_map(client: TestClient, library: Path, tmp_path: Path) -> None:  # noqa: F811
    first = client.get("/map/sheet").json()
    assert (first["state"], first["message"]) == ("drawing", "Drawing the map…")
    settled(Drawings(library, tmp_path / "atlas"))
    sheet = client.get("/map/sheet").json()
    assert sheet["state"] == "ready"
    assert "outline" in sheet
    assert "outline" not in client.get("/map/sheet", params={"have": sheet["name"]}).json()
    figure = client.get(f"/map/figures/{sheet['name']}.json")
    assert len(figure.json()["ids"]) == 2
    assert "immutable" in figure.headers["cache-control"]
    assert client.get("/map/figures/0123456789abcdef.json").status_code == 404
    assert client.get("/map/figures/..%2Flibrary%2Fmanifest.json").status_code == 404


def test_plotly_comes_from_here(client: TestClient) -> None:
    script = client.get("/map/plotly.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert b"plotly.js v" in script.content[:200]


def test_an_empty_library_says_what_to_do(tmp_path: Path) -> None:
    app = FastAPI()
    app.include_router(build_map_router(Drawings(tmp_path / "library", tmp_path / "atlas")))
    sheet = TestClient(app).get("/map/sheet").json()
    assert sheet["state"] == "empty"
    assert "Library tab" in sheet["message"]
