"""Does one text follow from another?  A cross-encoder trained on natural language inference says.  Off by default.

Its weights come from a hub, so it is named in the settings by those who have one.  Models name their three labels in
their own order, which is read from the model's configuration and never assumed.  Knows no paper and no answer.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from index_store.encoders import first_line
from index_store.errors import EmbedderError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_WAY_OUT = "leave CITEWELL_NLI unset"


class CrossEncoderEntailment:
    """A sentence-transformers cross-encoder by name or folder, loaded at first use.  Safe to share between threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()

    def judge(self, premise: str, claim: str) -> tuple[float, float]:
        """Give the probabilities that ``premise`` entails and contradicts ``claim``.  Raises ``EmbedderError``."""
        try:
            with self._lock:
                model: Any = self._model
                (logits,) = model.predict([(premise, claim)], activation_fn=_unchanged(), show_progress_bar=False)
                entails, contradicts = self._labels
        except (RuntimeError, ValueError) as exc:
            raise EmbedderError(f"The NLI model {self.name} failed: {first_line(exc)}. Or {_WAY_OUT}.") from exc
        weights = np.exp(np.asarray(logits, np.float64) - np.max(logits))
        shares = weights / weights.sum()
        return float(shares[entails]), float(shares[contradicts])

    @cached_property
    def _model(self) -> CrossEncoder:
        from sentence_transformers import CrossEncoder

        try:
            model: CrossEncoder = CrossEncoder(self.name, local_files_only=True)
            return model
        except Exception as exc:
            raise EmbedderError(
                f"The NLI model {self.name!r} cannot be loaded from this machine ({first_line(exc)[:200]})."
                f" Fetch it once with `hf download {self.name}`, or {_WAY_OUT}."
            ) from exc

    @cached_property
    def _labels(self) -> tuple[int, int]:
        config: Any = self._model.config
        return entailment_labels(config.id2label, self.name)


def entailment_labels(id2label: Mapping[int, str], name: str) -> tuple[int, int]:
    """Find which outputs of a model mean entailment and contradiction, by the names in its configuration.

    Raises ``EmbedderError`` where it has other than the three labels of natural language inference.
    """
    found = {
        kind: [int(number) for number, label in id2label.items() if label.lower().startswith(kind)]
        for kind in ("entail", "contradict", "neutral")
    }
    if len(id2label) != len(found) or any(len(numbers) != 1 for numbers in found.values()):
        raise EmbedderError(
            f"{name} does not tell entailment, contradiction and neutral apart: its labels are"
            f" {', '.join(id2label.values())}. Name another model, or {_WAY_OUT}."
        )
    return found["entail"][0], found["contradict"][0]


def _unchanged() -> object:
    from torch.nn import Identity

    return Identity()
