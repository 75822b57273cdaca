"""The signals of a question worked out by hand, and the decisions that follow from them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from index_store.search import Evidence, Ranking
from index_store.types import Hit, Paper
from rag.abstain import Calibration, Signals, calibrate, measure
from rag.logistic import Logistic
from rag.unknown import Unknown

QUESTION = "Which frogs sing loudly?"  # content words at 6 and 12 and 17; "which" is a stop word


def ranking(*matches: tuple[float, ...], starts: tuple[int, ...] = (6, 12, 17)) -> Ranking:
    rows = np.array(matches, np.float32)
    return Ranking((), (Evidence(0.6, 0.4, 1.0),), rows, np.array(starts, np.int32))


def test_coverage_is_the_mean_of_what_the_best_paper_matches() -> None:
    signals = measure(QUESTION, ranking((0.9, 0.8, 0.4), (0.3, 0.2, 0.4)), QUESTION)
    assert (signals.late, signals.cosine, signals.words) == (0.4, 0.6, pytest.approx(math.log(2)))
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
    assert measure("what?", Ranking(), "what?") == Signals(0.0, 0.0, 0.0, 0.0, 0.0)


def test_words_of_asking_do_not_count_beside_weighty_ones() -> None:
    light = measure("How many frogs are reported?", ranking((0.1, 0.9, 0.1), starts=(4, 9, 19)), "")
    assert (light.coverage, light.poorest) == (pytest.approx(0.9), pytest.approx(0.9))
    alone = measure("how many?", ranking((0.1,), starts=(4,)), "how many?")
    assert alone.coverage == pytest.approx(0.1)


def test_the_lower_end_is_a_tenth_of_the_way_from_the_poorest_word() -> None:
    """Two of three words: 0.2 + 0.1 * 2 * (0.7 - 0.2)."""
    signals = measure("frogs sing loudly", ranking((0.9, 0.7, 0.2), starts=(0, 6, 11)), "frogs sing loudly")
    assert signals.poorest == pytest.approx(0.2 + 0.2 * 0.5)


def test_where_a_number_is_asked_for_words_that_stand_beside_none_count_for_less() -> None:
    """Frogs are counted, ponds are not; the title counts as if it held a number."""
    paper = Paper("", "Marsh choirs", "We counted 40 frogs. Every pond was visited.")
    matches = ((0.8, 0.8, 0.8),)
    given = replace(ranking(*matches, starts=(9, 18, 24)), hits=(Hit(paper, 1.0, ()),))
    question = "How many frogs in a pond of the marsh?"
    assert measure(
        question, replace(given, starts=np.array([9, 20, 32], np.int32)), question
    ).coverage == pytest.approx((0.8 + 0.8 * 0.85 + 0.8) / 3)
    question = "Which frogs sing loudly?"
    assert measure(
        question, replace(given, starts=np.array([6, 12, 17], np.int32)), question
    ).coverage == pytest.approx(0.8)


def test_shared_words_tell_that_something_here_is_about_it() -> None:
    yes = [Signals(0.3, 0.4, 3.0 + i / 100, 0.5, 0.3) for i in range(60)]
    no = [Signals(0.3, 0.4, 1.0 + i / 100, 0.5, 0.3) for i in range(60)]
    calibration = calibrate((yes, no), (yes, no))
    assert calibration.judge("Frogs?", yes[0]).reason is None
    assert calibration.judge("Frogs?", no[0]).reason == "off_topic"


def test_one_word_that_nothing_here_matches_tells_against_the_topic() -> None:
    """ "Optical flow" in a library on fluids: the mean of the words is as good as elsewhere, one of them is poor."""
    yes = [Signals(0.3, 0.4, 2.0, 0.5, 0.4 + i / 1000) for i in range(60)]
    no = [Signals(0.3, 0.4, 2.0, 0.5, 0.1 + i / 1000) for i in range(60)]
    calibration = calibrate((yes, no), (yes, no))
    assert calibration.judge("Tell me about frogs.", yes[0]).reason is None
    assert calibration.judge("Tell me about frogs.", no[-1]).reason == "off_topic"


def test_what_a_leaning_question_lacks_lowers_the_confidence_less() -> None:
    calibration = by_hand()
    confidences = [
        calibration.judge("How many?", signals(0.9, poorest=0.4, leaning=leaning)).confidence
        for leaning in (True, False)
    ]
    assert confidences == pytest.approx([0.982 * (0.4 + 0.6 * 0.5), 0.982 * (0.4 + 0.6 * 0.2689)], abs=1e-3)


def test_a_comparison_of_papers_that_were_found_is_measured_by_the_best_of_them_and_not_refused() -> None:
    ponds, lakes = Paper("p", "PondNet: Ponds", ""), Paper("l", "LakeNet: Lakes", "")
    rows = np.array([(0.9, 0.1), (0.3, 0.8)], np.float32)
    evidence = (Evidence(0.6, 0.1, 1.0), Evidence(0.5, 0.2, 1.0))
    found = Ranking((Hit(ponds, 0.8, ()), Hit(lakes, 0.8, ())), evidence, rows, np.array((0, 11), np.int32))
    compared = measure("PondNet or LakeNet?", found, "PondNet or LakeNet?")
    assert (compared.late, compared.coverage) == (0.2, pytest.approx((0.3 + 0.8) / 2))
    assert by_hand().judge("PondNet or LakeNet?", compared).doubtful
    assert by_hand().judge("PondNet or LakeNet?", compared).reason is None
    assert measure("PondNet and LakeNet?", found, "PondNet and LakeNet?").compares
    single = measure("PondNet on LakeNet?", found, "PondNet on LakeNet?")
    assert (single.late, single.coverage) == (0.1, pytest.approx((0.9 + 0.1) / 2))
    assert by_hand(0.2).judge("PondNet on LakeNet?", single).reason == "off_topic"


def test_a_version_that_the_best_paper_lacks_is_doubted() -> None:
    ponds = Hit(Paper("p", "PondNet: Ponds", "PondNet-2 is small."), 0.8, ())
    found = Ranking((ponds,), (Evidence(0.9, 0.9, 1.0),), np.array([(0.9,)], np.float32), np.array((4,), np.int32))
    for question, doubtful in (("Has PondNet-3 frogs?", True), ("Has PondNet-2 frogs?", False)):
        signals = replace(measure(question, found, question), poorest=0.9)
        assert by_hand().judge(question, signals) == replace(by_hand().judge(question, signals), doubtful=doubtful)


def test_what_is_surely_missing_lowers_the_confidence_however_well_the_words_match() -> None:
    calibration, sure = by_hand(), signals(0.9, poorest=0.9)
    named = Unknown(("LakeNet",))
    for lacking in (replace(sure, lacks_version=True), replace(sure, unknown=named)):
        judged = calibration.judge("How many frogs?", lacking)
        assert judged.confidence == pytest.approx(0.4 * 0.982, abs=1e-3)
        assert (judged.reason, judged.doubtful, judged.unknown) == (None, True, lacking.unknown.names)


def test_a_name_that_no_abstract_has_is_refused_where_it_decides_and_the_question_stands_alone() -> None:
    deciding = replace(signals(0.9, poorest=0.9), unknown=Unknown(("LakeNet",), decides=True))
    judged = by_hand().judge("What is LakeNet?", deciding)
    assert (judged.reason, judged.unknown) == ("not_in_abstract", ("LakeNet",))
    for going_on in (replace(deciding, leaning=True), replace(deciding, compares=True)):
        assert by_hand().judge("What is LakeNet?", going_on).reason is None


def test_a_question_that_gives_the_title_of_the_best_paper_is_about_something_here() -> None:
    ponds = Hit(Paper("p", "Quiet ponds in winter", "Frogs sleep."), 0.8, ())
    found = Ranking((ponds,), (Evidence(0.0, 0.1, 0.1),), np.array([(0.1,)], np.float32), np.array((0,), np.int32))
    for asked, reason in (("Salary in quiet ponds in winter?", "not_in_abstract"), ("Salary in ponds?", "off_topic")):
        assert by_hand().judge(asked, measure(asked, found, asked)).reason == reason


def test_what_the_one_paper_that_is_meant_does_not_release_is_refused() -> None:
    for abstract, reason in (("It is small.", "not_in_abstract"), ("Its code is at https://example.org.", None)):
        paper = Hit(Paper("p", "PondNet: Ponds", abstract), 0.8, ())
        found = Ranking((paper,), (Evidence(0.9, 0.9, 1.0),), np.array([(0.9,)], np.float32), np.array((16,), np.int32))
        asked = "Is the code available?"
        assert by_hand().judge(asked, measure(f"PondNet: {asked}", found, asked)).reason == reason


def test_an_abbreviation_that_the_best_paper_spells_out_is_answered() -> None:
    for abstract, reason in (("Green frogs at dusk (GFD) call.", None), ("GFD is called.", "off_topic")):
        paper = Hit(Paper("p", "Ponds", abstract), 0.8, ())
        found = Ranking((paper,), (Evidence(0.1, 0.1, 0.0),), np.array([(0.1,)], np.float32), np.array((10,), np.int32))
        asked = "What does GFD stand for?"
        assert by_hand(0.2).judge(asked, measure(asked, found, asked)).reason == reason


def test_a_question_that_leans_on_earlier_turns_is_told_from_one_that_stands_alone() -> None:
    rows = ranking((0.1, 0.1, 0.9), starts=(0, 6, 11))
    assert measure("frogs pond sing", rows, "sing").leaning
    assert not measure("frogs pond sing", rows, "frogs pond sing").leaning
    assert not measure("frogs pond sing", rows, "new topic: frogs pond sing").leaning


def signals(late: float, coverage: float = 0.9, poorest: float = 0.5, *, leaning: bool = False) -> Signals:
    return Signals(late, 0.5, 1.0, coverage, poorest, leaning)


def by_hand(topic_below: float = 0.1) -> Calibration:
    """A topic by the late interaction alone, even at 0.5; a detail by the poorest word alone, even at 0.5."""
    topic = Logistic((0.0,) * 5, (1.0,) * 5, (-5.0, 10.0, 0.0, 0.0, 0.0, 0.0))
    return Calibration(topic, topic_below, Logistic((0.0, 0.5), (1.0, 0.1), (0.0, 0.0, 1.0)))


def test_a_calibration_decides_topic_first_then_detail() -> None:
    calibration = by_hand()
    assert calibration.judge("How many frogs?", signals(0.1, poorest=0.9)).reason == "off_topic"
    judged = calibration.judge("How many frogs?", signals(0.9))
    assert judged.reason is None
    assert judged.confidence == pytest.approx(0.982 * (0.4 + 0.6 * 0.5), abs=1e-3)
    missing = signals(0.9, poorest=-0.1)
    assert calibration.judge("How many frogs?", missing).reason == "not_in_abstract"
    assert (
        calibration.judge("Tell me about frogs.", missing).confidence
        > calibration.judge("How many?", missing).confidence
    )


def test_doubt_comes_before_refusal() -> None:
    calibration = by_hand()
    assert not calibration.judge("How many frogs?", signals(0.9, poorest=0.51)).doubtful
    assert calibration.judge("How many frogs?", signals(0.9, poorest=0.45)).doubtful
    assert calibration.judge("How many frogs?", signals(0.52, poorest=0.9)).doubtful  # of the topic: .55


def test_what_a_leaning_question_lacks_is_doubted_and_not_refused() -> None:
    judged = by_hand().judge("How many?", signals(0.9, poorest=-0.1, leaning=True))
    assert (judged.reason, judged.doubtful) == (None, True)


def test_the_topic_s_threshold_lets_the_library_s_own_questions_pass() -> None:
    yes = [signals(0.5 + i / 1000, 0.8) for i in range(100)]
    no = [signals(0.1 + i / 1000, 0.3, 0.1) for i in range(50)]
    calibration = calibrate((yes, no), (yes, no))
    assert calibration.topic_below == 0.2
    assert all(calibration.judge("Frogs?", s).reason is None for s in yes)
    assert all(calibration.judge("Frogs?", s).reason == "off_topic" for s in no)


def test_where_the_library_s_own_questions_look_alien_the_threshold_is_lower() -> None:
    """Of 200 pseudo-questions, 40 look like the everyday ones: the threshold lets all but 3% of them pass."""
    yes = [signals(0.1 + i / 1000 if i < 20 else 0.5, 0.5) for i in range(100)]
    no = [signals(0.1 + i / 1000, 0.5) for i in range(50)]
    calibration = calibrate((yes, no), (yes, no))
    assert calibration.topic_below < 0.4
    assert sum(calibration.judge("Frogs?", s).reason == "off_topic" for s in yes) <= 3


def test_everyday_questions_that_the_library_is_about_do_not_count_against_it() -> None:
    yes = [signals(0.5 + i / 1000, 0.8) for i in range(100)]
    strange, at_home = [signals(0.1 + i / 1000, 0.3, 0.1) for i in range(50)], [signals(0.55, 0.8)] * 8
    assert (
        calibrate((yes, [*strange, *at_home]), (yes, strange)).topic == calibrate((yes, strange), (yes, strange)).topic
    )
    assert calibrate((yes, at_home), (yes, strange)).topic_below <= 0.4  # nothing else to learn from


def test_without_probes_of_detail_nothing_is_said_to_be_missing() -> None:
    yes, no = [signals(0.8, poorest=0.1)] * 9, [signals(0.1, 0.0, 0.0)] * 9
    calibration = calibrate((yes, no), (yes, no))
    assert calibration.detail is None
    assert calibration.judge("How many frogs?", yes[0]).reason is None
