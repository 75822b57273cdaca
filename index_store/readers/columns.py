"""Raw fields under the usual names -> one entry; what all readers have in common.

Title and abstract decide whether an entry can be read; words that say that there is no abstract are none.  Metadata is
taken where it has a shape known here and left out where not: a paper is worth more than its link.

Knows no file format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from index_store.readers import markup, metadata
from index_store.types import Entry, Paper, Rejection

ABSTRACT_LIMIT = 100_000
TITLE_LIMIT = 1_000

# Names of one thing, the first that is filled wins.  Compared in lower case with "_" for spaces, dots and hyphens.
# Among them are those of Zotero, Scopus, Web of Science, IEEE Xplore, Dimensions, The Lens and Publish or Perish.
TITLE = ("title", "paper_title", "article_title", "document_title")
ABSTRACT = ("abstract", "paper_abstract", "abstract_note", "summary", "text", "description")
_ID = ("id", "_id", "paper_id", "paperid", "doc_id", "docid", "corpusid", "corpus_id")
_AUTHORS = ("authors", "author", "author_names", "author/s")
_YEAR = ("year", "publication_year", "pubyear", "published", "publication_date", "date", "update_date", "created")
_URL = ("url", "link", "urls", "links", "articleurl", "external_url", "pdf_link")
_ARXIV = ("arxiv_id", "arxiv", "arxivid")
_PMID = ("pmid", "pubmed", "pubmed_id")
_PMCID = ("pmcid", "pmc", "pubmedcentral")
_CATEGORIES = ("categories", "category", "tags", "manual_tags", "keywords", "author_keywords", "subjects")
_OTHERS = ("doi", *_PMID, *_PMCID, "identifiers", "note")
KNOWN = frozenset((*TITLE, *ABSTRACT, *_ID, *_AUTHORS, *_YEAR, *_URL, *_ARXIV, *_CATEGORIES, *_OTHERS))

# Objects inside an entry whose fields count as the entry's own: BEIR's "metadata", Semantic Scholar's "externalIds".
NESTED = ("metadata", "externalids", "external_ids")

# What stands in the place of an abstract where there is none: Scopus, PubMed, Cambridge University Press, spreadsheets.
_SIGN = r"[^\w\ud800-\udfff]"
_NO_ABSTRACT = re.compile(
    rf"{_SIGN}*(?:no (?:abstract|summary)(?: (?:is |was )?(?:available|provided|found|given))?"
    r"|(?:an? |the )?(?:abstract|summary)(?: (?:is |was )?(?:not (?:available|provided|found)|unavailable|missing))?"
    r"|not (?:available|applicable|provided)|n\W?a|none|null|nan)?"
    rf"(?: for this \w+(?: so a preview has been provided\b.*)?)?{_SIGN}*",
    re.IGNORECASE,
)
_NO_ABSTRACT_LIMIT = 200  # characters

_NAME_SEPARATOR = re.compile(r"[\s.\-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_KINDS = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def column_name(raw: str) -> str:
    """Give the form of a column's name that the aliases are compared with."""
    return _NAME_SEPARATOR.sub("_", raw.strip().lower())


def missing_column(names: Sequence[str]) -> str | None:
    """Say which column a table lacks without which no paper can be read."""
    found = ", ".join(name[:40] for name in names[:20])
    for kind, aliases in (("title", TITLE), ("abstract", ABSTRACT)):
        if not any(column_name(name) in aliases for name in names):
            return f"no {kind} column; found columns: {found}; rename one to '{kind}'"
    return None


def to_entry(raw: Mapping[str, object], path: Path, line: int) -> Entry | Rejection:
    """Make one entry of a file's raw fields, or say why they are none."""
    fields = _flatten(raw)
    title, abstract = _text(fields, TITLE), _abstract(fields)
    problem = _problem(fields, title, abstract)
    if problem is not None:
        return Rejection(path, line, problem)
    local_id = metadata.identifier(_first(fields, _ID))
    links = metadata.texts(_first(fields, _URL))
    doi = metadata.doi(_first(fields, ("doi",)), local_id, *links)
    paper = Paper(
        id="",
        title=title,
        abstract=abstract,
        authors=metadata.authors(_first(fields, _AUTHORS)),
        year=next((y for name in _YEAR if (y := metadata.year(fields.get(name))) is not None), None),
        url=metadata.url([*links, local_id]),
        doi=doi,
        arxiv_id=metadata.arxiv_id(_first(fields, _ARXIV), local_id, *links, doi),
        categories=metadata.categories(_first(fields, _CATEGORIES)),
        note=_text(fields, ("note",)) or None,
        identifiers=_identifiers(fields),
    )
    entry = Entry(paper, path, line, local_id)
    problem = _not_unicode(_strings(entry))
    return entry if problem is None else Rejection(path, line, problem)


def _identifiers(fields: Mapping[str, object]) -> tuple[str, ...]:
    others = {name: fields.get(name) for name in ("openalex", "s2", "mag", "arxiv_version")}
    named = metadata.texts(fields.get("identifiers"))
    return metadata.identifiers(named, pmid=_first(fields, _PMID), pmcid=_first(fields, _PMCID), **others)


def _flatten(raw: Mapping[str, object]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in raw.items():
        fields.setdefault(column_name(name), value)
    for name in NESTED:
        nested = fields.get(name)
        if isinstance(nested, dict):
            for inner, value in nested.items():
                fields.setdefault(column_name(inner), value)
    return fields


def _first(fields: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((fields[n] for n in names if fields.get(n) not in (None, "", [], {})), None)


def _text(fields: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next((text for text in _texts(fields, names) if text), "")


def _abstract(fields: Mapping[str, object]) -> str:
    return next((text for text in _texts(fields, ABSTRACT) if not _is_placeholder(text)), "")


def _texts(fields: Mapping[str, object], names: tuple[str, ...]) -> Iterator[str]:
    return (metadata.clean(markup.plain(value)) for name in names if isinstance(value := fields.get(name), str))


def _is_placeholder(abstract: str) -> bool:
    return len(abstract) <= _NO_ABSTRACT_LIMIT and _NO_ABSTRACT.fullmatch(abstract) is not None


def _problem(fields: Mapping[str, object], title: str, abstract: str) -> str | None:
    for names, text in ((TITLE, title), (ABSTRACT, abstract)):
        value = None if text else _first(fields, names)
        if value is not None and not isinstance(value, str):
            return f"{names[0]} is {_KINDS.get(type(value), 'no text')}, not text"
    if (broken := _not_unicode([title, abstract])) is not None:
        return broken
    if not title:
        return "an abstract with no title" if abstract else "no title and no abstract"
    if not abstract:
        return f"a title with no abstract: {title[:80]}"
    for kind, text, limit in (("a title", title, TITLE_LIMIT), ("an abstract", abstract, ABSTRACT_LIMIT)):
        if len(text) > limit:
            return f"{kind} of {len(text):,} characters; at most {limit:,} are read"
    return None


def _not_unicode(texts: Iterable[str]) -> str | None:
    """Find what no file and no database can store."""
    broken = next((found for text in texts if (found := _SURROGATE.search(text))), None)
    if broken is None:
        return None
    return f"not Unicode: a lone surrogate (\\u{ord(broken.group()):04x}) or a byte that is not UTF-8"


def _strings(entry: Entry) -> list[str]:
    paper = entry.paper
    single = [text for text in (paper.url, paper.doi, paper.note) if text]
    return [entry.local_id, *paper.authors, *paper.categories, *single]
