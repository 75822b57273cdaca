"""XML that is broken or hostile: nothing is expanded, loaded or fetched, and memory stays bounded."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from index_store.readers import xmlrecords
from index_store.readers.roots import root_name
from tests.index_store.readers.test_pubmed import END, HEAD, article

REST = "the rest of the file was not read"


def test_a_file_that_is_cut_short_keeps_what_came_before(read_file) -> None:
    entries, rejected = read_file(HEAD + article() * 3 + article()[:60], "a.xml")
    assert len(entries) == 3
    assert len(rejected) == 1
    assert rejected[0].startswith("7: not well-formed XML: ")
    assert rejected[0].endswith(REST)


@pytest.mark.parametrize("broken", ["&broken", "<x a=1/>", "\x01", "</PubmedArticleSet></y>"])
def test_what_is_no_xml_ends_the_reading(read_file, broken: str) -> None:
    entries, rejected = read_file(HEAD + article() + broken + article() + END, "a.xml")
    assert len(entries) == 1
    assert len(rejected) == 1
    assert rejected[0].startswith("5: not well-formed XML: ")
    assert rejected[0].endswith(REST)
    assert ", line " not in rejected[0]


def test_a_record_that_is_whole_is_read_in_odd_company(read_file) -> None:
    entries, rejected = read_file(HEAD + article() + "&unknown;<b>" + article() + END, "a.xml")
    assert [e.line for e in entries] == [4, 5]
    assert len(rejected) == 1
    assert rejected[0].startswith("6: not well-formed XML: ")


def test_a_byte_that_is_not_utf8(read_file) -> None:
    entries, rejected = read_file((HEAD + article()).encode() + article("Marées").encode("latin-1"), "a.xml")
    assert len(entries) == 1
    assert rejected[0].startswith("5: not well-formed XML: ")


BOMB = "<!DOCTYPE x [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY {chr(ord(c) + 1)} '{f'&{c};' * 10}'>" for c in "abcdefghij")


@pytest.mark.parametrize("where", ["title", "attribute"])
def test_entities_are_not_expanded(read_file, where: str) -> None:
    record = article("Tides &k;" if where == "title" else "Tides", more='<x y="&k;"/>' if where == "attribute" else "")
    started = time.monotonic()
    entries, rejected = read_file(f"{BOMB}]><PubmedArticleSet>{record}{END}", "a.xml")
    assert time.monotonic() - started < 5
    assert all(len(e.paper.title) < 100 for e in entries)
    assert len(entries) + len(rejected) == 1


def test_no_file_is_read_into_another(read_file, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "x.dtd").write_text("<!ENTITY e 'secret'>")
    place = (tmp_path / "secret").as_uri()
    doctype = f'<!DOCTYPE PubmedArticleSet SYSTEM "{tmp_path / "x.dtd"}" [<!ENTITY s SYSTEM "{place}">]>'
    for name in ("s", "e"):
        entries, rejected = read_file(f"{doctype}<PubmedArticleSet>{article(f'Tides &{name};')}{END}", "a.xml")
        assert "secret" not in repr(entries)
        assert "secret" not in repr(rejected)


def test_depth_and_length_are_limited(read_file) -> None:
    deep = read_file(HEAD + "<a>" * 3_000, "a.xml")[1]
    assert len(deep) == 1
    assert deep[0].startswith("4: not well-formed XML: ")
    long = read_file(HEAD + article("x" * 11_000_000) + END, "a.xml")[1]
    assert len(long) == 1


def test_a_record_without_end_ends_the_reading(read_file, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xmlrecords, "RECORD_LIMIT", 1_000_000)
    junk = "<junk><a>x</a></junk>\n" * 100_000
    entries, rejected = read_file(HEAD + article() + junk + article() + END, "a.xml")
    assert len(entries) == 1
    assert rejected == [f"4: more than 1,000,000 bytes without the end of a record; {REST}"]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("<a>", "a"),
        ("<x:feed xmlns:x='y'>", "feed"),
        ("<?xml version='1.0'?>\n<!-- <no> -->\n<!DOCTYPE b [<!ENTITY c 'd'>]>\n<b/>", "b"),
        ("", ""),
        ("< a>", ""),
        ("text <a>", ""),
        ("<?xml", ""),
        ("<!DOCTYPE html>\n<HTML lang='en'>", "HTML"),
    ],
)
def test_root_name(head: str, name: str) -> None:
    assert root_name(head) == name


def test_a_hostile_prologue_takes_no_time() -> None:
    started = time.monotonic()
    for part in ("<?a?>", "<!--a-->", "<!DOCTYPE a [ ] ", "<!DOCTYPE a>", "<?", "<!--", " \n"):
        assert root_name(part * 20_000) == ""
    assert time.monotonic() - started < 5
