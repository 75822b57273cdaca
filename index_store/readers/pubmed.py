"""PubMed's XML (``PubmedArticleSet``): the yearly files, the daily updates, what its web service sends.

Sections of an abstract follow one another, each after its label.  Elements are those of NLM's DTD of 2025:
https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from index_store.readers.columns import to_entry
from index_store.readers.people import said
from index_store.readers.roots import root_name
from index_store.readers.xmlrecords import Element, records, text
from index_store.types import Entry, Rejection

SUFFIXES: frozenset[str] = frozenset()  # others write .xml too: the root element decides

_ROOTS = frozenset(["PubmedArticleSet", "PubmedBookArticleSet", "PubmedArticle", "PubmedBookArticle"])
_RECORDS = ("PubmedArticle", "PubmedBookArticle")
_UNLABELLED = frozenset(["", "UNLABELLED", "UNASSIGNED", "ABSTRACT"])


def sniff(head: str) -> bool:
    """Tell whether the root element is PubMed's."""
    return root_name(head) in _ROOTS


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per article or book chapter; deleted ones, which are but numbers, are none."""
    return records(path, _RECORDS, lambda element, line: to_entry(_fields(element), path, line))


def _fields(record: Element) -> dict[str, object]:
    citation = _first(record, "MedlineCitation", "BookDocument")
    article = _first(citation, "Article") if _has(citation, "Article") else citation
    pmid = text(citation.find("PMID"))
    return {
        "title": text(article.find("ArticleTitle")) or text(article.find("VernacularTitle")) or _book(article),
        "abstract": _abstract(citation),
        "id": pmid,
        "pmid": pmid,
        "pmcid": _identifier(record, "pmc"),
        "authors": [name for author in article.findall("AuthorList/Author") if (name := _name(author))],
        "year": _year(article),
        "date": text(record.find(".//History/PubMedPubDate/Year")),
        "doi": _identifier(record, "doi") or text(article.find("ELocationID[@EIdType='doi']")),
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        "keywords": _texts(citation, "KeywordList/Keyword")
        or _texts(citation, "MeshHeadingList/MeshHeading/DescriptorName"),
    }


def _first(element: Element, *names: str) -> Element:
    """Give the first child of one of the names, or the element itself."""
    return next((child for name in names if (child := element.find(name)) is not None), element)


def _has(element: Element, name: str) -> bool:
    return element.find(name) is not None


def _texts(element: Element, path: str) -> list[str]:
    return [found for child in element.findall(path) if (found := text(child))]


def _book(article: Element) -> str:
    return text(article.find("Book/BookTitle"))


def _abstract(citation: Element) -> str:
    for path in ("Article/Abstract", "Abstract", "OtherAbstract"):
        sections = [_section(part) for part in citation.findall(f"{path}/AbstractText")]
        if any(sections):
            return " ".join(filter(None, sections))
    return ""


def _section(part: Element) -> str:
    label, content = (part.get("Label") or "").strip(), text(part)
    return f"{label.rstrip(':')}: {content}" if content and label.upper() not in _UNLABELLED else content


def _name(author: Element) -> str:
    if author.get("ValidYN") == "N":
        return ""
    given, family = text(author.find("ForeName")) or text(author.find("Initials")), text(author.find("LastName"))
    return text(author.find("CollectiveName")) or said(given, family, suffix=text(author.find("Suffix")))


def _year(article: Element) -> str:
    paths = ("Journal/JournalIssue/PubDate/Year", "Journal/JournalIssue/PubDate/MedlineDate", "ArticleDate/Year")
    return next((found for path in (*paths, "Book/PubDate/Year") if (found := text(article.find(path)))), "")


def _identifier(record: Element, kind: str) -> str:
    """Give the article's own identifier; those of the works that it cites lie deeper."""
    found = record.findall(f"*/ArticleIdList/ArticleId[@IdType='{kind}']")
    return text(found[0]) if found else ""
