"""What Citewell says in its own name when it does not answer.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from index_store.counting import counted
from index_store.types import Paper, Scope
from rag.disagreement import Disagreement
from rag.links import link_of
from rag.types import Reason

_MOST_SHOWN = 2  # pairs of sentences that disagree

DOUBT = "The abstract may not say exactly what you ask; the full text may."

_NOTHING_FOUND, _NO_PAPER_CALLED = "I found nothing about this in", "I found no paper called"


def says_nothing_found(text: str) -> bool:
    """Tell whether an answer said that no paper is about the question."""
    return text.startswith((_NOTHING_FOUND, _NO_PAPER_CALLED))


def unindexed_notice(passages: int) -> str | None:
    """Say that a part of the library cannot be found yet; None where all of it can."""
    if not passages:
        return None
    return (
        f"{counted(passages, 'passage')} of the library {'is' if passages == 1 else 'are'} not indexed yet:"
        " a run is under way, or was cut short and is completed by `citewell doctor --repair`."
    )


def scope_notice(scope: Scope) -> str:
    """Say that no paper lies in what was to be searched, so that nobody takes it for a finding."""
    parts = []
    if scope.collections:
        parts.append(f"in {' or '.join(f'“{name}”' for name in scope.collections)}")
    first, last = scope.first_year, scope.last_year
    if first is not None and first == last:
        parts.append(f"of {first}")
    elif first is not None or last is not None:
        ends = ("" if first is None else f"from {first}", "" if last is None else f"up to {last}")
        parts.append(" ".join(filter(None, ends)))
    within = " ".join(parts) or "among those to be searched"
    return f"No paper of your library is {within}, so nothing was searched."


def narrowed_notice(papers: int, to: str) -> str:
    """Say that the words of a question narrowed the search ``to`` so many papers: "from 2020"."""
    if not papers:
        return f"No paper of your library is {to}, so nothing was searched."
    return f"Only the {counted(papers, 'paper')} {to} {'was' if papers == 1 else 'were'} searched."


def exclusion_notice(wanted: str, unwanted: str) -> str | None:
    """Say what a list leaves out, or that it cannot; None where nothing was to be left out."""
    if not unwanted:
        return None
    if unwanted == wanted:
        return f"I list papers by what they are about, not by what they leave out: these match “{wanted}”."
    return f"Papers that match “{unwanted}” are left out."


def disagreement_notice(found: Sequence[Disagreement]) -> str | None:
    """Say which abstracts disagree, and what each says; None where none do."""
    if not found:
        return None
    pairs = (
        f"[{pair.number}] says “{pair.said}”, but {_other(pair)} says “{pair.against}”" for pair in found[:_MOST_SHOWN]
    )
    return f"The abstracts disagree: {'; '.join(pairs)}."


def _other(pair: Disagreement) -> str:
    return f"[{pair.other}]" if pair.other is not None else f"“{pair.title}”"


def unknown_notice(names: Sequence[str]) -> str:
    """Say that no abstract has some names that were asked about."""
    return f"No abstract found in your library has {' or '.join(f'“{name}”' for name in names)}."


def abstention_text(
    reason: Reason, papers: int, nearest: Paper | None, searched: int | None = None, unknown: Sequence[str] = ()
) -> str:
    """Say why there is no answer, and what the user can do; ``nearest`` is the paper that fits the question best.

    ``searched`` counts the papers that the user narrowed the search to; None where all ``papers`` were searched.
    ``unknown`` names are in no abstract, so that no full text here is likely to tell of them.
    """
    if reason == "empty_library":
        return "Your library is empty. Add papers with `citewell index FILE…`."
    among = _among(papers, searched)
    if reason == "off_topic":
        return f"{_NOTHING_FOUND} {among}."
    if unknown:
        return f"{unknown_notice(unknown)}{f' The nearest is “{nearest.title}”.' if nearest else ''}"
    said = f"The abstracts in {among} do not say."
    if nearest is None:
        return said
    address = link_of(nearest)
    return f"{said} The nearest is “{nearest.title}”; its full text may{f': {address}' if address else '.'}"


def no_paper_called(name: str, papers: int, searched: int | None = None) -> str:
    """Say that no paper has the name that is asked for; ``searched`` as for ``abstention_text``."""
    return f"{_NO_PAPER_CALLED} “{name}” in {_among(papers, searched)}."


def _among(papers: int, searched: int | None) -> str:
    if searched is None:
        return f"your library ({counted(papers, 'paper')})"
    return f"the {counted(searched, 'paper')} searched (of {papers:,})"


def did_you_mean(paper: Paper) -> str:
    """Ask whether a paper is meant whose title has a word that was misspelt."""
    return f"Did you mean “{paper.title}”?"
