"""Files that were dragged in: safe names, a place for each, and nothing left of what fails."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest

from index_store.errors import InputError, StorageError
from ui import uploads
from ui.uploads import Settled, clean_file_name, keep, let_go, make_room, settle, sweep


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("papers.jsonl", "papers.jsonl"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\my list.TXT", "my-list.TXT"),
        ("..", "upload"),
        (".hidden", "hidden"),
        ("", "upload"),
        ("a\0b\n\u202ec.txt", "abc.txt"),
        ('<img src=x onerror="alert(1)">.csv', "img-src=x-onerror=-alert(1)-.csv"),
        ("x" * 300 + ".jsonl", "x" * 94 + ".jsonl"),
        ("Größen.csv", "Größen.csv"),
        ("no-suffix", "no-suffix"),
    ],
)
def test_names_are_not_trusted(given: str, kept: str) -> None:
    assert clean_file_name(given) == kept


def upload(folder: Path, content: bytes, name: str = "tmp123/papers.txt") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def test_a_file_moves_to_where_it_waits_and_from_there_to_where_it_stays(tmp_path: Path) -> None:
    file = upload(tmp_path, b"papers")
    home = tmp_path / "home"
    place = keep(home, file, "papers.txt")
    assert place.read_bytes() == b"papers"
    assert (home / "uploads" / "waiting") in place.parents
    assert not file.parent.exists()
    settled = settle(home, place, "ada", None)
    assert (settled.former, settled.place.read_bytes()) == (None, b"papers")
    assert settled.place.parent.parent == home / "uploads"
    assert not place.parent.exists()


def test_each_upload_waits_in_a_place_of_its_own(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = keep(home, upload(tmp_path, b"papers"), "papers.txt")
    again = keep(home, upload(tmp_path, b"papers"), "papers.txt")
    let_go(again)
    assert first.read_bytes() == b"papers"


def test_an_upload_that_is_gone_is_to_be_chosen_again(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"papers\.txt was added just now, or waited for too long\. Choose it again"):
        keep(tmp_path / "home", tmp_path / "tmp123" / "papers.txt", "papers.txt")


def lines(*titles: str) -> bytes:
    papers = [{"id": str(n), "title": title, "abstract": f"On {title}."} for n, title in enumerate(titles)]
    return "\n".join(map(json.dumps, papers)).encode()


def brought(
    home: Path, content: bytes, by: str = "ada", collection: str | None = None, name: str = "a.jsonl"
) -> Settled:
    return settle(home, keep(home, upload(home.parent, content), name), by, collection)


def test_a_file_that_shares_its_papers_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = brought(home, lines("Frogs", "Bread"))
    first.conclude(was_read=True)
    for content in (lines("Frogs", "Stars"), lines("Stars", "Moons", "Suns", "Planets")):
        edition = brought(home, content)
        assert edition.place == first.place
        assert edition.former is not None
        edition.conclude(was_read=True)
        assert [path.name for path in first.place.parent.iterdir()] == ["a.jsonl"]
        assert first.place.read_bytes() == content


def test_an_edition_of_which_nothing_was_read_leaves_the_one_before(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = brought(home, lines("Frogs", "Bread"))
    edition = brought(home, lines("Frogs"))
    edition.conclude(was_read=False)
    assert first.place.read_bytes() == lines("Frogs", "Bread")
    only = brought(home, lines("Frogs"), by="bob")
    only.conclude(was_read=False)
    assert not only.place.parent.exists()


def test_files_that_only_share_their_name_and_ids_are_kept_apart(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first, other = brought(home, lines("Frogs", "Bread")), brought(home, lines("Stars", "Moons"))
    assert (first.place.name, other.place.name, other.former) == ("a.jsonl", "a.jsonl", None)
    assert first.place != other.place
    for content, place in ((lines("Moons", "Stars", "Suns"), other.place), (lines("Bread"), first.place)):
        again = brought(home, content)
        assert (again.place, again.former is not None) == (place, True)
        again.conclude(was_read=True)


def test_another_user_another_collection_another_name_is_another_file(tmp_path: Path) -> None:
    home, content = tmp_path / "home", lines("Frogs")
    owners = [{}, {"by": "bob"}, {"collection": "ponds"}, {"name": "b.jsonl"}, {"by": "", "collection": "ada"}]
    settled = [brought(home, content, **owner) for owner in owners]  # type: ignore[arg-type]
    assert len({each.place for each in settled}) == len(owners)
    assert all(each.former is None for each in settled)


def test_of_two_that_come_together_none_replaces_the_other(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = brought(home, lines("Frogs", "Bread"))
    second = keep(home, upload(tmp_path, lines("Frogs", "Stars")), "a.jsonl")
    assert settle(home, second, "ada", None, {first.place}).former is None


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty"), (b"x" * 11, "a file may have")])
def test_what_cannot_be_kept_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, reason: str
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    file = upload(tmp_path, content)
    with pytest.raises(InputError, match=reason):
        keep(tmp_path / "home", file, "papers.txt")
    assert list(tmp_path.rglob("*")) == []


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    file = upload(tmp_path, b"papers")
    with pytest.raises(StorageError, match=r"papers\.txt cannot be kept"):
        keep(tmp_path / "home", file, "papers.txt")
    assert not file.exists()


def test_letting_go_takes_the_folder_only_where_it_is_empty(tmp_path: Path) -> None:
    one, two = upload(tmp_path, b"1", "d/one"), upload(tmp_path, b"2", "d/two")
    let_go(one)
    assert two.exists()
    let_go(two)
    let_go(two)
    assert not two.parent.exists()


def test_what_killed_servers_left_is_swept_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "arriving" / "d").mkdir(parents=True)
    for name in ("one.csv", "other.csv", "arriving/d/half.csv"):
        (tmp_path / name).write_text(f"title,abstract\n{name},It adds.\n")
    stays = settle(tmp_path, keep(tmp_path, tmp_path / "one.csv", "kept.csv"), "ada", None).place
    waits = keep(tmp_path, tmp_path / "other.csv", "list.csv")
    sweep(tmp_path)
    assert waits.exists()
    later = time.time() + 25 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    sweep(tmp_path)
    assert not waits.parent.exists()
    assert not (tmp_path / "arriving" / "d").exists()
    assert stays.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_of_the_machine_cannot_look_into_what_arrives_and_stays(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir(mode=0o755)
    make_room(tmp_path)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {
        "arriving": 0o700,
        "uploads": 0o700,
    }
