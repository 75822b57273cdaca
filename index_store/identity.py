"""What papers are known by: their keys and ids, and when two texts are the same text.

An entry carries keys (DOI, arXiv id, the file's own id, its normalised title); papers that share a key are candidates,
and ``sameness`` decides.  Typography never makes a difference: dashes, quotes, accents, case, white space and LaTeX
escapes are ironed out before comparing.  Pure; knows no database.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata

from index_store.types import Entry, Paper

# Who registers preprints' DOIs: arXiv, bioRxiv and medRxiv, openRxiv, SSRN, Research Square, Preprints.org, PsyArXiv,
# OSF, SocArXiv, ChemRxiv, TechRxiv, Authorea, Zenodo.
_PREPRINTS = (
    "10.48550 10.1101 10.64898 10.2139 10.21203 10.20944 10.31234 10.31219 10.31235 10.26434 10.36227 10.22541 10.5281"
)
_PREPRINT_REGISTRANTS = frozenset(_PREPRINTS.split())

# An accent that is named by a letter needs a space or a brace after it: \c c is one, \cdot and \beta are not.
_ACCENT_ESCAPE = re.compile(r"\\(?:[`'^\"~=.]\s*|[uvHtcdbkr](?:\s+|(?=\{)))(?=\{?[A-Za-z])")
_NOT_WORD = re.compile(r"[^\w]+|_")


def normal_form(text: str) -> str:
    """Reduce a text to lower-case words of letters and digits, without accents and LaTeX escapes."""
    bare = _ACCENT_ESCAPE.sub("", text) if "\\" in text else text
    bare = bare.replace("{", "").replace("}", "")
    if not bare.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c))
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
    """Give the keys that mean the same paper everywhere: its DOIs, its arXiv id, its ids in the great indexes."""
    keys = [f"doi:{doi}" for doi in dois(paper)]
    keys += [f"arxiv:{paper.arxiv_id.lower()}"] if paper.arxiv_id else []
    return [*keys, *(name for name in paper.identifiers if not name.startswith(("doi:", "arxiv:")))]


def dois(paper: Paper) -> list[str]:
    """Give the DOIs of a paper in one form: lower case, without the number of a preprint's version."""
    names = [paper.doi.lower()] if paper.doi else []
    names += [name.removeprefix("doi:") for name in paper.identifiers if name.startswith("doi:")]
    return list(dict.fromkeys(_one_version(name) for name in names))


def of_scheme(paper: Paper, scheme: str) -> set[str]:
    """Give the identifiers of a paper of one scheme ("doi", "pmid")."""
    return {key for key in identifiers(paper) if key.startswith(f"{scheme}:")}


def first_of_scheme(paper: Paper, scheme: str) -> str:
    """Give the first of a paper's further identifiers of one scheme ("pmid", "pmcid"), bare; "" where it has none."""
    return next((name.partition(":")[2] for name in paper.identifiers if name.startswith(f"{scheme}:")), "")


def is_preprint(doi: str) -> bool:
    """Tell whether a DOI is that of a preprint, which a paper may have beside the journal's."""
    return doi.split("/", 1)[0] in _PREPRINT_REGISTRANTS


def _one_version(doi: str) -> str:
    if doi.startswith("10.12688/"):  # F1000 and its sisters count the versions of every article
        return re.sub(r"\.\d+$", "", doi)
    return re.sub(r"[./_-]v\d+$", "", doi) if is_preprint(doi) else doi


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
    metadata += [paper.identifiers] if paper.identifiers else []  # as it was before there were any
    return _digest([paper.title, paper.abstract, *metadata])


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
