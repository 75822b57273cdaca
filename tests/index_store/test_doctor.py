"""What doctor finds, and that its repair mends all but the catalogue."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from index_store import backup
from index_store.build import begin, index_entries
from index_store.catalogue import Catalogue
from index_store.doctor import examine, open_mended, repair
from index_store.errors import LibraryDamaged, LibraryMismatch
from index_store.library import Library
from index_store.shadow import rebuild
from index_store.shelf import Shelf, open_shelf, writing
from tests.fakes import FakeEmbedder
from tests.small_library import BREAD, FROGS, STARS, embedder, entry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(open_shelf(tmp_path / "library", embedder())) as shelf:
        index_entries(shelf, [entry(FROGS), entry(BREAD, line=2), entry(STARS, line=3)])
    return tmp_path / "library"


def troubles(folder: Path) -> list[str]:
    return [finding.part for finding in examine(folder, embedder()) if not finding.ok]


def found_for(folder: Path, query: str) -> list[str]:
    with closing(Library.open(folder, embedder())) as library:
        return [hit.paper.title for hit in library.search(query, 1)]


def test_a_sound_library(folder: Path) -> None:
    findings = examine(folder, embedder())
    assert [finding.to_dict()["part"] for finding in findings] == [
        "catalogue",
        "manifest",
        "vectors",
        "tokens",
        "lexical index",
        "embedder",
    ]
    assert all(finding.ok for finding in findings)
    assert [findings[0].message, findings[2].message] == ["3 papers in 7 passages", "7 passages"]
    assert [findings[4].message, findings[5].message] == ["3 papers", "fake, 8 dimensions, 16 tokens"]


def test_an_absent_library_is_empty_and_stays_absent(tmp_path: Path) -> None:
    assert troubles(tmp_path / "nowhere") == []
    assert not (tmp_path / "nowhere").exists()


def _noise(path: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / path).write_bytes(b"noise" * 1_000)

    return damage


def _emptied(*parts: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for part in parts:
            shutil.rmtree(folder / part)

    return damage


def _cut_short(shelf: Shelf) -> None:
    begin(shelf)
    shelf.catalogue.remove([1])


def _inside(change: Callable[[Shelf], None]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        with closing(open_shelf(folder, embedder())) as shelf:
            change(shelf)

    return damage


def _other_length(folder: Path) -> None:
    """Vectors of another library's embedder under this library's manifest."""
    shutil.rmtree(folder / "vectors")
    with closing(open_shelf(folder.parent / "other", FakeEmbedder("abcdefgh", 16))):
        shutil.copytree(folder.parent / "other" / "vectors", folder / "vectors")


DAMAGE: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "manifest lost": (lambda f: (f / "manifest.json").unlink(), ["manifest"]),
    "manifest garbled": (_noise("manifest.json"), ["manifest"]),
    "vectors lost": (_emptied("vectors"), ["vectors"]),
    "vectors garbled": (_noise("vectors/chroma.sqlite3"), ["vectors"]),
    "vectors of another length": (_other_length, ["vectors"]),
    "a few vectors lost": (_inside(lambda s: s.vectors.delete([1, 2])), ["vectors"]),
    "words lost": (_emptied("lexical"), ["lexical index"]),
    "words garbled": (_noise("lexical/meta.json"), ["lexical index"]),
    "tokens lost": (_emptied("tokens"), ["tokens"]),
    "tokens garbled": (_noise("tokens/tokens.sqlite3"), ["tokens"]),
    "all lost": (_emptied("vectors", "tokens", "lexical"), ["vectors", "tokens", "lexical index"]),
    "a passage waits": (_inside(lambda s: s.catalogue.mark_indexed([3], indexed=False)), ["catalogue"]),
    "a run was cut short": (_inside(_cut_short), ["manifest", "vectors", "tokens", "lexical index"]),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found_and_mended(folder: Path, kind: str) -> None:
    damage, parts = DAMAGE[kind]
    damage(folder)
    bad = [finding for finding in examine(folder, embedder()) if not finding.ok]
    assert [finding.part for finding in bad] == parts
    assert all("citewell doctor --repair" in finding.message for finding in bad)
    repair(folder, embedder())
    assert troubles(folder) == []
    assert found_for(folder, "rye steam") == [BREAD.title]


def test_no_repair_where_the_catalogue_is_broken(folder: Path) -> None:
    _noise("catalogue.sqlite3")(folder)
    before = sorted(file.name for file in (folder / "lexical").iterdir())
    assert "catalogue" in troubles(folder)
    with pytest.raises(LibraryDamaged, match="Move it away"):
        repair(folder, embedder())
    assert sorted(file.name for file in (folder / "lexical").iterdir()) == before


@pytest.mark.parametrize("emptied", [False, True])
def test_a_lost_catalogue_is_no_empty_library_and_reading_again_mends_it(folder: Path, emptied: bool) -> None:
    for file in folder.glob("catalogue.sqlite3*"):
        file.unlink()
    if emptied:
        (folder / "catalogue.sqlite3").touch()
    before = sorted(file for file in folder.rglob("*"))
    [finding] = [finding for finding in examine(folder, embedder()) if not finding.ok]
    assert finding.part == "catalogue"
    what = "is empty" if emptied else "is gone"
    for trial in (
        lambda: Library.open(folder, embedder()),
        lambda: repair(folder, embedder()),
        lambda: rebuild(folder, embedder()),
        lambda: backup.write(folder.parent, folder.parent / "backup"),
    ):
        with pytest.raises(LibraryDamaged, match=f"{what}, which held 3 papers. Bring a backup back"):
            trial()
    assert sorted(file for file in folder.rglob("*") if file.name != "write.lock") == before
    with closing(open_shelf(folder, embedder())) as shelf:
        index_entries(shelf, [entry(STARS)])
    assert troubles(folder) == []
    assert found_for(folder, "stars camera") == [STARS.title]


def test_a_file_where_the_library_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("not a folder")
    [finding] = [finding for finding in examine(tmp_path / "library", embedder()) if not finding.ok]
    assert finding.message.endswith("library is not a folder. Move it away, or choose another --home.")


def test_another_embedder_is_told_and_nothing_is_dropped(folder: Path) -> None:
    other = FakeEmbedder("abcdefgh", 16)
    messages = {finding.part: finding.message for finding in examine(folder, other) if not finding.ok}
    assert list(messages) == ["manifest", "vectors", "tokens"]
    with pytest.raises(LibraryMismatch, match="--rebuild"):
        repair(folder, other)
    assert troubles(folder) == []


def test_a_newer_library_is_not_touched(folder: Path) -> None:
    _noise("vectors/chroma.sqlite3")(folder)  # or what this version takes for noise
    found = json.loads((folder / "manifest.json").read_text())
    found["recipe"]["format"] += 1
    (folder / "manifest.json").write_text(json.dumps(found))
    with pytest.raises(LibraryMismatch, match="newer Citewell"):
        repair(folder, embedder())
    assert (folder / "vectors" / "chroma.sqlite3").read_bytes()[:5] == b"noise"


@pytest.mark.parametrize("path", ["vectors/chroma.sqlite3", "lexical/meta.json", "tokens/tokens.sqlite3"])
def test_an_index_that_a_killed_run_broke_is_made_again_by_the_next(folder: Path, path: str) -> None:
    _inside(begin)(folder)
    _noise(path)(folder)
    with closing(Library.open(folder, embedder())) as library:
        assert len(library) == 3
        assert library.waiting() == 7
        library.search("rye steam")
    with writing(folder), closing(open_mended(folder, embedder())) as shelf:
        assert index_entries(shelf, [entry(FROGS)]).unchanged == 1
    assert troubles(folder) == []
    assert found_for(folder, "rye steam") == [BREAD.title]


@pytest.mark.parametrize("path", ["vectors/chroma.sqlite3", "lexical/meta.json", "tokens/tokens.sqlite3"])
def test_damage_without_a_killed_run_is_told_not_hidden(folder: Path, path: str) -> None:
    _noise(path)(folder)
    with pytest.raises(LibraryDamaged, match="citewell doctor --repair"):
        Library.open(folder, embedder())


def test_papers_survive_every_repair(folder: Path) -> None:
    with closing(Catalogue(folder / "catalogue.sqlite3")) as catalogue:
        before = catalogue.papers()
    _emptied("vectors")(folder)
    repair(folder, embedder())
    repair(folder, embedder())
    with closing(Catalogue(folder / "catalogue.sqlite3")) as catalogue:
        assert catalogue.papers() == before
