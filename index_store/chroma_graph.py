"""What the files of a graph that Chroma saved tell without being opened by Chroma.  Knows no vector."""

from __future__ import annotations

import struct
from pathlib import Path

_HEAD = struct.Struct("<i4Q")  # of a graph's header: its version, an offset, room, vectors, bytes of each, and more


def is_cut_off(graph: Path) -> bool:
    """Tell whether a saved graph holds fewer vectors than its header counts."""
    header, data = graph / "header.bin", graph / "data_level0.bin"
    if not header.exists():
        return False  # not saved yet: all is in the log
    head = header.read_bytes()[: _HEAD.size]
    if len(head) < _HEAD.size or not data.exists():
        return True
    version, _, _, count, size = _HEAD.unpack(head)
    return bool(version == 1 and data.stat().st_size < count * size)


def count_saved(graph: Path) -> int:
    """Count the vectors of a saved graph that is not cut off."""
    header = graph / "header.bin"
    return int(_HEAD.unpack(header.read_bytes()[: _HEAD.size])[3]) if header.exists() else 0
