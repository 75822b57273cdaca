"""Probes made from a library, and the judge that is calibrated with them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from index_store.build import index_entries
from index_store.library import Library
from index_store.search import Ranking
from index_store.types import Paper
from rag import calibration
from rag.abstain import Calibration
from rag.calibration import (
    CalibratedJudge,
    common_details,
    detail_probes,
    everyday_questions,
    make,
    topic_probe,
)
from tests.fakes import FakeEmbedder
from tests.small_library import BREAD, FROGS, STARS, entry, fake_shelf, library_of

PAPERS = (FROGS, BREAD, STARS)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = library_of(tmp_path / "library", PAPERS)
    yield opened
    opened.close()


def test_a_topic_probe_thins_and_salts() -> None:
    sentence = " ".join(f"a{n}" for n in range(40))
    thinned = topic_probe(sentence, None, np.random.default_rng(1)).split()
    assert 10 < len(thinned) < 30
    assert thinned == [word for word in sentence.split() if word in thinned]
    salted = topic_probe(sentence, " ".join(f"b{n}" for n in range(40)), np.random.default_rng(1)).split()
    assert [word for word in salted if word[0] == "a"] == thinned
    assert sum(word[0] == "b" for word in salted) == len(thinned) // 2


def test_a_probe_of_one_word_keeps_it() -> None:
    assert all(topic_probe("frogs", None, np.random.default_rng(seed)) == "frogs" for seed in range(9))


def test_a_probe_that_would_hardly_say_anything_keeps_all_words() -> None:
    sentence = "This is also the frog that was of the pond and on the reed"
    probes = {topic_probe(sentence, None, np.random.default_rng(seed)) for seed in range(30)}
    assert sentence in probes
    assert all({"frog", "pond", "reed"} <= set(probe.split()) for probe in probes)


def test_detail_probes_name_a_paper_and_ask_for_what_it_says_or_does_not_say() -> None:
    title, said, absent = ["frog", "ponds", "census", "deep"], list("abcdefgh"), ["x", "y"]
    for seed in range(20):
        pair = detail_probes(title, said, absent, np.random.default_rng(seed))
        assert pair is not None
        yes, no = (probe.split() for probe in pair)
        name = [word for word in yes if word in title]
        assert name == title[: len(name)]
        assert 1 <= len(name) <= 3
        assert "".join(yes[len(name) :]) in "abcdefgh"
        assert 2 <= len(yes) - len(name) <= 4
        assert no[: len(name)] == name
        assert "".join(no[len(name) : -2]) in ("", "a", "ab")
        assert no[-2:] == absent


def test_too_few_words_make_no_detail_probes() -> None:
    assert detail_probes(["frogs"], list("abc"), ["x"], np.random.default_rng(0)) is None
    assert detail_probes(["frogs"], list("abcd"), [], np.random.default_rng(0)) is None


def test_common_details_are_short_and_differ() -> None:
    details = common_details()
    assert len(set(details)) == len(details) >= 50
    assert all(1 <= len(detail.split()) <= 4 for detail in details)


def test_everyday_questions_are_questions() -> None:
    assert len(everyday_questions()) >= 50
    assert all(question.endswith("?") for question in everyday_questions())


@pytest.mark.parametrize("papers", [PAPERS, PAPERS[:1], (Paper("", "Only a title", ""),)])
def test_any_library_can_be_calibrated_to_always_alike(tmp_path: Path, papers: tuple[Paper, ...]) -> None:
    one = library_of(tmp_path / "one", papers)
    other = library_of(tmp_path / "other", tuple(reversed(papers)))
    assert make(one) == make(other)
    one.close()
    other.close()


def test_the_calibration_is_kept_and_made_again_when_the_library_changed(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    made = CalibratedJudge(library, file).calibration()
    kept = json.loads(file.read_text("utf-8"))
    assert library.status().digest in kept["fitted_to"]
    kept["topic_below"] = 0.125
    file.write_text(json.dumps(kept), "utf-8")
    assert CalibratedJudge(library, file).calibration().topic_below == 0.125
    for name, other in (("format", kept["format"] - 1), ("fitted_to", "another")):  # the former: no shared words
        file.write_text(json.dumps(kept | {name: other}), "utf-8")
        assert CalibratedJudge(library, file).calibration() == made


def test_what_was_fitted_to_another_embedder_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    made = []
    for vocabulary in (("frogs", "rye"), ("frogs", "rye", "stars", "camera")):
        shelf = fake_shelf(tmp_path / str(len(vocabulary)), FakeEmbedder(vocabulary, 16))
        index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate(PAPERS, 1)])
        opened = Library(shelf)
        made.append(CalibratedJudge(opened, file).calibration())
        assert made[-1] == make(opened)
        opened.close()
    assert made[0] != made[1]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 5, "fitted_to": null}'])
def test_a_broken_file_is_made_again(library: Library, tmp_path: Path, text: str) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(text, "utf-8")
    made = CalibratedJudge(library, file).calibration()
    assert json.loads(file.read_text("utf-8"))["topic_below"] == made.topic_below


def test_a_place_that_cannot_be_written_is_no_error(library: Library, tmp_path: Path) -> None:
    judge = CalibratedJudge(library, tmp_path / "absent" / "calibration.json")
    assert judge.calibration() == judge.calibration()


def test_what_the_library_is_about_is_told_from_what_it_is_not(library: Library, tmp_path: Path) -> None:
    judge = CalibratedJudge(library, tmp_path / "calibration.json")
    confidences = {}
    for question in ("frogs heron", "rye steam", "What is the capital of Peru?"):
        judgement = judge.judge(question, library.rank(question), question)
        confidences[question] = judgement.confidence
        assert 0 <= judgement.confidence <= 1
    assert min(confidences["frogs heron"], confidences["rye steam"]) > confidences["What is the capital of Peru?"]


def test_a_name_is_unknown_where_no_paper_has_it(library: Library, tmp_path: Path) -> None:
    judge = CalibratedJudge(library, tmp_path / "calibration.json")
    asked = "frogs and PondNet heron"
    assert judge.judge(asked, library.rank(asked), asked).unknown == ("PondNet",)
    assert judge.judge(asked, Ranking(), asked).unknown == ()


def test_the_judge_follows_the_library_and_no_question_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = library_of(tmp_path / "library", PAPERS[:1])
    judge = CalibratedJudge(opened, tmp_path / "calibration.json")
    before = judge.calibration()
    with opened._lender.using() as lent:
        index_entries(lent.shelf, [entry(BREAD, line=2), entry(STARS, line=3)])
    let, times = threading.Event(), []

    def slowly(library: Library) -> Calibration:
        times.append(1)
        assert let.wait(60)
        return make(library)

    monkeypatch.setattr(calibration, "make", slowly)
    assert [judge.calibration() for _ in range(3)] == [before] * 3
    let.set()
    assert judge._making is not None
    judge._making.join(60)
    assert judge.calibration() == make(opened) != before
    assert len(times) == 1
    opened.close()


def test_what_another_process_is_making_is_waited_for_and_taken(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    made = CalibratedJudge(library, file).calibration()
    other = file.rename(tmp_path / "theirs")
    found: list[Calibration] = []
    with FileLock(file.with_suffix(".lock")):
        waiting = threading.Thread(target=lambda: found.append(CalibratedJudge(library, file).calibration()))
        waiting.start()
        waiting.join(0.3)
        assert not found
        kept = json.loads(other.read_text("utf-8"))
        file.write_text(json.dumps(kept | {"topic_below": 0.125}), "utf-8")
    waiting.join(60)
    assert [each.topic_below for each in found] == [0.125]
    assert made.topic_below != 0.125
