"""The measures of one question and of many: rankings, facts, citations, confidence.  Pure.

A value that does not exist (recall of a question without gold papers, precision when nothing was refused) is None,
never 0.  Sources: recall, reciprocal rank and nDCG as trec_eval computes them; citation precision and recall after
ALCE (Gao et al. 2023, "Enabling Large Language Models to Generate Text with Citations", section 4); the bins of the
calibration after Naeini et al. 2015; the area under the ROC curve as the Mann-Whitney statistic.

Knows no assistant and no file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

_MARKER = re.compile(r"\s*\[\d+(?:\s*[,;–-]\s*\d+)*\]")
_BINS = 10
_CURVE_POINTS = 200


def recall_at(ranking: Sequence[str], gold: Collection[str], k: int) -> float | None:
    """Give the share of the ``gold`` papers that are among the first ``k`` of the ranking."""
    return len(set(ranking[:k]) & set(gold)) / len(set(gold)) if gold else None


def reciprocal_rank(ranking: Sequence[str], gold: Collection[str]) -> float | None:
    """Give 1 / rank of the first gold paper, 0 where the ranking has none."""
    if not gold:
        return None
    return next((1 / rank for rank, paper in enumerate(ranking, 1) if paper in gold), 0.0)


def ndcg_at(ranking: Sequence[str], relevance: Mapping[str, int], k: int) -> float | None:
    """Give the normalised discounted gain of the first ``k``: gain is the relevance, discount log2(rank + 1)."""
    ideal = sorted((grade for grade in relevance.values() if grade > 0), reverse=True)
    if not ideal:
        return None
    return _gain([max(relevance.get(paper, 0), 0) for paper in ranking[:k]]) / _gain(ideal[:k])


def _gain(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def without_markers(text: str) -> str:
    """Take the citation markers ``[1]``, ``[2, 3]`` out of an answer."""
    return _MARKER.sub("", text)


def words(text: str) -> int:
    """Count the words of an answer, its citation markers left out."""
    return len(without_markers(text).split())


def fact_found(text: str, alternatives: Sequence[str]) -> bool:
    """Tell whether one of the alternatives occurs in the text, case and line breaks aside, also inside a word."""
    flat = _flat(text)
    return any(_flat(alternative) in flat for alternative in alternatives)


def fact_found_strictly(text: str, alternatives: Sequence[str]) -> bool:
    """Tell whether one of the alternatives occurs as whole words: "4" is neither in "45", "4.5" nor in a marker [4].

    What is found so, ``fact_found`` finds too.
    """
    between_markers = [_flat(piece) for piece in _MARKER.split(text)]
    wholes = [_whole(_flat(alternative)) for alternative in alternatives]
    return any(whole.search(piece) for whole in wholes for piece in between_markers)


def _flat(text: str) -> str:
    return " ".join(text.lower().split())


def _whole(alternative: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?<!\d[.,]){re.escape(alternative)}(?!\w)(?![.,]\d)")


@dataclass(frozen=True, slots=True)
class CitationScores:
    """Citation precision and recall of one answer, in [0, 1]."""

    precision: float
    recall: float


def citation_scores(claims: Sequence[Sequence[bool]], invented: int = 0) -> CitationScores:
    """Score an answer given as one list per sentence: for each of its citations, whether it names a gold paper.

    ALCE asks a model whether the cited passages entail the sentence.  Here the gold papers decide: a citation supports
    its sentence when it names a gold paper, and several do together when one of them does.  ALCE's definitions then
    read: a sentence is recalled when it cites at least one gold paper; a citation is precise when its sentence is
    recalled and the citation is not irrelevant (useless alone, and dispensable for the others), so when it names a
    gold paper.  A marker that names no paper (``invented``) is an imprecise citation.  As in ALCE, an answer without
    any citation has precision 0 and recall 0.  What this cannot see: a gold paper cited for something it does not say,
    and a paper outside the gold that says it too.
    """
    cited = sum(len(claim) for claim in claims) + invented
    precise = sum(sum(claim) for claim in claims)
    recalled = sum(any(claim) for claim in claims)
    return CitationScores(precise / cited if cited else 0.0, recalled / len(claims) if claims else 0.0)


def wins(answerable: Values, unanswerable: Values) -> Values:
    """Compare every answerable with every unanswerable confidence: (a, u), 1 higher, ½ equal, 0 lower."""
    difference = answerable[:, None] - unanswerable[None, :]
    return np.where(difference > 0, 1.0, np.where(difference == 0, 0.5, 0.0))


def auroc(answerable: Values, unanswerable: Values) -> float | None:
    """Give the probability that an answerable question gets the higher confidence; ties count half."""
    if not len(answerable) or not len(unanswerable):
        return None
    return float(wins(answerable, unanswerable).mean())


def calibration_bins(confidence: Values) -> npt.NDArray[np.intp]:
    """Sort confidences in [0, 1] into ten bins of equal width: (n,) numbers 0 to 9."""
    return np.minimum((confidence * _BINS).astype(np.intp), _BINS - 1)


def calibration(confidence: Values, answerable: Values) -> list[dict[str, float]]:
    """Give, for each bin that holds something: its mean confidence, the share answerable, and its questions."""
    bins = calibration_bins(confidence)
    return [
        {
            "confidence": float(confidence[bins == number].mean()),
            "answerable": float(answerable[bins == number].mean()),
            "questions": int((bins == number).sum()),
        }
        for number in np.unique(bins)
    ]


def coverage_curve(confidence: Values, answerable: Values) -> list[dict[str, float]]:
    """Give what each threshold on the confidence would do, from the strictest on, at most 200 points.

    ``coverage``: share of all questions answered; ``precision``: share of the answered that are answerable;
    ``answerable_coverage``: share of the answerable that are answered.
    """
    if not len(confidence):
        return []
    order = np.argsort(-confidence, kind="stable")
    ranked, right = confidence[order], np.cumsum(answerable[order])
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # equal confidences are answered together
    if len(last) > _CURVE_POINTS:
        last = last[np.unique(np.linspace(0, len(last) - 1, _CURVE_POINTS).round().astype(int))]
    total = max(float(answerable.sum()), 1.0)
    return [
        {
            "threshold": float(ranked[i]),
            "coverage": float((i + 1) / len(ranked)),
            "precision": float(right[i] / (i + 1)),
            "answerable_coverage": float(right[i] / total),
        }
        for i in last
    ]


def recall_at_refusals(answerable: Values, unanswerable: Values, refused: float) -> float | None:
    """Give the share of the unanswerable refused by the highest threshold that refuses ``refused`` of the answerable.

    A question is refused when its confidence lies below the threshold; ``refused`` in [0, 1).
    """
    if not len(answerable) or not len(unanswerable):
        return None
    threshold = np.sort(answerable)[int(refused * len(answerable) + 1e-9)]
    return float((unanswerable < threshold).mean())


def percentile(values: Sequence[float], share: float) -> float | None:
    """Give a percentile by linear interpolation; ``share`` in [0, 100]."""
    return float(np.percentile(values, share)) if len(values) else None
