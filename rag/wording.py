"""What Citewell says in its own name when it does not answer.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import RankedPaper, Reason

DOUBT = "The abstract may not say exactly what you ask; the full text may."


def abstention_text(reason: Reason, papers: int, hits: Sequence[RankedPaper]) -> str:
    """Say why there is no answer, and what the user can do."""
    held = f"{papers:,} paper{'' if papers == 1 else 's'}"
    if reason == "empty_library":
        return "Your library is empty. Add papers with `citewell index FILE…`."
    if reason == "off_topic":
        return f"I found nothing about this in your library ({held})."
    nearest = f" The nearest is “{hits[0].title}”." if hits else ""
    return f"The abstracts in your library ({held}) do not say.{nearest} The full text may."
