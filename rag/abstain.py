"""Should we answer at all, and if not, why: two probabilities, calibrated on questions made from the library itself.

*topic*: something here is about that.  From the late interaction with the best paper and the cosine of the nearest
passage.

*detail*: the best paper says what is asked.  From the coverage: the mean of the best cosines of the question's content
words in that paper.  A question that asks for no particular detail ("what is X?", "which papers …") has nothing that
could be missing, so its coverage is raised.

The confidence is their product.  What each part contributes, and what was tried and left out, is in
``eval/results/abstaining.md``.  Knows no search; ``rag.calibration`` makes the probes and keeps what was fitted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index_store.search import Ranking
from index_store.words import STOP_WORDS
from rag.cues import asks_detail
from rag.logistic import Floats, Logistic, fit
from rag.types import Reason

_FEWEST_DETAILS = 10  # probes
_OPEN_BONUS = 2.0  # standard deviations of the coverage of probes
_REFUSED_SHARE = 0.01  # of the library's own pseudo-questions lie below the topic's threshold …
_TOPIC_BELOW = 0.3  # … which is never lower than this probability
# Probability of the detail under which the abstract is said not to say: on the dev halves the largest that keeps
# refusals of answerable questions, those by topic included, to one in a hundred.
_DETAIL_BELOW = 0.05
_DETAIL_DOUBTFUL = 0.5  # under this an answer comes with a caution: 14 of 24 near questions, 9 of 207 answerable ones
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The probability in [0, 1] that the library answers the question, and the reason not to, if there is one.

    ``doubtful``: the paper is here, but its abstract may not say what is asked.
    """

    confidence: float
    reason: Reason | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Signals:
    """What a search measured for one question, on scales from 0 to 1."""

    late: float
    cosine: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted for one library; ``detail`` is None where it has too few words to make probes of."""

    topic: Logistic
    topic_below: float
    detail: Logistic | None

    def judge(self, question: str, signals: Signals) -> Judgement:
        """Judge a question as the user put it, without earlier turns."""
        topic = float(self.topic.probability(topic_features([signals]))[0])
        detail = self._detail(question, signals)
        if topic < self.topic_below:
            return Judgement(topic * detail, "off_topic")
        if detail < _DETAIL_BELOW:
            return Judgement(topic * detail, "not_in_abstract")
        return Judgement(topic * detail, doubtful=detail < _DETAIL_DOUBTFUL)

    def _detail(self, question: str, signals: Signals) -> float:
        if self.detail is None:
            return 1.0
        bonus = 0.0 if asks_detail(question) else _OPEN_BONUS * self.detail.scale[0]
        return float(self.detail.probability(detail_features([signals]) + bonus)[0])


def measure(question: str, ranking: Ranking, asked: str) -> Signals:
    """Measure a question from its ranking.  ``question`` stands alone and ends with the words that were ``asked``."""
    if not ranking.evidence:
        return Signals(0.0, 0.0, 0.0)
    late, cosine = ranking.evidence[0].coverage, ranking.nearest
    words = _token_groups(question, ranking)
    if not words:
        return Signals(late, cosine, 1.0)  # nothing was asked about that could be missing
    now = [group for start, group in words if start >= len(question) - len(asked)] or [group for _, group in words]
    return Signals(late, cosine, float(np.mean([ranking.matches[0, group].mean() for group in now])))


def calibrate(
    topic: tuple[Sequence[Signals], Sequence[Signals]], detail: tuple[Sequence[Signals], Sequence[Signals]]
) -> Calibration:
    """Fit both probabilities from the signals of probes: (to be answered, not to be answered)."""
    fitted = fit(topic_features(topic[0]), topic_features(topic[1]))
    below = float(np.quantile(fitted.probability(topic_features(topic[0])), _REFUSED_SHARE))
    told = fit(detail_features(detail[0]), detail_features(detail[1])) if len(detail[0]) >= _FEWEST_DETAILS else None
    return Calibration(fitted, max(below, _TOPIC_BELOW), told)


def topic_features(signals: Sequence[Signals]) -> Floats:
    return np.array([[s.late, s.cosine] for s in signals])


def detail_features(signals: Sequence[Signals]) -> Floats:
    return np.array([[s.coverage] for s in signals])


def content_words(text: str) -> list[str]:
    """Give the words of a text that tell what it is about: no stop words, no single letters."""
    return [word for word in _WORD.findall(text.lower()) if word not in STOP_WORDS and len(word) > 1]


def _token_groups(question: str, ranking: Ranking) -> list[tuple[int, list[int]]]:
    """Give the content words of a question: where each starts, and the positions of its tokens."""
    groups = []
    for match in _WORD.finditer(question.lower()):
        inside = (ranking.starts >= match.start()) & (ranking.starts < match.end())
        if match.group() not in STOP_WORDS and inside.any():
            groups.append((match.start(), np.flatnonzero(inside).tolist()))
    return groups
