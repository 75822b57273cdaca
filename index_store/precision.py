"""What the processor computes fastest without changing the result: the device, and the number format on it.

bfloat16 where the processor multiplies it natively (AVX-512 BF16 or AMX: 3.6 times as fast as float32 on the bundled
model) and a few probe texts get the same vectors; float32 otherwise.  Knows no model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from index_store.bundled import Precision

if TYPE_CHECKING:
    from torch import Tensor, dtype

Attention = Literal["each", "products", "together"]

PROBES = (
    "Attention weighs every pair of positions in a sequence.",
    "The error falls as a power of the number of parameters, over six orders of magnitude.",
    "frogs",
)
_AGREEMENT = 0.999  # cosine
_ROWS = 64  # that matrices are laid out for: what is best for 20 is for 2,000, but not what torch does without a number


def best_device() -> str:
    """Name the device to compute on: ``cuda``, ``mps`` or ``cpu``."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def alone() -> None:
    """Let torch compute in the calling thread alone, here and in threads that start later."""
    import torch

    torch.set_num_threads(1)


def pick(wanted: Precision, device: str, probe: Callable[[dtype], npt.NDArray[np.float32]]) -> dtype:
    """Pick a number format.  ``probe`` gives the ``(n, dim)`` unit rows of ``PROBES`` computed in one."""
    import torch

    if wanted != "auto":
        return torch.bfloat16 if wanted == "bfloat16" else torch.float32
    if not _multiplies_bfloat16(device):
        return torch.float32
    agreement = np.sum(probe(torch.float32) * probe(torch.bfloat16), axis=1)
    return torch.bfloat16 if float(agreement.min()) >= _AGREEMENT else torch.float32


def unit_rows(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scale ``(n, dim)`` rows to length 1; rows of zeros stay zeros."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: npt.NDArray[np.float32] = rows / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit


def best_attention(precision: dtype, device: str) -> Attention:
    """Name the quickest way to attend, as measured.

    ``each``: torch's own attention, text by text: with AMX a tenth to a fifth more texts a second than all together,
    whose padding is computed and which no longer fit into the cache.  ``products``: plain products, text by text: in
    bfloat16 without AMX in half the time of torch's own (8 texts of 256 tokens: 8.9 ms, not 16.1).  ``together``: on
    a GPU, which starts few large things faster than many small ones.
    """
    import torch

    if device != "cpu":
        return "together"
    return "products" if precision == torch.bfloat16 and not _features().get("amx_bf16") else "each"


def multiplies_packed(precision: dtype, device: str) -> bool:
    """Tell whether this torch can lay a matrix out once for all its products, and gives the same product then.

    It can for ``torch.compile``, by operations that are not documented; so they are tried before they are relied on.
    Of bfloat16 alone it is known that they pay: a question takes 2.6 ms in place of 3.6, a batch a seventh less.
    """
    import torch

    if device != "cpu" or precision != torch.bfloat16 or not _multiplies_bfloat16(device):
        return False
    weights, biases = torch.linspace(-1, 1, 64 * 64, dtype=precision).view(64, 64), torch.ones(64, dtype=precision)
    x = weights[:5].flip(1)
    plain = torch.nn.functional.linear(x, weights, biases)
    try:
        laid = packed(weights)
        same = torch.allclose(product(x, laid, biases), plain, rtol=0.02)
        gelu = torch.nn.functional.gelu(plain)
        return same and torch.allclose(product(x, laid, biases, bent=True), gelu, rtol=0.02, atol=0.02)
    except (AttributeError, RuntimeError, TypeError):  # no such operation, or one that takes something else
        return False


def packed(weights: Tensor) -> Tensor:
    """Lay out ``(n, m)`` weights as oneDNN multiplies them fastest; nothing but ``product`` can read what it gives."""
    import torch

    laid: Tensor = torch.ops.mkldnn._reorder_linear_weight(weights, _ROWS)
    return laid


def product(x: Tensor, weights: Tensor, biases: Tensor, *, bent: bool = False) -> Tensor:
    """Multiply ``(…, m)`` rows by packed ``(n, m)`` weights and add the biases: (…, n); ``bent``: GELU of that."""
    import torch

    made: Tensor = torch.ops.mkldnn._linear_pointwise(x, weights, biases, "gelu" if bent else "none", [], "none")
    return made


def _multiplies_bfloat16(device: str) -> bool:
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device == "cpu" and any(_features().get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _features() -> dict[str, object]:
    """What torch knows of the processor; nothing in older releases of it."""
    import torch

    features: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return features
