"""Reads a question in a conversation by rules: is it about a paper under discussion, another one, something new?

The words tell how a question may lean on the conversation (``rag.followup``), the library which papers that was about
(``rag.discussed``) and, where the words leave it open, whether the new question still is (``rag.staying``).  Knows no
model and no answerer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from index_store.library import Library
from index_store.search import Ranking
from index_store.types import Paper
from rag.cues import asks_for_papers, asks_of_any_paper
from rag.discussed import Discussion
from rag.followup import (
    Cue,
    names,
    new_subject,
    read_cue,
    with_pronoun,
    with_subject,
    without_announcement,
    year_of,
)
from rag.listing import DEPTH, left_out, matching, subject
from rag.naming import (
    gives_title,
    has_word,
    head,
    mentions,
    names_paper,
    only_compares,
    short_title,
    speaks_more_of,
    subject_name,
)
from rag.sides import read_comparison
from rag.staying import SHORT, stays
from rag.together import named_together
from rag.types import Request
from rag.understood import Understood, without
from rag.weighty import content_words

_RANKED = 10  # papers that an answer lists as its ranking
_NEAR_THE_TOP = 3
_FITS_TOO = 0.8  # a paper fits the last exchange too from this share of the best one's score on
_TWO = 2
_LEAVES = 0.35  # so badly covered, measured by another paper of the conversation, a question is about that one


class Reading:
    """One question being read; the library is asked as the reading goes on."""

    def __init__(self, library: Library, request: Request) -> None:
        self._library, self._scope = library, request.scope
        self._question = request.question.strip()
        self._talk = Discussion(library, request.history, request.scope)

    def understood(self) -> Understood:
        """Give the question in a form that stands alone, and what the search finds for it."""
        fresh = without_announcement(self._question)
        if fresh is not None or not self._talk.exchanges:
            alone = fresh or self._question
            lists = asks_for_papers(alone)  # then what it is about is searched for, not the question
            return self.listed(Understood(alone, alone, leans=False)) if lists else self._alone(alone)
        cue = read_cue(self._question)
        if cue.returns and not cue.places:
            return self._returned(*cue.returns)
        if not self._talk.latest:
            return self._alone(self._question)
        return self._pointed_away(cue) or self._going_on(cue)

    def _pointed_away(self, cue: Cue) -> Understood | None:
        """Give a reading about papers that the question points at, or about others than the one under discussion."""
        short = len(content_words(self._question)) <= SHORT
        if (short or cue.places) and (pointed := self._pointed_at(cue)):
            return self._about(pointed, cue)
        changed = self._changed_subject()
        if changed is None and (cue.takes_back or (short and (cue.another or cue.other))):
            return self._another(cue)
        return changed

    def _going_on(self, cue: Cue) -> Understood:
        """Decide whether the question is about the paper under discussion, or leaves it."""
        focus, named = self._focus(), subject_name(self._question)
        if asks_of_any_paper(self._question) and not names(self._question):
            return self._about([focus], cue)
        before = self._question[: cue.pronoun or 0]
        if cue.pronoun is not None and not named and (cue.fronted or not content_words(before)):
            return self._earlier(focus) or self._about([focus], cue)
        alone = self._alone(self._question)
        hits = alone.ranking.hits
        if not hits or (alone.about > 1 and cue.lean != "firm"):
            return alone
        if left := self._named_elsewhere(alone.ranking, focus, cue):
            return self._left_for(left, alone)
        covered = self._library.coverage(self._question, focus)
        if stays(self._question, cue, alone.ranking, focus, covered):
            return self._about([focus], cue)
        best = hits[0].paper
        return alone if best.id == focus.id else self._left_for(best, alone)

    def _left_for(self, paper: Paper, alone: Understood) -> Understood:
        """Give the reading about a paper that was not discussed; "And memory?" asks of it what was asked before."""
        if new_subject(self._question) is None:
            return alone.on([paper])
        question = f"{self._talk.exchanges[-1].asked} {self._question}"
        return Understood(question, question, self.rank(question)).on([paper])

    def _changed_subject(self) -> Understood | None:
        """Give the last question asked again of a new subject ("What about X?"), None where X is none."""
        subject = new_subject(self._question)
        changed = with_subject(self._talk.exchanges[-1].asked, subject) if subject and names(subject) else None
        if subject is None or changed is None or mentions(self._focus(), subject):
            return None
        best = self._library.search(subject, 1, self._scope)
        read = self._alone(changed)
        return replace(read.on([hit.paper for hit in best]), leans=True)

    def _earlier(self, focus: Paper) -> Understood | None:
        """Give a reading about a paper discussed before the last one, where that alone covers the question."""
        if len(self._talk.exchanges) < _TWO or len(content_words(self._question)) < _TWO:
            return None
        alone = self.rank(self._question)
        best = alone.hits[0].paper if alone.hits else focus
        if best.id == focus.id or self._library.coverage(self._question, focus) > _LEAVES * alone.evidence[0].coverage:
            return None
        return self._about([best], Cue("firm")) if best in self._talk.all else None

    def _named_elsewhere(self, alone: Ranking, focus: Paper, cue: Cue) -> Paper | None:
        """Give the paper that the question names, where that is not the one under discussion."""
        firm = cue.lean == "firm"
        name = subject_name(self._question) if len(content_words(self._question)) <= SHORT else None
        if name:
            found = self._library.search(name, _NEAR_THE_TOP, self._scope)
            owners = [hit.paper for hit in found if speaks_more_of(name, hit.paper, focus)]
            if owners:
                return owners[0]
            if firm:
                return None
        if only_compares(self._question) and all(mentions(focus, name) for name in names(self._question)):
            return None
        text = self._question[: cue.pronoun] if firm else self._question
        papers = [hit.paper for hit in alone.hits[:_NEAR_THE_TOP]]
        named = [paper for paper in papers if names_paper(text, paper)]
        if firm:  # "how much faster than PyTorch is it": what the paper under discussion speaks of is no other subject
            named = [paper for paper in named if not mentions(focus, head(paper))]
        if named and focus not in named:
            return named[0]
        foreign = [name for name in names(text) if not mentions(focus, name)]
        return papers[0] if any(mentions(papers[0], name) for name in foreign) else None

    def _focus(self) -> Paper:
        """Give the paper under discussion; of several that fit, the one that the new question fits best."""
        hits = self._talk.latest
        titled = [hit.paper for hit in hits if gives_title(self._talk.exchanges[-1].answered, hit.paper)]
        if len(titled) == 1:
            return titled[0]
        likely = {hit.paper.id: hit.paper for hit in hits if hit.score >= _FITS_TOO * hits[0].score}
        if len(likely) == 1:
            return hits[0].paper
        both = self._library.search(f"{self._talk.exchanges[-1].asked} {self._question}", _RANKED, self._scope)
        return next((hit.paper for hit in both if hit.paper.id in likely), hits[0].paper)

    def _pointed_at(self, cue: Cue) -> list[Paper]:
        """Give the papers that the question points at by their place in the conversation."""
        papers = self._talk.in_order if cue.places or cue.other or cue.pair else ()
        at = [papers[place] for place in cue.places if -len(papers) <= place < len(papers)]
        if at:
            return at
        if cue.pair and not cue.places and len(papers) > 1:  # the one that fits best comes first
            best = sorted(papers, key=lambda paper: -self._library.coverage(self._question, paper))
            return best[:1] if cue.picks else best
        if cue.other:
            focus = self._talk.latest[0].paper
            rest = [paper for paper in papers if paper.id != focus.id]
            return [max(rest, key=lambda paper: self._library.coverage(self._question, paper))] if rest else []
        return []

    def _another(self, cue: Cue) -> Understood:
        """Give a reading about another paper than the one under discussion."""
        left = self._talk.answered if cue.takes_back else self._talk.latest[0].paper
        before = self._talk.exchanges[-1].asked
        question = f"{before} {self._question}"
        ranking, likely = self.rank(question), {hit.paper.id: hit.score for hit in self._talk.latest}
        others = [hit for hit in ranking.hits if left is None or hit.paper.id != left.id]
        others.sort(key=lambda hit: (-self._hinted(hit.paper), -hit.score - likely.get(hit.paper.id, 0.0) / 2))
        asked = self._question if asks_for_papers(question) else question
        return Understood(question, asked, ranking).on([hit.paper for hit in others[:1]])

    def _hinted(self, paper: Paper) -> int:
        """Count what the question tells about a paper beside its subject: its year, its authors."""
        year = year_of(self._question)
        by = any(has_word(" ".join(paper.authors), name) for name in names(self._question))
        return int(year is not None and paper.year == year) + by

    def _returned(self, subject: str, rest: str) -> Understood:
        """Give a reading about an earlier subject of the conversation."""
        question = f"{subject}: {rest}"
        alone = self._alone(question)
        if not alone.ranking.hits:
            return alone
        best = max(self._talk.all, key=lambda paper: self._library.coverage(subject, paper), default=None)
        named = [paper for paper in self._talk.all if names_paper(subject, paper) or mentions(paper, subject)]
        if len(named) == 1:
            return alone.on(named)
        top = alone.ranking.hits[0].paper
        fits = best and self._library.coverage(subject, best) >= self._library.coverage(subject, top)
        return alone.on([best]) if best and fits else alone

    def _about(self, papers: Sequence[Paper], cue: Cue) -> Understood:
        """Give the reading about these papers, which then come first."""
        before = self._talk.exchanges[-1].asked
        said = with_pronoun(self._question) if len(cue.places) == 1 else self._question
        asked = f"{before} {said}" if cue.brief and not asks_for_papers(before) else said
        subjects = [short_title(paper) for paper in papers if not names_paper(asked, paper)]
        question = f"{'; '.join(subjects)}: {asked}" if subjects else asked
        return Understood(question, asked, self.rank(question)).on(papers)

    def _alone(self, question: str) -> Understood:
        if compares := read_comparison(self._library, question, self._scope):
            return compares
        alone = Understood(question, question, self.rank(question), leans=False)
        hits = alone.ranking.hits
        named = [hits[at].paper for at in named_together(question, hits)]
        return alone.on(named or [hit.paper for hit in hits if gives_title(question, hit.paper)])

    def rank(self, question: str) -> Ranking:
        """Search for a question."""
        return self._library.rank(question, _RANKED, self._scope)

    def listed(self, read: Understood) -> Understood:
        """Give a reading that asks for a list with what the search finds for the subject of that list."""
        wanted, unwanted = subject(read.question), left_out(read.question)
        ranking = self._library.rank(wanted, DEPTH, self._scope)
        if unwanted and unwanted != wanted:
            against = matching(self._library.rank(unwanted, DEPTH, self._scope), unwanted)
            ranking = without(ranking, [hit.paper for hit in against])
        return replace(read, ranking=ranking, about=0, wanted=wanted, unwanted=unwanted)
