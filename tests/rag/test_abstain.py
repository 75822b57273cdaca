"""The signals of a question worked out by hand, and the decisions that follow from them."""

from __future__ import annotations

import numpy as np
import pytest

from index_store.search import Evidence, Ranking
from rag.abstain import Calibration, Signals, calibrate, content_words, measure
from rag.logistic import Logistic

QUESTION = "Which frogs sing loudly?"  # content words at 6 and 12 and 17; "which" is a stop word


def ranking(*matches: tuple[float, ...], starts: tuple[int, ...] = (6, 12, 17)) -> Ranking:
    rows = np.array(matches, np.float32)
    return Ranking((), (Evidence(0.6, 0.4, 1.0),), rows, np.array(starts, np.int32))


def test_coverage_is_the_mean_of_what_the_best_paper_matches() -> None:
    signals = measure(QUESTION, ranking((0.9, 0.8, 0.4), (0.3, 0.2, 0.4)), QUESTION)
    assert (signals.late, signals.cosine) == (0.4, 0.6)
    assert signals.coverage == pytest.approx((0.9 + 0.8 + 0.4) / 3)


def test_pieces_of_one_word_count_as_one_word() -> None:
    signals = measure("frogs sing", ranking((0.9, 0.5, 0.1), (0.3, 0.3, 0.3), starts=(0, 2, 6)), "frogs sing")
    assert signals.coverage == pytest.approx(((0.9 + 0.5) / 2 + 0.1) / 2)


def test_stop_words_do_not_count() -> None:
    assert measure("what of frogs", ranking((0.9,), (0.3,), starts=(8,)), "what of frogs").coverage == pytest.approx(
        0.9
    )


def test_words_of_earlier_turns_do_not_count_as_asked() -> None:
    signals = measure("frogs pond sing", ranking((0.1, 0.1, 0.9), (0.3, 0.3, 0.3), starts=(0, 6, 11)), "sing")
    assert signals.coverage == pytest.approx(0.9)


def test_a_question_without_content_can_miss_nothing() -> None:
    assert measure("what?", ranking((), (), starts=()), "what?").coverage == 1.0
    assert measure("what?", Ranking(), "what?") == Signals(0.0, 0.0, 0.0)


def test_a_calibration_decides_topic_first_then_detail() -> None:
    one = Logistic((0.0, 0.0), (1.0, 1.0), (-5.0, 10.0, 0.0))
    detail = Logistic((0.5,), (0.1,), (0.0, 1.0))
    calibration = Calibration(one, 0.1, detail)
    near, far = Signals(0.9, 0, 0.5), Signals(0.1, 0, 0.9)
    assert calibration.judge("How many frogs?", far).reason == "off_topic"
    judged = calibration.judge("How many frogs?", near)
    assert judged.reason is None
    assert judged.confidence == pytest.approx(0.982 * 0.5, abs=1e-3)
    assert calibration.judge("How many frogs?", Signals(0.9, 0, 0.45)).doubtful
    missing = Signals(0.9, 0, 0.1)
    assert calibration.judge("How many frogs?", missing).reason == "not_in_abstract"
    assert (
        calibration.judge("Tell me about frogs.", missing).confidence
        > calibration.judge("How many?", missing).confidence
    )


def test_the_topic_s_threshold_lets_the_library_s_own_questions_pass() -> None:
    yes = [Signals(0.5 + i / 1000, 0.5, 0.8) for i in range(100)]
    no = [Signals(0.1 + i / 1000, 0.1, 0.3) for i in range(50)]
    calibration = calibrate((yes, no), (yes, no))
    assert sum(calibration.judge("Frogs?", s).reason == "off_topic" for s in yes) <= 1
    assert all(calibration.judge("Frogs?", s).reason == "off_topic" for s in no)


def test_without_probes_of_detail_nothing_is_said_to_be_missing() -> None:
    yes, no = [Signals(0.8, 0.5, 0.1)] * 9, [Signals(0.1, 0.1, 0.0)] * 9
    calibration = calibrate((yes, no), (yes, no))
    assert calibration.detail is None
    assert calibration.judge("How many frogs?", yes[0]).reason is None


def test_content_words_tell_what_a_text_is_about() -> None:
    assert content_words("How do the 40 frogs of a pond sing?") == ["40", "frogs", "pond", "sing"]
