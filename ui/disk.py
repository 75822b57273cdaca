"""How much of the disk each part of a home takes.  Knows no page."""

from __future__ import annotations

import os
from pathlib import Path

from index_store.shelf import place_of

_PARTS = {
    "catalogue": "Papers",
    "vectors": "Vectors",
    "lexical": "Word index",
    "tokens": "Token codes",
    "uploads": "Uploaded files",
    "atlas": "Map",
}
_EARLIER, _OTHER = "Library before the last rebuild", "Everything else"


def disk_use(home: Path, library: Path) -> list[tuple[str, int]]:
    """Give the parts of a home and the bytes of each, the largest first; parts without a byte are left out."""
    place = place_of(library)
    sizes: dict[str, int] = {}
    for folder, _, names in os.walk(home):
        for name in names:
            file = Path(folder, name)
            try:
                size = file.stat(follow_symlinks=False).st_size
            except OSError:  # a running build has just removed it
                continue
            part = _part_of(file, home, library, place)
            sizes[part] = sizes.get(part, 0) + size
    return sorted(((part, size) for part, size in sizes.items() if size), key=lambda pair: (-pair[1], pair[0]))


def _part_of(file: Path, home: Path, library: Path, place: Path) -> str:
    if file.is_relative_to(place):
        first = file.relative_to(place).parts[0]
        if place == library and first.startswith("edition-"):
            return _EARLIER
        return _PARTS.get(first.split(".")[0], _OTHER)
    if file.is_relative_to(library):
        return _OTHER if file.name == "write.lock" else _EARLIER
    return _PARTS.get(file.relative_to(home).parts[0], _OTHER)
