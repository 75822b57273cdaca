"""Names of people in the parts that a bibliography needs: family name, given names, particle, suffix.

Splitting follows BibTeX's own rules (``bibtexparser``); what is no person's name (a team, a company) stays whole.
Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ui.display import display_text

_SUFFIX = re.compile(r"(?P<name>[^,]+),\s*(?P<suffix>[JS]r\.?|I{2,3}|IV)")
_TEAM = re.compile(r"\b(team|collaboration|consortium|group|project|initiative|et al)\b|\band\b", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r"[{}\\\x00-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Name:
    """One name; only ``family`` is set where it could not be split (``whole``)."""

    family: str
    given: str = ""
    particle: str = ""
    suffix: str = ""
    whole: bool = False

    @property
    def inverted(self) -> str:
        """The name as lists are sorted by it: ``van Beethoven, Ludwig`` or ``King, Martin Luther, Jr.``"""
        family = f"{self.particle} {self.family}".strip()
        return ", ".join(part for part in (family, self.given, self.suffix) if part)


def split_name(text: str) -> Name:
    """Split a name as it is written, in either order (``Ada Quill`` or ``Quill, Ada``)."""
    from bibtexparser.middlewares.names import InvalidNameError, parse_single_name_into_parts

    plain = " ".join(_NOT_IN_NAMES.sub(" ", display_text(text)).split())
    ended = _SUFFIX.fullmatch(plain)
    try:
        parts = parse_single_name_into_parts(ended["name"] if ended else plain)
    except InvalidNameError:
        return Name(plain, whole=True)
    family, given = " ".join(parts.last), " ".join(parts.first)
    if not family or not given or _TEAM.search(plain):
        return Name(plain, whole=True)
    return Name(family, given, " ".join(parts.von), ended["suffix"] if ended else " ".join(parts.jr))


def split_names(authors: tuple[str, ...]) -> list[Name]:
    """Split the names of a paper's authors; blank ones are left out."""
    return [name for name in map(split_name, authors) if name.family]
