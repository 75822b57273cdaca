"""Papers as Semantic Scholar gives them: its API (https://api.semanticscholar.org), and its bulk data as JSON Lines.

Turns one paper into the fields that every reader gives; the JSON around it is read in ``jsonlines``.  The bulk data
keep titles (``papers``) and abstracts (``abstracts``) in files of their own, in no common order: joined by ``corpusid``
they can be read, alone they are refused.  The older S2ORC and Open Research Corpus have both.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

# Around a paper in the lists of citations, references and suggestions.
_WRAPPERS = ("citedPaper", "citingPaper")
_SIGNS = (
    *("externalIds", "externalids", "openAccessPdf", "openaccessinfo", "fieldsOfStudy", "s2FieldsOfStudy"),
    *("s2fieldsofstudy", "paperAbstract", "s2Url", "publicationDate", "publicationdate", "citationCount"),
)
_HALF = (
    "Semantic Scholar's bulk data '{}', which are {}; join them with '{}' by corpusid into one file of JSON Lines with"
    " title and abstract, and read that"
)
_IDS = ("paperId", "corpusId", "corpusid", "s2Url", "paperAbstract")
_NAMES = {"arxiv": "arxiv", "doi": "doi", "pubmed": "pmid", "pubmedcentral": "pmcid", "mag": "mag"}


def is_item(value: Mapping[str, object]) -> bool:
    """Tell whether an object is a paper of Semantic Scholar, or holds one in a list of citations."""
    if any(isinstance(value.get(wrapper), dict) for wrapper in _WRAPPERS):
        return True
    return any(name in value for name in _IDS) and any(sign in value for sign in _SIGNS)


def lone_half(value: Mapping[str, object]) -> str | None:
    """Say why a file of the bulk data that begins with ``value`` is not read, where it lacks the other half."""
    if "corpusid" not in value:
        return None
    if "openaccessinfo" in value and "title" not in value:
        return _HALF.format("abstracts", "abstracts without their titles", "papers")
    if "externalids" in value and "title" in value and not any(name in value for name in ("abstract", "paperAbstract")):
        return _HALF.format("papers", "titles without their abstracts", "abstracts")
    return None


def fields(value: Mapping[str, object]) -> dict[str, object]:
    """Give a paper's fields as ``columns.to_entry`` takes them."""
    paper = next((inner for wrapper in _WRAPPERS if isinstance(inner := value.get(wrapper), dict)), value)
    external = paper.get("externalIds") or paper.get("externalids")
    named = {str(name).lower(): number for name, number in external.items()} if isinstance(external, dict) else {}
    number = paper.get("corpusId") or paper.get("corpusid") or named.get("corpusid")
    access = paper.get("openAccessPdf")
    found = {ours: named.get(theirs) for theirs, ours in _NAMES.items()}
    return found | {
        "id": paper.get("paperId") or number or paper.get("id"),
        "title": paper.get("title"),
        "abstract": paper.get("abstract") or paper.get("paperAbstract"),
        "authors": paper.get("authors"),
        "year": paper.get("year"),
        "date": paper.get("publicationDate") or paper.get("publicationdate"),
        "url": [paper.get("url"), paper.get("s2Url"), access.get("url") if isinstance(access, dict) else None],
        "doi": found["doi"] or paper.get("doi"),
        "pmcid": _pmc(found["pmcid"]),
        "categories": paper.get("fieldsOfStudy") or paper.get("s2FieldsOfStudy") or paper.get("s2fieldsofstudy"),
        "s2": number or paper.get("paperId"),
    }


def _pmc(number: object) -> object:
    """Give a PubMed Central number with its letters, which Semantic Scholar leaves out."""
    text = str(number) if isinstance(number, int | str) and not isinstance(number, bool) else ""
    return f"PMC{text}" if text.isdigit() else number
