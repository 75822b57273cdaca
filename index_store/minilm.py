"""The encoder of BERT, run on the published weights of all-MiniLM-L6-v2, with nothing but torch.

The architecture is Devlin et al.'s (2019), post-norm with learned positions.  It is here for the start of a process:
importing sentence-transformers and loading the model takes 4.0 s of processor time, this 0.9 s, and a cold
``citewell ask`` is mostly that.  Its vectors equal theirs to a cosine of 0.99999 (a test holds it).  Every other model
goes through sentence-transformers.  Knows no tokenizer and no text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.precision import Attention, packed, product

if TYPE_CHECKING:
    from torch import Tensor, dtype

_LAYER_NORM_EPS = 1e-12
_ROWS = 256  # that batches are of a multiple of: oneDNN makes a program for each size that it meets


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
        self,
        folder: Path,
        precision: dtype,
        device: str = "cpu",
        *,
        attention: Attention = "each",
        pack: bool = False,
    ) -> None:
        """Read ``model.safetensors`` and ``config.json`` of ``folder``.  Raises ``OSError`` or ``ValueError``.

        ``pack``: lay the matrices as oneDNN multiplies them, once and not at every product.
        """
        from safetensors.torch import load_file

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
        self._attention: Attention = attention

    def hidden(self, pieces: Tensor, lengths: Sequence[int]) -> Tensor:
        """Give the vectors in context of the ``(n,)`` int64 pieces of texts of these ``lengths``: (n, dim).

        The texts lie one after the other: nothing is padded but the end of a batch, so that batches are of few sizes.
        """
        from torch import cat
        from torch.nn.functional import pad

        count = sum(lengths)
        positions = cat([self._positions[:length] for length in lengths])
        x = _normed(self._words[pieces] + positions, self._norm)
        if count > _ROWS:
            x = pad(x, (0, 0, 0, -count % _ROWS))
        for layer in self._layers:
            x = _normed(x + layer.output(self._attend(layer.mixed(x), lengths)), layer.first_norm)
            x = _normed(x + layer.narrowed(layer.widened.bent(x)), layer.second_norm)
        return x[:count]

    def _attend(self, mixed: Tensor, lengths: Sequence[int]) -> Tensor:
        """Attend in ``(n, 3 dim)`` queries, keys and values of texts: (n, dim).  Rows beyond the texts give 0."""
        if self._attention == "together":
            return self._attended_together(mixed, lengths)
        return self._text_by_text(_attended if self._attention == "each" else _attended_by_products, mixed, lengths)

    def _text_by_text(self, attend: Callable[[Tensor], Tensor], mixed: Tensor, lengths: Sequence[int]) -> Tensor:
        """Attend within each text by itself."""
        n, width = mixed.shape
        attended, first = mixed.new_zeros(n, width // 3), 0
        for length in lengths:
            text = mixed[first : first + length].view(length, 3, self._heads, -1).permute(1, 2, 0, 3)
            attended[first : first + length].view(length, self._heads, -1).copy_(attend(text).transpose(0, 1))
            first += length
        return attended

    def _attended_together(self, mixed: Tensor, lengths: Sequence[int]) -> Tensor:
        """The same as text by text, for all at once, each padded to the longest."""
        from torch import arange, tensor
        from torch.nn.functional import scaled_dot_product_attention

        n, width = mixed.shape
        b, t = len(lengths), max(lengths)
        real = arange(t, device=mixed.device) < tensor(lengths, device=mixed.device)[:, None]  # (b, t)
        padded = mixed.new_zeros(b, t, width)
        padded[real] = mixed[: sum(lengths)]
        queries, keys, values = padded.view(b, t, 3, self._heads, -1).permute(2, 0, 3, 1, 4).unbind()
        made = scaled_dot_product_attention(queries, keys, values, attn_mask=real[:, None, None, :])
        attended = mixed.new_zeros(n, width // 3)
        attended[: sum(lengths)] = made.transpose(1, 2).reshape(b, t, width // 3)[real]
        return attended


def _attended(text: Tensor) -> Tensor:
    """Attend by torch's own attention in ``(3, heads, t, dim / heads)`` of one text: (heads, t, dim / heads)."""
    from torch.nn.functional import scaled_dot_product_attention

    queries, keys, values = text.unsqueeze(1).unbind()
    made: Tensor = scaled_dot_product_attention(queries, keys, values)
    return made[0]


def _attended_by_products(text: Tensor) -> Tensor:
    """The same, by plain products."""
    from torch import bmm, softmax

    queries, keys, values = text.contiguous().unbind()
    return bmm(softmax(bmm(queries * queries.shape[-1] ** -0.5, keys.transpose(1, 2)), dim=-1), values)


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
