"""What one source says of a paper, and the paper that several sources make together.

The text is that of one record, never pieced together: of the newest version, else of the fullest wording, else of the
cleanest typing.  Every other field is the best that any record has.  The result depends on what the records say, not on
the order they came in.  Pure; knows no database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index_store import identity
from index_store.types import Paper
from index_store.wordings import wording

_VERSION = re.compile(r"arxiv:.+v(\d+)$")


@dataclass(frozen=True, slots=True)
class Record:
    """A paper as one source has it.  ``number`` is the paper it belongs to now, 0 for none yet."""

    number: int
    path: str
    local_id: str
    line: int
    paper: Paper

    @property
    def source(self) -> tuple[str, str]:
        return self.path, self.local_id

    @property
    def name(self) -> str:
        """Give the name by which the user's decisions know this source's word, through edits of the text."""
        return f"{self.path}#{self.local_id or identity.title_key(self.paper.title)}"


def to_json(paper: Paper) -> str:
    said = [paper.title, paper.abstract, paper.authors, paper.year, paper.url, paper.doi, paper.arxiv_id]
    return json.dumps([*said, paper.categories, paper.note, paper.identifiers], ensure_ascii=False)


def from_json(text: str) -> Paper:
    title, abstract, authors, year, url, doi, arxiv_id, categories, note, identifiers = json.loads(text)
    return Paper(
        *("", title, abstract, tuple(authors), year, url, doi, arxiv_id, tuple(categories), note),
        identifiers=tuple(identifiers),
    )


def said(paper: Paper) -> Paper:
    """Give a paper without what the library adds to it."""
    return replace(paper, id="", collections=(), sources=())


def merged(papers: Sequence[Paper]) -> tuple[Paper, int]:
    """Make one paper of what its sources say; tells which of them gave the text."""
    if len(papers) == 1:
        return papers[0], 0
    order = sorted(range(len(papers)), key=lambda i: _rank(papers[i]))
    ranked = [papers[i] for i in order]
    first = ranked[0]
    dois = _dois(ranked)
    names = {name for paper in ranked for name in paper.identifiers} | {f"doi:{doi}" for doi in dois[1:]}
    paper = replace(
        first,
        authors=max((paper.authors for paper in ranked), key=lambda names: (len(names), sum(map(len, names)), names)),
        year=next((paper.year for paper in ranked if paper.year is not None), None),
        url=next((paper.url for paper in ranked if paper.url), None),
        doi=dois[0] if dois else None,
        arxiv_id=next((paper.arxiv_id for paper in ranked if paper.arxiv_id), None),
        categories=tuple(dict.fromkeys(category for paper in ranked for category in paper.categories)),
        note=next((paper.note for paper in ranked if paper.note), None),
        identifiers=tuple(sorted(names - {f"doi:{doi}" for doi in dois[:1]})),
    )
    return paper, order[0]


def _dois(ranked: Sequence[Paper]) -> list[str]:
    """Give the DOIs, those of journals first: that is what a reader wants cited."""
    found = dict.fromkeys(paper.doi for paper in ranked if paper.doi)
    return sorted(found, key=identity.is_preprint)


def _rank(paper: Paper) -> tuple[object, ...]:
    """Order records by their text, the best first; the digest makes the order total."""
    words = wording(paper)
    versions = (found for name in paper.identifiers if (found := _VERSION.fullmatch(name)))
    typed = sum(paper.title.count(c) + paper.abstract.count(c) for c in ("\\", "$", "{", "<", "\ufffd", "  "))
    return (
        words.is_cut_off,
        -max((int(found[1]) for found in versions), default=0),
        -len(words.abstract),
        typed,
        paper.title.isupper() or paper.title.endswith("."),
        -sum(map(str.isupper, paper.title)),
        identity.entry_digest(paper),
    )
