"""Should we answer at all, and if not, why.  (The first, plain rule: how near the nearest passage is.)"""

from __future__ import annotations

import math
from dataclasses import dataclass

from index_store.search import Ranking
from rag.types import Reason

_MIDDLE = 0.38  # cosine at which an answer is as likely as not, for the bundled embedder
_STEEPNESS = 18.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """The probability in [0, 1] that the library answers the question, and the reason not to, if there is one."""

    confidence: float
    reason: Reason | None = None


class CosineJudge:
    """Judges by the cosine of the nearest passage."""

    def judge(self, question: str, ranking: Ranking) -> Judgement:  # noqa: ARG002
        """Tell whether the library answers ``question``."""
        confidence = 1 / (1 + math.exp(-_STEEPNESS * (ranking.nearest - _MIDDLE)))
        return Judgement(confidence, "off_topic" if confidence < 0.5 else None)
