"""Should we answer at all, and if not, why: two probabilities, calibrated on questions made from the library itself.

*topic*: something here is about that.  From the late interaction with the best paper, the cosine of the nearest
passage, the best score by shared words (the logarithm of BM25), the coverage (the mean of the best cosines of the
question's weighty words in the best paper), and its lower end: "optical flow" shares a word with a paper on fluids.

*detail*: the best paper says what is asked.  From the coverage and its lower end: what is asked for is one word of
many, and where that one is missing the others do not make up for it.  Where only a number can be the answer, a word
counts for less that stands in no sentence with one.  A question that asks for no particular detail ("what is X?",
"which papers …") has nothing that could be missing, so both are raised; a little also where it leans on earlier turns.

Of a comparison the best of the papers that it names is measured, and where two of them were found it is answered in any
case.

Some things words tell exactly.  A version that the question names ("LLaMA 3") and the best paper lacks brings the
caution, and so does a name that no abstract has; there is no answer where the question says nothing besides, or names
a version of something that is here ("YOLOv8").  There is none either where code or data is asked for and the one paper
that is meant tells of nothing released.  An abbreviation that the best paper spells out is answered.  A question that
gives the best paper's whole title is about something here, however little of the rest is.

The confidence is the topic's probability, cut down to two fifths where the detail is surely missing.  What each part
contributes, and what was tried and left out, is in ``eval/results/abstaining.md``.  Knows no search;
``rag.calibration`` makes the probes and keeps what was fitted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from index_store.search import Ranking
from index_store.sentences import sentence_spans
from index_store.types import Paper
from rag.abbreviations import abbreviation, explains
from rag.cues import asks_detail, asks_how_many, has_number
from rag.logistic import Floats, Logistic, fit
from rag.naming import gives_title
from rag.releases import lacks_release
from rag.together import named_together
from rag.types import Reason
from rag.unknown import NOTHING_UNKNOWN, Unknown
from rag.versions import lacks_version
from rag.weighty import STEM, words_of, words_with_tokens

_FEWEST_DETAILS = 10  # probes
_OPEN_BONUS, _LEANING_BONUS = 2.0, 1.0  # standard deviations of the signals of probes
_FAR_FROM_NUMBERS = 0.85  # of the cosine of a word that no sentence with a number has, where a number is asked for
_MOST_COMPARED = 5  # papers, which come first
_LOWER_END = 0.1  # quantile of the words' best cosines
# Of the confidence, where the detail is surely missing: the measure of detail is not sure itself, and questions about
# nothing here would come before answerable ones whose detail is in doubt.
_LEFT = 0.4
# Probability under which nothing here is about it: on the dev halves 0.4 refuses no more of what is off topic, and of
# 160 further such questions nine more, but also more of what can be answered …
_TOPIC_BELOW = 0.2
# An everyday question above this is no example: a library on medicine may well answer one on vitamins.
_AT_HOME = 0.7
_REFUSED_SHARE = 0.03  # … unless more than this share of the library's own, harder pseudo-questions lay under it
# Probability of the detail under which the abstract is said not to say: on the dev halves the largest that keeps
# refusals of answerable questions, those by topic included, to one in a hundred.
_DETAIL_BELOW = 0.01
_DETAIL_DOUBTFUL = 0.5  # under this an answer comes with a caution: nine of ten near questions, one of eight others
_TOPIC_DOUBTFUL = 0.6  # under this too
_EXPLAINED = 0.95  # confidence where the best paper spells out the abbreviation that is asked about


@dataclass(frozen=True, slots=True)
class Judgement:
    """The probability in [0, 1] that the library answers the question, and the reason not to, if there is one.

    ``doubtful``: the paper is here, but its abstract may not say what is asked.
    ``unknown``: names in the question that no abstract has.
    """

    confidence: float
    reason: Reason | None = None
    doubtful: bool = False
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signals:
    """What a search measured for one question, on scales from 0 to 1; ``words`` is log(1 + BM25)."""

    late: float
    cosine: float
    words: float
    coverage: float
    poorest: float
    leaning: bool = False  # a question that is understood from earlier turns: what its words lack may stand there
    compares: bool = False  # papers that the question names, and that were found
    lacks_version: bool = False  # the question names one, "LLaMA 3", that is not in the best paper
    explains: bool = False  # the best paper says what the abbreviation stands for that the question asks for
    lacks_release: bool = False  # the question asks for code or data of the best paper, which tells of no release
    titled: bool = False  # the question gives the whole title of the best paper
    unknown: Unknown = NOTHING_UNKNOWN  # names in the question that no abstract of the library has

    @property
    def lacks(self) -> bool:
        """Tell whether something that leaves no doubt is missing, however well the words match."""
        return self.lacks_version or self.lacks_release or bool(self.unknown.names)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted for one library; ``detail`` is None where it has too few words to make probes of."""

    topic: Logistic
    topic_below: float
    detail: Logistic | None

    def judge(self, question: str, signals: Signals) -> Judgement:
        """Judge a question as the user put it, without earlier turns."""
        if signals.explains:
            return Judgement(_EXPLAINED)
        topic = float(self.topic.probability(topic_features([signals]))[0])
        covered = self._detail(question, signals)
        detail = 0.0 if signals.lacks else covered
        confidence, unknown = topic * (_LEFT + (1 - _LEFT) * detail), signals.unknown.names
        if reason := self._reason(signals, topic, covered):
            return Judgement(confidence, reason, unknown=unknown)
        return Judgement(confidence, doubtful=detail < _DETAIL_DOUBTFUL or topic < _TOPIC_DOUBTFUL, unknown=unknown)

    def _reason(self, signals: Signals, topic: float, detail: float) -> Reason | None:
        if signals.lacks_release:
            return "not_in_abstract"
        foreign = topic < self.topic_below
        if foreign and not (signals.compares or signals.titled):
            return "off_topic"
        missing = foreign or detail < _DETAIL_BELOW or signals.unknown.decides
        return "not_in_abstract" if missing and not (signals.leaning or signals.compares) else None

    def _detail(self, question: str, signals: Signals) -> float:
        if self.detail is None:
            return 1.0
        bonus = _OPEN_BONUS if not asks_detail(question) else _LEANING_BONUS if signals.leaning else 0.0
        raised = detail_features([signals]) + bonus * np.array(self.detail.scale)
        return float(self.detail.probability(raised)[0])


def measure(question: str, ranking: Ranking, asked: str) -> Signals:
    """Measure a question from its ranking.  ``question`` stands alone and ends with the words that were ``asked``."""
    if not ranking.evidence:
        return Signals(0.0, 0.0, 0.0, 0.0, 0.0)
    meant = named_together(asked, ranking.hits[:_MOST_COMPARED])
    best = max(meant, key=lambda at: ranking.evidence[at].coverage, default=0)
    late, cosine, words = ranking.evidence[best].coverage, ranking.nearest, math.log1p(ranking.strongest)
    begun = max(len(question) - len(asked), 0)  # a question without its announcement is shorter than it was
    numbered = _beside_numbers(ranking.hits[best].paper) if ranking.hits and asks_how_many(asked) else None
    asked_words = words_with_tokens(question, ranking.starts, begun) or words_with_tokens(question, ranking.starts)
    found = _best_cosines(ranking.matches[best], asked_words, numbered)
    if not found:
        return Signals(late, cosine, words, 1.0, 1.0)  # nothing was asked about that could be missing
    coverage, poorest = float(np.mean(found)), float(np.quantile(found, _LOWER_END))
    signals = Signals(late, cosine, words, coverage, poorest, begun > 0, bool(meant))
    return _with_exact(
        signals, question, asked, [ranking.hits[at].paper for at in meant or range(len(ranking.hits[:1]))]
    )


def _with_exact(signals: Signals, question: str, asked: str, papers: Sequence[Paper]) -> Signals:
    """Add what the words of the best paper, or of all that are compared, tell exactly."""
    if not papers:
        return signals
    wanted = abbreviation(asked)
    return replace(
        signals,
        lacks_version=lacks_version(asked, papers),
        explains=wanted is not None and explains(papers[0], wanted),
        titled=gives_title(asked, papers[0]),
        lacks_release=len(papers) == 1 and lacks_release(question, asked, papers[0]),
    )


def calibrate(
    topic: tuple[Sequence[Signals], Sequence[Signals]], detail: tuple[Sequence[Signals], Sequence[Signals]]
) -> Calibration:
    """Fit both probabilities from the signals of probes: (to be answered, not to be answered)."""
    about, aside = topic_features([*topic[0], *detail[0]]), topic_features(topic[1])  # with the detail comes the topic
    fitted = fit(about, aside)
    alien = aside[fitted.probability(aside) < _AT_HOME]
    if len(alien) < len(aside):
        fitted = fit(about, alien if len(alien) else aside)
    below = float(np.quantile(fitted.probability(about), _REFUSED_SHARE))
    told = fit(detail_features(detail[0]), detail_features(detail[1])) if len(detail[0]) >= _FEWEST_DETAILS else None
    return Calibration(fitted, min(below, _TOPIC_BELOW), told)


def topic_features(signals: Sequence[Signals]) -> Floats:
    return np.array([[s.late, s.cosine, s.words, s.coverage, s.poorest] for s in signals])


def detail_features(signals: Sequence[Signals]) -> Floats:
    return np.array([[s.coverage, s.poorest] for s in signals])


def _best_cosines(matched: Floats, words: Sequence[tuple[str, list[int]]], numbered: set[str] | None) -> list[float]:
    """Give how well each word is ``matched`` (n,), by the mean of its tokens.

    Words whose stem is not among those ``numbered`` count for less; None lessens none.
    """
    return [
        float(matched[tokens].mean()) * (1.0 if numbered is None or word[:STEM] in numbered else _FAR_FROM_NUMBERS)
        for word, tokens in words
    ]


def _beside_numbers(paper: Paper) -> set[str]:
    """Give the stems of the words of a paper's title, and of its sentences that hold a number."""
    sentences = (paper.abstract[span.start : span.end] for span in sentence_spans(paper.abstract))
    text = " ".join([paper.title, *(sentence for sentence in sentences if has_number(sentence))])
    return {word[:STEM] for word in words_of(text)}
