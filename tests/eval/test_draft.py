"""Drafted questions: each says what its sentence says, none passes as finished."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.draft import Candidate, candidates, draft_lines, pick
from eval.metrics import fact_found_strictly
from eval.questions import read_questions
from index_store.types import Paper


def only(sentence: str, title: str = "Counting: a study") -> Candidate | None:
    found = [c for c in candidates([Paper("p", title, sentence)]) if c.sentence == sentence]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("sentence", "question", "fact"),
    [
        (
            "The new counter saves 46% of the energy on phones.",
            "What percentage does “Counting” report for The new counter saves … of the energy on phones?",
            "46%",
        ),
        (
            "Training is 3.5 times faster than before.",
            "By what factor, according to “Counting”: Training is … faster than before?",
            "3.5 times",
        ),
        ("We used 1,200 labelled pictures.", "How many labelled pictures does “Counting” speak of?", "1,200"),
        ("Here Sparse Tree Counting (STC) wins.", "What does STC stand for?", "Sparse Tree Counting"),
    ],
)
def test_a_telling_sentence_becomes_a_question(sentence: str, question: str, fact: str) -> None:
    found = only(sentence)
    assert found is not None
    assert (found.type, found.question, found.facts[0][0]) == ("fact", question, fact)


PERCENTAGES = ("{}%", "{} %", "{}\\%", "{} \\%", "{} percent", "{} per cent")
FACTORS = ("{}x", "{}X", "{} x", "{}×", "{} ×", "{}\\times", "{} \\times", "{}$\\times$", "{}times", "{} times")
COUNTS = ("{} sheep dogs", "{} million words", "{} labelled training pictures")


@pytest.mark.parametrize("spelled", [*PERCENTAGES, *FACTORS, *COUNTS])
@pytest.mark.parametrize("number", ["4", "46", "1.86"])
def test_every_fact_occurs_in_its_sentence(number: str, spelled: str) -> None:
    sentence = f"In the end {spelled.format(number)} were better."
    found = only(sentence)
    assert found is not None
    assert fact_found_strictly(sentence, found.facts[0][:1])  # so a verbatim quotation states it
    assert len(set(found.facts[0])) == len(found.facts[0])


@pytest.mark.parametrize(
    "words", ["Sparse Tree Counting (STC)", "a Long Short-Term Memory (LSTM)", "of Sum Trees (STs)"]
)
def test_what_an_acronym_stands_for_occurs_in_its_sentence(words: str) -> None:
    found = only(f"Here {words} wins.")
    assert found is not None
    assert found.facts[0][0] in words


@pytest.mark.parametrize(
    "sentence",
    [
        "Nothing is counted here.",
        "In Section 3 we go on.",
        "The year 2019 was good.",
        "Some words (OK) are no acronym.",
        "By 2020 language models had grown.",
        "We train on the COCO 2015 contests.",
        "It plays all of the Atari 2600 games.",
        "A 3×3 filter is as good as a 5 x 5 one, or a 7 $\\times$ 7 one.",
    ],
)
def test_other_sentences_become_none(sentence: str) -> None:
    assert only(sentence) is None


def questions(*abstracts: str) -> list[str]:
    papers = [Paper(str(number), f"Study {number}", abstract) for number, abstract in enumerate(abstracts)]
    return [candidate.question for candidate in candidates(papers)]


def test_a_number_at_the_start_or_after_another_name_is_counted() -> None:
    assert questions("The 12 tasks are hard.") == ["How many tasks does “Study 0” speak of?"]
    assert questions("On Atari 2600 it wins 12 games.") == ["How many games does “Study 0” speak of?"]


def test_what_two_papers_spell_out_is_asked_of_neither() -> None:
    nets = "Here Sum Product Nets (SPNs) win."
    assert questions(nets) == ["What does SPN stand for?"]
    assert questions(nets, nets) == []
    assert questions(nets, "We save 5% with a Sum Product Net (SPN).") == [
        "What percentage does “Study 1” report for We save … with a Sum Product Net (SPN)?"
    ]


def test_a_sentence_whose_first_question_has_two_answers_becomes_its_next() -> None:
    nets = "We show that Sum Product Nets (SPNs) win in every way."
    assert questions(nets, "Here Sum Product Nets (SPNs) lose.") == [
        "Which paper is about this: Sum Product Nets (SPNs) win in every way?"
    ]


def test_a_question_that_one_paper_answers_twice_is_not_asked_and_one_it_repeats_once() -> None:
    assert questions("It walks 2.4 metres. Then it walks 3.1 metres.") == []
    assert questions("It walks 2.4 metres and 3.1 metres.") == []
    assert questions("It walks 2.4 metres. Yes, 2.4 metres.") == ["How many metres does “Study 0” speak of?"]


def test_a_claim_becomes_a_question_for_its_paper_and_a_named_title_one_for_its_name() -> None:
    paper = Paper("p", "CountNet: counting things", "We show that sheep can be counted while asleep.")
    named, claim = candidates([paper])
    assert (named.type, named.question) == ("named", "What is CountNet?")
    assert (claim.type, claim.question) == ("concept", "Which paper is about this: sheep can be counted while asleep?")


def test_every_paper_has_one_before_any_has_two() -> None:
    papers = [Paper(str(n), f"Title {n}", "It saves 5% here. It saves 6% there.") for n in range(4)]
    chosen = pick(candidates(papers), 6)
    assert [c.title[-1] for c in chosen] == ["0", "1", "2", "3", "0", "1"]
    assert pick(candidates([]), 5) == []


def test_drafts_are_refused_until_their_mark_is_taken_out(tmp_path: Path) -> None:
    chosen = pick(candidates([Paper("p", "A study", "It saves 5% here. It saves 6% there.")]), 2)
    lines = [json.loads(line) for line in draft_lines(chosen)]
    assert [(line["id"], line["split"], line["gold"]) for line in lines] == [
        ("fact-001", "dev", ["A study"]),
        ("fact-002", "test", ["A study"]),
    ]
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(draft_lines(chosen)), "utf-8")
    given = read_questions(path)
    assert given.questions == ()
    assert all("still a draft" in rejection.reason for rejection in given.rejected)
    path.write_text("\n".join(json.dumps({**line, "draft": False}) for line in lines), "utf-8")
    assert [q.facts for q in read_questions(path).questions] == [(tuple(line["facts"][0]),) for line in lines]
