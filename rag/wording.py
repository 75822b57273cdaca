"""What Citewell says in its own name when it does not answer.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import RankedPaper, Reason

DOUBT = "The abstract may not say exactly what you ask; the full text may."


def unindexed_notice(passages: int) -> str | None:
    """Say that a part of the library cannot be found yet; None where all of it can."""
    if not passages:
        return None
    return (
        f"{passages:,} passages of the library are not indexed yet: a run is under way, or was cut short and is"
        " completed by `citewell doctor --repair`."
    )


def abstention_text(reason: Reason, papers: int, hits: Sequence[RankedPaper]) -> str:
    """Say why there is no answer, and what the user can do."""
    held = f"{papers:,} paper{'' if papers == 1 else 's'}"
    if reason == "empty_library":
        return "Your library is empty. Add papers with `citewell index FILE…`."
    if reason == "off_topic":
        return f"I found nothing about this in your library ({held})."
    nearest = f" The nearest is “{hits[0].title}”." if hits else ""
    return f"The abstracts in your library ({held}) do not say.{nearest} The full text may."
