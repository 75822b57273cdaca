"""What the words of a question tell about the conversation before it."""

from __future__ import annotations

import pytest

from rag.followup import (
    leans_on_history,
    names,
    new_subject,
    read_cue,
    with_pronoun,
    with_subject,
    without_announcement,
    year_of,
)


@pytest.mark.parametrize(
    "question",
    [
        "How much energy does it save?",
        "And on images?",
        "What about its memory?",
        "why?",
        "Does the method need labels?",
        "How many of them are there?",
        "Compared with what?",
        "On which models was that tested?",
        "Is that better than adapters?",
        "Why does that matter?",
        "Tell me more.",
        "Does batch size matter there?",
        "How many GPUs?",
        "Any code?",
        "What is the price of doing so?",
        "When is there no point in doing that?",
        "Is there a paper that extends it?",
        "Do they release their data?",
        "Please summarise it.",
        "How much does it cost?",
    ],
)
def test_a_question_that_points_back_or_begins_in_the_middle_leans(question: str) -> None:
    assert leans_on_history(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which papers study quantum error correction with neural decoders?",
        "What is BERT?",
        "speedup for training of recurrent nets?",
        "What is the model that maps sentences to vectors?",
        "Which paper shows that attention suffices?",
        "Is there a paper on the second stage of training with rewards?",
        "Who were the authors of the first Transformer?",
        "Which results do social scientists doubt?",
        "How does a heron find its prey in muddy water?",
        "Which systems summarise court rulings?",
        "What does it cost to heat a greenhouse in winter?",
        "Is it true that herons sleep on one leg?",
    ],
)
def test_a_question_that_points_nowhere_does_not(question: str) -> None:
    assert not leans_on_history(question)


@pytest.mark.parametrize(
    ("question", "lean"),
    [
        ("How fast is it?", "firm"),
        ("How many?", "firm"),
        ("And how slow?", "firm"),
        ("Really?", "firm"),
        ("Put that more simply.", "firm"),
        ("And memory?", "loose"),
        ("what's realm", "loose"),
        ("How are proteins folded by computers?", "none"),
    ],
)
def test_a_pronoun_leans_more_than_a_beginning_in_the_middle(question: str, lean: str) -> None:
    assert read_cue(question).lean == lean


@pytest.mark.parametrize(
    ("question", "pair"),
    [
        ("Were both tested?", True),
        ("Is either of them fast?", True),
        ("What is the point of each?", True),
        ("Does neither scale?", True),
        ("How do both encoders and decoders work?", False),
        ("How do the two halves of a brain talk?", False),
        ("Does each layer help?", False),
    ],
)
def test_two_papers_are_meant_by_words_for_two_that_stand_alone(question: str, pair: bool) -> None:
    assert read_cue(question).pair is pair


def test_a_pronoun_may_mean_something_in_the_question_itself() -> None:
    assert read_cue("frogs and their calls at night").lean == "none"
    assert read_cue("Can a frog that lost its pond survive there?").lean == "firm"  # by the last word


def test_where_a_question_first_points_back_is_told() -> None:
    question = "For QLoRA, does it need labels?"
    assert read_cue(question).pronoun == question.index("it need")
    assert read_cue("What is QLoRA?").pronoun is None


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("And the second one?", (1,)),
        ("What does the latter use?", (-1,)),
        ("and the former, how fast is it?", (0,)),
        ("Does the third keep an index?", (2,)),
        ("What data was the second trained on?", (1,)),
        ("Does the second make it slower?", (1,)),
        ("What does paper 2 say?", (1,)),
        ("What does [3] say?", (2,)),
        ("Which group is the first of these about?", (0,)),
        ("What happens in the second stage?", ()),
        ("Who was the first person on the moon?", ()),
        ("Which was the first model to fly?", ()),
        ("and the first again?", (0,)),
    ],
)
def test_papers_are_pointed_at_by_their_place(question: str, places: tuple[int, ...]) -> None:
    assert read_cue(question).places == places


@pytest.mark.parametrize(
    ("question", "returns"),
    [
        ("Back to AlphaGo: how many GPUs?", ("AlphaGo", "how many GPUs?")),
        ("Let's go back to chain of thought. Does size matter?", ("chain of thought", "Does size matter?")),
        ("OK, returning to the optimiser, please: is it new?", ("the optimiser", "is it new?")),
        ("What comes back to the cache?", None),
    ],
)
def test_a_return_to_an_earlier_subject_is_noticed(question: str, returns: tuple[str, str] | None) -> None:
    assert read_cue(question).returns == returns


@pytest.mark.parametrize(
    "question", ["No, I meant the 2021 paper.", "not that one", "Sorry, I mean the other.", "the Hinton one, I meant"]
)
def test_a_correction_is_noticed(question: str) -> None:
    assert read_cue(question).takes_back


@pytest.mark.parametrize("question", ["Which network has no nonlinear units?", "Is it cheap, or not?", "Nothing new?"])
def test_a_no_inside_a_question_corrects_nothing(question: str) -> None:
    assert not read_cue(question).takes_back


@pytest.mark.parametrize(
    "question",
    [
        "Is there an alternative?",
        "Which later papers drop this task?",
        "What about the one that uses one expert?",
        "Who else has tried?",
        "Is there a paper that combines this with quantisation?",
    ],
)
def test_a_wish_for_another_paper_is_noticed(question: str) -> None:
    assert read_cue(question).another


@pytest.mark.parametrize(
    "question",
    ["Is there a paper on pruning?", "What does the other one score?", "How fast is it?", "What else can it call?"],
)
def test_other_questions_want_no_other_paper(question: str) -> None:
    assert not read_cue(question).another


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What is BERT?", ["BERT"]),
        ("how fast is k-FPF", ["k-FPF"]),
        ("what does GPT-4 need?", ["GPT-4"]),
        ("What is “rapid descent”?", ["rapid descent"]),
        ("Is it lighter than Adam?", ["Adam"]),
        ("What is LoRA's rank?", ["LoRA"]),
        ("Why not images?", []),
        ("How many GPUs?", []),
        ("By how much at 256 and 512?", []),
    ],
)
def test_names_are_seen(question: str, found: list[str]) -> None:
    assert names(question) == found


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("Changing subject, what is LoRA?", "what is LoRA?"),
        ("New question. What is LoRA?", "What is LoRA?"),
        ("Forget compilers. What is LoRA?", "What is LoRA?"),
        ("Leaving search aside, what is LoRA?", "what is LoRA?"),
        ("Let's talk about something else: what is LoRA?", "what is LoRA?"),
        ("Let me ask about something unrelated: what is LoRA?", "what is LoRA?"),
        ("Now something else - what is LoRA?", "what is LoRA?"),
        ("What changes the subject of a sentence?", None),
    ],
)
def test_an_announced_change_of_topic_is_taken_off(question: str, rest: str | None) -> None:
    assert without_announcement(question) == rest


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("What about QLoRA?", "QLoRA"),
        ("And how about the Vision Transformer?", "the Vision Transformer"),
        ("no, I meant QLoRA", "QLoRA"),
        ("And memory?", "memory"),
        ("And on the other images?", "other images"),
        ("And how fast is it?", None),
        ("And its memory?", None),
        ("Same question for QLoRA.", "QLoRA"),
        ("And does the same hold for QLoRA?", "QLoRA"),
        ("What is known about QLoRA?", None),
    ],
)
def test_a_new_subject_is_seen(question: str, subject: str | None) -> None:
    assert new_subject(question) == subject


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What does the former use?", "What does it use?"),
        ("And the second of these again?", "And it?"),
        ("Has the last paper any code?", "Has it any code?"),
        ("What does [2] say?", "What does it say?"),
        ("Does the second layer help?", "Does the second layer help?"),
    ],
)
def test_a_pronoun_stands_for_a_place(question: str, said: str) -> None:
    assert with_pronoun(question) == said


def test_a_question_is_asked_again_of_another_subject() -> None:
    assert with_subject("How much memory does LoRA save?", "QLoRA") == "How much memory does QLoRA save?"
    assert with_subject("How do LoRA and BERT differ?", "QLoRA") is None
    assert with_subject("How is memory saved?", "QLoRA") is None
    assert with_subject("What is LoRA?", r"C:\1") == r"What is C:\1?"


def test_a_year_is_read_where_there_is_one() -> None:
    assert year_of("I meant the 2021 paper") == 2021
    assert year_of("between 2019 and 2021?") is None
    assert year_of("with 2048 tokens?") == 2048
    assert year_of("how many?") is None


@pytest.mark.parametrize(
    ("question", "picks"),
    [("What error has the deeper one?", True), ("and the most recent one?", True), ("the later stage?", False)],
)
def test_a_comparison_picks_one_of_two(question: str, picks: bool) -> None:
    assert read_cue(question).picks is picks
    assert read_cue(question).pair >= picks
