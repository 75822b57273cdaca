"""Hugging Face's daily papers (https://huggingface.co/api/daily_papers): a list of {paper: {id, title, summary, …}}.

Turns one of them into the fields that every reader gives; the JSON around it is read in ``jsonlines``.  The ids are
arXiv's.  Summaries that a model wrote (``ai_summary``) are not read.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from index_store.readers.arxiv_snapshot import unwrapped

_SIGNS = ("upvotes", "submittedOnDailyAt", "submittedOnDailyBy", "discussionId", "publishedAt")


def is_item(value: Mapping[str, object]) -> bool:
    """Tell whether an object is a daily paper, with or without the day's frame around it."""
    inner = value.get("paper")
    if isinstance(inner, dict):
        return "id" in inner and ("summary" in inner or "summary" in value)
    return "summary" in value and "id" in value and any(sign in value for sign in _SIGNS)


def fields(value: Mapping[str, object]) -> dict[str, object]:
    """Give a paper's fields as ``columns.to_entry`` takes them."""
    inner = value.get("paper")
    paper = inner if isinstance(inner, dict) else value
    number = paper.get("id")
    is_named = isinstance(number, str) and bool(number)
    return {
        "id": number,
        "title": unwrapped(paper.get("title") or value.get("title")),
        "abstract": unwrapped(paper.get("summary") or value.get("summary")),
        "authors": paper.get("authors"),
        "year": paper.get("publishedAt") or value.get("publishedAt"),
        "url": f"https://huggingface.co/papers/{number}" if is_named else None,
        "arxiv": number,
    }
