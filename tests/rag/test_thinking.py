"""Thinking and answer in one text, told apart by tags; tags that the answer merely mentions are its words."""

from __future__ import annotations

import pytest

from rag.answerers import Anew, Said, Thought
from rag.thinking import ThinkSplitter

SIZES = pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])


def split(text: str, size: int) -> tuple[str, str, str]:
    """Read ``text`` in pieces; gives the thought, the answer, and what was shown before the answer began anew."""
    splitter, said, thought, before = ThinkSplitter(), "", "", ""
    pieces = [piece for at in range(0, len(text), size) for piece in splitter.feed(text[at : at + size])]
    for piece in [*pieces, *splitter.finish()]:
        match piece:
            case Said():
                said += piece.text
            case Thought():
                thought += piece.text
            case Anew():
                before, said = said, ""
    return thought, said, before


@SIZES
@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("<think>\nIs 1 < 2?</think>\n\nYes <t", "\nIs 1 < 2?", "Yes <t"),
        ("\n<THINKING>Hm.</THINKING> <think>Well.</think>So.", "Hm.Well.", "So."),
        ("<think>Okay, it never ends", "Okay, it never ends", ""),
        ("</think>\nSo.", "", "So."),
    ],
)
def test_what_stands_between_tags_before_the_answer_is_thought(text: str, thought: str, answer: str, size: int) -> None:
    assert split(text, size) == (thought, answer, "")


@SIZES
@pytest.mark.parametrize(
    "text",
    [
        "DeepSeek-R1 writes its reasoning after a <think> tag [1]. LoRA cut the number by a factor of 10,000 [2].",
        "R1 thinks between <think> and </think> [1].\nThen it answers [1].",
        "Its template is\n```\n<think>\n…\n</think>\n```\nwith the answer after it [1].",
        "A thought ends with </think>\nand the answer begins [1].",
        "The last tag is </think>",
    ],
)
def test_tags_that_an_answer_mentions_are_its_words(text: str, size: int) -> None:
    assert split(text, size) == ("", text, "")
    assert split(f"<think>Hm.</think>{text}", size) == ("Hm.", text, "")


@SIZES
@pytest.mark.parametrize("end", ["\n</think>\n\n", "\n</think>", "</think>\n", "</think> \n \n", "\n  </think> "])
def test_a_thought_that_the_template_opened_ends_where_its_tag_stands_alone(end: str, size: int) -> None:
    asked = "Okay, the user asks about LoRA, which source [1] is on.\nI should say 10,000."
    thought, answer, before = split(f"{asked}{end}By 10,000 [1].", size)
    assert (thought.rstrip(), answer) == (asked, "By 10,000 [1].")
    assert before == thought
