"""Names of people as bibliographies write them -> as people say them: ``Quill, Ada`` is ``Ada Quill``.

A suffix stays behind a comma (``Ada Quill, Jr.``), which tells it from a family name.  Pure.
"""

from __future__ import annotations

import re

_SUFFIX = re.compile(r"[JS]r\.?|I{2,3}|IV|V", re.IGNORECASE)
_ENDED = re.compile(r"(?P<given>.+?)\s+(?P<suffix>[JS]r\.?|2nd|3rd|4th|5th|I{2,3}|IV)")
_COUNTED = {"2nd": "II", "3rd": "III", "4th": "IV", "5th": "V"}
_COMPANY = re.compile(r"(?:inc|ltd|llc|corp|co|gmbh|plc|the)\b\.?", re.IGNORECASE)
_PART = r"(?P<part>family|given|prefix|suffix|useprefix)\s*=\s*"
_EXTENDED = re.compile(_PART, re.IGNORECASE)
_EXTENDED_PART = re.compile(_PART + r"(?P<value>(?:[^,{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)", re.IGNORECASE)
_INITIALS_LAST = re.compile(r"(?P<family>\S.*?) (?P<initials>[A-Z]{1,4})(?: (?P<suffix>Jr|Sr|2nd|3rd|4th|II|III|IV))?")


def said(given: str, family: str, *, particle: str = "", suffix: str = "") -> str:
    """Join the parts of a name in the order of speech."""
    name = " ".join(part for part in (given.strip(), particle.strip(), family.strip()) if part)
    suffix = _COUNTED.get(suffix.strip().lower(), suffix.strip())
    return f"{name}, {suffix}" if name and suffix else name or suffix


def turned(name: str) -> str:
    """Turn ``Family, Given`` round; the suffix may stand second (BibTeX) or last (RIS, MEDLINE).  Other names stay."""
    parts = [part.strip() for part in name.split(",") if part.strip()]
    if len(parts) == 2 and not _SUFFIX.fullmatch(parts[1]) and not _COMPANY.fullmatch(parts[1]):
        ended = _ENDED.fullmatch(parts[1])
        return said(ended["given"], parts[0], suffix=ended["suffix"]) if ended else said(parts[1], parts[0])
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[2]):
        return said(parts[1], parts[0], suffix=parts[2])
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[1]):
        return said(parts[2], parts[0], suffix=parts[1])
    return ", ".join(parts)


def is_extended(name: str) -> bool:
    """Tell whether a name is in BibLaTeX's extended form: ``family=Maaten, given=Laurens, prefix={van der}``."""
    return _EXTENDED.match(name) is not None


def of_extended(name: str) -> str:
    """Join the parts of a name in BibLaTeX's extended form."""
    parts = {found["part"].lower(): found["value"] for found in _EXTENDED_PART.finditer(name)}
    given, family, prefix, suffix = (parts.get(part, "") for part in ("given", "family", "prefix", "suffix"))
    return said(given, family, particle=prefix, suffix=suffix)


def turned_initials(name: str) -> str:
    """Turn MEDLINE's short form round: ``Quill AB`` is ``AB Quill``."""
    found = _INITIALS_LAST.fullmatch(name.strip())
    return said(found["initials"], found["family"], suffix=found["suffix"] or "") if found else name.strip()
