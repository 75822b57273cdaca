"""Text above or below the line -> the characters that stand there by themselves: ``10<sup>-3</sup>`` is 10⁻³, not 10-3.

Pure; knows no markup.
"""

from __future__ import annotations

import unicodedata

_DASHES = "-\u2013"  # typed for a minus


def raised(text: str) -> str:
    """Give a text in superscript characters; as it is where one of its characters has none."""
    return _shifted(text, _SUPER)


def lowered(text: str) -> str:
    """Give a text in subscript characters; as it is where one of its characters has none."""
    return _shifted(text, _SUB)


def _shifted(text: str, table: dict[str, str]) -> str:
    return "".join(table[c] for c in text) if all(c in table for c in text) else text


def _table(kind: str) -> dict[str, str]:
    table = {
        unicodedata.normalize("NFKD", chr(code)): chr(code)
        for code in (0xAA, 0xB2, 0xB3, 0xB9, 0xBA, *range(0x2070, 0x209D), 0x1D62, 0x1D63, 0x1D64, 0x1D65)
        if unicodedata.decomposition(chr(code)).startswith(f"<{kind}>")
    }
    return table | dict.fromkeys(_DASHES, table["\u2212"])


_SUPER, _SUB = _table("super"), _table("sub")
