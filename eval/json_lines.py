"""One line of a JSON Lines file as an object.  Knows no field."""

from __future__ import annotations

import json
import re
from typing import Any

_HALF = re.compile(r"[\ud800-\udfff]")
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # the only way for one into a file of UTF-8


def read_object(line: str) -> dict[str, Any]:
    """Read a JSON object.  Raises ``ValueError`` (``RecursionError`` where it is too deep) saying what it is not."""
    data = json.loads(line)
    if not isinstance(data, dict):
        raise ValueError("is no JSON object")
    if _ESCAPED_HALF.search(line) and (half := _HALF.search(json.dumps(data, ensure_ascii=False))):
        raise ValueError(f"holds half a character (\\u{ord(half[0]):04x}), which no result can keep")
    return data
