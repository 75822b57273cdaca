"""The atlas: every indexed paper has its place, on the disk it is whole or absent, and what broke it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index_store import atlas as atlases
from index_store import manifest
from index_store.atlas import Atlas, digest_of, draw, draw_from, load, paper_vectors, save
from index_store.build import index_entries
from index_store.errors import LibraryDamaged, StorageError
from index_store.shelf import Shelf, open_shelf
from tests.small_library import BREAD, FROGS, STARS, embedder, entry, fake_shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = fake_shelf(tmp_path)
    index_entries(made, [entry(FROGS, year=1990), entry(BREAD, line=2, year=2000), entry(STARS, line=3)])
    yield made
    made.close()


def drawn(shelf: Shelf) -> Atlas | None:
    published = manifest.read(shelf.manifest_path)
    assert published is not None
    return draw_from(shelf.catalogue, shelf.vectors, published)


def test_every_paper_has_a_place_a_title_and_a_year(shelf: Shelf) -> None:
    atlas = drawn(shelf)
    assert atlas is not None
    assert dict(zip(atlas.titles, atlas.years, strict=True)) == {
        FROGS.title: 1990,
        BREAD.title: 2000,
        STARS.title: None,
    }
    assert [shelf.catalogue.paper(paper_id).title for paper_id in atlas.ids] == list(atlas.titles)  # type: ignore[union-attr]
    assert atlas.places.shape == (3, 2)
    assert len(atlas.labels) == atlas.clusters.max() + 1
    assert atlas.papers == 3


def test_another_embedder_s_vectors_and_other_texts_make_another_map(shelf: Shelf) -> None:
    published = manifest.read(shelf.manifest_path)
    assert published is not None
    other = replace(published, recipe=replace(published.recipe, embedder_digest="another"))
    edited = replace(published, digest="another")
    again = replace(published, written_at="later")
    assert len({digest_of(made) for made in (published, other, edited)}) == 3
    assert digest_of(again) == digest_of(published)


def test_the_vector_of_a_paper_is_the_mean_of_its_passages(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atlases, "_PAGE", 2)  # the third paper is on the second page
    numbers, rows = paper_vectors(shelf.catalogue, shelf.vectors, np.array([1, 2, 3]))
    assert numbers.tolist() == [1, 2, 3]
    for number, row in zip(numbers.tolist(), rows, strict=True):
        mine = [id_ for id_, owner in shelf.catalogue.passage_table().tolist() if owner == number]
        total = shelf.vectors.get(mine).sum(axis=0)
        assert row == pytest.approx(total / np.linalg.norm(total), abs=1e-6)


def test_only_the_wanted_papers_are_read(shelf: Shelf) -> None:
    assert paper_vectors(shelf.catalogue, shelf.vectors, np.array([2, 99]))[0].tolist() == [2]


def test_a_paper_that_is_not_indexed_yet_is_left_out(shelf: Shelf) -> None:
    shelf.vectors.delete([id_ for id_, owner in shelf.catalogue.passage_table().tolist() if owner == 2])
    atlas = drawn(shelf)
    assert atlas is not None
    assert sorted(atlas.titles) == sorted([FROGS.title, STARS.title])


def test_nothing_indexed_is_no_atlas(shelf: Shelf) -> None:
    shelf.vectors.delete(list(shelf.vectors.ids()))
    assert drawn(shelf) is None


def test_at_most_so_many_papers_are_placed(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atlases, "MOST_PLACED", 2)
    atlas = drawn(shelf)
    assert atlas is not None
    assert (len(atlas.ids), atlas.papers) == (2, 3)
    assert list(atlas.titles) == [paper.title for paper in shelf.catalogue.sample(2)]


def test_a_paper_that_vanishes_meanwhile_is_told(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(shelf.catalogue), "papers_by_number", lambda self, numbers: {})
    with pytest.raises(LibraryDamaged, match="Open the map again"):
        drawn(shelf)


def test_drawing_needs_no_embedder(tmp_path: Path) -> None:
    shelf = open_shelf(tmp_path, embedder())
    index_entries(shelf, [entry(FROGS), entry(BREAD, line=2)])
    shelf.close()
    atlas = draw(tmp_path)
    assert atlas is not None
    assert sorted(atlas.titles) == sorted([FROGS.title, BREAD.title])


def test_an_empty_library_has_no_atlas(tmp_path: Path) -> None:
    assert draw(tmp_path / "none") is None


def test_what_is_saved_is_read_back(shelf: Shelf, tmp_path: Path) -> None:
    atlas = drawn(shelf)
    assert atlas is not None
    hostile = replace(atlas, titles=("</script>", "\U0001f600 \u202e", 'quo"te'))
    save(hostile, tmp_path / "maps" / "a.npz")
    back = load(tmp_path / "maps" / "a.npz")
    assert back is not None
    assert (back.ids, back.titles, back.years, back.labels) == (
        hostile.ids,
        hostile.titles,
        hostile.years,
        hostile.labels,
    )
    assert (back.places == hostile.places).all()
    assert (back.clusters == hostile.clusters).all()
    assert [path.name for path in (tmp_path / "maps").iterdir()] == ["a.npz"]


@pytest.mark.parametrize("cut", [0, 10, -30])
def test_a_file_that_is_cut_off_is_no_atlas(shelf: Shelf, tmp_path: Path, cut: int) -> None:
    atlas = drawn(shelf)
    assert atlas is not None
    save(atlas, tmp_path / "a.npz")
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[:cut])
    assert load(tmp_path / "a.npz") is None
    assert load(tmp_path / "absent.npz") is None


def test_of_another_format_is_no_atlas(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    atlas = drawn(shelf)
    assert atlas is not None
    monkeypatch.setattr(atlases, "_FORMAT", 2)
    save(atlas, tmp_path / "a.npz")
    monkeypatch.undo()
    assert load(tmp_path / "a.npz") is None


def test_a_folder_that_cannot_be_made_is_told(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    atlas = drawn(shelf)
    assert atlas is not None
    with pytest.raises(StorageError, match="cannot be written"):
        save(atlas, tmp_path / "file" / "a.npz")
