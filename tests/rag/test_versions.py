"""A question may name a version of something that the papers found are not about."""

from __future__ import annotations

import pytest

from index_store.types import Paper
from rag.versions import lacks_version

PONDS = Paper("", "Ponds: Models of water", "Ponds 2 and LakeNet-3 are models. They beat Stream5. The top is deep.")


@pytest.mark.parametrize(
    ("question", "lacks"),
    [
        ("How deep is Ponds 4?", True),
        ("how deep is ponds 4", True),
        ("How fast is LakeNet-4?", True),
        ("LakeNet 2x4B results", True),
        ("Is Rivers-2 named?", True),
        ("How deep is ponds 2?", False),
        ("LakeNet 3", False),
        ("LakeNet3", False),
        ("Stream-5?", False),
        ("Ponds 2019", False),
        ("Which are the top 5?", False),
        ("Are 2 models told of?", False),
        ("Are Ponds 3 times as deep?", False),
        ("How deep are they?", False),
    ],
)
def test_a_version_that_a_paper_lacks_is_told_from_other_figures(question: str, lacks: bool) -> None:
    assert lacks_version(question, [PONDS]) is lacks


def test_one_of_several_papers_that_has_the_version_is_enough() -> None:
    rivers = Paper("", "Rivers", "Ponds 4 is newer.")
    assert not lacks_version("How deep is Ponds 4?", [PONDS, rivers])
    assert lacks_version("How deep is Ponds 5?", [PONDS, rivers])
