"""Column names and metadata: the shapes they come in, one form out."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_store.readers.columns import to_entry
from index_store.types import Entry, Rejection

HERE = Path("papers.jsonl")


def entry(**fields: object) -> Entry:
    made = to_entry({"title": "T", "abstract": "A."} | fields, HERE, 3)
    assert isinstance(made, Entry)
    return made


@pytest.mark.parametrize("title", ["title", "TITLE", "Paper Title", "article-title", "Document Title"])
@pytest.mark.parametrize("abstract", ["abstract", "Summary", "text", "description", "Abstract Note"])
@pytest.mark.parametrize("local", ["id", "_id", "Paper ID", "doc_id", "corpusid"])
def test_usual_names_in_any_case(title: str, abstract: str, local: str) -> None:
    made = to_entry({local: "x1", title: "T", abstract: "A."}, HERE, 3)
    assert isinstance(made, Entry)
    assert (made.paper.id, made.paper.title, made.paper.abstract) == ("", "T", "A.")
    assert (made.path, made.line, made.local_id) == (HERE, 3, "x1")


def test_an_empty_column_leaves_its_place_to_the_next_name() -> None:
    assert entry(abstract="", summary=None, text="Said here.").paper.abstract == "Said here."


@pytest.mark.parametrize(
    "placeholder",
    [
        *("[No abstract available]", "No abstract available.", "No Abstract", "Abstract not available", "N/A", "nan"),
        *("-", "…", "Abstract", "An abstract is not available.", "No abstract is available for this article."),
        "An abstract is not available for this content so a preview has been provided. Please use the Get access link"
        " above for information on how to access this content.",
    ],
)
def test_what_stands_for_an_abstract_is_none(placeholder: str) -> None:
    made = to_entry({"title": "Editorial", "abstract": placeholder}, HERE, 3)
    assert isinstance(made, Rejection)
    assert made.reason == "a title with no abstract: Editorial"
    assert entry(abstract=placeholder, summary="Said here.").paper.abstract == "Said here."


@pytest.mark.parametrize("abstract", ["No.", "No abstract argument is made.", "x", "月。"])
def test_a_short_abstract_is_one(abstract: str) -> None:
    assert entry(abstract=abstract).paper.abstract == abstract


def test_titles_and_abstracts_lose_their_markup() -> None:
    found = entry(title="<i>In vivo</i> &amp; more", abstract="<p>Salt &lt; 5.</p>", authors="A <b>").paper
    assert (found.title, found.abstract, found.authors) == ("In vivo & more", "Salt < 5.", ("A <b>",))


@pytest.mark.parametrize(
    ("fields", "identifiers"),
    [
        ({"pmid": 31452104, "PMCID": "PMC123"}, ("pmcid:pmc123", "pmid:31452104")),
        ({"identifiers": ["pmid:1", "openalex:w5", "s2:9", "mag:7"]}, ("mag:7", "openalex:w5", "pmid:1", "s2:9")),
        (
            {"identifiers": ["arxiv:2401.00001v2", "arxiv:2401.00001v3", "doi:10.1000/B"]},
            (*("arxiv:2401.00001v2", "arxiv:2401.00001v3", "doi:10.1000/b"),),
        ),
        ({"identifiers": ["pmid:none", "isbn:978", "10.1000/b", 7, "pmid:"], "pmid": "2"}, ("pmid:2",)),
        ({"identifiers": "pmid:1"}, ("pmid:1",)),
        ({"identifiers": {"pmid": 1}}, ()),
    ],
)
def test_identifiers(fields: dict[str, object], identifiers: tuple[str, ...]) -> None:
    assert entry(**fields).paper.identifiers == identifiers


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (["Ada Lovelace", " Alan Turing "], ("Ada Lovelace", "Alan Turing")),
        ([{"name": "Ada Lovelace"}, {"given": "Alan", "family": "Turing"}], ("Ada Lovelace", "Alan Turing")),
        ([{"family": "Aristotle"}, {"affiliation": "?"}, 7, None, ""], ("Aristotle",)),
        ("Lovelace, Ada; Turing, Alan", ("Lovelace, Ada", "Turing, Alan")),
        ("Ada Lovelace and Alan Turing", ("Ada Lovelace", "Alan Turing")),
        ("Ada Lovelace, Alan Turing, and Kurt Gödel", ("Ada Lovelace", "Alan Turing", "Kurt Gödel")),
        ("Ada Lovelace, Alan Turing & Kurt Gödel", ("Ada Lovelace", "Alan Turing", "Kurt Gödel")),
        ("Lovelace, Ada and Turing, Alan", ("Lovelace, Ada", "Turing, Alan")),
        ("Lovelace, Ada", ("Lovelace, Ada",)),
        ("Ada Lovelace, Alan Turing", ("Ada Lovelace", "Alan Turing")),
        ("Ferdinand Brand", ("Ferdinand Brand",)),
        ("Smith, J., Doe, K., van Dyk, P.-L.", ("Smith, J.", "Doe, K.", "van Dyk, P.-L.")),
        ("Smith, J., Doe, KB, and Foo, B. C.", ("Smith, J.", "Doe, KB", "Foo, B. C.")),
        ("KIM, LEE, PARK, CHOI", ("KIM", "LEE", "PARK", "CHOI")),
        ([{"firstName": "Ada", "lastName": "Lovelace"}, {"Name": "Alan Turing"}], ("Ada Lovelace", "Alan Turing")),
        ([{"givenName": "Kurt", "familyName": "Gödel"}], ("Kurt Gödel",)),
        (7, ()),
        (None, ()),
    ],
)
def test_authors(value: object, names: tuple[str, ...]) -> None:
    assert entry(authors=value).paper.authors == names


@pytest.mark.parametrize(
    ("fields", "year"),
    [
        ({"year": 2017}, 2017),
        ({"year": 2017.0}, 2017),
        ({"year": "2017.0"}, 2017),
        ({"published": "2017-06-12T17:57:34Z"}, 2017),
        ({"date": "12 June 2017"}, 2017),
        ({"update_date": "20170612"}, 2017),
        ({"publication_date": "12.06.2017"}, 2017),
        ({"year": None, "date": "1687"}, 1687),
        ({"year": "n.d.", "date": "1687"}, 1687),
        ({"year": 12}, None),
        ({"year": True}, None),
        ({"year": float("nan")}, None),
        ({"year": float("inf")}, None),
        ({"year": 1497225600}, None),
        ({"year": [2017]}, None),
        ({}, None),
    ],
)
def test_years(fields: dict[str, object], year: int | None) -> None:
    assert entry(**fields).paper.year == year


@pytest.mark.parametrize(
    ("fields", "arxiv_id"),
    [
        ({"id": "arXiv:1706.03762"}, "1706.03762"),
        ({"id": "1706.03762v3"}, "1706.03762"),
        ({"id": "http://arxiv.org/abs/1706.03762v7"}, "1706.03762"),
        ({"url": "https://arxiv.org/pdf/1706.03762.pdf"}, "1706.03762"),
        ({"arxiv_id": "hep-th/9901001v2"}, "hep-th/9901001"),
        ({"arXiv": "math.GT/0309136"}, "math/0309136"),
        ({"arXiv": "Hep-Th/9901001"}, "hep-th/9901001"),
        ({"doi": "10.48550/arXiv.1706.03762"}, "1706.03762"),
        ({"externalIds": {"ArXiv": "1706.03762"}}, "1706.03762"),
        ({"id": "1799.03762"}, None),
        ({"id": 1706.0376}, None),
        ({"id": "p1706.03762"}, None),
    ],
)
def test_arxiv_ids_lose_prefix_version_and_subject_class(fields: dict[str, object], arxiv_id: str | None) -> None:
    assert entry(**fields).paper.arxiv_id == arxiv_id


@pytest.mark.parametrize(
    ("fields", "doi"),
    [
        ({"doi": "10.1000/ABC.5"}, "10.1000/abc.5"),
        ({"id": "doi:10.1000/ABC.5"}, "10.1000/abc.5"),
        ({"id": "https://doi.org/10.1000/ABC.5"}, "10.1000/abc.5"),
        ({"link": "http://dx.doi.org/10.1000/abc.5"}, "10.1000/abc.5"),
        ({"doi": "none"}, None),
        ({"doi": 10.1}, None),
    ],
)
def test_dois_lose_prefix_and_capitals(fields: dict[str, object], doi: str | None) -> None:
    assert entry(**fields).paper.doi == doi


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"url": "https://example.org/1"}, "https://example.org/1"),
        ({"links": ["see below", "http://example.org/2"]}, "http://example.org/2"),
        ({"id": "http://arxiv.org/abs/1706.03762"}, "http://arxiv.org/abs/1706.03762"),
        ({"id": "https://example.org/3", "url": "https://example.org/1"}, "https://example.org/1"),
        ({"id": "http://zotero.org/users/123456/items/ABCD2345"}, None),
        ({"id": "http://zotero.org/groups/1/items/A", "url": "https://example.org/1"}, "https://example.org/1"),
        ({"url": "javascript:alert(1)"}, None),
        ({"url": {"href": "https://example.org"}}, None),
    ],
)
def test_only_web_addresses_are_links(fields: dict[str, object], url: str | None) -> None:
    assert entry(**fields).paper.url == url


@pytest.mark.parametrize(
    ("fields", "categories"),
    [
        ({"categories": "cs.LG stat.ML hep-th"}, ("cs.LG", "stat.ML", "hep-th")),
        ({"tags": ["cs.LG", 5, "reading list"]}, ("cs.LG", "reading list")),
        ({"keywords": "machine learning, tides"}, ("machine learning", "tides")),
        ({"keywords": "machine learning"}, ("machine learning",)),
        ({"subjects": "Tides, high; Moons"}, ("Tides, high", "Moons")),
        ({"categories": [{"term": "cs.LG"}, {"category": "Physics"}]}, ("cs.LG", "Physics")),
        ({"categories": ""}, ()),
    ],
)
def test_categories(fields: dict[str, object], categories: tuple[str, ...]) -> None:
    assert entry(**fields).paper.categories == categories


@pytest.mark.parametrize(
    ("value", "local_id"), [(4983, "4983"), (" x ", "x"), (True, ""), ([1], ""), (None, ""), (10**20, "")]
)
def test_the_files_own_id(value: object, local_id: str) -> None:
    assert entry(id=value).local_id == local_id


def test_a_note_is_kept() -> None:
    assert entry(note="a summary by hand").paper.note == "a summary by hand"
