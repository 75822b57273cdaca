"""Are two records the same study?  A decision about two papers and nothing else, so that order cannot matter.

``contradicts`` says what keeps two records apart for good: two arXiv ids, two DOIs of journals, a notice and what it is
about, "Part I" and "Part II", two editions.  ``likeness`` says how sure it is that they are one: by an identifier, by
title and authors, or by abstracts that are nearly the same.  The thresholds were set on the dev half of
``eval/pairs/identity.jsonl``.  Pure; knows no database.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from index_store import identity
from index_store.types import Paper
from index_store.wordings import Person, Wording, wording

BY_IDENTIFIER = 3.0  # likenesses: an identifier outweighs every wording
_YEARS_APART = 4  # a preprint and its journal version; beyond that, only the same text is the same study
_FEW_TITLE_WORDS = 4  # fewer are the beginning of many titles
_FEW_WORDS = 8  # an abstract of fewer content words proves nothing


def likeness(a: Paper, b: Paper) -> float:
    """Tell how sure it is that two records are one study: 0 is "two studies", ``BY_IDENTIFIER`` an identifier."""
    if _share_identifier(a, b):
        return 0.0 if _strangers(a, b) else BY_IDENTIFIER
    if _differ(a, b):
        return 0.0
    left, right = wording(a), wording(b)
    overlap, text, authors = _overlap(left, right), _text(left, right), _authors(left, right)
    if a.year is not None and b.year is not None and abs(a.year - b.year) > _YEARS_APART and text < 0.7:
        return 0.0
    if left.title == right.title:
        same = _same_title(left, overlap, text, authors)
    elif _is_part(left, right) or _typo(left.title, right.title):
        same = not _substituted(left, right) and _near_title(overlap, text, authors)
    else:
        same = not _substituted(left, right) and _other_title(left, right, text, authors)
    return 1.0 + text if same else 0.0


def contradicts(a: Paper, b: Paper) -> bool:
    """Tell whether two records can never be one paper, whatever a third one says."""
    if a.arxiv_id and b.arxiv_id and a.arxiv_id.lower() != b.arxiv_id.lower():
        return True
    return _strangers(a, b) if _share_identifier(a, b) else _differ(a, b)


def _share_identifier(a: Paper, b: Paper) -> bool:
    return not set(identity.identifiers(a)).isdisjoint(identity.identifiers(b))


def _strangers(a: Paper, b: Paper) -> bool:
    """Tell whether an identifier that two records share is a mistake: of a whole volume, or of what a notice is about.

    An arXiv id is never given twice.
    """
    if a.arxiv_id and b.arxiv_id:
        return a.arxiv_id.lower() != b.arxiv_id.lower()
    left, right = wording(a), wording(b)
    unlike = _overlap(left, right) < 0.3 and (_authors(left, right) or 0.0) < 0.5
    if left.kind != right.kind and "retraction" not in (left.kind, right.kind):
        return _overlap(left, right) < 0.5
    return unlike and _ratio(left.title, right.title) < 0.6 and not _is_part(left, right)


def _differ(a: Paper, b: Paper) -> bool:
    """Tell whether identifiers or titles say that these are two works."""
    if a.arxiv_id and b.arxiv_id and a.arxiv_id.lower() != b.arxiv_id.lower():
        return True
    preprint = any(identity.is_preprint(doi) for paper in (a, b) for doi in identity.dois(paper))
    if not preprint:
        for scheme in ("doi", "pmid"):
            left, right = (identity.of_scheme(paper, scheme) for paper in (a, b))
            if left and right and left.isdisjoint(right):
                return True
    left_words, right_words = wording(a), wording(b)
    if left_words.kind != right_words.kind:
        return True
    return _numbers_differ(left_words, right_words) or _editions_differ(left_words, right_words)


def _numbers_differ(left: Wording, right: Wording) -> bool:
    """Tell whether titles count differently; numbers in a subtitle that one of them lacks do not count."""
    if left.numbers == right.numbers:
        return False
    fewer, more = sorted((left.numbers, right.numbers), key=len)
    if _is_part(left, right) and not fewer:
        short, long = (left, right) if len(left.title) < len(right.title) else (right, left)
        rest = long.title.replace(short.title, "", 1)
        return rest.startswith(("part", "volume", "vol")) or len(rest) < 4 or rest[0].isdigit() or rest.isdigit()
    return sorted(fewer) != sorted(more)


def _editions_differ(left: Wording, right: Wording) -> bool:
    """Tell whether each abstract speaks of a year that the other does not, or of another edition."""
    if left.edition and right.edition and left.edition != right.edition:
        return True
    return bool(left.years - right.years) and bool(right.years - left.years)


def _same_title(left: Wording, overlap: float, text: float, authors: float | None) -> bool:
    if authors is None:
        return overlap >= 0.5
    if authors >= 0.5:
        return overlap >= (0.25 if len(left.title_words) >= 5 else 0.45)
    return text >= 0.8


def _near_title(overlap: float, text: float, authors: float | None) -> bool:
    if authors is None:
        return text >= 0.4 or overlap >= 0.75
    return authors >= 0.5 and (overlap >= 0.45 or text >= 0.25)


def _other_title(left: Wording, right: Wording, text: float, authors: float | None) -> bool:
    if min(len(left.words), len(right.words)) < _FEW_WORDS or _figures_differ(left, right):
        return False
    if authors is None:
        return text >= 0.85
    return authors >= 0.5 and text >= 0.65


def _figures_differ(left: Wording, right: Wording) -> bool:
    """Tell whether most numbers of the shorter abstract are not in the other: one template, two studies."""
    fewer, more = sorted((left.figures, right.figures), key=len)
    return len(fewer) >= 2 and len(fewer & more) < len(fewer) / 2


def _substituted(left: Wording, right: Wording) -> bool:
    """Tell whether each title has a word that its own abstract speaks of and the other abstract does not."""
    mine = {word for word in left.title_words - right.title_words if word in left.words - right.words}
    theirs = {word for word in right.title_words - left.title_words if word in right.words - left.words}
    return bool(mine) and bool(theirs)


def _is_part(left: Wording, right: Wording) -> bool:
    """Tell whether one title is the other without a subtitle, or without its end."""
    if left.title in right.heads or right.title in left.heads:
        return True
    shorter, longer = sorted((left, right), key=lambda side: len(side.title))
    return len(shorter.title_words) >= _FEW_TITLE_WORDS and longer.title.startswith(shorter.title)


def _typo(left: str, right: str) -> bool:
    longer = max(len(left), len(right))
    return abs(len(left) - len(right)) <= longer * 0.1 and _ratio(left, right) >= 0.9


def _ratio(left: str, right: str) -> float:
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def _overlap(left: Wording, right: Wording) -> float:
    """Give the share of the shorter abstract's content words that are in both."""
    if left.abstract == right.abstract:
        return 1.0
    fewer = min(len(left.words), len(right.words))
    return len(left.words & right.words) / fewer if fewer else 0.0


def _text(left: Wording, right: Wording) -> float:
    """Give the share of the shorter abstract's runs of three content words that are in both; of an excerpt, all."""
    if left.abstract == right.abstract:
        return 1.0
    fewer = min(len(left.runs), len(right.runs))
    if fewer < _FEW_WORDS:
        return 0.0
    return len(left.runs & right.runs) / fewer


def _authors(left: Wording, right: Wording) -> float | None:
    """Give the share of the shorter list of authors that is in the other; None where one says nothing."""
    if not left.persons or not right.persons:
        return None
    fewer, more = sorted((left.persons, right.persons), key=len)
    return sum(any(_same_person(one, other) for other in more) for one in fewer) / len(fewer)


def _same_person(one: Person, other: Person) -> bool:
    if one.words == other.words:
        return True
    initials = one.initials[:1], other.initials[:1]
    return one.family == other.family and (initials[0] == initials[1] or "" in initials)
