"""Entailment by a real cross-encoder that the test makes: its labels are found by name, in whatever order they come."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_store.entailment import CrossEncoderEntailment, entailment_labels
from index_store.errors import EmbedderError

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] frogs sing at dusk rye dough rises slowly . ##s".split()


def make_model(folder: Path, labels: tuple[str, ...], leaning: int) -> str:
    """BERT with one small layer, that leans towards one of its labels whatever it reads."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([3.0 if at == leaning else 0.0 for at in range(len(labels))]))
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(folder).save_pretrained(folder)
    CrossEncoder(str(folder), local_files_only=True).save_pretrained(str(folder / "saved"))
    return str(folder / "saved")


@pytest.mark.parametrize(
    ("labels", "leaning", "expected"),
    [
        (("contradiction", "entailment", "neutral"), 1, (0.9094, 0.0453)),  # e³ / (e³ + 2) and 1 / (e³ + 2)
        (("ENTAILMENT", "NEUTRAL", "CONTRADICTION"), 2, (0.0453, 0.9094)),
        (("entailment", "neutral", "contradiction"), 1, (0.0453, 0.0453)),
    ],
)
def test_probabilities_come_from_the_labels_that_the_model_names(
    tmp_path: Path, labels: tuple[str, ...], leaning: int, expected: tuple[float, float]
) -> None:
    model = CrossEncoderEntailment(make_model(tmp_path / "model", labels, leaning))
    assert model.judge("frogs sing at dusk .", "frogs sing .") == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("labels", [("LABEL_0", "LABEL_1", "LABEL_2"), ("entailment", "not_entailment")])
def test_a_model_without_the_three_labels_is_told(tmp_path: Path, labels: tuple[str, ...]) -> None:
    model = CrossEncoderEntailment(make_model(tmp_path / "model", labels, 0))
    with pytest.raises(EmbedderError, match=f"its labels are {labels[0]}, {labels[1]}.*CITEWELL_NLI unset"):
        model.judge("frogs sing", "frogs sing")


def test_labels_are_found_by_name() -> None:
    assert entailment_labels({0: "neutral", 1: "contradict", 2: "Entailment"}, "m") == (2, 1)
    with pytest.raises(EmbedderError, match="m does not tell"):
        entailment_labels({0: "entailment", 1: "entailment too", 2: "neutral"}, "m")


def test_a_model_that_is_not_there_is_told() -> None:
    with pytest.raises(EmbedderError, match=r"cannot be loaded from this machine.*hf download nobody/no-such-nli"):
        CrossEncoderEntailment("nobody/no-such-nli").judge("a", "b")
