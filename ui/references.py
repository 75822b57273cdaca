"""Papers as files for reference managers and spreadsheets: BibTeX, RIS, CSL-JSON, CSV, and Citewell's own JSON Lines.

RIS is written by ``rispy``; CSL-JSON follows the schema of citationstyles.org (version 1.0.2, its item type for works
without a journal is ``article``).  All but JSON Lines give the text as people read it, LaTeX turned into characters.
A cell of the CSV never begins like a formula, which a spreadsheet would run (OWASP, "CSV Injection").  Pure.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from index_store.identity import first_of_scheme
from index_store.types import Paper
from rag.links import link_of
from rag.types import full_paper_to_dict
from ui.bibtex import bibtex, citation_keys
from ui.display import display_text
from ui.names import Name, split_names

_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_CSV_COLUMNS = (
    *("id", "title", "authors", "year", "doi", "arxiv_id", "pmid", "pmcid", "url"),
    *("categories", "collections", "abstract"),
)


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its name in commands, what people call it, the end of its files' names, its media type."""

    name: str
    label: str
    extension: str
    media_type: str


BIBTEX = Format("bibtex", "BibTeX", "bib", "application/x-bibtex")
RIS = Format("ris", "RIS", "ris", "application/x-research-info-systems")
CSL_JSON = Format("csl-json", "CSL-JSON", "json", "application/vnd.citationstyles.csl+json")
CSV = Format("csv", "CSV (spreadsheet)", "csv", "text/csv")
JSON_LINES = Format("jsonl", "JSON Lines", "jsonl", "application/jsonl")
PAPER_FORMATS = (BIBTEX, RIS, CSL_JSON, CSV)
"""The formats for other programs.  JSON Lines, for Citewell itself, names the files that papers were read from."""


def references(format_name: str, papers: Sequence[Paper]) -> str:
    """Write papers in one of ``PAPER_FORMATS`` or ``JSON_LINES``.  Raises ``KeyError`` for another name."""
    return _WRITERS[format_name](papers)


def ris(papers: Sequence[Paper]) -> str:
    """Write the papers as RIS."""
    from rispy import RisWriter  # type: ignore[import-untyped]  # it ships no types

    class Unnumbered(RisWriter):  # type: ignore[misc]  # likewise
        """Without the counting line that rispy puts before each reference, which RIS does not know."""

        def set_header(self, _count: int) -> str:
            return ""

    return str(Unnumbered().formats([_ris_reference(paper) for paper in papers]))


def csl_json(papers: Sequence[Paper]) -> str:
    """Write the papers as a JSON list of CSL items, their ids the keys of the BibTeX entries."""
    keys = citation_keys(papers)
    return json.dumps([_csl_item(paper, keys[paper.id]) for paper in papers], ensure_ascii=False, indent=2) + "\n"


def csv_table(papers: Sequence[Paper]) -> str:
    """Write the papers as CSV with a line of column names; lists are joined by ``; ``."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")  # RFC 4180
    writer.writerow(_CSV_COLUMNS)
    writer.writerows([_cell(value) for value in _csv_row(paper)] for paper in papers)
    return made.getvalue()


def json_lines(papers: Sequence[Paper]) -> str:
    """Write the papers as ``citewell index`` reads them, the text as stored.  Collections and sources are but told."""
    return "".join(json.dumps(full_paper_to_dict(paper), ensure_ascii=False) + "\n" for paper in papers)


def readable(text: str) -> str:
    """Give a text in one line as people read it: no LaTeX, no control characters, nothing that is not seen."""
    return " ".join(_CONTROL.sub(" ", _UNSEEN.sub("", display_text(text))).split())


def _ris_reference(paper: Paper) -> dict[str, Any]:
    pmid = _number(paper, "pmid")
    found = {
        "type_of_reference": "GEN",
        "id": readable(paper.id),
        "title": readable(paper.title),
        "authors": [readable(name.inverted) for name in split_names(paper.authors)],
        "year": "" if paper.year is None else str(paper.year),
        "doi": readable(paper.doi or ""),
        "accession_number": pmid,
        "name_of_database": "PubMed" if pmid else "",
        "urls": [link_of(paper)] if link_of(paper) else [],
        "keywords": [readable(category) for category in paper.categories],
        "abstract": readable(paper.abstract),
    }
    return {name: value for name, value in found.items() if value}


def _csl_item(paper: Paper, key: str) -> dict[str, Any]:
    found = {
        "id": key,
        "type": "article",
        "title": readable(paper.title),
        "author": [_csl_name(name) for name in split_names(paper.authors)],
        "issued": {"date-parts": [[paper.year]]} if paper.year is not None else None,
        "DOI": readable(paper.doi or ""),
        "PMID": _number(paper, "pmid"),
        "PMCID": _number(paper, "pmcid"),
        "URL": link_of(paper),
        "number": f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else None,
        "publisher": "arXiv" if paper.arxiv_id else None,
        "keyword": ", ".join(map(readable, paper.categories)),
        "abstract": readable(paper.abstract),
    }
    return {name: value for name, value in found.items() if value}


def _csl_name(name: Name) -> dict[str, str]:
    if name.whole:
        return {"literal": name.family}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {part: text for part, text in parts.items() if text}


def _csv_row(paper: Paper) -> list[str]:
    authors, categories, collections = (
        "; ".join(map(readable, each)) for each in (paper.authors, paper.categories, paper.collections)
    )
    year = "" if paper.year is None else str(paper.year)
    names = [readable(paper.doi or ""), readable(paper.arxiv_id or ""), *(_number(paper, n) for n in ("pmid", "pmcid"))]
    texts = [year, *names, readable(link_of(paper) or ""), categories, collections]
    return [paper.id, readable(paper.title), authors, *texts, readable(paper.abstract)]


def _number(paper: Paper, scheme: str) -> str:
    """Give a number of PubMed's or PubMed Central's as they write it."""
    return readable(first_of_scheme(paper, scheme)).upper()


def _cell(value: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula; it shows the cell as text then."""
    return f"'{value}" if value.lstrip().startswith(_FORMULA_STARTS) else value


_WRITERS: dict[str, Callable[[Sequence[Paper]], str]] = {
    "bibtex": bibtex,
    "ris": ris,
    "csl-json": csl_json,
    "csv": csv_table,
    "jsonl": json_lines,
}
