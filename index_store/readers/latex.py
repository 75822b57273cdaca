r"""LaTeX as it stands in bibliographies -> text as people read it, by ``pylatexenc``; formulas stay LaTeX.

Bibliographies are written by programs and people that know LaTeX or do not: a bare ``%`` or ``&`` is a sign of the
text here, and a command that is unknown stays as it is written; no word is lost.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from index_store.readers.raised import lowered, raised

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text  # type: ignore[import-untyped]  # it ships no types
    from pylatexenc.latexwalker import LatexMacroNode  # type: ignore[import-untyped]
    from pylatexenc.macrospec import LatexContextDb  # type: ignore[import-untyped]

LONGEST = 120_000
"""Longer texts, which no paper has, are left as they are: the parser's time is not linear."""

_SIGNS = re.compile(r"[\\{}~$]|--|``|''")  # a text without any of them holds no LaTeX
_FORMULA = re.compile(
    r"(?<!\\)\$\$?(?=[^\s$])[^$]{1,2000}?(?<=[^\s\\$])\$\$?(?!\d)|\\\(.{1,2000}?\\\)"
    r"|(?<!\\)\$(?P<sign>\\[^$]{1,60}?)\$(?=\d)",  # $\sim$5: before a digit no reader takes it for a formula
    re.DOTALL,
)
_LONE = re.compile(r"\\([~^])\{\}")  # an accent on nothing, by which Mendeley writes the sign
_COMPARED = re.compile(r"\{\\text(less|greater)\}")
_WORD = re.compile(r"\s*\S+\s*")
_WAITING = re.compile(r"\\(?:[A-Za-z]+|[`'^\"~=.])\s*$")
_MANY = 200  # pieces; a text of more is parsed as a whole
_BARE = re.compile(r"(?<!\\)[%&#$]")
_BRACES = re.compile(r"(?<!\\)[{}]")


def plain(text: str) -> str:
    """Give a field of a bibliography as text in one line."""
    if _SIGNS.search(text) and len(text) <= LONGEST:
        parts, position = [], 0
        for formula in _FORMULA.finditer(text):
            sign = formula["sign"]
            parts += [_decoded(text[position : formula.start()]), _decoded(sign) if sign else _formula(formula.group())]
            position = formula.end()
        text = "".join([*parts, _decoded(text[position:])])
    return " ".join(text.split())


def _formula(text: str) -> str:
    """Give a formula as mathematics has it: Zotero writes its < and > in words of text."""
    return _COMPARED.sub(lambda sign: "<" if sign[1] == "less" else ">", text)


def verbatim(text: str) -> str:
    r"""Give an address or identifier, in which only what LaTeX had to be told is undone: ``\_`` and ``\url{}``."""
    bare = re.sub(r"\\url\s*(?=\{)", "", text)
    bare = re.sub(r"\{?\\textasciitilde\s*\}?(?:\{\})?|\\~(?:\{\})?", "~", bare)
    return " ".join(_BRACES.sub("", re.sub(r"\\([_%&#${}])", r"\1", bare)).split())


def _decoded(text: str) -> str:
    """Decode the words that hold LaTeX; the parser is slow, and most words of an abstract hold none."""
    groups = _groups(text) if _SIGNS.search(text) else [text]
    if len(groups) > _MANY:
        groups = [text]
    return "".join((_remembered if len(group) < 40 else _parsed)(group) for group in groups)


def _groups(text: str) -> list[str]:
    """Cut a text where no brace is open and no command waits for its argument; words without LaTeX stay together."""
    groups: list[str] = []
    held: list[str] = []  # words of the group that is being made
    is_marked, depth = False, 0  # whether it holds LaTeX, and how many braces are open in it
    for word in _WORD.findall(text):
        signs = _SIGNS.search(word) is not None
        if held and signs and not is_marked:
            groups.append("".join(held))
            held = []
        held.append(word)
        is_marked = is_marked or signs
        if is_marked:
            depth = max(0, depth + word.count("{") - word.count("}") - word.count("\\{") + word.count("\\}"))
            if depth == 0 and not _WAITING.search(word):
                groups.append("".join(held))
                held, is_marked = [], False
    return [*groups, "".join(held)]


@lru_cache(maxsize=4096)
def _remembered(text: str) -> str:
    return _parsed(text)


def _parsed(text: str) -> str:
    if not _SIGNS.search(text):
        return text
    written = _LONE.sub(lambda m: r"\textasciitilde{}" if m[1] == "~" else "^", _BARE.sub(r"\\\g<0>", text))
    try:
        return str(_decoder().latex_to_text(written, latex_context=_grammar()))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):  # what it raises at odd nesting
        return _BRACES.sub("", text)


@lru_cache(maxsize=1)
def _decoder() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    known = get_default_latex_context_db()
    own = [MacroTextSpec(name, simplify_repl=shown) for name, shown in _OWN.items()]
    known.add_context_category("own", prepend=True, macros=own)
    known.set_unknown_macro_spec(MacroTextSpec("", simplify_repl=_unknown))
    return LatexNodes2Text(latex_context=known, math_mode="verbatim")


@lru_cache(maxsize=1)
def _grammar() -> LatexContextDb:
    """Say which commands take arguments, where pylatexenc does not know it."""
    from pylatexenc.latexwalker import get_default_latex_context_db
    from pylatexenc.macrospec import MacroSpec

    known = get_default_latex_context_db()
    own = [MacroSpec(name, "{" * count) for name, count in (("textsuperscript", 1), ("textsubscript", 1), ("href", 2))]
    known.add_context_category("own", prepend=True, macros=own)
    return known


def _as_written(node: LatexMacroNode) -> str:
    return str(node.latex_verbatim())


def _unknown(node: LatexMacroNode, l2tobj: LatexNodes2Text) -> str:  # pylatexenc passes it by this name
    """Show an unknown command by what stands in its braces, one without any as it is written."""
    arguments = [found for found in node.nodeargd.argnlist or () if found is not None] if node.nodeargd else []
    if arguments:
        return str(l2tobj.nodelist_to_text(arguments))
    whole, end = node.parsing_state.s, node.pos + node.len
    if whole[end : end + 2] == "{}":
        return str(node.macroname)
    return "" if whole[end : end + 1] == "{" else _as_written(node)


def _shifted(shift: Callable[[str], str]) -> Callable[[LatexMacroNode, LatexNodes2Text], str]:
    def shown(node: LatexMacroNode, l2tobj: LatexNodes2Text) -> str:
        return shift(str(l2tobj.nodelist_to_text(node.nodeargd.argnlist)))

    return shown


_OWN: dict[str, str | Callable[..., str]] = {
    "url": "%s",
    "href": "%(2)s",
    "textperiodcentered": "·",
    "textgreater": ">",
    "textless": "<",
    "textasciicircum": "^",
    "textasciigrave": "`",
    "textquotesingle": "'",
    "lbrace": "{",
    "rbrace": "}",
    "pounds": "£",
    "copyright": "©",
    "newline": " ",
    "textsuperscript": _shifted(raised),
    "textsubscript": _shifted(lowered),
    **dict.fromkeys(("it", "em", "bf", "rm", "sf", "tt", "sc", "sl", "bfseries", "itshape"), ""),
    **dict.fromkeys(("cite", "citep", "citet", "ref"), _as_written),
}
