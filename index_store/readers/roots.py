"""The root element of a text that begins like XML, which tells what kind of XML it is.  Pure; knows no vocabulary."""

from __future__ import annotations

import re

# What may stand before the root: declarations, comments and instructions, a DOCTYPE with or without a subset.
# Atomic: "?>" inside of what was read once is not looked at again, else a hostile beginning takes for ever.
_PROLOGUE = r"\ufeff?\s*(?>(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>\s*)*)"
_ROOT = re.compile(_PROLOGUE + r"<(?:[\w.\-]+:)?(?P<name>[A-Za-z_][\w.\-]*)(?=[\s/>])", re.DOTALL | re.IGNORECASE)


def root_name(head: str) -> str:
    """Give the local name of the root element of a text that begins like XML; "" for any other text."""
    found = _ROOT.match(head)
    return found["name"] if found else ""
