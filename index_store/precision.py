"""What the processor computes fastest without changing the result: the device, and the number format on it.

bfloat16 where the processor multiplies it natively (AVX-512 BF16 or AMX: 3.6 times as fast as float32 on the bundled
model) and a few probe texts get the same vectors; float32 otherwise.  Knows no model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index_store.bundled import Precision

if TYPE_CHECKING:
    from torch import dtype

PROBES = (
    "Attention weighs every pair of positions in a sequence.",
    "The error falls as a power of the number of parameters, over six orders of magnitude.",
    "frogs",
)
_AGREEMENT = 0.999  # cosine


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


def attends_faster_by_products(precision: dtype, device: str) -> bool:
    """Tell whether plain products beat torch's own attention: measured in bfloat16 without AMX, not known with it."""
    import torch

    return device == "cpu" and precision == torch.bfloat16 and not _features().get("amx_bf16")


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
