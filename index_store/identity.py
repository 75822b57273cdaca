"""When two entries are the same paper, and when two texts are the same text.

An entry carries keys (DOI, arXiv id, the file's own id, its normalised title); papers that share a key are candidates,
and the abstracts decide.  Typography never makes a difference: dashes, quotes, accents, case, white space and LaTeX
escapes are ironed out before comparing.  Pure; knows no database.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata

from index_store.types import Entry, Paper

# Two abstracts under one title are versions of one paper when this share of the shorter one's words is in both.
# Rewritten abstracts of one paper (v1 and v3) lie above it, different papers called "Introduction" far below.
SAME_STUDY_OVERLAP = 0.5
_SHORT_WORD = 3  # letters; such words are in every abstract and tell nothing

# An accent that is named by a letter needs a space or a brace after it: \c c is one, \cdot and \beta are not.
_ACCENT_ESCAPE = re.compile(r"\\(?:[`'^\"~=.]\s*|[uvHtcdbkr](?:\s+|(?=\{)))(?=\{?[A-Za-z])")
_NOT_WORD = re.compile(r"[^\w]+|_")


def normal_form(text: str) -> str:
    """Reduce a text to lower-case words of letters and digits, without accents and LaTeX escapes."""
    decomposed = unicodedata.normalize("NFKD", _ACCENT_ESCAPE.sub("", text).replace("{", "").replace("}", ""))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", bare.casefold()).strip()


def same_text(left: str, right: str) -> bool:
    """Tell whether two texts differ in typography only."""
    return left == right or normal_form(left).replace(" ", "") == normal_form(right).replace(" ", "")


def title_key(title: str) -> str:
    """Give the key under which papers of one title meet; titles without letters or digits keep their characters."""
    return "title:" + (normal_form(title).replace(" ", "") or title.strip())


def entry_keys(entry: Entry) -> list[str]:
    """Give the keys of an entry, the strongest first."""
    keys = identifiers(entry.paper)
    if entry.local_id:
        keys.append(f"source:{entry.path}#{entry.local_id}")
    return [*keys, title_key(entry.paper.title)] if entry.paper.title.strip() else keys


def identifiers(paper: Paper) -> list[str]:
    """Give the keys that mean the same paper everywhere: its DOI and its arXiv id."""
    keys = [f"doi:{paper.doi.lower()}"] if paper.doi else []
    return [*keys, f"arxiv:{paper.arxiv_id.lower()}"] if paper.arxiv_id else keys


def is_same_paper(entry: Entry, key: str, other: Paper) -> bool:
    """Decide whether an entry is the paper it shares ``key`` with.

    DOI, arXiv id and a file's own id settle it.  A shared title needs abstracts that overlap, and no contradiction
    (two different DOIs or arXiv ids).
    """
    if not key.startswith("title:"):
        return True
    paper = entry.paper
    if paper.doi and other.doi and paper.doi.lower() != other.doi.lower():
        return False
    if paper.arxiv_id and other.arxiv_id and paper.arxiv_id.lower() != other.arxiv_id.lower():
        return False
    return same_text(paper.abstract, other.abstract) or _overlap(paper.abstract, other.abstract) >= SAME_STUDY_OVERLAP


def new_id(paper: Paper) -> str:
    """Propose an id for a new paper: its arXiv id or DOI, else a digest of its title.  The same in every library."""
    if paper.arxiv_id:
        return f"arXiv:{paper.arxiv_id}"
    if paper.doi:
        return f"doi:{paper.doi.lower()}"
    named_by = title_key(paper.title) if paper.title.strip() else paper.abstract
    return "t" + hashlib.sha256(named_by.encode()).hexdigest()[:12]


def text_digest(paper: Paper) -> str:
    """Digest what is embedded: title and abstract."""
    return _digest([paper.title, paper.abstract])


def entry_digest(paper: Paper) -> str:
    """Digest everything a source says of a paper, so that a change at the source is noticed."""
    metadata = [paper.authors, paper.year, paper.url, paper.doi, paper.arxiv_id, paper.categories, paper.note]
    return _digest([paper.title, paper.abstract, *metadata])


def _overlap(left: str, right: str) -> float:
    a, b = ({word for word in normal_form(text).split() if len(word) > _SHORT_WORD} for text in (left, right))
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
