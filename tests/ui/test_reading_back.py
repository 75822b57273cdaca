"""What Citewell writes for other programs, it reads back as the same papers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index_store.identity import normal_form
from index_store.readers import read
from index_store.types import Entry, Paper
from ui.references import BIBTEX, CSL_JSON, CSV, JSON_LINES, RIS, Format, readable, references

FORMATS = (BIBTEX, RIS, CSL_JSON)
PAPERS = [
    Paper(
        "arXiv:2101.00002",
        "TideNet: 100% of {Large_Tides} & $O(n^2)$ Waves",
        "Tides of H₂O follow the moon -- see $x_1 < 5$, 95\\% of them. So says “Quill” (10² times).",
        authors=("Ada Quill", "Jørgen Müller", "Laurens van der Maaten", "Martin King, Jr.", "The Tide Team"),
        year=2021,
        url="https://arxiv.org/abs/2101.00002",
        doi="10.1000/a_b",
        arxiv_id="2101.00002",
        categories=("cs.CL", "stat.ML"),
    ),
    Paper("doi:10.1000/x", "潮汐のすべて", "月が引く。", authors=("王小明",), doi="10.1000/x"),
    Paper("t1", "Waves", "ER  - is no end. @misc{x, is no entry. a < b & c > d, <AbstractText>", year=1999),
]


def read_back(folder: Path, form: Format, papers: list[Paper]) -> list[Paper]:
    path = folder / f"export.{form.extension}"
    path.write_text(references(form.name, papers), "utf-8")
    found = list(read(path))
    assert all(isinstance(item, Entry) for item in found), found
    return [item.paper for item in found if isinstance(item, Entry)]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_papers_come_back(tmp_path: Path, form: Format) -> None:
    found = read_back(tmp_path, form, PAPERS)
    assert [readable(p.title) for p in found] == [readable(p.title) for p in PAPERS]
    assert [p.authors for p in found] == [p.authors for p in PAPERS]
    assert [(p.year, p.doi) for p in found] == [(p.year, p.doi) for p in PAPERS]
    assert [p.categories for p in found] == [p.categories for p in PAPERS]
    assert found[0].arxiv_id == "2101.00002"
    assert found[0].url == PAPERS[0].url
    for paper, original in zip(found, PAPERS, strict=True):
        assert normal_form(readable(paper.abstract)) == normal_form(readable(original.abstract))


EVERYWHERE = ("pmid:31452104",)
IN_MOST = ("pmcid:pmc123", *EVERYWHERE)
ALL = ("arxiv:2101.00002v3", "doi:10.48550/arxiv.2101.00002", "mag:7", "openalex:w5", *IN_MOST, "s2:9")


@pytest.mark.parametrize(
    ("form", "identifiers"),
    [(BIBTEX, IN_MOST), (RIS, EVERYWHERE), (CSL_JSON, IN_MOST), (CSV, IN_MOST), (JSON_LINES, ALL)],
    ids=lambda value: value.name if isinstance(value, Format) else "",
)
def test_a_paper_comes_back_under_its_identifiers(tmp_path: Path, form: Format, identifiers: tuple[str, ...]) -> None:
    paper = replace(PAPERS[0], identifiers=ALL, collections=("tides",))
    [found] = read_back(tmp_path, form, [paper])
    assert (found.doi, found.arxiv_id, found.year) == (paper.doi, paper.arxiv_id, paper.year)
    assert found.identifiers == identifiers
    assert found.collections == ()


def test_straight_quotes_come_back_from_bibtex(tmp_path: Path) -> None:
    [found] = read_back(tmp_path, BIBTEX, [Paper("t1", 'The "Moon"', 'It "pulls" 5" and "more".')])
    assert (found.title, found.abstract) == ('The "Moon"', 'It "pulls" 5" and "more".')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("back")


# Signs that LaTeX has commands for, and some that it has none for; its table of the rare ones does not lead back.
_LETTERS = "éüßøñçłőšžÅÆàÿ αβγδλμΩΔ 王明日本 жЯ"
_SIGNS = "–—“”‘’…×±≤≥≠≈→∞∈²³₂°€£©§"
_TEXTS = st.text("".join(map(chr, range(32, 127))) + _LETTERS + _SIGNS, max_size=60)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(title=_TEXTS, abstract=_TEXTS)
@example(title="", abstract="@misc{a, b = {c}}")
@example(title="{", abstract="}")
@example(title="a $", abstract="$ 5 % \\ ~ ^ _ # & ` '' -- < > \"")
def test_any_text_comes_back(folder: Path, form: Format, title: str, abstract: str) -> None:
    paper = Paper("t1", f"On {title} Tides", f"Of {abstract} tides.")
    [found] = read_back(folder, form, [paper])
    assert shown(found.title) == shown(paper.title)
    assert shown(found.abstract) == shown(paper.abstract)


def shown(text: str) -> str:
    return normal_form(readable(text)).replace(" ", "")
