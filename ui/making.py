"""How an answer was made, in a few words: who answered, from what, and how long it took.  Pure."""

from __future__ import annotations

from rag.types import Answer


def is_told(answer: Answer) -> bool:
    """Tell whether an answer cites papers without quoting them: it is told of their authors and years."""
    cited = bool(answer.citations) and answer.answerer == "quote"
    return cited and not any(citation.quotes for citation in answer.citations)


def made_by(answer: Answer) -> str:
    """Say who answered and how long it took: ``Answered by quoting in 0.3 s``; "" where no paper was looked at."""
    if answer.abstained and not answer.hits:  # a courtesy
        return ""
    milliseconds = answer.timings_ms.get("total", sum(answer.timings_ms.values()))
    how = f"by {answer.model or answer.answerer}"
    if answer.answerer == "quote":
        how = "from the catalogue" if is_told(answer) else "by quoting"
    verb = "Looked" if answer.abstained else f"Answered {how}"
    return f"{verb} in {duration(milliseconds)}" if milliseconds > 0 else f"Answered {how}"


def duration(milliseconds: float) -> str:
    """Give a time at the precision a reader wants: ``13 ms``, ``0.3 s``, ``2 min 5 s``."""
    if milliseconds < 100:
        return f"{max(1, round(milliseconds))} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {seconds} s"
