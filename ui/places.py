"""Where a paper came from: the names of its files, without their folders; and a citation as a line of text.

Pure; knows no page and no terminal.
"""

from __future__ import annotations

import re

from index_store.types import Paper
from rag.links import link_of
from rag.types import Citation
from ui.display import display_text


def footnote(citation: Citation) -> str:
    """Give what a number in an answer's text means, as a line: ``[1] Title (2021). https://example.org/x``."""
    paper, address = citation.paper, link_of(citation.paper)
    year = f" ({paper.year})" if paper.year else ""
    return f"[{citation.number}] {display_text(paper.title)}{year}{f'. {address}' if address else ''}"


def file_names(paper: Paper) -> list[str]:
    """Give the names of the files that a paper was read from, each once."""
    return list(dict.fromkeys(file_name(source.path) for source in paper.sources))


def file_name(path: str) -> str:
    """Give a file's name without its folder."""
    return re.split(r"[\\/]", path)[-1]
