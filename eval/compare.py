"""Two results, question by question: differences with their intervals and significance, wins and losses.  Pure.

Only measures that each question has by itself are compared (recall, facts, citations, refusals …), over the questions
that both results hold in the same words; one stored without its texts is taken at its keys.  Significance is that of
the paired permutation test (``eval.bootstrap``), for each measure on its own: with many measures one of them falls
below 0.05 by chance now and then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from eval.bootstrap import as_values, mean_interval, permutation_p
from eval.errors import ResultsUnusable
from eval.results import Document
from eval.summary import METRICS

SIGNIFICANT = 0.05
_STAMP = ("name", "made_at", "citewell", "library", "settings")
_BETTER = {metric.name: metric.better for metric in METRICS} | {"recall@100": 1}
_WON_OR_LOST = {name: better for name, better in _BETTER.items() if better and name != "brier"}
"""What decides on a question: not the Brier score, which moves a little on every one whenever the confidence does."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure before and after, over the ``questions`` that have it in both.

    ``difference`` is after - before, within ``low`` to ``high`` with 95%; ``p`` is two-sided.  ``wins`` and ``losses``
    count questions; ``better`` is 1 where more is better, -1 where less is, 0 where neither is.
    """

    metric: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    p: float
    wins: int
    losses: int
    questions: int
    better: int

    @property
    def is_worse(self) -> bool:
        return self.difference * self.better < 0 and self.p < SIGNIFICANT


@dataclass(frozen=True, slots=True)
class Change:
    """A question on which something was won or lost: ``moves`` holds before and after by measure."""

    key: str
    question: str
    verdict: str
    moves: Mapping[str, tuple[float, float]]

    @property
    def size(self) -> float:
        """How far its measures moved, added up."""
        return sum(abs(after - before) for before, after in self.moves.values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of each measure and each question from one result to the other.

    ``changes``: the questions won and lost, the greatest first.  ``unpaired``: how many questions only the first, and
    only the second result has.
    """

    before: Document
    after: Document
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    unpaired: tuple[int, int]

    @property
    def worse(self) -> list[str]:
        """Name the measures that are significantly worse."""
        return [difference.metric for difference in self.differences if difference.is_worse]

    def to_dict(self) -> dict[str, Any]:
        """Give the comparison as JSON."""
        return {
            "before": {name: self.before.get(name) for name in _STAMP},
            "after": {name: self.after.get(name) for name in _STAMP},
            "metrics": {d.metric: asdict(d) for d in self.differences},
            "questions": [asdict(change) for change in self.changes],
            "only_before": self.unpaired[0],
            "only_after": self.unpaired[1],
            "significantly_worse": self.worse,
        }


def compare(before: Document, after: Document) -> Comparison:
    """Compare two results.  Raises ``ResultsUnusable`` where they have no question in common."""
    first, second = _by_key(before), _by_key(after)
    common = [key for key in first if key in second and not _reworded(first[key], second[key])]
    if not common:
        raise ResultsUnusable("The two results have no question in common. Compare runs of the same question sets.")
    names = dict.fromkeys(name for key in common for name in first[key]["measured"])
    differences = [_difference(name, [(first[key], second[key]) for key in common]) for name in names]
    changes = [change for key in common if (change := _change(first[key], second[key])) is not None]
    return Comparison(
        before=before,
        after=after,
        differences=tuple(difference for difference in differences if difference is not None),
        changes=tuple(sorted(changes, key=lambda change: (-change.size, change.key, change.question))),
        unpaired=(len(first) - len(common), len(second) - len(common)),
    )


def _by_key(document: Document) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in document["rows"]}


def _reworded(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return len({before.get("question"), after.get("question")} - {None, ""}) == 2


def _difference(name: str, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> Difference | None:
    both = [(a["measured"].get(name), b["measured"].get(name)) for a, b in pairs]
    values = as_values([value for pair in both if None not in pair for value in pair]).reshape(-1, 2)
    moved = values[:, 1] - values[:, 0]
    interval = mean_interval(moved)
    if interval is None:
        return None
    better = _BETTER.get(name, 0)
    gains = moved * (better or 1)
    return Difference(
        metric=name,
        before=float(values[:, 0].mean()),
        after=float(values[:, 1].mean()),
        difference=interval.value,
        low=interval.low,
        high=interval.high,
        p=permutation_p(moved),
        wins=int((gains > 0).sum()),
        losses=int((gains < 0).sum()),
        questions=len(values),
        better=better,
    )


def _change(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change | None:
    """Say what was won or lost on one question."""
    moves = {
        name: (value, after["measured"][name])
        for name, value in before["measured"].items()
        if name in _WON_OR_LOST
        and None not in (value, after["measured"].get(name))
        and value != after["measured"][name]
    }
    if not moves:
        return None
    gained = {(b - a) * _WON_OR_LOST[name] > 0 for name, (a, b) in moves.items()}
    verdict = "mixed" if len(gained) == 2 else ("won" if gained.pop() else "lost")
    return Change(before["key"], before.get("question") or after.get("question", ""), verdict, moves)
