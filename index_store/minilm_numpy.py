"""The encoder of ``minilm`` once more, on numpy alone: for the first questions of a process.

Importing torch takes longer than all else that a cold answer needs, so ``citewell ask`` does without, and a server
answers while torch is still being loaded.  The weights are mapped, not read: of the words, 47 MB, only those of the
question are touched.  Computes in float32, and agrees with ``minilm`` in that to 1e-6 (a test holds it); a question of
20 tokens takes two to three times as long as there in bfloat16.  Knows no tokenizer and no text.
"""

from __future__ import annotations

import json
import mmap
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

_LAYER_NORM_EPS = np.float32(1e-12)
_PREFIX = 8  # bytes of the length of a safetensors file's header


class NumpyMiniLM:
    """The model in a mapped file.  ``hidden`` is safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        """Map ``model.safetensors`` of ``folder``.  Raises ``OSError`` or ``ValueError``."""
        config = json.loads((folder / "config.json").read_text("utf-8"))
        self._heads = int(config["num_attention_heads"])
        self._layers = [f"encoder.layer.{n}." for n in range(int(config["num_hidden_layers"]))]
        self._weights = _mapped(folder / "model.safetensors")

    def hidden(self, pieces: npt.NDArray[np.int32]) -> Array:
        """Give the vectors of ``(t,)`` pieces of one text in context: (t, dim)."""
        weights = self._weights
        x = (
            weights["embeddings.word_embeddings.weight"][pieces]
            + weights["embeddings.position_embeddings.weight"][: len(pieces)]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._normed(x, "embeddings.LayerNorm")
        for layer in self._layers:
            attended = self._linear(self._attended(x, layer), layer + "attention.output.dense")
            x = self._normed(x + attended, layer + "attention.output.LayerNorm")
            narrowed = self._linear(gelu(self._linear(x, layer + "intermediate.dense")), layer + "output.dense")
            x = self._normed(x + narrowed, layer + "output.LayerNorm")
        return x

    def _attended(self, x: Array, layer: str) -> Array:
        t, dim = x.shape
        width = dim // self._heads
        queries, keys, values = (
            self._linear(x, f"{layer}attention.self.{part}").reshape(t, self._heads, width).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )  # each (heads, t, dim / heads)
        scores = queries @ keys.transpose(0, 2, 1) * np.float32(width**-0.5)
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        attended: Array = (shares @ values).transpose(1, 0, 2).reshape(t, dim)
        return attended

    def _linear(self, x: Array, name: str) -> Array:
        made: Array = x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return made

    def _normed(self, x: Array, name: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + _LAYER_NORM_EPS)
        made: Array = centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return made


def gelu(x: Array) -> Array:
    """Give x Φ(x), with the error function as in Abramowitz and Stegun 7.1.26, exact to 1.5e-7."""
    z = np.abs(x) * np.float32(0.5**0.5)
    u = 1 / (1 + np.float32(0.3275911) * z)
    tail = np.zeros_like(u)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = (tail + np.float32(factor)) * u
    made: Array = x * np.float32(0.5) * (1 + np.copysign(1 - tail * np.exp(-z * z), x))
    return made


def _mapped(file: Path) -> dict[str, Array]:
    """Map the float32 arrays of a safetensors file: a header of JSON that says where each begins and ends."""
    with file.open("rb") as stream:
        whole = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    begin = _PREFIX + int.from_bytes(whole[:_PREFIX], "little")
    arrays = {}
    for name, stored in json.loads(whole[_PREFIX:begin]).items():
        if stored.get("dtype") == "F32":
            first, end = stored["data_offsets"]
            flat = np.frombuffer(whole, "<f4", count=(end - first) // 4, offset=begin + first)
            arrays[name] = flat.reshape(stored["shape"])
    return arrays
