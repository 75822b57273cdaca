"""The Library tab's markup: every state says what it is and what to do, and names are never read as markup."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from index_store.doctor import Finding
from index_store.library import Status
from ui.disk import disk_use
from ui.library_page import contents_html, disk_html, health_html, run_html, said_html, size_text
from ui.runs import FileRun, Run

HOSTILE = '"><img src=x onerror=alert(1)>'
STATUS = Status(papers=64, passages=1_200, waiting=0, digest="d", embedder="e", folder="/f")


def test_before_the_first_run_there_is_nothing() -> None:
    assert run_html(None) == ""


def test_a_run_under_way_shows_how_far_it_is() -> None:
    run = Run(
        1,
        "read",
        "ada",
        "ponds",
        (FileRun("a.txt", "reading"), FileRun("b.txt")),
        stage="embedding",
        done=256,
        total=1_024,
    )
    html = run_html(run)
    assert "Reading papers into “ponds”" in html
    assert "Indexing… 256 of 1,024 passages · started by ada" in html
    assert '<progress aria-label="Indexing" value="256" max="1024">' in html
    assert 'data-run="stop"' in html
    assert "<span>waiting</span>" in html


def test_without_a_total_no_share_is_claimed() -> None:
    html = run_html(Run(1, "read", stage="reading", done=500))
    assert "Reading… 500 entries" in html
    assert "value=" not in html
    assert "0 of" not in run_html(Run(1, "rebuild", stage="embedding", done=0, total=0))


def test_one_that_is_stopping_cannot_be_stopped_again() -> None:
    html = run_html(Run(1, "rebuild", state="stopping"))
    assert "Stopping…" in html
    assert "data-run" not in html


def test_each_file_says_what_became_of_it() -> None:
    counts = (("added", 3), ("updated", 0), ("merged", 1), ("unchanged", 2), ("rejected", 30))
    rejections = tuple((line, f"reason {line}") for line in range(25))
    files = (FileRun("a.txt", "done", counts, rejections), FileRun("b.txt", "done"), FileRun("c.txt", "left"))
    html = run_html(Run(1, "read", files=files, state="done"))
    assert "3 added, 1 merged, 2 unchanged, 30 rejected" in html
    assert "a.txt: reason 0" in html, "line 0 is the whole file"
    assert "a.txt:19: reason 19" in html
    assert "reason 20" not in html
    assert "and 10 more" in html
    assert "nothing in it" in html
    assert "not read" in html


def test_papers_that_are_gone_from_their_file_are_offered_for_removal() -> None:
    many = tuple((f"t{n}", f"Paper {n}") for n in range(12))
    run = Run(1, "read", files=(FileRun("a.txt", "done", (("added", 1),), replaces=True, gone=many),), state="done")
    html = run_html(run)
    assert "1 added; new edition" in html
    assert "12 papers are no longer in the file" in html
    assert "<li>Paper 9</li><li>and 2 more</li>" in html
    assert 'data-run="remove">Remove them<' in html
    assert 'data-run="keep">Keep them<' in html
    assert "cw-gone" not in run_html(replace(run, state="running"))
    removed = run_html(replace(run, offer="removed"))
    assert "Removed 12 papers." in removed
    assert 'data-run="undo"' in removed
    assert "They stay in the library." in run_html(replace(run, offer="kept"))
    single = replace(run, files=(FileRun("a.txt", "done", gone=(("t1", HOSTILE),)),))
    assert "1 paper is no longer in the file" in run_html(single)
    assert "<img" not in run_html(single)


def test_a_stopped_run_says_how_to_go_on() -> None:
    html = run_html(Run(1, "read", files=(FileRun("a.txt", "reading"),), state="stopped"))
    assert "Complete or repair" in html
    assert 'data-state="left"' in html
    assert "not finished" in html
    assert "as it was" in run_html(Run(1, "rebuild", state="stopped"))


def test_names_and_reasons_stay_text() -> None:
    file = FileRun(HOSTILE, "done", (("rejected", 1),), ((1, HOSTILE),))
    pages = [
        run_html(Run(1, "read", HOSTILE, HOSTILE, (file,))),
        run_html(Run(1, "read", files=(file,), state="failed", message=HOSTILE)),
        contents_html(STATUS, {HOSTILE: 2}),
        health_html([Finding(HOSTILE, False, HOSTILE)]),
        disk_html([(HOSTILE, 1)]),
        said_html(HOSTILE, wrong=True),
    ]
    assert all("<img" not in page and "&lt;img" in page for page in pages)


def test_the_contents_say_what_waits() -> None:
    assert "wait" not in contents_html(STATUS, {})
    assert "No collections yet." in contents_html(STATUS, {})
    html = contents_html(replace(STATUS, papers=1, waiting=3), {"ponds": 1})
    assert "3 passages wait to be indexed" in html
    assert "<b>1</b> paper " in html
    assert '<option value="ponds">' in html
    assert 'aria-label="New name of ponds"' in html


def test_findings_say_sound_or_broken() -> None:
    html = health_html([Finding("vectors", True, "12 passages"), Finding("manifest", False, "Run `citewell doctor`.")])
    assert '<li class="cw-sound"><b>Vectors</b> <span class="cw-sr">sound:' in html
    assert '<li class="cw-broken"><b>Manifest</b> <span class="cw-sr">broken:' in html
    assert "Examine" in health_html(None)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 KB"), (1, "1 KB"), (2_048, "2 KB"), (3 * 1024**2 // 2, "1.5 MB"), (5 * 1024**3, "5.0 GB")]
)
def test_sizes_as_people_say_them(size: int, text: str) -> None:
    assert size_text(size) == text


def fill(home: Path, **sizes: int) -> None:
    for name, size in sizes.items():
        file = home / name.replace("__", "/").replace("_x_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)


def test_the_disk_by_part(tmp_path: Path) -> None:
    fill(tmp_path, library__catalogue_x_sqlite3=30, library__vectors__graph=50, library__tokens__t=20)
    fill(tmp_path, uploads__ab__papers=5, atlas__map=7, conversations=3, library__write_x_lock=1)
    parts = dict(disk_use(tmp_path, tmp_path / "library"))
    assert parts == {
        "Vectors": 50,
        "Papers": 30,
        "Token codes": 20,
        "Map": 7,
        "Uploaded files": 5,
        "Everything else": 4,
    }
    assert next(iter(parts)) == "Vectors", "the largest first"


def test_the_library_before_a_rebuild_is_told_apart(tmp_path: Path) -> None:
    fill(tmp_path, library__catalogue_x_sqlite3=30, library__vectors__graph=50)
    edition = tmp_path / "library" / "edition-5"
    fill(edition, catalogue_x_sqlite3=31, vectors__graph=51, published=0)
    parts = dict(disk_use(tmp_path, tmp_path / "library"))
    assert parts == {"Library before the last rebuild": 80, "Vectors": 51, "Papers": 31}
