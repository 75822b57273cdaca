"""What files say of authors, years, links and identifiers -> one form each.  Values of any JSON type; never raises.

arXiv ids lose their version, and those from before 2007 their subject class, as in arXiv's own form of them
(https://info.arxiv.org/help/arxiv_identifier.html); DOIs lose their prefix and their capitals
(DOI Handbook, section 2.4: case-insensitive).  Pure; knows no column name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# NULs end strings in C, and no font draws the others; form feeds stand where a page ended, between two words.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_PAGE_BREAK = re.compile(r"[\x0b\x0c]")

_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?=[01]\d[0-3]\d(?!\d)|(?!\d))")
_ARXIV = re.compile(
    r"(?:arxiv:\s*|(?:https?://)?(?:[a-z]+\.)?arxiv\.org/(?:abs|pdf|html)/|(?:https?://doi\.org/)?10\.48550/arxiv\.)?"
    r"(\d\d(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z][a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)
_SUBJECT_CLASS = re.compile(r"\.[a-z]{2}(?=/)")
_DOI = re.compile(r"(?:doi:\s*|(?:https?://)?(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_SCHEMES = {
    "pmid": re.compile(r"(?:pmid:?\s*|https?://\S+/)?(\d{1,9})/?"),
    "pmcid": re.compile(r"(?:pmcid:?\s*|https?://\S+/)?(pmc\d{1,9})/?"),
    "openalex": re.compile(r"(?:https?://\S+/)?(w\d{1,12})"),
    "s2": re.compile(r"(?:corpusid:\s*)?(\d{1,12}|[0-9a-f]{40})"),
    "mag": re.compile(r"(\d{1,12})"),
    "arxiv": re.compile(
        r"(?:arxiv:\s*|oai:arxiv\.org:|https?://\S+?/(?:abs|pdf)/)?"
        r"(\d{4}\.\d{4,5}v\d{1,3}|[a-z][a-z-]+(?:\.[a-z]{2})?/\d{7}v\d{1,3})(?:\.pdf)?"
    ),
}
# An item of somebody's Zotero library, by which Zotero names it, is no page of the paper.
_WEB = re.compile(r"(?!https?://(?:www\.)?zotero\.org/(?:users|groups)/)https?://\S+", re.IGNORECASE)
_ARCHIVE_CODE = re.compile(r"[a-z]+(?:-[a-z]+)?\.[A-Za-z]+(?:-[A-Za-z]+)?|[a-z]+-[a-z]{2,4}")
_AND = re.compile(r",?\s+and\s+|\s*&\s*")
_INITIALS = re.compile(r"[^\W\d_]{2}|(?:[^\W\d_](?:\.[ -]?|[ -]|$)){1,4}")
_WHOLE = ("name", "full_name", "fullname", "category", "term")
_FAMILY = ("family", "last", "last_name", "lastname", "familyname", "surname")
_GIVEN = ("given", "first", "first_name", "firstname", "givenname", "forename")


def clean(text: str) -> str:
    """Trim white space and drop control characters; nothing else changes."""
    if not text.isprintable():
        text = _PAGE_BREAK.sub(" ", _UNPRINTABLE.sub("", text))
    return text.strip()


def texts(value: object) -> list[str]:
    """Give the non-blank strings of a string or a list."""
    values = value if isinstance(value, list) else [value]
    return [text for v in values if isinstance(v, str) and (text := clean(v))]


def identifier(value: object) -> str:
    """Give a file's own id as text; "" for what is no id."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    return clean(value) if isinstance(value, str) else ""


def year(value: object) -> int | None:
    """Find a year from 1500 to 2099 in a number, a date or a time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = value if isinstance(value, str) else str(value) if abs(value) < 1e8 else ""
    found = _YEAR.search(text)
    return int(found.group()) if found else None


def url(candidates: list[str]) -> str | None:
    """Give the first web address; other schemes could run code when a reader clicks."""
    return next((text for text in candidates if _WEB.fullmatch(text)), None)


def doi(*candidates: object) -> str | None:
    """Give the first DOI, bare and in lower case."""
    found = (_DOI.fullmatch(text) for value in candidates for text in texts(value))
    return next((m.group(1).lower() for m in found if m), None)


def arxiv_id(*candidates: object) -> str | None:
    """Give the first arXiv id, without its version."""
    found = (_ARXIV.fullmatch(text) for value in candidates for text in texts(value))
    return next((_SUBJECT_CLASS.sub("", m.group(1).lower()) for m in found if m), None)


def identifiers(named: Iterable[str] = (), **values: object) -> tuple[str, ...]:
    """Give the further names of a paper as sorted "scheme:value": pmid, pmcid, openalex, s2, mag, doi, arxiv.

    They come as such names, or by their schemes (arXiv's as ``arxiv_version``), bare or as web addresses.  What is no
    identifier of its scheme is left out.
    """
    said = [*values.items(), *(name.partition(":")[::2] for name in named)]
    found = ((scheme.removesuffix("_version"), identifier(value).lower()) for scheme, value in said)
    return tuple(sorted({f"{scheme}:{name}" for scheme, text in found if text and (name := _identifier(scheme, text))}))


def _identifier(scheme: str, text: str) -> str | None:
    if scheme == "doi":
        return doi(text)
    matched = _SCHEMES[scheme].fullmatch(text) if scheme in _SCHEMES else None
    return _SUBJECT_CLASS.sub("", matched.group(1)) if matched else None


def authors(value: object) -> tuple[str, ...]:
    """Give names from a list of names, a list of objects, or one string (";" before " and " before ",")."""
    if isinstance(value, str):
        return tuple(name for part in _split_names(clean(value)) if (name := part.strip()))
    return _names(value)


def categories(value: object) -> tuple[str, ...]:
    """Give categories from a list or a string (";" before "," before spaces, where all words are arXiv codes)."""
    if not isinstance(value, str):
        return _names(value)
    text = clean(value)
    separator = next((s for s in ";," if s in text), None)
    words = text.split()
    if separator is None and all(_ARCHIVE_CODE.fullmatch(word) for word in words):
        return tuple(words)
    return tuple(part.strip() for part in text.split(separator or "\n") if part.strip())


def _split_names(text: str) -> list[str]:
    if ";" in text:
        return text.split(";")
    parts = _AND.split(text)
    if len(parts) > 1 and all(part.count(",") == 1 for part in parts):
        return parts  # BibTeX: "Family, Given and Family, Given"
    names = [name for part in parts for name in part.split(",")]
    if len(parts) == 1 and len(names) == 2 and any(len(name.split()) < 2 for name in names):
        return parts  # one person: "Family, Given"
    if len(names) % 2 == 0 and all(_is_initials(name.strip()) for name in names[1::2]):
        return [f"{family}, {initials.strip()}" for family, initials in zip(names[::2], names[1::2], strict=True)]
    return names


def _is_initials(name: str) -> bool:
    return name.isupper() and _INITIALS.fullmatch(name) is not None


def _names(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(name for v in values if (name := _name(v)))


def _name(value: object) -> str:
    if isinstance(value, str):
        return clean(value)
    if not isinstance(value, dict):
        return ""
    said = {str(key).lower(): clean(text) for key, text in value.items() if isinstance(text, str)}
    whole, given, family = (next((said[key] for key in keys if key in said), "") for keys in (_WHOLE, _GIVEN, _FAMILY))
    return whole or " ".join(half for half in (given, family) if half)
