r"""Formulas in LaTeX (``$O(n^2)$``, ``\(x\)``, ``\[x\]``) as MathML, which browsers draw; other text escaped.

What ``latex2mathml`` makes of hostile text is not safe, so its output is read as XML and written again from a list of
harmless elements.  A formula that it cannot read, or that holds anything else, is shown as ``ui.display`` shows it:
readable characters, no word lost.

Pure; knows no answer and no page.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from xml.etree import ElementTree

from latex2mathml.converter import convert

from ui.display import pieces

_LONGEST = 1000
ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace msup msub msubsup mover munder munderover mfrac msqrt mroot mtable mtr mtd"
    " mstyle mpadded mphantom".split()
)
ATTRIBUTES = frozenset(
    "display stretchy mathvariant accent fence form separator linethickness minsize maxsize movablelimits"
    " columnalign displaystyle scriptlevel".split()
)
_DROPPED = frozenset({"width", "height", "depth", "voffset", "lspace", "rspace", "columnspacing", "rowspacing"})
_FORMULA = re.compile(r"(?s)(\$\$?|\\\(|\\\[)(.+?)(\$\$?|\\\)|\\\])")
_UNBRACED = re.compile(r"(\\math(?:bb|cal|bf|rm|frak|sf)) ?([A-Za-z])")
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


def readable_html(text: str) -> str:
    """Give ``text`` escaped, its formulas as MathML, its other LaTeX as readable characters."""
    return "".join(shown_html(text[p.start : p.end], p.shown) for p in pieces(text))


def shown_html(source: str, shown: str) -> str:
    """Give one piece of a text, ``source`` as stored and ``shown`` as readable characters, as markup."""
    return (formula_html(source) if source != shown else None) or escape(shown)


@lru_cache(maxsize=2048)
def formula_html(source: str) -> str | None:
    """Give the MathML of a formula with its dollars or brackets; None where it is no formula, or a broken one."""
    match = _FORMULA.fullmatch(source.strip())
    if match is None or len(source) > _LONGEST:
        return None
    block = match[1] in ("$$", r"\[")
    try:
        written = convert(_UNBRACED.sub(r"\1{\2}", match[2]), display="block" if block else "inline")
        return _rewritten(ElementTree.fromstring(written))
    except Exception:  # noqa: BLE001 (whatever a formula does to the converter, its text can be shown)
        return None


def _rewritten(element: ElementTree.Element) -> str:
    """Write an element again from what is allowed.  Raises ``ValueError`` for anything else."""
    tag = element.tag.removeprefix(_NAMESPACE)
    names = element.keys()
    if tag not in ELEMENTS or not ATTRIBUTES.issuperset(set(names) - _DROPPED) or "\\" in (element.text or ""):
        raise ValueError(f"{tag} {names} is not shown")
    attributes = "".join(f' {name}="{escape(element.attrib[name])}"' for name in names if name not in _DROPPED)
    inside = escape(element.text or "") + "".join(map(_rewritten, element))
    return f"<{tag}{attributes}>{inside}</{tag}>"
