"""How much is written together, and that none of it is lost or waits long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index_store import storing
from index_store.engine import Batch, Embedded
from index_store.storing import gathered, per_write
from index_store.types import Passage
from index_store.vectors import ChromaVectors


@pytest.mark.parametrize(
    ("held", "passages"), [(0, 2_048), (65_536, 2_048), (100_000, 3_125), (172_032, 5_376), (10**9, 5_376)]
)
def test_the_more_a_library_holds_the_more_is_written_together(held: int, passages: int) -> None:
    assert per_write(held) == passages


def test_the_most_is_one_write_of_chroma_s(tmp_path: Path) -> None:
    with closing(ChromaVectors(tmp_path, 8)) as vectors:
        assert vectors._batch >= per_write(10**9)


def made(*sizes: int) -> Iterator[tuple[Batch, Embedded]]:
    """Batches of so many passages; of none, a failure."""
    for size in sizes:
        if not size:
            raise OSError("the embedder is gone")
        yield [Passage(1, "", "", "", 0, 0)] * size, Embedded(np.zeros((size, 2), np.float32), [])


def sizes(groups: Iterator[list[tuple[Batch, Embedded]]]) -> Iterator[list[int]]:
    return ([len(batch) for batch, _ in group] for group in groups)


def test_batches_are_gathered_until_there_are_enough() -> None:
    assert list(sizes(gathered(made(3, 3, 3, 3, 1), 5))) == [[3, 3], [3, 3], [1]]
    assert list(gathered(made(), 5)) == []


def test_what_was_made_before_a_failure_is_written() -> None:
    written = sizes(gathered(made(3, 3, 2, 0), 6))
    assert [next(written), next(written)] == [[3, 3], [2]]
    with pytest.raises(OSError, match="gone"):
        next(written)


def test_none_waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "_SECONDS_UNWRITTEN", -1)
    assert list(sizes(gathered(made(3, 3), 4_096))) == [[3], [3]]
