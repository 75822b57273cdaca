"""Does a question whose words leave it open stay with the paper under discussion, or leave it for another one?

It stays where that paper covers its words about as well as the best paper for the question alone, or has the names in
it, and where the question by itself finds nothing in particular.  Knows no library; the search was done before.
"""

from __future__ import annotations

from index_store.search import Ranking
from index_store.types import Paper
from rag.cues import asks_how_many
from rag.followup import Cue, Lean, names
from rag.naming import mentions
from rag.weighty import content_words

SHORT = 5
"""Content words; a longer question as a rule says itself what it is about."""

_TWO = 2
_FEWEST = 2  # content words that can outweigh a pronoun
# Below this a paper says nothing of a question ("tell me a joke" after any conversation): of a word or two, of more.
_SPEAKS_OF, _SPEAKS_OF_MORE = 0.1, 0.13
# A question goes on about the paper under discussion when that covers its words so well, measured by the best paper for
# the question alone: (short, longer).  From the dev questions, and those of other types asked after a conversation
# about something else: short ones that go on lie at .49 and up, others at .54 and less, longer others at .70 and less.
_GOES_ON: dict[Lean, tuple[float, float]] = {"firm": (0.45, 0.65), "loose": (0.45, 0.65), "none": (0.5, 0.75)}
# A short question that points back, names nothing and by itself finds nothing in particular ("which sizes were tried
# with it?") goes on in any case: its second paper scores about as high as its best, which has few of its words and
# little of their meaning; so does a mere word or two ("speed?").  Another one may as well be about the weather.
_ALIKE, _VERY_ALIKE = 0.75, 0.8
_FEW_WORDS_COVERED, _FAR = 0.35, 0.4
# So does a short question without any pronoun that finds nothing sure by itself ("why keep the small weights?"):
# whatever the best paper for it has of its words, the one under discussion has as well.  Without the lower bound 4 of
# 920 questions off topic, asked after conversations, were answered that had been refused; with it none.
_UNSURE, _AS_WELL = 0.25, 0.95
_NOTHING = 1e-9


def stays(question: str, cue: Cue, alone: Ranking, focus: Paper, covered: float) -> bool:
    """Tell whether a question is about ``focus``, which covers it so well; ``alone`` is what was found for it alone."""
    best, words = alone.hits[0].paper, len(content_words(question))
    unsure = _is_unsure(question, cue, alone, focus, covered)
    if best.id == focus.id:
        return cue.lean != "none" or unsure
    return (
        (cue.lean == "firm" and words <= _FEWEST)
        or unsure
        or _is_vague(question, cue, alone)
        or any(mentions(focus, name) and not mentions(best, name) for name in names(question))
        or covered >= _enough(cue, words, alone)
    )


def _enough(cue: Cue, words: int, alone: Ranking) -> float:
    enough = _GOES_ON[cue.lean][words > SHORT] * alone.evidence[0].coverage
    if cue.lean == "firm" or not words:
        return enough
    return max(enough, _SPEAKS_OF if words <= _FEWEST else _SPEAKS_OF_MORE)


def _is_unsure(question: str, cue: Cue, alone: Ranking, focus: Paper, covered: float) -> bool:
    """Tell whether a question finds nothing better by itself, and nothing sure, than the paper under discussion.

    Not one for a number: whether that is there is judged best by the question alone.
    """
    if not cue.asks or len(content_words(question)) > SHORT or asks_how_many(question):
        return False
    near = focus in [hit.paper for hit in alone.hits] and all(mentions(focus, name) for name in names(question))
    best = alone.evidence[0].coverage
    return near and best <= _UNSURE and covered >= max(_SPEAKS_OF, _AS_WELL * best)


def _is_vague(question: str, cue: Cue, alone: Ranking) -> bool:
    if len(alone.hits) < _TWO or names(question) or cue.lean == "none":
        return False
    best, share = alone.evidence[0], alone.hits[1].score / max(alone.hits[0].score, _NOTHING)
    if len(question.split()) <= _FEWEST:
        return share >= _VERY_ALIKE
    few = best.coverage <= _FEW_WORDS_COVERED and best.cosine <= _FAR
    return cue.lean == "firm" and len(content_words(question)) <= SHORT and share >= _ALIKE and few
