"""Who asks, and for what, is no part of what is asked about."""

from __future__ import annotations

import pytest

from rag.frames import without_frame


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "I'm writing the second chapter of a thesis on quiet ponds. There is a classic one where frogs are counted"
            " by their calls. Which paper is that?",
            "quiet ponds. frogs are counted by their calls.",
        ),
        (
            "I am reviewing a submission that claims frogs always call at dusk. Which evidence could I point the"
            " authors to?",
            "frogs always call at dusk.",
        ),
        (
            "For a lecture on ponds I'd like to show that early maps mix up frogs and toads. Is there a source that"
            " says this?",
            "ponds early maps mix up frogs and toads.",
        ),
        (
            "Next week I have to teach frog calls to second-years. Which pitch do they have?",
            "frog calls. Which pitch do they have?",
        ),
        ("I'm a chemist and I need water samples of cold ponds.", "water samples of cold ponds."),
        ("As a first-year student, I want to know how frogs find cold ponds.", "how frogs find cold ponds."),
        ("Someone suggested that frogs sleep in winter mud.", "frogs sleep in winter mud."),
        ("We are preparing a survey on how cold ponds carry calls.", "how cold ponds carry calls."),
    ],
)
def test_what_frames_a_question_is_cut(question: str, asked: str) -> None:
    assert without_frame(question) == asked


@pytest.mark.parametrize(
    "question",
    [
        "How does a small student match its teacher?",
        "How are lectures and reviews of a submission summarised?",
        "What do we have on frogs in ponds and lakes?",
        "How many frogs will I need for quiet ponds?",
        "For the Ponds paper, what was measured on cold lakes?",
        "In the survey on frogs they keep counting calls of toads. How?",
        "Which papers should I read about frogs in ponds?",
        "Which paper is that?",
        "For a class imbalance problem in ponds, which frogs call?",
        "As a backbone, which network counts frogs in ponds?",
        "I'm writing a thesis on ponds.",  # too little would be left
    ],
)
def test_words_of_a_subject_stay(question: str) -> None:
    assert without_frame(question) == question
