"""The 8-bit copy of the vectors: what it keeps, what a kill or a full disk leaves, and going through it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index_store.compact import CompactFile, compacted
from index_store.protocols import Compact, Vectors
from index_store.scan import scan
from index_store.vectors import ChromaVectors

RECORD = 8 + 4 + 4  # bytes of an id, a scale and four numbers


@pytest.fixture
def file(tmp_path: Path) -> CompactFile:
    return CompactFile(tmp_path / "compact", 4)


def unit(count: int, dim: int, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def restored(held: Compact) -> Vectors:
    return np.asarray(held.levels[held.places] * held.scales[held.places, None], np.float32)


def test_a_row_is_scaled_by_its_largest_number(file: CompactFile) -> None:
    file.append([7], np.array([[1, -0.5, 0.25, 0]], np.float32))
    held = file.read()
    assert held.ids.tolist() == [7]
    assert held.levels[held.places].tolist() == [[127, -64, 32, 0]]  # -63.5 and 31.75, to the nearest
    assert held.scales[held.places].tolist() == pytest.approx([1 / 127])


def test_the_last_word_on_an_id_holds(file: CompactFile) -> None:
    rows = unit(4, 4)
    file.append([3, 1], rows[:2])
    file.append([1, 2], rows[2:])
    file.forget([3, 99])
    held = file.read()
    assert held.ids.tolist() == [1, 2]
    np.testing.assert_allclose(restored(held), rows[2:], atol=0.005)
    file.append([3], rows[:1])
    assert file.read().ids.tolist() == [1, 2, 3]


@pytest.mark.parametrize("left", range(1, RECORD))
def test_half_a_record_is_passed_over_and_written_over(file: CompactFile, tmp_path: Path, left: int) -> None:
    file.append([1, 2], unit(2, 4))
    whole = (tmp_path / "compact").read_bytes()
    (tmp_path / "compact").write_bytes(whole[: RECORD + left])
    assert file.read().ids.tolist() == [1]
    file.append([5], unit(1, 4))
    assert file.read().ids.tolist() == [1, 5]


def test_room_that_a_power_cut_left_empty_is_no_row(file: CompactFile, tmp_path: Path) -> None:
    file.append([1], unit(1, 4))
    with (tmp_path / "compact").open("ab") as stream:
        stream.write(bytes(2 * RECORD))
    assert file.read().ids.tolist() == [1]


def test_an_empty_file_and_an_empty_append(file: CompactFile) -> None:
    file.append([], np.empty((0, 4), np.float32))
    assert file.read().ids.tolist() == []
    assert scan(file.read(), np.empty(0, np.int64)).nearest(unit(1, 4)[0], 5)[0].tolist() == []


def test_eight_bits_change_a_cosine_by_little() -> None:
    rows = unit(2_000, 384)
    held = compacted(np.arange(2_000), rows)
    assert float(np.abs(restored(held) @ rows[0] - rows @ rows[0]).max()) < 0.002


@pytest.mark.parametrize("dim", [8, 72, 384])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.05, 0.001])
def test_the_nearest_are_found_in_any_part(dim: int, share: float) -> None:
    topics = unit(100, dim, seed=5).repeat(60, axis=0)
    rows = topics + 0.7 * unit(6_000, dim) + np.float32(0.05)  # on one side of zero, as those of an embedder are
    order = np.random.default_rng(1).permutation(6_000).astype(np.int64)
    through = scan(compacted(np.arange(6_000, dtype=np.int64), rows), order)
    np.testing.assert_allclose(through.rows(np.arange(50)), rows[order[:50]], atol=0.01)
    inside = np.random.default_rng(2).random(6_000) < share if share < 1 else None
    admitted = np.arange(6_000) if inside is None else np.flatnonzero(inside)
    asked = rows[order[3]]
    at, cosines = through.nearest(asked, 30, inside)
    exact = rows[order] @ asked
    best = admitted[np.argsort(-exact[admitted])[:30]]
    assert len(at) == min(30, len(admitted))
    assert set(at.tolist()) <= set(admitted.tolist())
    assert len(set(at.tolist()) & set(best.tolist())) >= 0.7 * len(best)
    assert set(best[:3].tolist()) <= set(at.tolist())
    np.testing.assert_allclose(cosines, exact[at], atol=0.03)


@pytest.fixture
def vectors(tmp_path: Path) -> ChromaVectors:
    return ChromaVectors(tmp_path / "vectors", 4)


def held(vectors: ChromaVectors) -> Compact:
    found = vectors.compact()
    assert found is not None
    return found


def test_the_copy_follows_the_store(vectors: ChromaVectors) -> None:
    rows = unit(300, 4)
    vectors.upsert(range(1, 301), rows)
    vectors.delete([7])
    vectors.upsert([9], rows[:1])
    ids, stored = vectors.all()
    assert held(vectors).ids.tolist() == ids.tolist() == [id_ for id_ in range(1, 301) if id_ != 7]
    np.testing.assert_allclose(restored(held(vectors)), stored, atol=0.005)
    vectors.close()


def test_a_store_from_before_there_was_a_copy_gains_one(vectors: ChromaVectors, tmp_path: Path) -> None:
    rows = unit(300, 4)
    vectors.upsert(range(1, 301), rows)
    (tmp_path / "vectors" / "compact").unlink()
    assert held(vectors).ids.tolist() == list(range(1, 301))  # made in memory: a reader writes nothing
    assert not (tmp_path / "vectors" / "compact").exists()
    vectors.upsert([301], rows[:1])
    assert CompactFile(tmp_path / "vectors" / "compact", 4).read().ids.tolist() == list(range(1, 302))
    vectors.close()


def test_a_passage_without_its_copy_counts_as_missing(vectors: ChromaVectors, tmp_path: Path) -> None:
    vectors.upsert([1, 2, 3], unit(3, 4))
    file = tmp_path / "vectors" / "compact"
    file.write_bytes(file.read_bytes()[:-RECORD])
    assert vectors.ids() == {1, 2}
    vectors.upsert([3], unit(1, 4))
    assert vectors.ids() == {1, 2, 3}
    vectors.close()
