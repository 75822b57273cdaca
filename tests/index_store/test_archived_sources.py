"""Files in an archive are sources of their own in the library."""

from __future__ import annotations

import zipfile
from pathlib import Path

from index_store.build import index_paths
from tests.small_library import fake_shelf, outcome


def test_the_same_id_in_two_files_of_an_archive_is_two_papers(tmp_path: Path, monkeypatch) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.jsonl", '{"id": "1", "title": "Tides", "abstract": "The moon pulls at water."}')
        archive.writestr("two.jsonl", '{"id": "1", "title": "Foam", "abstract": "A wave breaks on the sand."}')
    shelf = fake_shelf(tmp_path / "library")
    monkeypatch.chdir(tmp_path)
    assert outcome(index_paths(shelf, [Path("a.zip")])) == {"read": 2, "added": 2, "papers": 2}
    assert outcome(index_paths(shelf, [tmp_path / "a.zip"])) == {"read": 2, "unchanged": 2, "papers": 2}
    sources = [source.path for paper in shelf.catalogue.papers()[0] for source in paper.sources]
    assert sorted(sources) == [str(tmp_path / "a.zip" / name) for name in ("one.jsonl", "two.jsonl")]
    shelf.close()
