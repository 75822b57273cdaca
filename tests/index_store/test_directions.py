"""The directions that codes keep: fixed for good, orthogonal, and true to the angles between vectors."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from index_store.directions import BITS, code_bits, kept


def directions(dim: int) -> np.ndarray:
    return kept(np.eye(dim, dtype=np.float32)).astype(np.float64)


@pytest.mark.parametrize("dim", [8, 64, BITS])
def test_short_vectors_stay_as_they_are(dim: int) -> None:
    assert code_bits(dim) == dim
    assert (directions(dim) == np.eye(dim)).all()


@pytest.mark.parametrize("dim", [384, 768])
def test_the_directions_of_long_vectors_are_orthogonal(dim: int) -> None:
    assert code_bits(dim) == BITS
    found = directions(dim)
    assert found.T @ found == pytest.approx(dim / BITS * np.eye(BITS), abs=1e-4)
    assert np.unique(np.abs(found)).tolist() == pytest.approx([1 / np.sqrt(BITS)])


@pytest.mark.parametrize("dim", [384, 512, 1024])
def test_angles_survive(dim: int) -> None:
    random = np.random.default_rng(4)
    here = random.standard_normal((300, dim)).astype(np.float32)
    there = (here + random.standard_normal(here.shape)).astype(np.float32)
    here, there = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (here, there))
    off = (kept(here) * kept(there)).sum(axis=1) - (here * there).sum(axis=1)
    assert abs(off.mean()) < 0.02
    assert off.std() < 0.09  # about 1 / √192


def test_they_never_change() -> None:
    """Codes of older libraries would no longer go with the questions' tokens: see ``tokens.MIGRATIONS``."""
    signs = np.packbits(directions(384) > 0).tobytes()
    assert hashlib.sha256(signs).hexdigest()[:16] == "b307cd8ca4133497"


@pytest.mark.parametrize("dim", [64, 384])
def test_no_vectors_have_no_directions(dim: int) -> None:
    assert kept(np.zeros((0, dim), np.float32)).shape == (0, code_bits(dim))
