"""HTML and JATS that services and publishers leave in titles and abstracts -> text: their tags and their entities.

What only looks like markup stays: ``x < y``, ``<unk>``, the mean ``<b>``.  A tag is one of the names below, and its end
is in the text too, or the text begins with it, or no other language has it (``<br>``, ``<jats:p>``).  Some texts were
escaped twice on their way (``&amp;lt;``).  Pure.

JATS: https://jats.nlm.nih.gov/archiving/tag-library/1.3.
"""

from __future__ import annotations

import html
import re
from html.entities import html5

from index_store.readers.raised import raised

_ATTRIBUTE = r"""\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+)"""
_TAG = re.compile(rf"<(/?)(jats:|mml:)?([a-z][a-z0-9-]*)(?:{_ATTRIBUTE})*\s*/?>", re.IGNORECASE)
_RAISED = re.compile(r"<(jats:)?sup>([^<>]{1,40})</\1?sup>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:(?P<number>#\d{1,7}|#x[0-9a-f]{1,6})|(?P<name>[a-z][a-z0-9]{1,31}));", re.IGNORECASE)
_IN_LATEX = re.compile(r"\\&(?=(?:lt|gt|amp|quot|nbsp|#\d{1,7});)")  # how programs write entities into BibTeX
_BLOCKS = frozenset(
    "p sec title list list-item item br break div li ul ol h1 h2 h3 h4 h5 h6 blockquote disp-formula".split()
)
_INLINE = frozenset(
    "i b em strong sub sup sc scp span italic bold u a inline underline tt code small big font monospace roman"
    " sans-serif overline strike xref ext-link inline-formula tex-math alternatives named-content"
    " styled-content".split()
)
_ALONE = frozenset(["br", "break"])  # have no end


def plain(text: str) -> str:
    """Give a text without markup, in one line where it had any."""
    if "<" not in text and "&" not in text:
        return text
    bare = text
    if "&" in text:
        bare = _ENTITY.sub(_meant, _ENTITY.sub(_meant, _IN_LATEX.sub("&", text)))
    if "<" in bare:
        bare = _without_tags(bare)
    return " ".join(bare.split()) if bare != text else text


def _without_tags(text: str) -> str:
    tags = list(_TAG.finditer(text))
    if not tags:
        return text
    ended = _ALONE | {tag[3].lower() for tag in tags if tag[1] or tag.start() == 0}

    def shown(tag: re.Match[str]) -> str:
        name = tag[3].lower()
        if not tag[2] and name not in ended:
            return tag.group()
        if name in _BLOCKS:
            return " "
        return "" if tag[2] or name in _INLINE else tag.group()

    return _TAG.sub(shown, _RAISED.sub(lambda found: raised(found[2]), text))


def _meant(entity: re.Match[str]) -> str:
    """Give the character that an entity stands for, or the text of what only looks like one."""
    if entity["number"]:
        return html.unescape(f"&{entity['number']};")
    return html5.get(f"{entity['name']};", entity.group())
