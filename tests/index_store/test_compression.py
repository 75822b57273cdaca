"""Abstracts made short and long again: with a dictionary and without, in transactions undone, and damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index_store import compression
from index_store.build import index_entries
from index_store.catalogue import Catalogue
from index_store.compression import Compression
from index_store.errors import InputError, LibraryDamaged
from index_store.intake import Intake
from index_store.types import Paper
from tests.small_library import BREAD, FROGS, entry, fake_shelf

SUBJECTS = ("frogs", "tides", "alloys", "vowels", "glaciers", "enzymes", "bridges")
TEXTS = [
    f"We measured how {SUBJECTS[n % 7]} change with the season in {1900 + n} samples, and found that the {n}th differs"
    f" from all others: {SUBJECTS[n // 7 % 7]} were larger by {n * n % 97} percent than the model had led us to expect."
    for n in range(400)
]


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with closing(Catalogue(tmp_path / "catalogue.sqlite3")) as made:
        yield made


@pytest.fixture
def packs(catalogue: Catalogue) -> Compression:
    return Compression(catalogue.db)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_text_comes_back(packs: Compression, text: str) -> None:
    assert packs.unpack(packs.pack(text)) == text


def test_a_dictionary_makes_short_texts_shorter_and_older_ones_stay_readable(packs: Compression) -> None:
    before = [packs.pack(text) for text in TEXTS]
    assert not packs.has_dictionary()
    packs.learn(TEXTS)
    after = [packs.pack(text) for text in TEXTS]
    assert packs.has_dictionary()
    assert sum(map(len, after)) < sum(map(len, before)) / 2
    assert [packs.unpack(packed) for packed in before + after] == TEXTS + TEXTS


def test_what_another_process_learnt_is_read(packs: Compression, tmp_path: Path) -> None:
    packs.learn(TEXTS)
    packed = packs.pack(TEXTS[3])
    with closing(Catalogue(tmp_path / "catalogue.sqlite3")) as other:
        assert other.unpacked(packed) == TEXTS[3]


def test_a_dictionary_that_is_taken_back_is_not_used(catalogue: Catalogue, packs: Compression) -> None:
    with pytest.raises(KeyError):
        learn_and_think_better(catalogue, packs)
    packed = packs.pack(TEXTS[1])
    assert Compression(catalogue.db).unpack(packed) == TEXTS[1]


def learn_and_think_better(catalogue: Catalogue, packs: Compression) -> None:
    with catalogue.transaction():
        packs.learn(TEXTS)
        packs.pack(TEXTS[0])
        raise KeyError


def test_texts_that_teach_nothing_are_asked_once(packs: Compression) -> None:
    packs.learn(["", "", "x"])
    assert packs.has_dictionary()
    assert packs.unpack(packs.pack("a text")) == "a text"


def test_half_a_character_is_no_text(packs: Compression) -> None:
    with pytest.raises(InputError, match="Unicode"):
        packs.pack("a\ud800b")


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"plain text",
        "plain text",
        b"\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00\xff\xff\xff\xff\xff",  # no Unicode
        b"\x28\xb5\x2f\xfd\x63\x39\x30\x00\x00\x05\x00\x29\x00\x00hello",  # needs a dictionary that is not there
        b"\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x7f",  # says that it is as long as all disks
    ],
)
def test_what_nobody_packed_is_damage(packs: Compression, packed: bytes) -> None:
    with pytest.raises(LibraryDamaged, match=r"catalogue\.sqlite3 is damaged \(an abstract cannot be read"):
        packs.unpack(packed)


def test_a_damaged_abstract_is_told_with_what_to_do(catalogue: Catalogue) -> None:
    with catalogue.transaction():
        Intake(catalogue).add(entry(FROGS))
    catalogue.db.run("UPDATE papers SET abstract = substr(abstract, 1, 20)")
    with pytest.raises(LibraryDamaged, match="Move it away, then read your files again"):
        catalogue.paper(catalogue.papers()[0][0].id)


def test_a_library_learns_while_it_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "SAMPLE", 300)
    papers = [Paper("", f"{text[16:40]} {n}", text) for n, text in enumerate(TEXTS)]
    with closing(fake_shelf(tmp_path)) as shelf:
        index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate(papers[:299], 1)])
        assert shelf.catalogue.db.all("SELECT * FROM dictionaries") == []
        report = index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate(papers, 1)])
        assert len(shelf.catalogue.db.all("SELECT * FROM dictionaries")) == 1
        held = {paper.title: paper.abstract for paper in shelf.catalogue.papers(limit=-1)[0]}
        assert held == {paper.title: paper.abstract for paper in papers}
        assert report.papers == 400
        with shelf.catalogue.transaction():
            Intake(shelf.catalogue).add(entry(BREAD))
        assert shelf.catalogue.papers(query=BREAD.title)[0][0].abstract == BREAD.abstract
