from __future__ import annotations

import pytest

from index_store.counting import counted, holdings


@pytest.mark.parametrize(
    ("count", "noun", "said"),
    [(0, "paper", "0 papers"), (1, "paper", "1 paper"), (1_204, "paper", "1,204 papers"), (2, "entry", "2 entries")],
)
def test_a_count_with_its_noun(count: int, noun: str, said: str) -> None:
    assert counted(count, noun) == said


def test_what_a_library_holds() -> None:
    assert holdings(1, 2) == "1 paper in 2 passages"
