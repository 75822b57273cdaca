"""The map on its way: drawn once for each state of the library, in the background, and told plainly when it fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index_store.build import index_entries
from index_store.errors import LibraryDamaged, LibraryError
from index_store.shelf import open_shelf
from tests.small_library import BREAD, FROGS, STARS, embedder, entry
from ui.drawing import Drawings, Sheet, draw_apart, draw_into, main


def add(library: Path, *papers: object) -> None:
    with closing(open_shelf(library, embedder())) as shelf:
        index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate(papers, 1)])  # type: ignore[arg-type]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    add(tmp_path / "library", FROGS, BREAD)
    return tmp_path / "library"


class Draughtsman:
    """Draws when it is let, and counts."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.times = 0

    def __call__(self, library: Path, folder: Path) -> None:
        self.times += 1
        assert self.let.wait(20)
        draw_into(library, folder)


@pytest.fixture
def draughtsman() -> Iterator[Draughtsman]:
    made = Draughtsman()
    yield made
    made.let.set()


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def settled(drawings: Drawings, enough: Callable[[Sheet], bool] = lambda sheet: sheet.state != "drawing") -> Sheet:
    until(lambda: enough(drawings.sheet()))
    return drawings.sheet()


def test_nothing_waits_for_the_map(library: Path, tmp_path: Path, draughtsman: Draughtsman) -> None:
    drawings = Drawings(library, tmp_path / "atlas", draughtsman)
    assert drawings.sheet() == Sheet("drawing")
    assert drawings.sheet() == Sheet("drawing")
    draughtsman.let.set()
    sheet = settled(drawings)
    assert sheet.state == "ready"
    assert sheet.atlas is not None
    assert sorted(sheet.atlas.titles) == sorted([FROGS.title, BREAD.title])
    assert draughtsman.times == 1, "asked twice, drawn once"


def test_it_is_kept(library: Path, tmp_path: Path, draughtsman: Draughtsman) -> None:
    draughtsman.let.set()
    settled(Drawings(library, tmp_path / "atlas", draughtsman))
    again = Drawings(library, tmp_path / "atlas", draughtsman)  # a server that was started anew
    assert again.sheet().state == "ready"
    assert draughtsman.times == 1


def test_a_changed_library_shows_the_old_map_until_the_new_one_is_drawn(
    library: Path, tmp_path: Path, draughtsman: Draughtsman
) -> None:
    drawings = Drawings(library, tmp_path / "atlas", draughtsman)
    draughtsman.let.set()
    old = settled(drawings)
    draughtsman.let.clear()
    add(library, STARS)
    meanwhile = drawings.sheet()
    assert (meanwhile.state, meanwhile.atlas) == ("drawing", old.atlas)
    afresh = Drawings(library, tmp_path / "atlas", draughtsman).sheet()  # also after a restart
    assert afresh.atlas is not None
    assert afresh.atlas.digest == old.atlas.digest  # type: ignore[union-attr]
    draughtsman.let.set()
    new = settled(drawings)
    assert new.atlas is not None
    assert len(new.atlas.ids) == 3
    expected = [f"{new.name}.json", f"{new.name}.npz"]
    until(lambda: sorted(path.name for path in (tmp_path / "atlas").iterdir()) == expected)  # the old one goes last


def test_a_failure_is_told_and_not_tried_again_by_itself(library: Path, tmp_path: Path) -> None:
    calls = []

    def fail(_library: Path, _folder: Path) -> None:
        calls.append(1)
        raise LibraryDamaged("The pen is broken. Sharpen it.")

    drawings = Drawings(library, tmp_path / "atlas", fail)
    assert settled(drawings) == Sheet("failed", None, "The pen is broken. Sharpen it.")
    drawings.sheet()
    assert len(calls) == 1
    drawings.again()
    assert settled(drawings).state == "failed"
    assert len(calls) == 2


def test_an_empty_library_has_nothing_to_draw(tmp_path: Path, draughtsman: Draughtsman) -> None:
    assert Drawings(tmp_path / "library", tmp_path / "atlas", draughtsman).sheet() == Sheet("empty")
    assert draughtsman.times == 0


def test_a_broken_manifest_is_told(library: Path, tmp_path: Path, draughtsman: Draughtsman) -> None:
    (library / "manifest.json").write_text("{")
    sheet = Drawings(library, tmp_path / "atlas", draughtsman).sheet()
    assert sheet.state == "failed"
    assert "citewell doctor --repair" in sheet.message


@pytest.mark.parametrize("name", ["", "..", "../library/manifest", "0" * 15, "0" * 16, "/etc/passwd"])
def test_only_figures_are_given_out(library: Path, tmp_path: Path, draughtsman: Draughtsman, name: str) -> None:
    drawings = Drawings(library, tmp_path / "atlas", draughtsman)
    draughtsman.let.set()
    sheet = settled(drawings)
    assert drawings.figure(name) is None
    assert sheet.name is not None
    assert drawings.figure(sheet.name) == tmp_path / "atlas" / f"{sheet.name}.json"


def test_another_process_draws(library: Path, tmp_path: Path) -> None:
    draw_apart(library, tmp_path / "atlas")
    assert len(list((tmp_path / "atlas").glob("*.npz"))) == 1


def test_what_goes_wrong_there_is_told_here(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"The map could not be drawn: No paper in .* is indexed yet"):
        draw_apart(tmp_path / "library", tmp_path / "atlas")
    assert not (tmp_path / "atlas").exists()


def test_the_process_says_it_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "library"), str(tmp_path / "atlas")]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
