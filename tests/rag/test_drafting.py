"""Pieces become numbered text; quotes prove themselves, prose is checked."""

from __future__ import annotations

from collections.abc import Sequence

from index_store.types import Hit, Paper, Span
from rag.answerers import Quoted, Said
from rag.drafting import ProseDrafting, QuoteDrafting, Verdict
from rag.types import Citation, Claim, Quote

FIRST = Paper("a", "Adders", "Sums are cheap. See [2] for products.")
SECOND = Paper("b", "Shifters", "Shifts are cheaper.")
HITS = (Hit(FIRST, 1.0, ()), Hit(SECOND, 0.5, ()))


class SaysSo:
    """Supports a sentence when the first cited abstract has its first word."""

    def check(self, sentence: str, papers: Sequence[Paper]) -> Verdict:
        word = sentence.split(maxsplit=1)[0]
        at = papers[0].abstract.find(word)
        if at < 0:
            return Verdict("unsupported")
        return Verdict("supported", ((0, Quote(word, at, at + len(word))),))


def test_quotes_are_numbered_by_first_use_and_keep_their_own_brackets() -> None:
    drafting = QuoteDrafting(HITS)
    shown = [drafting.take(Quoted(2, Span(0, 19))), drafting.take(Quoted(1, Span(16, 37)))]
    shown.append(drafting.take(Quoted(1, Span(0, 15))))
    draft = drafting.finish()
    assert "".join(shown) == draft.text
    assert draft.text == "Shifts are cheaper. [1] See [2] for products. [2] Sums are cheap. [2]"
    assert draft.claims[1] == Claim("See [2] for products.", (2,), "supported")
    assert draft.citations == (
        Citation(1, SECOND, (Quote("Shifts are cheaper.", 0, 19),)),
        Citation(2, FIRST, (Quote("Sums are cheap.", 0, 15), Quote("See [2] for products.", 16, 37))),
    )
    assert draft.invented == ()


def test_prose_is_renumbered_checked_and_its_inventions_reported() -> None:
    drafting = ProseDrafting(HITS, SaysSo())
    shown = "".join(
        drafting.take(Said(text)) for text in ("Shifts win [", "2]. Sums too [1]. ", "Roots lose [7]. Bare.")
    )
    shown += drafting.rest()
    draft = drafting.finish()
    assert shown == draft.text == "Shifts win [1]. Sums too [2]. Roots lose [7]. Bare."
    assert draft.invented == ("[7]",)
    assert [claim.support for claim in draft.claims] == ["supported", "supported", "unsupported", "unsupported"]
    assert [citation.paper.id for citation in draft.citations] == ["b", "a"]
    assert draft.citations[0].quotes == (Quote("Shifts", 0, 6),)


def test_a_draft_without_pieces_is_empty() -> None:
    assert QuoteDrafting(HITS).finish().text == ""
    assert ProseDrafting(HITS, SaysSo()).finish().text == ""


def test_a_sentence_without_a_source_gets_that_of_the_paper_that_says_it() -> None:
    drafting = ProseDrafting(HITS, Says())
    shown = "".join(
        drafting.take(Said(text)) for text in ("Here is a summary. Shif", "ts win. Sums too [1]. ", "Bare.")
    )
    draft = drafting.finish()
    assert shown + drafting.rest() == draft.text == "Here is a summary. Shifts win. [1] Sums too [2]. Bare."
    assert [(claim.text, claim.citations, claim.support) for claim in draft.claims] == [
        ("Shifts win.", (1,), "supported"),
        ("Sums too.", (2,), "supported"),
        ("Bare.", (), "unsupported"),
    ]
    assert draft.attributed == (0,)
    assert [citation.paper.id for citation in draft.citations] == ["b", "a"]


def test_an_attributed_sentence_of_a_list_is_known_without_its_bullet() -> None:
    drafting = ProseDrafting(HITS, Says())
    drafting.take(Said("1. **Sums** win.\n2. Shifts win [2].\n"))
    drafting.rest()
    draft = drafting.finish()
    assert draft.text == "1. **Sums** win. [1]\n2. Shifts win [2]."
    assert [claim.text for claim in draft.claims] == ["Sums win.", "Shifts win."]
    assert draft.attributed == (0,)


class Says:
    """Supports a sentence by every paper that has its first word."""

    def check(self, sentence: str, papers: Sequence[Paper]) -> Verdict:
        word = sentence.split("**")[-2:][0].split()[-1 if "**" in sentence else 0]
        found = [(at, paper.abstract.find(word)) for at, paper in enumerate(papers) if word in paper.abstract]
        quotes = tuple((at, Quote(word, start, start + len(word))) for at, start in found)
        return Verdict("supported" if quotes else "unsupported", quotes)
