"""PubMed's XML: articles, book chapters, structured abstracts, odd dates and names."""

from __future__ import annotations

import pytest

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.example.org/x.dtd">
<PubmedArticleSet>
"""
FULL = """<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">12345678</PMID>
<Article><Journal><JournalIssue><PubDate><MedlineDate>1998 Dec-1999 Jan</MedlineDate></PubDate></JournalIssue></Journal>
<ArticleTitle>Tides of <i>H<sub>2</sub>O</i> &amp; salt.</ArticleTitle>
<ELocationID EIdType="doi" ValidYN="Y">10.1000/other</ELocationID>
<Abstract><AbstractText Label="BACKGROUND" NlmCategory="BACKGROUND">The moon
   pulls.</AbstractText><AbstractText Label="RESULTS:">p &lt; 0.05.</AbstractText><AbstractText Label="UNLABELLED">So
it is.</AbstractText><CopyrightInformation>Copyright nobody.</CopyrightInformation></Abstract>
<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Quill</LastName><ForeName>Ada B</ForeName>
<Initials>AB</Initials></Author><Author><LastName>Reed</LastName><Initials>B</Initials><Suffix>Jr</Suffix></Author>
<Author ValidYN="N"><LastName>Wrong</LastName></Author><Author><CollectiveName>The Tide Team</CollectiveName></Author>
</AuthorList></Article>
<MeshHeadingList><MeshHeading><DescriptorName UI="D1">Moon</DescriptorName></MeshHeading></MeshHeadingList>
<KeywordList><Keyword>tides</Keyword><Keyword> salt </Keyword></KeywordList></MedlineCitation>
<PubmedData><ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.1000/cited</ArticleId></ArticleIdList>
</Reference></ReferenceList><ArticleIdList><ArticleId IdType="pubmed">12345678</ArticleId>
<ArticleId IdType="pmc">PMC1234</ArticleId><ArticleId IdType="doi">10.1000/ABC</ArticleId></ArticleIdList></PubmedData>
</PubmedArticle>
"""
BOOK = """<PubmedBookArticle><BookDocument><PMID>2</PMID><ArticleIdList><ArticleId IdType="doi">10.1000/b</ArticleId>
</ArticleIdList><Book><BookTitle>All Tides</BookTitle><PubDate><Year>2011</Year></PubDate></Book>
<ArticleTitle>Chapter of Waves</ArticleTitle><Abstract><AbstractText>The wind pushes.</AbstractText></Abstract>
<AuthorList><Author><LastName>Reed</LastName><ForeName>Bo</ForeName></Author></AuthorList></BookDocument></PubmedBookArticle>
"""
END = "</PubmedArticleSet>\n"


def article(title: str = "Tides", abstract: str = "<AbstractText>The moon.</AbstractText>", more: str = "") -> str:
    inner = f"<ArticleTitle>{title}</ArticleTitle><Abstract>{abstract}</Abstract>{more}"
    citation = f"<MedlineCitation><PMID>1</PMID><Article>{inner}</Article></MedlineCitation>"
    return f"<PubmedArticle>{citation}</PubmedArticle>\n"


def test_an_article_with_all_that_a_paper_holds(read_file) -> None:
    [found, _], rejected = read_file(HEAD + FULL + BOOK + END, "a.xml")
    assert rejected == []
    paper = found.paper
    assert (found.line, found.local_id, paper.title) == (4, "12345678", "Tides of H2O & salt.")
    assert paper.abstract == "BACKGROUND: The moon pulls. RESULTS: p < 0.05. So it is."
    assert paper.authors == ("Ada B Quill", "B Reed, Jr", "The Tide Team")
    assert (paper.year, paper.doi, paper.categories) == (1998, "10.1000/abc", ("tides", "salt"))
    assert paper.url == "https://pubmed.ncbi.nlm.nih.gov/12345678/"
    assert paper.identifiers == ("pmcid:pmc1234", "pmid:12345678")


def test_a_power_of_ten_stays_one(read_file) -> None:
    title = "10<sup>-3</sup> of 10<sup>6</sup>, the 4<sup>th</sup>, x<sup>-<i>n</i></sup>"
    [found], _ = read_file(HEAD + article(title) + END, "a.xml")
    assert found.paper.title == "10⁻³ of 10⁶, the 4th, x-n"


def test_a_book_chapter(read_file) -> None:
    [found], _ = read_file(HEAD + BOOK + END, "a.xml")
    paper = found.paper
    assert (paper.title, paper.abstract) == ("Chapter of Waves", "The wind pushes.")
    assert (paper.authors, paper.year, paper.doi) == (("Bo Reed",), 2011, "10.1000/b")


@pytest.mark.parametrize("name", ["a.xml", "a.txt", "a.csv", "a"])
@pytest.mark.parametrize("start", [HEAD, "<PubmedArticleSet>", "\ufeff" + HEAD, "<!-- <html> -->\n<PubmedArticleSet>"])
def test_the_root_tells_pubmed(read_file, name: str, start: str) -> None:
    entries, rejected = read_file(start + article() + END, name)
    assert [e.paper.title for e in entries] == ["Tides"]
    assert rejected == []


def test_other_encodings_that_the_file_declares(read_file) -> None:
    start = HEAD.replace("utf-8", "iso-8859-1")
    [found], rejected = read_file((start + article("Marées") + END).encode("latin-1"), "a.xml")
    assert (found.paper.title, rejected) == ("Marées", [])
    [found], rejected = read_file((HEAD.replace("utf-8", "utf-16") + article("Marées") + END).encode("utf-16"), "a.xml")
    assert (found.paper.title, rejected) == ("Marées", [])


@pytest.mark.parametrize(
    ("more", "year"),
    [
        ("<Journal><JournalIssue><PubDate><Year>2003</Year></PubDate></JournalIssue></Journal>", 2003),
        (
            "<Journal><JournalIssue><PubDate><MedlineDate>Winter 2003</MedlineDate></PubDate></JournalIssue></Journal>",
            2003,
        ),
        ("<ArticleDate><Year>2004</Year></ArticleDate>", 2004),
        ("", None),
    ],
)
def test_years(read_file, more: str, year: int | None) -> None:
    assert read_file(HEAD + article(more=more) + END, "a.xml")[0][0].paper.year == year


def test_missing_parts_are_said(read_file) -> None:
    records = article(abstract="") + article(title="") + "<PubmedArticle/>\n" + article()
    deleted = "<DeleteCitation><PMID>9</PMID></DeleteCitation>\n"
    entries, rejected = read_file(HEAD + records + deleted + END, "a.xml")
    assert [e.line for e in entries] == [7]
    assert rejected == [
        "4: a title with no abstract: Tides",
        "5: an abstract with no title",
        "6: no title and no abstract",
    ]


def test_an_abstract_in_another_place(read_file) -> None:
    other = article(abstract="").replace(
        "</MedlineCitation>",
        "<OtherAbstract><AbstractText>Plainly said.</AbstractText></OtherAbstract></MedlineCitation>",
    )
    assert read_file(HEAD + other + END, "a.xml")[0][0].paper.abstract == "Plainly said."


def test_lines_beyond_65535(read_file) -> None:
    entries, _ = read_file(HEAD + "\n" * 70_000 + article() + "\n" * 70_000 + article() + END, "a.xml")
    assert [e.line for e in entries] == [70_004, 140_005]
