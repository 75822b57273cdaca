"""What each signal of the judge earns: production's probes and thresholds, with one signal or rule left out.

The judge is calibrated anew for every variant, from the probes that production makes of the library, so that each is
measured at its own best.  The intervals of differences are bootstrapped over questions (Efron 1979), the two groups
each on its own and both variants on the same draws.  Knows no file and no command line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.benchmarks.corpora import Asked, ask_only
from eval.benchmarks.tables import figure, table
from eval.benchmarks.variants import PRODUCTION, Piece, Variant, exchanged
from eval.bootstrap import as_values
from eval.metrics import Values, auroc, wins
from eval.questions import Question
from index_store.library import Library
from index_store.search import Ranking
from rag import abstain, calibration, weighty
from rag.abstain import Calibration, Judgement, Signals
from rag.logistic import Floats
from rag.unknown import Unknown

_RESAMPLES = 1_000
_LEVEL = (2.5, 97.5)
_SEED = 7

Probe = tuple[str, Ranking, str]


@dataclass(frozen=True, slots=True)
class Heard:
    """What the judge is given: the probes that calibrate it, and the questions.

    ``probes`` are topic yes, topic no, detail yes, detail no; ``unknown`` are the names in each question that no
    abstract has.
    """

    probes: tuple[tuple[Probe, ...], ...]
    asked: tuple[Asked, ...]
    unknown: tuple[Unknown, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one variant judged, question by question."""

    name: str
    judgements: tuple[Judgement, ...]

    def confidence(self, chosen: Sequence[bool]) -> Values:
        """Give the confidences of the chosen questions."""
        return as_values([j.confidence for j, take in zip(self.judgements, chosen, strict=True) if take])

    def refused(self, chosen: Sequence[bool]) -> str:
        """Tell how many of the chosen questions were refused: count / all."""
        reasons = [j.reason for j, take in zip(self.judgements, chosen, strict=True) if take]
        return f"{sum(reason is not None for reason in reasons)} / {len(reasons)}"


def listen(library: Library, questions: Sequence[Question]) -> Heard:
    """Search production's probes, and the questions, once for all variants."""
    asked = tuple(ask_only(library, questions))
    unknown = tuple(calibration.unknown_in(library, one.ranking, one.words) for one in asked)
    return Heard(_probes(library), asked, unknown)


def with_plain_probes(library: Library, heard: Heard) -> Heard:
    """Exchange the probes for those that no words of another paper are mixed into."""
    with exchanged([Piece(calibration, "topic_probe", _unsalted)]):
        return replace(heard, probes=_probes(library))


def with_bare_probes(library: Library, heard: Heard) -> Heard:
    """Exchange the probes for those that may be left with hardly a word that counts."""
    with exchanged([Piece(calibration, "_FEWEST_LEFT", 0)]):
        return replace(heard, probes=_probes(library))


def _probes(library: Library) -> tuple[tuple[Probe, ...], ...]:
    groups: list[tuple[Probe, ...]] = []

    def keep(of: Library, probes: Sequence[str]) -> list[Signals]:
        found = tuple((p, ranking, p) for p, ranking in zip(probes, of.rank_all(probes), strict=True))
        groups.append(found)
        return [abstain.measure(*probe) for probe in found]

    with exchanged([Piece(calibration, "_signals", keep)]):
        calibration.make(library)
    return tuple(groups)


def run(heard: Heard, variants: Sequence[Variant]) -> list[Measured]:
    """Calibrate and judge with every variant."""
    return [_judged(heard, variant) for variant in variants]


def run_plain(heard: Heard) -> Measured:
    """Judge as production does, by what ``with_plain_probes`` heard."""
    return _judged(heard, Variant("no probes mixed with other papers"))


def run_bare(heard: Heard) -> Measured:
    """Judge as production does, by what ``with_bare_probes`` heard."""
    return _judged(heard, Variant("probes with hardly a word that counts too"))


def _judged(heard: Heard, variant: Variant) -> Measured:
    with exchanged(variant.pieces):
        topic_yes, topic_no, detail_yes, detail_no = ([abstain.measure(*p) for p in group] for group in heard.probes)
        made: Calibration = abstain.calibrate((topic_yes, topic_no), (detail_yes, detail_no))
        judgements = [
            made.judge(one.words, _lacking(abstain.measure(one.standalone, one.ranking, one.words), unknown))
            for one, unknown in zip(heard.asked, heard.unknown, strict=True)
        ]
    return Measured(variant.name, tuple(judgements))


def _lacking(signals: Signals, unknown: Unknown) -> Signals:
    return replace(signals, unknown=unknown)


def abstaining_table(asked: Sequence[Asked], measured: Sequence[Measured]) -> str:
    """Tell how many of each kind were refused, and how well the confidence orders them, with changes' intervals."""
    answerable = [one.question.answerable for one in asked]
    off, near = ([one.question.type == name for one in asked] for name in ("off", "near"))
    refused = [f"{name} refused" for name in ("off", "near", "answerable")]
    head = ["variant", *refused, "off AUROC", "change", "near AUROC", "change"]
    rows = []
    for one in measured:
        cells = []
        for absent in (off, near):
            pair = one.confidence(answerable), one.confidence(absent)
            before = measured[0].confidence(answerable), measured[0].confidence(absent)
            cells += [figure(auroc(*pair)), _change(pair, before)]
        rows.append([one.name, one.refused(off), one.refused(near), one.refused(answerable), *cells])
    return table(head, rows)


def _change(now: tuple[Values, Values], before: tuple[Values, Values]) -> str:
    """Give the 95% interval of the difference of two AUROCs over the same questions."""
    difference = wins(*now) - wins(*before)
    if not difference.any():
        return "="
    random = np.random.default_rng(_SEED)
    above, below = (random.multinomial(n, np.full(n, 1 / n), _RESAMPLES) for n in difference.shape)
    low, high = np.percentile(((above @ difference) * below).sum(axis=1) / difference.size, _LEVEL)
    return f"{low:+.3f} … {high:+.3f}"


# --- the variants ----------------------------------------------------------------------------------------------------


def variants() -> list[Variant]:
    """Give production first, then production without each signal and each rule."""
    topic_alone, every = Piece(Calibration, "judge", _topic_alone), ("late", "cosine", "words", "coverage", "poorest")
    return [
        Variant(PRODUCTION),
        *(Variant(f"topic: no {name}", (_topic_of(*(n for n in every if n != name)),)) for name in every),
        Variant("topic: late alone", (_topic_of("late"),)),
        Variant("topic: cosine alone", (_topic_of("cosine"),)),
        Variant("no detail (topic alone)", (topic_alone,)),
        Variant("no topic (detail alone)", (Piece(Calibration, "judge", _detail_alone),)),
        Variant("detail: no coverage", (Piece(abstain, "detail_features", _signals_of("poorest")),)),
        Variant("detail: no lower end", (Piece(abstain, "detail_features", _signals_of("coverage")),)),
        Variant("detail: the poorest word as lower end", (Piece(abstain, "_LOWER_END", 0.0),)),
        Variant("words of asking count", (Piece(weighty, "light_words", frozenset),)),
        Variant("no bonus for open questions", (Piece(abstain, "_OPEN_BONUS", 0.0),)),
        Variant("no bonus for questions that lean on earlier turns", (Piece(abstain, "_LEANING_BONUS", 0.0),)),
        Variant("words far from numbers count in full", (Piece(abstain, "asks_how_many", _never),)),
        Variant("bonus for all questions", (Piece(abstain, "asks_detail", _never),)),
        Variant("no names that no abstract has", (Piece(sys.modules[__name__], "_lacking", _lacking_nothing),)),
        Variant("no versions, releases and abbreviations", (Piece(abstain, "_with_exact", _lacking_nothing),)),
        Variant("cut down to a fifth", (Piece(abstain, "_LEFT", 0.2),)),
        Variant("plain product of both", (Piece(abstain, "_LEFT", 0.0),)),
    ]


def _topic_of(*names: str) -> Piece:
    return Piece(abstain, "topic_features", _signals_of(*names))


def _signals_of(*names: str) -> Callable[[Sequence[Signals]], Floats]:
    """Make a ``topic_features`` or ``detail_features`` of some of the signals."""

    def features(signals: Sequence[Signals]) -> Floats:
        return np.array([[getattr(one, name) for name in names] for one in signals])

    return features


def _never(question: str) -> bool:  # noqa: ARG001  # as asks_detail
    return False


def _lacking_nothing(signals: Signals, *_: object) -> Signals:
    return signals


_judge = Calibration.judge
_topic_probe = calibration.topic_probe


def _unsalted(sentence: str, salt: str | None, rng: np.random.Generator) -> str:  # noqa: ARG001  # as topic_probe
    return _topic_probe(sentence, None, rng)


def _topic_alone(self: Calibration, question: str, signals: Signals) -> Judgement:
    return _judge(replace(self, detail=None), question, signals)


def _detail_alone(self: Calibration, question: str, signals: Signals) -> Judgement:
    made = _judge(replace(self, topic_below=0.0), question, signals)
    topic = float(self.topic.probability(abstain.topic_features([signals]))[0])
    return replace(made, confidence=made.confidence / topic)
