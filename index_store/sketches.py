"""A few numbers per text, so that texts which share most of their wording meet without comparing all pairs.

MinHash (Broder, "On the resemblance and containment of documents", 1997): of all runs of four content words, hashed in
``HASHES`` ways, the smallest of each way.  Two texts agree in one way with the probability of their resemblance J, in
at least one with 1 - (1 - J) ** HASHES: .98 at J = .5.  The same in every process.  Knows no paper.
"""

from __future__ import annotations

import re
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

HASHES = 6
_RUN = 4
# Words of four letters or more; a character of a script without spaces is a word of its own.
_CONTENT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]{4,}")
_SEEDS = np.random.default_rng(20_240_101).integers(1, 2**63, (2, max(HASHES, _RUN)), np.uint64) | np.uint64(1)


def content_words(text: str) -> list[str]:
    """Give the words of a text in normal form (see ``identity.normal_form``) that tell something."""
    return _CONTENT.findall(text)


def sketch(text: str) -> list[int]:
    """Give up to ``HASHES`` signed 64-bit numbers for a text in normal form; none for one without content words."""
    hashed = np.array(list(map(_word_hash, content_words(text))), dtype=np.uint64)
    if not hashed.size:
        return []
    runs = _runs(hashed)
    runs ^= runs >> np.uint64(29)
    mixed = runs * _SEEDS[1, :HASHES, None]
    mixed ^= mixed >> np.uint64(32)
    smallest = (mixed * _SEEDS[0, :HASHES, None]).min(axis=1)
    return [int(value) for value in smallest.view(np.int64)]


def _runs(hashed: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Hash every run of words: (n,) -> (n - 3,), one run where there are fewer words."""
    length = max(1, hashed.size - _RUN + 1)
    total = np.zeros(length, dtype=np.uint64)
    for place in range(min(_RUN, hashed.size)):
        total += hashed[place : place + length] * _SEEDS[0, place]
    return total


@lru_cache(65_536)
def _word_hash(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))
