"""The content tokens that come with an embedding: the right words, at the right places, whatever the batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index_store.build import index_entries
from index_store.embedding import SentenceEmbedder
from index_store.library import Library
from tests.small_library import BREAD, FROGS, STARS, entry, fake_shelf

TEXTS = [FROGS.abstract, "", "the of and", BREAD.abstract, "rye", STARS.abstract, *(f"pond {n}" for n in range(9))]


@pytest.fixture(scope="module")
def bundled() -> SentenceEmbedder:
    return SentenceEmbedder(precision="float32")


def words(text: str, starts: np.ndarray) -> list[str]:
    """Give the word at each start, as it stands in the text."""
    return [text[start:].split(maxsplit=1)[0].strip(".,") for start in starts.tolist()]


def test_content_words_in_order_with_their_places(bundled: SentenceEmbedder) -> None:
    _, (tokens,) = bundled.encode_with_tokens([FROGS.abstract])
    expected = "Frogs sing dusk fall silent heron lands Ten ponds seen".split()
    assert list(dict.fromkeys(words(FROGS.abstract, tokens.starts)))[: len(expected)] == expected
    assert (np.diff(tokens.starts) > 0).all()
    assert {tokens.pieces.dtype.name, tokens.starts.dtype.name} == {"int32"}
    assert np.linalg.norm(tokens.rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_texts_without_content_have_no_tokens(bundled: SentenceEmbedder) -> None:
    rows, tokens = bundled.encode_with_tokens(["", "the of and", "?!"])
    assert [t.rows.shape for t in tokens] == [(0, 384)] * 3
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert bundled.encode_with_tokens([])[1] == []


def test_the_rows_are_those_of_encode(bundled: SentenceEmbedder) -> None:
    assert bundled.encode_with_tokens(TEXTS)[0].tolist() == bundled.encode(TEXTS).tolist()


def test_a_text_has_the_same_tokens_in_any_batch(bundled: SentenceEmbedder) -> None:
    _, together = bundled.encode_with_tokens(TEXTS)
    for text, found in zip(TEXTS, together, strict=True):
        _, (alone,) = bundled.encode_with_tokens([text])
        assert (alone.pieces.tolist(), alone.starts.tolist()) == (found.pieces.tolist(), found.starts.tolist())
        assert np.abs(alone.rows - found.rows).max(initial=0) < 1e-4


def test_what_the_model_does_not_read_has_no_tokens(bundled: SentenceEmbedder) -> None:
    text = " ".join(["pond"] * 400)
    _, (tokens,) = bundled.encode_with_tokens([text])
    assert tokens.starts.tolist() == list(range(0, 5 * 254, 5))  # 256 less the marks of beginning and end
    assert set(words(text, tokens.starts)) == {"pond"}


def test_characters_of_two_halves_do_not_move_the_places(bundled: SentenceEmbedder) -> None:
    text = "😀😀 frogs \ud800 heron"
    _, (tokens,) = bundled.encode_with_tokens([text])
    assert {"frogs", "heron"} <= set(words(text, tokens.starts))


@pytest.mark.parametrize(("hidden", "out"), [(16, 8), (12, 12)])
def test_a_model_whose_tokens_cannot_be_used_searches_without(tmp_path: Path, hidden: int, out: int) -> None:
    """Passages of another length than their tokens, after a dense layer; and 12 numbers, which are no whole bytes."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    vocabulary = "[PAD] [UNK] [CLS] [SEP] [MASK] frogs sing at dusk rye dough rises slowly . ##s".split()
    (tmp_path / "bert").mkdir()
    (tmp_path / "bert" / "vocab.txt").write_text("\n".join(vocabulary))
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=hidden,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(tmp_path / "bert")
    AutoTokenizer.from_pretrained(tmp_path / "bert").save_pretrained(tmp_path / "bert")
    layers = [Transformer(str(tmp_path / "bert"), max_seq_length=60), Pooling(hidden)]
    if out != hidden:
        layers.append(Dense(hidden, out))
    SentenceTransformer(modules=layers).save(str(tmp_path / "model"))

    model = SentenceEmbedder(str(tmp_path / "model"), "float32")
    rows, tokens = model.encode_with_tokens(["frogs sing", "rye"])
    assert rows.shape == (2, out)
    assert [t.rows.shape for t in tokens] == [(0, out)] * 2
    shelf = fake_shelf(tmp_path / "library", model)
    index_entries(shelf, [entry(FROGS), entry(BREAD, line=2)])
    found = Library(shelf).rank("frogs sing at dusk")
    assert {hit.paper.title for hit in found.hits} == {FROGS.title, BREAD.title}
    assert [evidence.coverage for evidence in found.evidence] == [0, 0]
    shelf.close()
