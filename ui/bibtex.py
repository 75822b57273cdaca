r"""Papers as BibTeX, written by ``bibtexparser`` with LaTeX by ``pylatexenc``.

A title may hold plain text, LaTeX, or something hostile, so nothing is passed on as it stands: the readable form of
the text (``ui.display``) is encoded anew.  Only formulas between dollars whose every command is a known sign or font
stay as they are; no title can bring ``\input`` into a document.  Words with capitals inside (``LoRA``) are put in
braces, for styles lower the case of titles.  Entries are ``@misc``, the type for works without a journal.

Knows no other format.  Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from index_store.identity import first_of_scheme
from index_store.types import Paper
from rag.links import link_of
from ui.display import MATH_COMMANDS, display_text
from ui.names import Name, split_names

if TYPE_CHECKING:
    from pylatexenc.latexencode import UnicodeToLatexEncoder  # type: ignore[import-untyped]  # it ships no types

_FORMULA = re.compile(
    r"(?<![\\$])\$(?=[^\s$])(?!\d[^$]*[(\[]\$)"  # no money before a formula in brackets, see ``ui.display``
    r"((?:[A-Za-z0-9 +\-*/=<>(),.:;|!'\[\]^_{}]|\\[A-Za-z]+)+)(?<!\s)\$(?![\d$])"
)
_OTHERS = re.compile("[^A-Za-z0-9 .,]+")
_WORD = re.compile(r"\w+")
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_OWN = {
    ord("{"): r"{\lbrace}",  # BibTeX counts also those after a backslash
    ord("}"): r"{\rbrace}",
    ord('"'): '{"}',  # what LaTeX has for it, \textquotedbl, needs another encoding of fonts than its first
}
_STOP_WORDS = frozenset(
    "a an the on of in for to and or with from by at is are be as via using towards toward how why what when do does "
    "can you your we our not it its".split()
)


def bibtex(papers: Sequence[Paper], *, abstracts: bool = True) -> str:
    """Write the papers as BibTeX entries, with or without their abstracts."""
    from bibtexparser.entrypoint import write_string
    from bibtexparser.library import Library
    from bibtexparser.middlewares.parsestack import default_unparse_stack
    from bibtexparser.model import Block, Entry, Field
    from bibtexparser.writer import BibtexFormat

    keys = citation_keys(papers)
    form = BibtexFormat()  # type: ignore[no-untyped-call]  # bibtexparser leaves it untyped
    form.indent, form.block_separator, form.trailing_comma = "  ", "\n", True
    entries: list[Block] = [
        Entry("misc", keys[paper.id], [Field(name, value) for name, value in _fields(paper, abstracts).items()])
        for paper in papers
    ]
    stack = default_unparse_stack(allow_inplace_modification=True)  # nobody sees these entries but the writer
    return str(write_string(Library(entries), unparse_stack=stack, bibtex_format=form))


def citation_keys(papers: Iterable[Paper]) -> dict[str, str]:
    """Give each paper (by id) a key like ``hu2021lora``: the same papers get the same keys, whatever their order."""
    keys: dict[str, str] = {}
    taken: set[str] = set()
    for paper in sorted(papers, key=lambda paper: paper.id):
        key = proposed = citation_key(paper)
        number = 2
        while key in taken:
            key, number = f"{proposed}-{number}", number + 1
        taken.add(key)
        keys[paper.id] = key
    return keys


def citation_key(paper: Paper) -> str:
    """Propose a key: first author's family name, year, first word of the title; of the id where these have no letters.

    Without an author the title's first word stands in for the name.
    """
    words = _ascii(display_text(paper.title)).split()
    words = [word for word in words if len(word) > 1 and word not in _STOP_WORDS] or words or [""]
    names = split_names(paper.authors[:1])
    family = _ascii(names[0].family).replace(" ", "") if names else ""
    name, word = (family, words[0]) if family else (words[0], "".join(words[1:2]))
    if not name:
        name = _ascii(paper.id).replace(" ", "") or "paper"
    return f"{name}{paper.year or ''}{word}"


def _fields(paper: Paper, abstracts: bool) -> dict[str, str]:
    found = {
        "title": _latex(paper.title, protect=True),
        "author": " and ".join(map(_author, split_names(paper.authors))),
        "year": "" if paper.year is None else str(paper.year),
        "eprint": _verbatim(paper.arxiv_id or ""),
        "archiveprefix": "arXiv" if paper.arxiv_id else "",
        "primaryclass": _latex(paper.categories[0]) if paper.arxiv_id and paper.categories else "",
        "doi": _verbatim(paper.doi or ""),
        "pmid": _verbatim(first_of_scheme(paper, "pmid")),
        "pmcid": _verbatim(first_of_scheme(paper, "pmcid").upper()),
        "url": _verbatim(link_of(paper) or ""),
        "keywords": ", ".join(map(_latex, paper.categories)),
        "abstract": _latex(paper.abstract) if abstracts else "",
    }
    return {name: value for name, value in found.items() if value}


def _author(name: Name) -> str:
    if name.whole:
        return "{" + _latex(name.family) + "}"
    family = f"{name.particle} {name.family}".strip()
    return ", ".join(_latex(part) for part in (family, name.suffix, name.given) if part)


def _latex(text: str, *, protect: bool = False) -> str:
    """Encode a text as LaTeX, its safe formulas kept; ``protect`` braces words that have capitals inside."""
    parts, position = [], 0
    for match in _FORMULA.finditer(text):
        if _is_safe(match[1]):
            parts.append(_encoded(text[position : match.start()], protect))
            parts.append(f"${match[1]}$")
            position = match.end()
    parts.append(_encoded(text[position:], protect))
    return " ".join("".join(parts).split())


def _is_safe(formula: str) -> bool:
    """Tell whether a formula has balanced braces and no command but signs, letters and fonts."""
    depth = 0
    for brace in re.findall(r"[{}]", formula):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0 and MATH_COMMANDS.issuperset(re.findall(r"\\([A-Za-z]+)", formula))


def _encoded(text: str, protect: bool) -> str:
    shown = _plain(display_text(text))
    if not protect:
        return _encode(shown)
    parts, position = [], 0
    for match in _WORD.finditer(shown):
        if any(letter.isupper() for letter in match.group()[1:]):
            parts += [_encode(shown[position : match.start()]), "{", _encode(match.group()), "}"]
            position = match.end()
    return "".join([*parts, _encode(shown[position:])])


def _encode(text: str) -> str:
    # The encoder composes accents, then looks at each character by itself, slowly; most need no look.
    composed = unicodedata.normalize("NFC", text)
    return _OTHERS.sub(lambda found: str(_encoder().unicode_to_latex(found.group())), composed)


@lru_cache(maxsize=1)
def _encoder() -> UnicodeToLatexEncoder:
    from pylatexenc.latexencode import (
        RULE_CALLABLE,
        RULE_DICT,
        UnicodeToLatexConversionRule,
        UnicodeToLatexEncoder,
    )

    own = {"replacement_latex_protection": "none"}
    return UnicodeToLatexEncoder(
        conversion_rules=[
            UnicodeToLatexConversionRule(RULE_DICT, _OWN, **own),
            UnicodeToLatexConversionRule(RULE_CALLABLE, _raised_or_lowered, **own),
            "defaults",
        ],
        replacement_latex_protection="braces-all",
        unknown_char_policy="keep",  # what LaTeX has no command for (Chinese) goes as Unicode
        unknown_char_warning=False,
    )


def _raised_or_lowered(text: str, position: int) -> tuple[int, str] | None:
    """Write a character like ᵢ or ⁿ as ``\\textsubscript{i}``: LaTeX knows few of them by themselves."""
    kind, *letters = unicodedata.decomposition(text[position]).split()[:2] or [""]
    command = {"<super>": "textsuperscript", "<sub>": "textsubscript"}.get(kind)
    if command is None or not letters:
        return None
    return 1, f"\\{command}{{{chr(int(letters[0], 16))}}}"


def _verbatim(text: str) -> str:
    """Give an address or identifier, which LaTeX reads as it stands, with what would end the field percent-encoded."""
    return "".join(c if c.isprintable() and c not in '{}\\" ' else quote(c, errors="replace") for c in text)


def _plain(text: str) -> str:
    """Drop what is not seen and turn control characters into blanks."""
    seen = _UNSEEN.sub("", text)
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in seen)


def _ascii(text: str) -> str:
    """Reduce a text to lower-case words of ASCII letters and digits."""
    bare = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()
