"""The encoder of BERT, run on the published weights of all-MiniLM-L6-v2, with nothing but torch.

The architecture is Devlin et al.'s (2019), post-norm with learned positions.  It is here for the start of a process:
importing sentence-transformers and loading the model takes 4.0 s of processor time, this 0.9 s, and a cold
``citewell ask`` is mostly that.  Its vectors equal theirs to a cosine of 0.99999 (a test holds it).  Every other model
goes through sentence-transformers.  Knows no tokenizer and no text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.precision import packed, product

if TYPE_CHECKING:
    from torch import Tensor, dtype

_LAYER_NORM_EPS = 1e-12


@dataclass(frozen=True, slots=True)
class _Linear:
    """A matrix of weights and its biases.  ``is_packed``: it lies as oneDNN multiplies it, see ``precision.packed``."""

    weights: Tensor
    biases: Tensor
    is_packed: bool

    def __call__(self, x: Tensor) -> Tensor:
        from torch.nn.functional import linear

        return product(x, self.weights, self.biases) if self.is_packed else linear(x, self.weights, self.biases)

    def bent(self, x: Tensor) -> Tensor:
        """Give GELU of the product."""
        from torch.nn.functional import gelu

        return product(x, self.weights, self.biases, bent=True) if self.is_packed else gelu(self(x))


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer's weights and biases: queries, keys and values in one matrix, output, and the two of the MLP."""

    mixed: _Linear
    output: _Linear
    first_norm: tuple[Tensor, Tensor]
    widened: _Linear
    narrowed: _Linear
    second_norm: tuple[Tensor, Tensor]


class MiniLM:
    """The model in memory.  ``hidden`` is safe to call from several threads."""

    def __init__(
        self, folder: Path, precision: dtype, device: str = "cpu", *, text_by_text: bool = False, pack: bool = False
    ) -> None:
        """Read ``model.safetensors`` and ``config.json`` of ``folder``.  Raises ``OSError`` or ``ValueError``.

        ``pack``: lay the matrices as oneDNN multiplies them, once and not at every product.
        ``text_by_text``: attend by plain products, one text at a time without its padding.  In bfloat16 without AMX
        torch's own attention takes twice as long (16.1 to 8.9 ms for 8 texts of 256 tokens), in float32 a third.
        """
        from safetensors.torch import load_file

        self._text_by_text = text_by_text

        config = json.loads((folder / "config.json").read_text("utf-8"))
        self._heads = int(config["num_attention_heads"])
        stored = load_file(folder / "model.safetensors")
        weights = {name: tensor.to(device, precision) for name, tensor in stored.items()}
        self._words = weights["embeddings.word_embeddings.weight"]
        # Every text is of the first type, so its vector is part of every position's.
        self._positions = (
            weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _pair(weights, "embeddings.LayerNorm")
        layers = range(int(config["num_hidden_layers"]))
        self._layers = [_layer(weights, f"encoder.layer.{n}", pack=pack) for n in layers]

    def hidden(self, pieces: Tensor, mask: Tensor) -> Tensor:
        """Give the vectors of ``(b, t)`` int64 pieces in context: (b, t, dim).  ``mask`` (b, t) bool: real pieces."""
        x = _normed(self._words[pieces] + self._positions[: pieces.shape[1]], self._norm)
        seen = None if bool(mask.all()) else mask[:, None, None, :]  # without padding attention needs no mask
        lengths = mask.sum(dim=1).tolist() if self._text_by_text else []
        for layer in self._layers:
            mixed = layer.mixed(x)
            attended = self._each_attended(mixed, lengths) if lengths else self._attended(mixed, seen)
            x = _normed(x + layer.output(attended), layer.first_norm)
            x = _normed(x + layer.narrowed(layer.widened.bent(x)), layer.second_norm)
        return x

    def _attended(self, mixed: Tensor, seen: Tensor | None) -> Tensor:
        """Attend in ``(b, t, 3 dim)`` queries, keys and values: (b, t, dim)."""
        from torch.nn.functional import scaled_dot_product_attention

        b, t, width = mixed.shape
        parts = mixed.view(b, t, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts.unbind()  # each (b, heads, t, dim / heads)
        attended = scaled_dot_product_attention(queries, keys, values, attn_mask=seen)
        return attended.transpose(1, 2).reshape(b, t, width // 3)

    def _each_attended(self, mixed: Tensor, lengths: Sequence[int]) -> Tensor:
        """The same, text by text; what lies beyond a text's length is 0."""
        from torch import bmm, softmax

        b, t, width = mixed.shape
        attended = mixed.new_zeros(b, t, width // 3)
        for row, length in enumerate(lengths):
            parts = mixed[row, :length].view(length, 3, self._heads, -1).permute(1, 2, 0, 3).contiguous()
            queries, keys, values = parts.unbind()  # each (heads, length, dim / heads)
            shares = softmax(bmm(queries * parts.shape[-1] ** -0.5, keys.transpose(1, 2)), dim=-1)
            attended[row, :length] = bmm(shares, values).transpose(0, 1).reshape(length, -1)
        return attended


def _pair(weights: dict[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _layer(stored: dict[str, Tensor], name: str, *, pack: bool) -> _Layer:
    import torch

    def laid(weights: Tensor, biases: Tensor) -> _Linear:
        return _Linear(packed(weights) if pack else weights, biases, pack)

    parts = [_pair(stored, f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
    return _Layer(
        mixed=laid(torch.cat([w for w, _ in parts]), torch.cat([b for _, b in parts])),
        output=laid(*_pair(stored, f"{name}.attention.output.dense")),
        first_norm=_pair(stored, f"{name}.attention.output.LayerNorm"),
        widened=laid(*_pair(stored, f"{name}.intermediate.dense")),
        narrowed=laid(*_pair(stored, f"{name}.output.dense")),
        second_norm=_pair(stored, f"{name}.output.LayerNorm"),
    )


def _normed(x: Tensor, norm: tuple[Tensor, Tensor]) -> Tensor:
    from torch.nn.functional import layer_norm

    return layer_norm(x, (x.shape[-1],), *norm, _LAYER_NORM_EPS)
